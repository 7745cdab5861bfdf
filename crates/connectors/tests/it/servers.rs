//! Real servers for one test each: MariaDB and Redis as `make tools` unpacks them, and what stands between.

use std::net::TcpListener as StdListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Answer, Connection, Query, Question};
use nightjar_connectors::registry;
use nightjar_incident::{Content, LogRecord, MetricSeries, Window};
use nightjar_topology::Topology;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A program of Debian's packages; none, with a word, where they weren't unpacked.
fn program(name: &str) -> Option<(PathBuf, PathBuf)> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/databases");
    let found = tools.join(name);
    if found.exists() {
        return Some((tools, found));
    }
    skipped(&format!("`{name}` isn't unpacked (make tools)"));
    None
}

#[expect(clippy::print_stderr, reason = "a test that was skipped has to be seen in the output")]
pub(crate) fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}

pub(crate) fn free_port() -> u16 {
    StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something comes true; fails after ten seconds.
pub(crate) async fn until<T>(what: &str, mut seen: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = seen().await {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} never came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A server that runs; it ends with its value.
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Running {
    fn start(command: &mut Command, port: u16, folder: tempfile::TempDir) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let command = command.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        Self { child: command.spawn().unwrap(), port, folder }
    }

    /// At once, as a crash would.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn libraries(tools: &Path) -> PathBuf {
    tools.join("usr/lib/x86_64-linux-gnu")
}

/// A MariaDB with an administrator `admin` (password `x`).
pub(crate) async fn mariadb(options: &[&str]) -> Option<Running> {
    let (tools, program) = program("usr/sbin/mariadbd")?;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let share = tools.join("usr/share/mysql");
    let base = |command: &mut Command| {
        command.env("LD_LIBRARY_PATH", libraries(&tools)).arg("--no-defaults").args([
            format!("--datadir={}", data.display()),
            format!("--lc-messages-dir={}", share.display()),
            format!("--character-sets-dir={}", share.join("charsets").display()),
        ]);
        command.args(["--user=root", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M"]);
    };
    let mut tables = "create database mysql;\nuse mysql;\n".to_owned();
    for part in ["mysql_system_tables", "mysql_performance_tables", "mysql_system_tables_data"] {
        tables += &std::fs::read_to_string(share.join(format!("{part}.sql"))).unwrap();
    }
    let input = folder.path().join("tables.sql");
    std::fs::write(&input, tables).unwrap();
    let mut bootstrap = Command::new(&program);
    base(&mut bootstrap);
    let bootstrap = bootstrap.arg("--bootstrap").stdin(std::fs::File::open(&input).unwrap());
    let made = bootstrap.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let init = folder.path().join("init.sql");
    let admin = "CREATE USER 'admin'@'%' IDENTIFIED BY 'x';\nGRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n";
    std::fs::write(&init, admin).unwrap();
    let port = free_port();
    let mut command = Command::new(&program);
    base(&mut command);
    command.args([
        format!("--port={port}"),
        format!("--socket={}", folder.path().join("s").display()),
        format!("--pid-file={}", folder.path().join("pid").display()),
        format!("--init-file={}", init.display()),
        "--bind-address=127.0.0.1".to_owned(),
        "--skip-name-resolve".to_owned(),
    ]);
    let running = Running::start(command.args(options), port, folder);
    until("MariaDB", async || running.said().contains("ready for connections").then_some(())).await;
    Some(running)
}

/// A Redis with nothing in it.
pub(crate) async fn redis(options: &[&str]) -> Option<Running> {
    let (tools, program) = program("usr/bin/redis-server")?;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", libraries(&tools)).current_dir(folder.path());
    command.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()]).args(options);
    let running = Running::start(&mut command, port, folder);
    until("Redis", async || running.said().contains("Ready to accept connections").then_some(()))
        .await;
    Some(running)
}

/// Sends a Redis commands, one a line, and gives what it said to the last.
pub(crate) async fn tell_redis(port: u16, commands: &str) -> (BufReader<TcpStream>, String) {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    let mut said = String::new();
    for command in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        let mut bytes = vec![0; 65_536];
        let read = stream.read(&mut bytes).await.unwrap();
        said = String::from_utf8_lossy(&bytes[..read]).into_owned();
    }
    (stream, said)
}

/// A connection to a database that listens on loopback without TLS.
pub(crate) fn open(kind: &str, port: u16, more: &Value) -> Connection {
    let mut config = json!({
        "host": "127.0.0.1", "port": port, "tls": "off", "entity": "db",
        "limits": { "seconds": 8, "megabytes": 4, "requests_per_second": 1000 },
    });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    registry().open(kind, "mine", &config).unwrap_or_else(|error| panic!("{error}"))
}

/// About the last hour, everything.
pub(crate) fn just_now(question: Question) -> Query {
    let to = Timestamp::now();
    let window = Window { from: to - SignedDuration::from_hours(1), to };
    Query { question, entities: Vec::new(), window, limit: 5000, since: None }
}

/// The answer to a question about the last hour.
pub(crate) async fn told(connection: &Connection, question: Question) -> Answer {
    let query = just_now(question);
    let answer = connection.ask(&query).await.expect("it can be asked that");
    let answer = answer.unwrap_or_else(|error| panic!("{question:?}: {error}"));
    crate::conformance::within(&answer, &query);
    answer
}

pub(crate) fn lines(answer: &Answer) -> &[LogRecord] {
    let Content::Logs(lines) = &answer.content else { panic!("{answer:?}") };
    lines
}

pub(crate) fn topology(answer: &Answer) -> &Topology {
    let Content::Inventory(topology) = &answer.content else { panic!("{answer:?}") };
    topology
}

/// The series of a name.
pub(crate) fn series<'a>(answer: &'a Answer, name: &str) -> Vec<&'a MetricSeries> {
    let Content::Series(series) = &answer.content else { panic!("{answer:?}") };
    series.iter().filter(|series| series.name == name).collect()
}

/// The latest value of the only series of a name.
pub(crate) fn level(answer: &Answer, name: &str) -> f64 {
    let found = series(answer, name);
    assert_eq!(found.len(), 1, "{name}: {found:?} {:?} {:?}", answer.notes, answer.truncated);
    *found[0].column.values().last().unwrap()
}

/// Something between us and a server that passes so many bytes of the server on and then nothing more.
pub(crate) async fn stalling(port: u16, after: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let up = tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
                });
                let mut left = after;
                let mut bytes = [0; 256];
                while left > 0 {
                    let most = left.min(bytes.len());
                    match from_server.read(&mut bytes[..most]).await {
                        Ok(read) if read > 0 => {
                            left -= read;
                            if to_client.write_all(&bytes[..read]).await.is_err() {
                                return;
                            }
                        }
                        _ => return,
                    }
                }
                let _ = up.await;
            });
        }
    });
    own
}

/// A server that says these bytes to whoever connects, and then listens.
pub(crate) async fn saying(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut sink = [0; 4096];
                let _ = client.read(&mut sink).await;
                let _ = client.write_all(bytes).await;
                while matches!(client.read(&mut sink).await, Ok(read) if read > 0) {}
            });
        }
    });
    port
}

/// The first block of a language in a page under docs/connectors.
pub(crate) fn block(page: &str, language: &str, number: usize) -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/connectors/{page}.md"));
    let text = std::fs::read_to_string(path).unwrap();
    let fence = format!("```{language}\n");
    let block = text.split(&fence).nth(number + 1).unwrap_or_else(|| panic!("{page}: {fence}"));
    block.split("```").next().unwrap().to_owned()
}
