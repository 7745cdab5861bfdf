//! Servers that aren't ours: unpacked by `lab/tools.sh`, or installed.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Where programs are.
pub(crate) struct Programs {
    tools: PathBuf,
    /// The folder of PostgreSQL's programs.
    pub(crate) postgres: PathBuf,
}

impl Programs {
    /// Says what is missing and how to get it.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let root = super::place::root()?;
        let tools = std::env::var_os("LAB_TOOLS")
            .map_or_else(|| root.join("target/tools/lab"), PathBuf::from);
        let postgres =
            postgres().context("PostgreSQL isn't installed: `apt-get install postgresql`")?;
        let own = Self { tools, postgres };
        for program in [
            "prometheus",
            "prometheus-alertmanager",
            "prometheus-node-exporter",
            "prometheus-postgres-exporter",
            "prometheus-redis-exporter",
            "prometheus-nginx-exporter",
            "prometheus-blackbox-exporter",
            "redis-server",
            "redis-cli",
            "nginx",
        ] {
            own.path(program)
                .with_context(|| format!("`{program}` isn't there: run `sh lab/tools.sh`"))?;
        }
        Ok(own)
    }

    /// The whole path of a program.
    pub(crate) fn path(&self, program: &str) -> Option<PathBuf> {
        let folders = [
            self.tools.join("usr/bin"),
            self.tools.join("usr/sbin"),
            "/usr/bin".into(),
            "/usr/sbin".into(),
        ];
        folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file())
    }

    /// The whole path of a program that `find` has seen.
    pub(crate) fn known(&self, program: &str) -> PathBuf {
        self.path(program).unwrap_or_else(|| program.into())
    }

    /// Python with the ClickHouse engine, where it could be installed.
    pub(crate) fn chdb(&self) -> Option<PathBuf> {
        Some(self.tools.with_file_name("chdb").join("bin/python")).filter(|path| path.exists())
    }

    /// Libraries of what was unpacked.
    pub(crate) fn libraries(&self) -> PathBuf {
        self.tools.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH))
    }

    /// Alertmanager's templates: Debian's build looks for them where it is started.
    pub(crate) fn templates(&self) -> PathBuf {
        self.tools.join("usr/share/prometheus/alertmanager")
    }
}

/// The newest version's folder.
fn postgres() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten() {
        let folder = entry.path().join("bin");
        if folder.join("initdb").exists() {
            found.push((entry.file_name().to_string_lossy().parse().unwrap_or(0), folder));
        }
    }
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

/// Whether this runs as root, whom PostgreSQL refuses to serve.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}
