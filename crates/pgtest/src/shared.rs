//! The one server of this machine. Every test is a process of its own, so they agree by a lock file.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::programs::{Programs, is_root};
use crate::server::{self, Cluster};

/// The URL of the running server, which is started where it doesn't run.
pub(crate) fn url(programs: &Programs) -> Result<String, String> {
    let root = root()?;
    let lock = File::create(root.join("lock")).map_err(|error| error.to_string())?;
    // Released when the file is closed, however this process ends.
    lock.lock().map_err(|error| error.to_string())?;
    let note = root.join("url");
    if let Ok(url) = std::fs::read_to_string(&note)
        && programs.run("pg_isready", &["-q", "-t", "3", "-d", &url]).is_ok()
    {
        return Ok(url);
    }
    let folder = root.join("server");
    if folder.exists() {
        // Left by a machine that was switched off, or by somebody who stopped it halfway.
        let _ = server::stop(programs, &folder);
        std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
    let url = Cluster::make(programs.clone(), &folder)?.url();
    write_secret(&note, &url).map_err(|error| error.to_string())?;
    Ok(url)
}

/// The URL holds the superuser's password.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// A folder that only we write to. In the temporary folder of the system rather than in `target/`:
/// the user that PostgreSQL runs as has to reach it.
fn root() -> Result<PathBuf, String> {
    let user =
        if is_root() { "root".to_owned() } else { std::env::var("USER").unwrap_or_default() };
    let root = std::env::temp_dir().join(format!("nightjar-pgtest-{user}"));
    std::fs::create_dir_all(&root).map_err(|error| error.to_string())?;
    Ok(root)
}
