use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::programs::{Programs, random};
use crate::{Database, create_in, skipped};

/// A server of one test alone, which it may stop and start.
pub struct Server {
    cluster: Cluster,
}

impl Server {
    /// Starts one. `None`, with the reason printed, where there is no PostgreSQL.
    pub fn start() -> Option<Self> {
        let started = || {
            let programs = Programs::find()?;
            let folder = std::env::temp_dir().join(format!("nightjar-pgtest-own-{}", random(8)?));
            std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
            Cluster::make(programs, &folder).map(|cluster| Self { cluster })
        };
        started().map_err(|reason: String| skipped(&reason)).ok()
    }

    /// An empty database of it.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn database(&self) -> Result<Database, String> {
        create_in(self.cluster.programs.clone(), self.cluster.url())
    }

    /// Stops it at once, as a power cut would.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn stop(&self) -> Result<(), String> {
        self.cluster.stop()
    }

    /// Starts it again on the same port.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn resume(&self) -> Result<(), String> {
        self.cluster.start()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.cluster.stop();
        let _ = std::fs::remove_dir_all(&self.cluster.folder);
    }
}

/// A data folder with its server.
pub(crate) struct Cluster {
    programs: Programs,
    /// Holds `data`, the socket and the log.
    folder: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes the data folder and starts the server.
    pub(crate) fn make(programs: Programs, folder: &Path) -> Result<Self, String> {
        if !programs.can_serve() {
            return Err("`initdb` isn't installed".to_owned());
        }
        let password = random(16)?;
        let secret = folder.join("password");
        std::fs::write(&secret, &password).map_err(|error| error.to_string())?;
        programs.give(folder)?;
        let data = folder.join("data");
        let (data, secret) = (data.to_string_lossy(), secret.to_string_lossy());
        let secret = format!("--pwfile={secret}");
        let arguments =
            ["-D", &data, "-U", "postgres", "-A", "scram-sha-256", &secret, "-E", "UTF8", "-N"];
        programs.serve("initdb", &[&arguments[..], &["--locale=C.UTF-8"]].concat())?;
        let cluster = Self { programs, folder: folder.to_owned(), port: free_port()?, password };
        cluster.start()?;
        Ok(cluster)
    }

    /// The URL of its superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    fn start(&self) -> Result<(), String> {
        let folder = self.folder.to_string_lossy();
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} \
             -c fsync=off -c full_page_writes=off -c max_connections=300",
            self.port
        );
        let (data, log) = (format!("{folder}/data"), format!("{folder}/log"));
        self.programs.serve("pg_ctl", &["start", "-w", "-D", &data, "-l", &log, "-o", &options])
    }

    fn stop(&self) -> Result<(), String> {
        let data = self.folder.join("data");
        self.programs.serve("pg_ctl", &["stop", "-m", "immediate", "-D", &data.to_string_lossy()])
    }
}

/// Stops whatever serves a data folder; fails where nothing does.
pub(crate) fn stop(programs: &Programs, folder: &Path) -> Result<(), String> {
    let data = folder.join("data");
    programs.serve("pg_ctl", &["stop", "-m", "immediate", "-D", &data.to_string_lossy()])
}

fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}
