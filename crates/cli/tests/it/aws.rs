//! Clients that nobody here wrote, as published: boto3, the AWS CLI, the AWS SDK for Rust, and moto beside us.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::program::repository;
use crate::running::Running;

/// A program of `make tools`; says so where it isn't there.
fn tool(name: &str) -> Option<PathBuf> {
    let program = repository().join("target/tools/python/bin").join(name);
    let found = program.is_file();
    if !found {
        let _ = writeln!(std::io::stderr(), "skipped: {name} isn't there (make tools)");
    }
    found.then_some(program)
}

/// A script of `tests/service/aws`, ready to run.
fn python(script: &str) -> Option<Command> {
    let mut command = Command::new(tool("python")?);
    // Nothing is written beside the sources.
    command.arg("-B").arg(scripts().join(script));
    Some(command)
}

fn scripts() -> PathBuf {
    repository().join("crates/cli/tests/service/aws")
}

/// Runs it to its last line; its output tells which step failed.
fn well(command: &mut Command) {
    let ended = command.output().expect("it was found");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{told}{wrong}");
    assert!(told.ends_with("all is well\n"), "{told}{wrong}");
}

/// Runs it against a service of its own.
fn against_nightjar(command: &mut Command, database: Option<&str>) {
    let scratch = tempfile::tempdir().expect("a folder");
    // One credential and one address do all the asking here.
    let settings = [("NIGHTJAR_SERVER__RATE_LIMITS", "false")];
    let running = Running::start(scratch.path(), database, &settings);
    command
        .current_dir(scratch.path())
        .env("NIGHTJAR_URL", &running.base)
        .env("NIGHTJAR_TOKEN", &running.token)
        .env("AWS_ACCESS_KEY_ID", &running.key.0)
        .env("AWS_SECRET_ACCESS_KEY", &running.key.1);
    well(command);
}

fn on_sqlite(command: Option<Command>) {
    if let Some(mut command) = command {
        against_nightjar(&mut command, None);
    }
}

fn on_postgresql(command: Option<Command>) {
    if let (Some(mut command), Some(database)) = (command, nightjar_pgtest::database()) {
        against_nightjar(&mut command, Some(&database.url));
    }
}

#[test]
fn the_judge_of_answers_finds_what_is_wrong() {
    if let Some(mut command) = python("judge_judged.py") {
        well(&mut command);
    }
}

#[test]
fn boto3_lives_the_life_of_a_space_on_sqlite() {
    on_sqlite(python("life.py"));
}

#[test]
fn boto3_lives_the_life_of_a_space_on_postgresql() {
    on_postgresql(python("life.py"));
}

#[test]
fn every_operation_answers_boto3_on_sqlite() {
    on_sqlite(python("every_operation.py"));
}

#[test]
fn every_operation_answers_boto3_on_postgresql() {
    on_postgresql(python("every_operation.py"));
}

#[test]
fn bad_input_is_refused_on_sqlite() {
    on_sqlite(python("bad_input.py"));
}

#[test]
fn bad_input_is_refused_on_postgresql() {
    on_postgresql(python("bad_input.py"));
}

fn command_line() -> Option<Command> {
    let aws = tool("aws")?;
    let mut command = Command::new("sh");
    command.arg(scripts().join("cli.sh")).arg(aws);
    Some(command)
}

#[test]
fn the_aws_cli_works_on_sqlite() {
    on_sqlite(command_line());
}

#[test]
fn the_aws_cli_works_on_postgresql() {
    on_postgresql(command_line());
}

/// moto's server; killed when dropped.
struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    fn start() -> Option<Self> {
        let mut child = Command::new(tool("moto_server")?)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it was found");
        let told = BufReader::new(child.stderr.take().expect("a pipe"));
        let url = told.lines().map_while(Result::ok).find_map(|line| {
            line.split_whitespace().find(|word| word.starts_with("http://127")).map(str::to_owned)
        });
        Some(Self { child, url: url.expect("where it listens") })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn moto_answers_in_the_same_form() {
    if let Some(moto) = Moto::start() {
        let mut command = python("second_opinion.py");
        if let Some(command) = &mut command {
            command.arg(&moto.url);
        }
        on_sqlite(command);
    }
}

/// Built by `make sdk` in a workspace of its own.
fn rust_sdk() -> Option<Command> {
    let program = repository().join("target/sdk/debug/nightjar-rust-sdk");
    if !program.is_file() {
        let _ = writeln!(std::io::stderr(), "skipped: the AWS SDK for Rust isn't built (make sdk)");
        return None;
    }
    Some(Command::new(program))
}

#[test]
fn the_aws_sdk_for_rust_works_on_sqlite() {
    on_sqlite(rust_sdk());
}

#[test]
fn the_aws_sdk_for_rust_works_on_postgresql() {
    on_postgresql(rust_sdk());
}
