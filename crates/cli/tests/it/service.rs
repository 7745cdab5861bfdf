//! The service, as its users meet it: the built program, curl, kill -9.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::program::repository;
use crate::running::Running;

/// Runs a script of `tests/service`; its output tells which step failed.
fn live_through(script: &str, database: Option<&str>) {
    let scratch = tempfile::tempdir().expect("a folder");
    let script = repository().join("crates/cli/tests/service").join(script);
    let mut command = Command::new("sh");
    command.arg(script).arg(env!("CARGO_BIN_EXE_nightjar")).arg(scratch.path());
    if let Some(url) = database {
        command.arg(url);
    }
    let ended = command.output().expect("sh runs");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{told}{wrong}");
    assert!(told.ends_with("all is well\n"), "{told}{wrong}");
}

fn on_sqlite(script: &str) {
    if is_there("curl") {
        live_through(script, None);
    }
}

fn on_postgresql(script: &str) {
    if let (true, Some(database)) = (is_there("curl"), nightjar_pgtest::database()) {
        live_through(script, Some(&database.url));
    }
}

#[test]
fn the_first_day_on_sqlite() {
    on_sqlite("first-day.sh");
}

#[test]
fn the_first_day_on_postgresql() {
    on_postgresql("first-day.sh");
}

#[test]
fn killed_at_many_moments_on_sqlite() {
    on_sqlite("killed.sh");
}

#[test]
fn killed_at_many_moments_on_postgresql() {
    on_postgresql("killed.sh");
}

#[test]
fn replicas_are_killed_and_others_go_on() {
    on_postgresql("replicas.sh");
}

fn is_there(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| is_file(&folder, program)));
    if !found {
        let _ = writeln!(std::io::stderr(), "skipped: {program} isn't installed");
    }
    found
}

fn is_file(folder: &Path, program: &str) -> bool {
    folder.join(program).is_file()
}

/// A client that isn't ours asks every operation of the OpenAPI document for all sorts of things.
#[test]
fn an_outside_client_finds_the_document_kept() {
    let st = repository().join("target/tools/python/bin/st");
    if !st.is_file() {
        let _ = writeln!(std::io::stderr(), "skipped: schemathesis isn't there (make tools)");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    // One credential and one address do all the asking here.
    let running =
        Running::start(scratch.path(), None, &[("NIGHTJAR_SERVER__RATE_LIMITS", "false")]);
    let ended = Command::new(st)
        .current_dir(scratch.path())
        .arg("--config-file")
        .arg(repository().join("crates/server/schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", running.base))
        .args(["--header", &format!("Authorization: Bearer {}", running.token)])
        .args(["--max-examples", "12", "--seed", "1", "--generation-deterministic"])
        .args(["--suppress-health-check", "all", "--no-color"])
        .output()
        .expect("schemathesis runs");
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{told}{}", String::from_utf8_lossy(&ended.stderr));
}
