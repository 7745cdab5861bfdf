//! Alerts as they come: other people's clients and servers, killed processes, hostile senders.

use std::io::Write as _;
use std::process::Command;

use crate::program::repository;

/// Runs a script of `tests/service/intake` to its last line; its output tells which step failed.
fn live_through(script: &str, database: Option<&str>) {
    let tools = repository().join("target/tools/python/bin/python");
    if !tools.is_file() {
        let _ = writeln!(std::io::stderr(), "skipped: boto3 isn't there (make tools)");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let script = repository().join("crates/cli/tests/service/intake").join(script);
    let ended = Command::new(tools)
        // Nothing is written beside the sources.
        .arg("-B")
        .arg(script)
        .current_dir(scratch.path())
        .env("NIGHTJAR", env!("CARGO_BIN_EXE_nightjar"))
        .env("SCRATCH", scratch.path())
        .env("TOOLS", repository().join("target/tools"))
        .env("DATABASE", database.unwrap_or_default())
        .output()
        .expect("it was found");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{told}{wrong}");
    assert!(told.ends_with("all is well\n"), "{told}{wrong}");
    if let Some(reason) = told.lines().find(|line| line.starts_with("skipped: ")) {
        let _ = writeln!(std::io::stderr(), "{reason}");
    }
}

fn on_postgresql(script: &str) {
    if let Some(database) = nightjar_pgtest::database() {
        live_through(script, Some(&database.url));
    }
}

#[test]
fn a_day_with_five_alerting_systems_on_sqlite() {
    live_through("day.py", None);
}

#[test]
fn a_day_with_five_alerting_systems_on_postgresql() {
    on_postgresql("day.py");
}

#[test]
fn a_real_prometheus_and_alertmanager_on_sqlite() {
    live_through("prometheus.py", None);
}

#[test]
fn a_real_prometheus_and_alertmanager_on_postgresql() {
    on_postgresql("prometheus.py");
}

#[test]
fn one_of_three_processes_is_killed() {
    on_postgresql("replicas.py");
}

#[test]
fn killed_a_hundred_times_in_a_storm() {
    live_through("storm.py", None);
}

#[test]
fn hostile_senders_on_sqlite() {
    live_through("hostile.py", None);
}

#[test]
fn hostile_senders_on_postgresql() {
    on_postgresql("hostile.py");
}
