//! PostgreSQL's own programs.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where they are, and as whom they run: PostgreSQL refuses to serve as root.
#[derive(Clone)]
pub(crate) struct Programs {
    folder: PathBuf,
    as_postgres: bool,
}

impl Programs {
    /// Finds `createdb` and its siblings.
    pub(crate) fn find() -> Result<Self, String> {
        let mut folders: Vec<PathBuf> = ["/usr/lib/postgresql", "/opt/homebrew/opt"]
            .iter()
            .filter_map(|root| std::fs::read_dir(root).ok())
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .filter(|folder| folder.join("createdb").exists())
            .collect();
        folders.sort_by_key(|folder| version(folder));
        let folder = folders.pop().ok_or(
            "its programs aren't in /usr/lib/postgresql/*/bin (on Debian: `apt-get install \
             postgresql`)",
        )?;
        Ok(Self { folder, as_postgres: is_root() })
    }

    /// Whether a server can be started, not only asked.
    pub(crate) fn can_serve(&self) -> bool {
        self.folder.join("initdb").exists() && self.folder.join("pg_ctl").exists()
    }

    /// Runs a client program as whoever runs the tests.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        finished(program, Command::new(self.folder.join(program)).args(arguments))
    }

    /// Runs a program of the server as an unprivileged user.
    pub(crate) fn serve(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let path = self.folder.join(program);
        if !self.as_postgres {
            return finished(program, Command::new(path).args(arguments));
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        finished(program, command.arg(path).args(arguments).current_dir("/"))
    }

    /// Gives a folder to whoever the server runs as.
    pub(crate) fn give(&self, folder: &Path) -> Result<(), String> {
        if !self.as_postgres {
            return Ok(());
        }
        finished("chown", Command::new("chown").arg("-R").arg("postgres").arg(folder))
    }
}

/// 15 of `/usr/lib/postgresql/15/bin`.
fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    name.trim_start_matches("postgresql@").parse().unwrap_or_default()
}

#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
pub(crate) fn is_root() -> bool {
    false
}

/// Runs to the end. Nothing of ours is inherited: a server that goes on running must not hold the
/// test's output open.
fn finished(name: &str, command: &mut Command) -> Result<(), String> {
    let log = std::env::temp_dir().join(format!("nightjar-pgtest-{}.log", random(8)?));
    let failed = |error: std::io::Error| format!("cannot run `{name}`: {error}");
    let file = std::fs::File::create(&log).map_err(failed)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(failed)?)
        .stderr(file)
        .status();
    let said = std::fs::read(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    let output = Output { status: status.map_err(failed)?, stdout: said, stderr: Vec::new() };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Err(format!("`{name}` failed ({}): {}", output.status, said.trim()))
}

/// Hex of so many random bytes.
pub(crate) fn random(bytes: usize) -> Result<String, String> {
    let mut buffer = vec![0; bytes];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut buffer))
        .map_err(|error| format!("no random numbers: {error}"))?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
