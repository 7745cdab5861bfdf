use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;
use serde::{Deserialize, Serialize};

use crate::{Page, PageRequest, Result, Space, Store};

/// Where a chain ended when a checkpoint was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Its name.
    pub chain: String,
    /// How many entries it had.
    pub entries: u64,
    /// Hash of the last.
    pub head: Digest,
}

/// A signed statement of what the journal of a space held: docs/specs/journal.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Version of the format: 1.
    pub schema: u32,
    /// The space; `None`: the audit trail of the installation (one chain, `audit`).
    pub space: Option<SpaceId>,
    /// From 1, without gaps, per space.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Position of the last entry it covers.
    pub position: u64,
    /// The chains that changed since the checkpoint before.
    pub heads: Vec<ChainHead>,
    /// Hash of the checkpoint before (its canonical JSON with signature); zeros for the first.
    pub prev_hash: Digest,
    /// Ed25519 public key, hex.
    pub public_key: String,
    /// Ed25519 signature over the canonical JSON of all fields above, hex.
    pub signature: String,
}

impl Space {
    /// Makes a checkpoint of all that is written; the last one again if nothing is new.
    pub async fn checkpoint(&self, now: Timestamp) -> Result<Checkpoint> {
        let _ = now;
        todo!()
    }
    /// Checkpoints, oldest first.
    pub async fn checkpoints(&self, page: &PageRequest) -> Result<Page<Checkpoint>> {
        let _ = page;
        todo!()
    }
}

impl Store {
    /// Makes a checkpoint of the audit trail.
    pub async fn audit_checkpoint(&self, now: Timestamp) -> Result<Checkpoint> {
        let _ = now;
        todo!()
    }
    /// The installation's public key, hex.
    pub fn public_key(&self) -> String {
        todo!()
    }
}
