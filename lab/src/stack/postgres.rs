//! PostgreSQL's data: made once, copied for each run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::programs::{Programs, is_root};
use super::{Place, place, tell};

/// Passwords of the two services; the server listens on loopback and holds made-up data.
pub(crate) const PASSWORDS: [(&str, &str); 2] = [("catalog", "nuthatch"), ("orders", "fieldfare")];

/// Who may look at the server and at nothing in it: what `config/connections.toml` tells Nightjar.
const MONITOR: &str = "nightjar";
const MONITOR_PASSWORD: &str = "dunnock";

/// Puts the data of a fresh shop into the run's folder.
pub(crate) fn prepare(place: &Place, programs: &Programs) -> anyhow::Result<()> {
    let seed = std::fs::read_to_string(place.lab().join("config/seed.sql"))?;
    let mut statements = String::from("CREATE EXTENSION pg_stat_statements;\n");
    let migrations = place.lab().join("shop/shop-db/migrations");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&migrations)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let (schema, rest): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| !file.to_string_lossy().contains("index"));
    for file in schema {
        statements.push_str(&std::fs::read_to_string(file)?);
    }
    statements.push_str(&seed);
    for file in rest {
        statements.push_str(&std::fs::read_to_string(file)?);
    }
    for (user, password) in PASSWORDS {
        statements.push_str(&format!(
            "CREATE ROLE {user} LOGIN PASSWORD '{password}'; GRANT pg_read_all_data, pg_write_all_data TO {user};\n"
        ));
    }
    statements.push_str(&format!(
        "CREATE ROLE {MONITOR} LOGIN PASSWORD '{MONITOR_PASSWORD}'; GRANT pg_monitor TO {MONITOR};\n"
    ));
    statements.push_str("VACUUM ANALYZE; CHECKPOINT;\n");
    let template = place::home(&place.root).join("template-postgres");
    let is_current = std::fs::read_to_string(template.join("made-from.sql"))
        .is_ok_and(|made| made == statements);
    if !is_current {
        tell("making the shop's database (once)");
        let _ = std::fs::remove_dir_all(&template);
        make(&template, programs, &statements)?;
        std::fs::write(template.join("made-from.sql"), &statements)?;
    }
    let data = place.folder("postgres");
    finish(Command::new("cp").arg("-a").arg("--reflink=auto").arg(&template).arg(&data))?;
    let settings = std::fs::read_to_string(place.deploy().join("shop-db/postgresql.conf"))?;
    std::fs::write(data.join("shop.conf"), settings)?;
    own(&data)
}

/// The user that the server runs as, where it can't be us.
pub(crate) fn user() -> Option<&'static str> {
    is_root().then_some("postgres")
}

/// How the server is started on a folder of data.
pub(crate) fn arguments(data: &Path, port: u16) -> Vec<String> {
    let setting = |text: &str| ["-c".to_owned(), text.to_owned()];
    let mut all =
        vec!["-D".to_owned(), data.display().to_string(), "-p".to_owned(), port.to_string()];
    all.extend(["-h", "127.0.0.1", "-k", ""].map(str::to_owned));
    // A crash of the lab may lose what the lab wrote.
    for text in ["fsync=off", "full_page_writes=off", "shared_preload_libraries=pg_stat_statements"]
    {
        all.extend(setting(text));
    }
    all
}

fn make(folder: &Path, programs: &Programs, statements: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    own(folder)?;
    let mut initdb = as_user(&programs.postgres.join("initdb"));
    initdb.arg("-D").arg(folder).args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    finish(&mut initdb)?;
    let rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(folder.join("pg_hba.conf"), rules)?;
    std::fs::write(folder.join("shop.conf"), "")?;
    let conf = folder.join("postgresql.conf");
    let told = std::fs::read_to_string(&conf)? + "\ninclude = 'shop.conf'\n";
    std::fs::write(&conf, told)?;
    own(folder)?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = as_user(&programs.postgres.join("postgres"));
    server
        .args(arguments(folder, port))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut server = server.spawn().context("cannot start `postgres`")?;
    let filled = fill(programs, port, statements);
    let _ = Command::new("kill").args(["-s", "INT", &server.id().to_string()]).status();
    server.wait()?;
    filled
}

#[expect(clippy::disallowed_methods, reason = "waits for the server to answer")]
fn fill(programs: &Programs, port: u16, statements: &str) -> anyhow::Result<()> {
    let psql = |database: &str| {
        let mut command = Command::new(programs.postgres.join("psql"));
        let url = format!("postgres://postgres@127.0.0.1:{port}/{database}");
        command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", &url]);
        command
    };
    let end = Instant::now() + Duration::from_secs(20);
    while finish(psql("postgres").args(["-c", "SELECT 1"])).is_err() {
        anyhow::ensure!(Instant::now() < end, "PostgreSQL doesn't answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    finish(psql("postgres").args(["-c", "CREATE DATABASE shop"]))?;
    let file = std::env::temp_dir().join(format!("nightjar-lab-{port}.sql"));
    std::fs::write(&file, statements)?;
    let filled = finish(psql("shop").arg("--file").arg(&file));
    let _ = std::fs::remove_file(&file);
    filled
}

fn as_user(program: &Path) -> Command {
    let Some(user) = user() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--clear-groups");
    command.args(["--pdeathsig", "QUIT"]).arg(program).current_dir("/");
    command
}

/// Gives a folder to the server's user.
fn own(folder: &Path) -> anyhow::Result<()> {
    finish(Command::new("chmod").arg("700").arg(folder))?;
    let Some(user) = user() else { return Ok(()) };
    finish(Command::new("chown").arg("-R").arg(format!("{user}:{user}")).arg(folder))
}

fn finish(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "{}: {}",
        command.get_program().display(),
        said.trim()
    );
    Ok(())
}
