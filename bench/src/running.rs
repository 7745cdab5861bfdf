//! `nightjar serve` for as long as it is measured.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// A service that ends when this is dropped.
pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) base: String,
    pub(crate) took: Duration,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Which program, where, over which database.
pub(crate) struct Place<'a> {
    pub(crate) program: &'a Path,
    pub(crate) data: PathBuf,
    pub(crate) database: Option<&'a str>,
}

impl Place<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(words).arg("--data").arg(&self.data);
        if let Some(url) = self.database {
            command.args(["--database", url]);
        }
        command
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(&self) -> anyhow::Result<Service> {
        let begun = Instant::now();
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            // One credential and one address do all the asking here.
            .env("NIGHTJAR_SERVER__RATE_LIMITS", "false")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting nightjar")?;
        let stdout = child.stdout.take().context("no output of nightjar")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let took = begun.elapsed();
        let base = line.split_whitespace().find(|word| word.starts_with("http"));
        let Some(base) = base.map(str::to_owned) else {
            bail!("nightjar didn't say where it listens: {line:?}");
        };
        Ok(Service { child, base, took })
    }

    /// A key of an administrator.
    pub(crate) fn key(&self) -> anyhow::Result<Key> {
        let made =
            self.command(&["keys", "create", "--role", "administrator", "--json"]).output()?;
        ensure!(made.status.success(), "keys: {}", String::from_utf8_lossy(&made.stderr));
        let key: Value = serde_json::from_slice(&made.stdout)?;
        let part = |name: &str| {
            let part = key.get(name).and_then(Value::as_str).map(str::to_owned);
            part.with_context(|| format!("a key without `{name}`"))
        };
        Ok(Key {
            token: part("token")?,
            id: part("accessKeyId")?,
            secret: part("secretAccessKey")?,
        })
    }
}

/// A key, for those who show it and for those who sign with it.
pub(crate) struct Key {
    pub(crate) token: String,
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// Memory a process holds now, MiB (Linux).
pub(crate) fn resident_mib(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    Ok(kib.parse::<u64>()?.div_ceil(1024))
}
