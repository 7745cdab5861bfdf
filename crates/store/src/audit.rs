use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;

use crate::{Page, PageRequest, Result, Store};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: no credentials, wrong role, not theirs.
    Refused,
    /// The request was wrong.
    Rejected,
    /// We failed.
    Failed,
}

/// A call to be recorded.
#[derive(Clone, Debug)]
pub struct NewAudit {
    /// When it began.
    pub at: Timestamp,
    /// Who: access key or session id; `anonymous`; `cli`.
    pub actor: String,
    /// From where: address of the peer.
    pub source: String,
    /// Operation's name, `unknown` for a path nobody knows.
    pub operation: String,
    /// Space the path names, if any (also where it isn't the caller's).
    pub space: Option<SpaceId>,
    /// What it was about: an id. Never a secret, never a body.
    pub subject: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// HTTP status; 0 for none.
    pub status: u16,
    /// The request's id, as given to the caller.
    pub request: String,
}

/// A record of the audit trail: one hash chain for the installation.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub seq: u64,
    /// The call.
    pub call: NewAudit,
    /// Hash of the entry before.
    pub prev_hash: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

/// Which records are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only of one space.
    pub space: Option<SpaceId>,
    /// Only by one actor.
    pub actor: Option<String>,
    /// Only at or after.
    pub since: Option<Timestamp>,
}

impl Store {
    /// Records calls, durable when this returns. Calls that come at the same time share a transaction.
    pub async fn audit(&self, call: NewAudit) -> Result<()> {
        let _ = call;
        todo!()
    }
    /// Records, newest first.
    pub async fn audit_trail(
        &self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let _ = (filter, page);
        todo!()
    }
}
