//! Runs the built program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How the program ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `nightjar` with these arguments in this folder, its output in a pipe.
pub(crate) fn nightjar(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightjar"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder).args(arguments).output().expect("the program was built");
    Ended {
        code: status.code().expect("nobody killed it"),
        stdout: String::from_utf8(stdout).expect("text"),
        stderr: String::from_utf8(stderr).expect("text"),
    }
}

/// As [`nightjar`], where nothing but success makes sense.
pub(crate) fn done(folder: &Path, arguments: &[&str]) -> String {
    let ended = nightjar(folder, arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    ended.stdout
}

/// JSON that the program printed.
pub(crate) fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&done(folder, arguments)).expect("JSON")
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A data set beside the checkout; `None`, said in one line, where it isn't there.
pub(crate) fn shared(set: &str) -> Option<PathBuf> {
    let path = repository().join("../shared/data").join(set);
    if path.is_dir() {
        return Some(path);
    }
    let _ = writeln!(std::io::stderr(), "skipped: ../shared/data/{set} isn't there");
    None
}
