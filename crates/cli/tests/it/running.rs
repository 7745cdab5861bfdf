//! A running service for a test.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::program::done;

/// `nightjar serve` in a scratch folder; killed when dropped.
pub(crate) struct Running {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    /// A token of an administrator of the installation.
    pub(crate) token: String,
    /// The same key for those who sign: its id and its secret.
    pub(crate) key: (String, String),
}

impl Running {
    /// Starts it over SQLite, or over another database, with settings as environment variables.
    pub(crate) fn start(scratch: &Path, database: Option<&str>, settings: &[(&str, &str)]) -> Self {
        let data = scratch.join("data");
        let mut place = vec!["--data", data.to_str().expect("a plain path")];
        if let Some(url) = database {
            place.extend(["--database", url]);
        }
        let create = ["keys", "create", "--role", "administrator", "--json"];
        let made = done(scratch, &[&create[..], &place].concat());
        let key: serde_json::Value = serde_json::from_str(&made).expect("JSON");
        let part = |name: &str| key[name].as_str().expect("a part of a key").to_owned();
        let mut child = Command::new(env!("CARGO_BIN_EXE_nightjar"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(&place)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program was built");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line when ready");
        let base = line.split_whitespace().find(|word| word.starts_with("http"));
        let base = base.expect("where it listens").to_owned();
        Self {
            child,
            base,
            token: part("token"),
            key: (part("accessKeyId"), part("secretAccessKey")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
