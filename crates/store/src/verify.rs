mod audit;
mod chain;
mod checkpoints;
mod collect;
mod read;
mod space;
mod spaces;

use std::sync::Arc;

use nightjar_incident::SpaceId;
use serde::Serialize;

use crate::db::from_driver;
use crate::sealed::SpaceKeys;
use crate::{Checkpoint, Error, Result, Space, Store};

use collect::Collector;

/// Something that isn't as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The space; `None`: the audit trail, or the installation.
    pub space: Option<SpaceId>,
    /// The chain; `audit`, `checkpoints`, or empty where it is about the space as a whole.
    pub chain: String,
    /// The entry's number, where it is one entry.
    pub seq: Option<u64>,
    /// What is wrong, in one sentence: altered, missing, reordered, unreadable, signature…
    pub problem: String,
}

/// What verification saw.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Chains looked at.
    pub chains: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Bodies that were opened and compared with their digests; fewer than entries where a space's key is gone.
    pub opened: u64,
    /// Checkpoints whose signature was verified.
    pub checkpoints: u64,
    /// Chains pruned on purpose, with the checkpoint that covers them.
    pub pruned: Vec<(String, u64)>,
    /// All that is wrong; empty: sound. After a thousand the rest is only counted, in the last one.
    pub findings: Vec<Finding>,
}

impl Store {
    /// Verifies the journals of all spaces (deleted ones without opening bodies) and the audit trail;
    /// against checkpoints that were exported earlier, where given.
    ///
    /// What is wrong with the data is a finding, never an error; an error means that it couldn't be
    /// looked at. Entries that are written meanwhile aren't looked at.
    pub async fn verify(&self, exported: &[Checkpoint]) -> Result<Report> {
        let mut collector = Collector::default();
        let mut tx = self.db().snapshot().await?;
        let installation = &self.inner.installation;
        let listed = spaces::verify(&mut tx, installation, &mut collector).await?;
        let audit = audit::verify(&mut tx, installation, exported, &mut collector).await;
        collector.or_damage(audit, None)?;
        tx.commit().await.map_err(from_driver)?;
        for space in &listed {
            self.verify_space(space, exported, &mut collector).await?;
        }
        for checkpoint in exported {
            let lost = checkpoint.space.as_ref().filter(|space| !listed.contains(space));
            if let Some(space) = lost {
                let problem = "a checkpoint was exported of this space, which isn't there";
                collector.about(space, problem);
            }
        }
        Ok(collector.report())
    }

    async fn verify_space(
        &self,
        space: &SpaceId,
        exported: &[Checkpoint],
        collector: &mut Collector,
    ) -> Result<()> {
        // The key before the snapshot: both may need the same connection.
        let keys: Option<Arc<SpaceKeys>> = match self.space(space).await {
            Ok(space) => Some(space.keys),
            // Deleted on purpose.
            Err(Error::NotFound { .. }) => None,
            Err(error @ (Error::Unavailable { .. } | Error::Full(_))) => return Err(error),
            Err(error) => {
                collector.about(space, &format!("its key can't be opened: {error}"));
                None
            }
        };
        let mut tx = self.db().snapshot().await?;
        let view = space::View { id: space, keys: keys.as_deref(), store: self };
        let verified = view.verify(&mut tx, exported, collector).await;
        collector.or_damage(verified, Some(space))?;
        tx.commit().await.map_err(from_driver)
    }
}

impl Space {
    /// Verifies the journal of one space.
    pub async fn verify(&self, exported: &[Checkpoint]) -> Result<Report> {
        self.alive().await?;
        let mut collector = Collector::default();
        self.store.verify_space(&self.id, exported, &mut collector).await?;
        Ok(collector.report())
    }
}
