//! What a service is told: by its folder in the deployment repository, and by the platform it runs on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

/// `service.toml`: what the team that owns the service decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The version that runs, `2.7.3`.
    pub(crate) release: String,
    /// The database, where there is one.
    pub(crate) database: Option<Database>,
    /// The cache or session store, where there is one.
    pub(crate) cache: Option<Redis>,
    /// The queue, where there is one.
    pub(crate) queue: Option<Redis>,
    /// Services that are called, by name.
    #[serde(default)]
    pub(crate) calls: BTreeMap<String, Call>,
    /// Messages worked on at the same time, of a worker.
    #[serde(default = "one")]
    pub(crate) concurrency: usize,
}

fn one() -> usize {
    1
}

/// A pool of connections to PostgreSQL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub(crate) host: String,
    pub(crate) user: String,
    pub(crate) max_connections: u32,
    pub(crate) acquire_timeout_ms: u64,
    pub(crate) statement_timeout_ms: u64,
}

/// A Redis server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redis {
    pub(crate) host: String,
    pub(crate) timeout_ms: u64,
    /// How long what is kept there lives.
    #[serde(default)]
    pub(crate) ttl_seconds: u64,
}

/// A service that is called over HTTP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) url: String,
    pub(crate) timeout_ms: u64,
    /// Further attempts of what can safely be asked again.
    #[serde(default)]
    pub(crate) retries: u32,
}

/// What the platform tells by environment: where to listen, who is where.
#[derive(Debug)]
pub(crate) struct Platform {
    /// The folder with `service.toml` and the SQL.
    pub(crate) config: PathBuf,
    /// Where to answer.
    pub(crate) listen: SocketAddr,
    /// Addresses by name, as a resolver would give them.
    pub(crate) hosts: BTreeMap<String, SocketAddr>,
    /// Where telemetry goes, `http://127.0.0.1:4318`.
    pub(crate) otlp: String,
    /// The database password.
    pub(crate) password: String,
    /// The commit that is deployed.
    pub(crate) revision: String,
    /// The folder of the service's own volume, where there is one.
    pub(crate) volume: Option<PathBuf>,
}

impl Platform {
    /// Reads `LAB_CONFIG`, `LAB_LISTEN`, `LAB_HOSTS` (`catalog=127.0.0.1:4001,…`), `LAB_OTLP`, `LAB_PASSWORD`,
    /// `LAB_REVISION` and `LAB_VOLUME`.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let given = |name: &str| std::env::var(name).with_context(|| format!("`{name}` isn't set"));
        Ok(Self {
            config: given("LAB_CONFIG")?.into(),
            listen: given("LAB_LISTEN")?.parse().context("`LAB_LISTEN` isn't an address")?,
            hosts: hosts(&given("LAB_HOSTS")?)?,
            otlp: given("LAB_OTLP")?,
            password: std::env::var("LAB_PASSWORD").unwrap_or_default(),
            revision: std::env::var("LAB_REVISION").unwrap_or_default(),
            volume: std::env::var_os("LAB_VOLUME").map(PathBuf::from),
        })
    }

    /// What the team that owns the service decided.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let path = self.config.join("service.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        toml::from_str(&text).with_context(|| format!("`{}` isn't as expected", path.display()))
    }

    /// A statement of the service, by the name of its file in `sql/`.
    pub(crate) fn sql(&self, name: &str) -> anyhow::Result<String> {
        let path = self.config.join("sql").join(name).with_extension("sql");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        Ok(lines.join("\n").trim().to_owned())
    }

    /// Where a name leads to, in the words of a resolver where it leads nowhere.
    pub(crate) fn resolve(&self, host: &str) -> Result<SocketAddr, String> {
        self.hosts.get(host).copied().ok_or_else(|| {
            format!("failed to lookup address information for {host}: Name or service not known")
        })
    }
}

/// Reads `name=address,name=address`.
fn hosts(text: &str) -> anyhow::Result<BTreeMap<String, SocketAddr>> {
    let mut hosts = BTreeMap::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, address) =
            pair.split_once('=').with_context(|| format!("`{pair}` isn't `name=address`"))?;
        let address = address.parse().with_context(|| format!("`{address}` isn't an address"))?;
        hosts.insert(name.to_owned(), address);
    }
    Ok(hosts)
}

/// Milliseconds of a settings file.
pub(crate) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_and_nonsense_is_refused() {
        let read = hosts("a=127.0.0.1:1,b=127.0.0.1:2").unwrap();
        assert_eq!(read.len(), 2);
        assert!(hosts("").unwrap().is_empty());
        assert!(hosts("a").is_err());
        assert!(hosts("a=b").is_err());
    }
}
