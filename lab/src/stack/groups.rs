//! A control group for each service, so that its processor time can be seen and limited: only where we may make them.

use std::path::{Path, PathBuf};

/// The groups of one run, and nothing where there can be none.
#[derive(Clone, Default)]
pub(crate) struct Groups {
    /// The limits' hierarchy first, then that of the accounting where it is another.
    roots: Vec<PathBuf>,
}

impl Groups {
    /// Makes the run's own groups under `/sys/fs/cgroup`.
    pub(crate) fn new(run: &str) -> Self {
        let name = format!("nightjar-lab-{run}");
        let base = Path::new("/sys/fs/cgroup");
        let roots = if base.join("cgroup.controllers").exists() {
            let _ = std::fs::write(base.join("cgroup.subtree_control"), "+cpu");
            vec![base.join(name)]
        } else {
            vec![base.join("cpu").join(&name), base.join("cpuacct").join(&name)]
        };
        let is_made = roots.iter().all(|root| root.is_dir() || std::fs::create_dir(root).is_ok());
        if !is_made {
            return Self::default();
        }
        if let [root] = roots.as_slice() {
            let _ = std::fs::write(root.join("cgroup.subtree_control"), "+cpu");
        }
        Self { roots }
    }

    /// The folder in which services have their limits.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.roots.first().map(PathBuf::as_path)
    }

    /// The groups of one service, made.
    pub(crate) fn of(&self, service: &str) -> Vec<PathBuf> {
        let folders: Vec<PathBuf> = self.roots.iter().map(|root| root.join(service)).collect();
        folders
            .into_iter()
            .filter(|folder| folder.is_dir() || std::fs::create_dir(folder).is_ok())
            .collect()
    }

    /// Removes them; processes that are still there keep theirs.
    pub(crate) fn remove(&self) {
        for root in &self.roots {
            for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
                let _ = std::fs::remove_dir(entry.path());
            }
            let _ = std::fs::remove_dir(root);
        }
    }
}
