use nightjar_incident::SpaceId;
use serde::Serialize;

use crate::{Checkpoint, Result, Space, Store};

/// Something that isn't as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The space; `None`: the audit trail.
    pub space: Option<SpaceId>,
    /// The chain.
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
    /// All that is wrong; empty: sound.
    pub findings: Vec<Finding>,
}

impl Store {
    /// Verifies the journals of all spaces (deleted ones without opening bodies) and the audit trail;
    /// against checkpoints that were exported earlier, where given.
    pub async fn verify(&self, exported: &[Checkpoint]) -> Result<Report> {
        let _ = exported;
        todo!()
    }
}

impl Space {
    /// Verifies the journal of one space.
    pub async fn verify(&self, exported: &[Checkpoint]) -> Result<Report> {
        let _ = exported;
        todo!()
    }
}
