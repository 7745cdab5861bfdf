//! The real provider, as a process beside the test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub(crate) struct Provider {
    child: Child,
    pub(crate) issuer: String,
}

impl Provider {
    /// Starts one that knows the service; `None` with a word why where it isn't installed.
    pub(crate) fn start(service: &str, mode: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools: PathBuf = root.join("../../target/tools/oidc");
        if !tools.join("node_modules/oidc-provider").is_dir() {
            skipped("oidc-provider isn't installed (make tools)");
            return None;
        }
        let child = Command::new("node")
            .arg(root.join("tests/oidc/provider.mjs"))
            .args([tools.as_os_str(), service.as_ref(), mode.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            skipped("node can't be run");
            return None;
        };
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).expect("the provider tells its address");
        let issuer = said["issuer"].as_str().unwrap().to_owned();
        Some(Self { child, issuer })
    }

    pub(crate) async fn rotate_keys(&self) {
        self.control("rotate").await;
    }

    /// Puts its clock forward, or back.
    pub(crate) async fn shift_clock(&self, seconds: i64) {
        self.control(&format!("clock?seconds={seconds}")).await;
    }

    async fn control(&self, what: &str) {
        let url = format!("{}/control/{what}", self.issuer);
        let reply = reqwest::Client::new().post(url).send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }
}

fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
