//! Where a run keeps its things: folders, ports, and how scripts are told of them.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use anyhow::Context as _;

/// Everything that listens.
const PORTS: [&str; 34] = [
    "gateway",
    "status",
    "storefront",
    "catalog",
    "cart",
    "orders",
    "worker",
    "card-payments",
    "shop-db",
    "shop-cache",
    "order-queue",
    "otlp",
    "agent",
    "clickhouse",
    "prometheus",
    "alertmanager",
    "node-exporter",
    "postgres-exporter",
    "cache-exporter",
    "queue-exporter",
    "nginx-exporter",
    "blackbox",
    "control",
    "nightjar",
    "storefront-catalog",
    "storefront-cart",
    "storefront-orders",
    "catalog-shop-db",
    "orders-shop-db",
    "worker-shop-db",
    "catalog-shop-cache",
    "cart-shop-cache",
    "orders-order-queue",
    "orders-card-payments",
];

/// Who calls whom over a link of ours.
pub(crate) const LINKS: [(&str, &str); 10] = [
    ("storefront", "catalog"),
    ("storefront", "cart"),
    ("storefront", "orders"),
    ("catalog", "shop-db"),
    ("orders", "shop-db"),
    ("worker", "shop-db"),
    ("catalog", "shop-cache"),
    ("cart", "shop-cache"),
    ("orders", "order-queue"),
    ("orders", "card-payments"),
];

/// Runs that may go on beside each other.
const MOST_AT_ONCE: usize = 99;

/// One run's folders and ports.
#[derive(Clone)]
pub(crate) struct Place {
    /// The repository that the lab belongs to.
    pub(crate) root: PathBuf,
    /// This run's folder.
    pub(crate) run: PathBuf,
    ports: BTreeMap<&'static str, u16>,
    /// Locked as long as somebody is here.
    _door: Rc<File>,
}

impl Place {
    /// A folder of this name under `target/lab`, emptied, and free ports. Fails while another run is there.
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let root = root()?;
        let door = enter(&root, name)?;
        Self::within(root, name, door.with_context(|| format!("another run is in `{name}`"))?)
    }

    /// The same in the first folder that nobody is in. They are called by number: paths are seen in telemetry, and the
    /// name of a fault in one would tell the truth.
    pub(crate) fn of_a_trial() -> anyhow::Result<Self> {
        let root = root()?;
        for number in 1..=MOST_AT_ONCE {
            let name = format!("trial-{number:02}");
            if let Some(door) = enter(&root, &name)? {
                return Self::within(root, &name, door);
            }
        }
        anyhow::bail!("{MOST_AT_ONCE} runs are under way already")
    }

    fn within(root: PathBuf, name: &str, door: File) -> anyhow::Result<Self> {
        let run = home(&root).join(name);
        unmount(&run.join("volumes/orders"));
        if run.exists() {
            std::fs::remove_dir_all(&run)
                .with_context(|| format!("cannot empty `{}`", run.display()))?;
        }
        let place = Self { ports: free_ports()?, root, run, _door: Rc::new(door) };
        for folder in ["logs", "etc", "links", "volumes/orders", "telemetry", "work"] {
            std::fs::create_dir_all(place.run.join(folder))?;
        }
        // Nightjar's service may read the telemetry and the repository of the run.
        std::fs::write(place.run.join(".nightjar-may-read"), "")?;
        place.mount();
        Ok(place)
    }

    /// The port of one of `PORTS`; 0 of anything else, on which nothing can be reached.
    pub(crate) fn port(&self, name: &str) -> u16 {
        self.ports.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn address(&self, name: &str) -> String {
        format!("127.0.0.1:{}", self.port(name))
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.run.join(name)
    }

    pub(crate) fn tls(&self) -> PathBuf {
        self.folder("tls")
    }

    pub(crate) fn deploy(&self) -> PathBuf {
        self.folder("deploy")
    }

    pub(crate) fn lab(&self) -> PathBuf {
        self.root.join("lab")
    }

    /// All names with their ports.
    pub(crate) fn ports(&self) -> impl Iterator<Item = (&'static str, u16)> {
        self.ports.iter().map(|(name, port)| (*name, *port))
    }

    /// What scripts are told: `LAB`, `LAB_RUN`, `LAB_DEPLOY`, `LAB_TLS`, `LAB_CONTROL`, `LAB_POSTGRES`, and
    /// `LAB_PORT_…` for everything that listens.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let own = std::env::current_exe().unwrap_or_default();
        let text = |path: &Path| path.display().to_string();
        let mut all = vec![
            ("LAB".to_owned(), text(&own)),
            ("LAB_RUN".to_owned(), text(&self.run)),
            ("LAB_DEPLOY".to_owned(), text(&self.deploy())),
            ("LAB_TLS".to_owned(), text(&self.tls())),
            ("LAB_CONTROL".to_owned(), format!("http://{}", self.address("control"))),
            (
                "LAB_POSTGRES".to_owned(),
                format!("postgres://postgres@{}/shop", self.address("shop-db")),
            ),
        ];
        for (name, port) in self.ports() {
            all.push((
                format!("LAB_PORT_{}", name.replace('-', "_").to_uppercase()),
                port.to_string(),
            ));
        }
        all
    }

    /// The volume of the orders service is a small file system of its own, where we may make one.
    fn mount(&self) {
        let volume = self.folder("volumes/orders");
        let _ = quiet(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", "size=32m,mode=777", "lab-orders"])
                .arg(&volume),
        );
    }

    /// Takes down what outlives processes. Logs and telemetry stay to be looked at; the large database doesn't.
    pub(crate) fn clear(&self) {
        unmount(&self.folder("volumes/orders"));
        let _ = std::fs::remove_dir_all(self.folder("postgres"));
    }
}

/// The lock on a run's folder, beside it; nothing where somebody else has it. It ends with the process at the latest.
fn enter(root: &Path, name: &str) -> anyhow::Result<Option<File>> {
    let home = home(root);
    std::fs::create_dir_all(&home)?;
    let door = File::create(home.join(format!("{name}.lock")))?;
    match door.try_lock() {
        Ok(()) => Ok(Some(door)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the run's folder"),
    }
}

fn unmount(volume: &Path) {
    let is_mounted = std::fs::read_to_string("/proc/mounts")
        .is_ok_and(|mounts| mounts.lines().any(|line| line.split(' ').nth(1) == volume.to_str()));
    if is_mounted {
        let _ = quiet(Command::new("umount").arg("-l").arg(volume));
    }
}

/// Runs something whose failure is no surprise.
pub(crate) fn quiet(command: &mut Command) -> std::io::Result<bool> {
    Ok(command.output()?.status.success())
}

/// The repository: the current folder or the first above it that has `lab/faults`.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join("lab/faults").is_dir());
    Ok(found
        .context("start the lab within the repository: there is no `lab/faults` here or above")?
        .to_owned())
}

/// Where runs are kept: `LAB_HOME`, else `target/lab`.
pub(crate) fn home(root: &Path) -> PathBuf {
    std::env::var_os("LAB_HOME").map_or_else(|| root.join("target/lab"), PathBuf::from)
}

/// Ports that nobody has at the moment. All are held until all are known, so that none comes twice.
fn free_ports() -> anyhow::Result<BTreeMap<&'static str, u16>> {
    let mut held = Vec::new();
    for name in PORTS {
        held.push((name, TcpListener::bind("127.0.0.1:0").context("no free port")?));
    }
    held.iter().map(|(name, listener)| Ok((*name, listener.local_addr()?.port()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_and_both_its_ends_have_a_port_of_their_own() {
        let ports = free_ports().unwrap();
        let mut numbers: Vec<u16> = ports.values().copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), PORTS.len());
        for (from, to) in LINKS {
            let link = format!("{from}-{to}");
            assert!(
                ports.contains_key(from)
                    && ports.contains_key(to)
                    && ports.contains_key(link.as_str())
            );
        }
    }
}
