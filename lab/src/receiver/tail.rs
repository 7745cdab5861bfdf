//! Follows a log file as it grows.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::Came;
use super::access::{self, Measures};
use super::lines::Format;

/// How often a file is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// What is read at a time, bytes.
const MOST: u64 = 1 << 20;

/// A file, and how far it was read.
pub(crate) struct Tail {
    path: PathBuf,
    at: u64,
    rest: String,
}

impl Tail {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, at: 0, rest: String::new() }
    }

    /// Passes on what is written, until nobody takes it any more.
    pub(crate) async fn follow(
        mut self,
        service: String,
        format: Format,
        sender: UnboundedSender<Came>,
        measures: Arc<Measures>,
    ) {
        loop {
            let lines = self.more().unwrap_or_default();
            let mut came = Vec::new();
            match format {
                Format::Access => {
                    let read: Vec<_> =
                        lines.iter().filter_map(|line| access::Access::read(line)).collect();
                    read.iter().for_each(|access| measures.count(access));
                    if !read.is_empty() {
                        came.push(Came::Traces(access::spans(&service, &read)));
                        came.push(Came::Logs(access::logs(&service, &read)));
                    }
                }
                Format::Nginx | Format::Postgres | Format::Redis => {
                    let read: Vec<_> = lines.iter().filter_map(|line| format.read(line)).collect();
                    if !read.is_empty() {
                        came.push(Came::Logs(super::lines::logs(&service, read)));
                    }
                }
            }
            for one in came {
                if sender.send(one).is_err() {
                    return;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whole lines that were written since the last look; from the beginning if the file is shorter than it was.
    fn more(&mut self) -> std::io::Result<Vec<String>> {
        let mut file = std::fs::File::open(&self.path)?;
        if file.metadata()?.len() < self.at {
            self.at = 0;
            self.rest.clear();
        }
        file.seek(SeekFrom::Start(self.at))?;
        let mut bytes = Vec::new();
        let read = file.take(MOST).read_to_end(&mut bytes)?;
        self.at += read as u64;
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        let Some((whole, rest)) = self.rest.rsplit_once('\n') else { return Ok(Vec::new()) };
        let lines = whole.lines().map(str::to_owned).collect();
        self.rest = rest.to_owned();
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_waits_for_its_other_half_and_a_new_file_is_read_from_its_beginning() {
        let path = std::env::temp_dir().join(format!("nightjar-lab-tail-{}", std::process::id()));
        let mut tail = Tail::new(path.clone());
        assert!(tail.more().is_err());
        std::fs::write(&path, "one\ntw").unwrap();
        assert_eq!(tail.more().unwrap(), ["one"]);
        std::fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(tail.more().unwrap(), ["two"]);
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(tail.more().unwrap(), ["new"]);
        std::fs::remove_file(&path).unwrap();
    }
}
