//! Repositories made by git itself, from a stream that says every byte of them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Files of a commit: a path with its content, or without one where it is taken out.
pub(crate) type Files<'a> = &'a [(&'a str, Option<&'a [u8]>)];

/// The time zero of the tests: 2026-11-23T03:00:00Z, where the window begins.
pub(crate) const BEGIN: i64 = 1_795_402_800;

/// What `git fast-import` is given.
#[derive(Default)]
pub(crate) struct Stream {
    bytes: Vec<u8>,
    marks: usize,
}

impl Stream {
    /// A commit on a branch so many minutes after the window began; answers with its mark.
    pub(crate) fn commit(
        &mut self,
        branch: &str,
        minute: i64,
        message: &str,
        files: Files<'_>,
    ) -> usize {
        self.full(branch, minute, ("Ada Lindqvist", None), message.as_bytes(), None, files)
    }

    /// A merge of another commit.
    pub(crate) fn merge(
        &mut self,
        branch: &str,
        minute: i64,
        message: &str,
        other: usize,
        files: Files<'_>,
    ) -> usize {
        self.full(branch, minute, ("Ada Lindqvist", None), message.as_bytes(), Some(other), files)
    }

    /// A commit with everything that can be said of one.
    pub(crate) fn full(
        &mut self,
        branch: &str,
        minute: i64,
        (author, encoding): (&str, Option<&str>),
        message: &[u8],
        merge: Option<usize>,
        files: Files<'_>,
    ) -> usize {
        self.marks += 1;
        let (mark, at) = (self.marks, BEGIN + 60 * minute);
        self.line(&format!("commit refs/heads/{branch}\nmark :{mark}"));
        self.line(&format!("author {author} <ada@example.com> {at} +0000"));
        self.line(&format!("committer Forge <forge@example.com> {at} +0000"));
        if let Some(encoding) = encoding {
            self.line(&format!("encoding {encoding}"));
        }
        self.data(message);
        if let Some(other) = merge {
            self.line(&format!("merge :{other}"));
        }
        for (path, content) in files {
            match content {
                Some(content) => {
                    // A link is written as its target.
                    let mode = if path.ends_with(".link.yaml") { "120000" } else { "100644" };
                    self.line(&format!("M {mode} inline \"{path}\""));
                    self.data(content);
                }
                None => self.line(&format!("D \"{path}\"")),
            }
        }
        mark
    }

    /// A branch that begins at a commit.
    pub(crate) fn branch(&mut self, name: &str, at: usize) {
        self.line(&format!("reset refs/heads/{name}\nfrom :{at}\n"));
    }

    /// A tag with a message, or one that is nothing but a name.
    pub(crate) fn tag(&mut self, name: &str, at: usize, told: Option<(i64, &str)>) {
        match told {
            Some((minute, message)) => {
                let time = BEGIN + 60 * minute;
                self.line(&format!(
                    "tag {name}\nfrom :{at}\ntagger Ada <a@example.com> {time} +0000"
                ));
                self.data(message.as_bytes());
            }
            None => self.line(&format!("reset refs/tags/{name}\nfrom :{at}\n")),
        }
    }

    fn line(&mut self, line: &str) {
        self.bytes.extend(line.as_bytes());
        self.bytes.push(b'\n');
    }

    fn data(&mut self, bytes: &[u8]) {
        self.line(&format!("data {}", bytes.len()));
        self.bytes.extend(bytes);
        self.bytes.push(b'\n');
    }

    /// The bare repository with all of it.
    pub(crate) fn made(&self) -> TempDir {
        let folder = opened();
        git(folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "."]);
        let mut import = command(folder.path(), &["fast-import", "--quiet", "--force"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        import.stdin.take().unwrap().write_all(&self.bytes).unwrap();
        assert!(import.wait().unwrap().success());
        folder
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@example.com");
    command
}

/// Runs git there; answers with what it says.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = command(folder, arguments).output().unwrap();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {error}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// A folder that may be read.
pub(crate) fn opened() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".nightjar-may-read"), "").unwrap();
    folder
}
