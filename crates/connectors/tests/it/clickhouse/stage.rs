//! The real engine (PyPI's chdb) behind `lab/clickhouse/front.py`, with tables as the collector makes them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nightjar_connect::Connection;
use nightjar_connectors::registry;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::servers::skipped;

const PASSWORD: &str = "hunter2-for-reading";

/// The engine; it ends with its value.
pub(crate) struct Stage {
    child: Child,
    pub(crate) url: String,
    _folder: TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stage {
    /// Starts the engine and makes the tables; `None` where `make tools` hasn't installed it.
    pub(crate) async fn new() -> Option<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python: PathBuf = here.join("../../target/tools/chdb/bin/python");
        if !python.exists() {
            skipped("ClickHouse's engine isn't installed (make tools)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(python)
            .arg(here.join("../../lab/clickhouse/front.py"))
            .arg(folder.path())
            .args(["--user", "reader", "--password", PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let stage =
            Self { child, url: format!("http://127.0.0.1:{}", port.trim()), _folder: folder };
        for table in include_str!("../../clickhouse/tables.sql").split(";\n") {
            if !table.trim().is_empty() {
                stage.run(table).await;
            }
        }
        Some(stage)
    }

    /// Runs what changes something, which the connector can't.
    pub(crate) async fn run(&self, sql: &str) {
        let client = reqwest::Client::new();
        let ask = client.post(&self.url).basic_auth("reader", Some(PASSWORD)).body(sql.to_owned());
        let answer = ask.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }

    /// A connection to it.
    pub(crate) fn open(&self, more: &Value) -> Connection {
        self.open_with(PASSWORD, more)
    }

    pub(crate) fn open_with(&self, password: &str, more: &Value) -> Connection {
        let mut config = json!({
            "url": self.url,
            "auth": { "type": "basic", "username": "reader", "password": password },
            "database": "otel",
            "limits": { "seconds": 60, "requests_per_second": 1000 },
        });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        registry().open("clickhouse", "mine", &config).unwrap_or_else(|error| panic!("{error}"))
    }
}
