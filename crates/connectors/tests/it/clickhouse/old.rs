//! An old server as Debian has it (18.16), for what only a server does: its way of refusing somebody, of
//! saying what went wrong, and of holding a user to reading. It knows no parameters of queries, so nothing
//! can be found in it. It starts in a second.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nightjar_connect::{Connection, ErrorKind, Question};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::conformance::{open, query};

struct Server {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const USERS: &str = "<yandex>
    <profiles><default/><bound><readonly>1</readonly></bound></profiles>
    <users>
        <reader><password>hunter2-for-reading</password><networks><ip>::/0</ip></networks>
            <profile>default</profile><quota>default</quota></reader>
        <bound><password>hunter2-for-reading</password><networks><ip>::/0</ip></networks>
            <profile>bound</profile><quota>default</quota></bound>
    </users>
    <quotas><default/></quotas>
</yandex>";

fn write(folder: &TempDir, name: &str, text: &str) {
    let mut file = tempfile::NamedTempFile::new_in(folder).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.persist(folder.path().join(name)).unwrap();
}

impl Server {
    /// Starts it; `None` where `make tools` hasn't unpacked it.
    async fn new() -> Option<Self> {
        let tools: PathBuf =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/clickhouse");
        let program = tools.join("usr/sbin/clickhouse-server");
        if !program.exists() {
            eprintln!("skipped: ClickHouse's server isn't unpacked (make tools)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display();
        // It can't say which port it was given, so a free one is looked for.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "<yandex><http_port>{port}</http_port><listen_host>127.0.0.1</listen_host>
             <path>{here}/data/</path><tmp_path>{here}/tmp/</tmp_path>
             <users_config>{here}/users.xml</users_config><default_profile>default</default_profile>
             <default_database>default</default_database><mark_cache_size>5368709120</mark_cache_size></yandex>"
        );
        write(&folder, "config.xml", &config);
        write(&folder, "users.xml", USERS);
        let libraries =
            ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|lib| tools.join(lib));
        let child = Command::new(program)
            .arg(format!("--config-file={here}/config.xml"))
            .env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}"), _folder: folder };
        while reqwest::get(&server.url).await.is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(server)
    }

    fn open(&self, user: &str, password: &str, limits_in_query: bool) -> Connection {
        let auth: Value = json!({ "type": "basic", "username": user, "password": password });
        open("clickhouse", &self.url, &json!({ "auth": auth, "limits_in_query": limits_in_query }))
    }
}

#[tokio::test]
async fn an_old_server_is_understood() {
    let Some(server) = Server::new().await else { return };
    let password = "hunter2-for-reading";
    let bound = server.open("bound", password, false);
    let health = bound.probe.as_ref().unwrap().probe().await.unwrap();
    assert_eq!(health.version.as_deref(), Some("18.16.1"));
    assert!(health.notes[0].contains("Unknown setting param_database"), "{:?}", health.notes);

    let denied = server.open("reader", "wrong", true).probe.unwrap().probe().await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Denied, "{denied}");
    assert!(
        denied.message.contains("401") && denied.message.contains("Wrong password"),
        "{denied}"
    );

    // Its profile lets it set nothing, and nothing is what it has to be asked with.
    let denied = server.open("bound", password, true).probe.unwrap().probe().await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Denied, "{denied}");
    // Its status is 404, and still it isn't a table that is missing.
    let question = query(Question::Logs, &["cart"], 10);
    let unknown = bound.ask(&question).await.unwrap().unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::BadQuery, "{unknown}");
    assert!(unknown.message.contains("404"), "{unknown}");
}
