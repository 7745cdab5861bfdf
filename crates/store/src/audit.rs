mod hash;
mod writer;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;
use sqlx::any::AnyRow;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::{Error, Page, PageRequest, Result, Store};

pub(crate) use hash::compute_hash;
pub(crate) use writer::AuditWriter;

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

impl Outcome {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Done, Self::Refused, Self::Rejected, Self::Failed];
        all.into_iter().find(|outcome| outcome.label() == text).ok_or_else(|| Error::Damaged {
            what: "a record of the audit trail".to_owned(),
            reason: format!("`{text}` is no outcome"),
        })
    }
}

impl Store {
    /// Records calls, durable when this returns. Calls that come at the same time share a transaction.
    pub async fn audit(&self, call: NewAudit) -> Result<()> {
        self.inner.audit.record(call).await
    }

    /// Records, newest first.
    pub async fn audit_trail(
        &self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let [before] = page.keys("audit")?.unwrap_or([i64::MAX]);
        let rows = sqlx::query(
            "SELECT seq, at, actor, source, operation, space, subject, outcome, status, request,
                    prev_hash, hash
             FROM audit
             WHERE seq < $1 AND ($2 IS NULL OR space = $2) AND ($3 IS NULL OR actor = $3)
               AND ($4 IS NULL OR at_micros >= $4)
             ORDER BY seq DESC LIMIT $5",
        )
        .bind(before)
        .bind(filter.space.as_ref().map(id))
        .bind(filter.actor.clone())
        .bind(filter.since.map(micros))
        .bind(page.fetch())
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("seq")?], entry_of(row)?)));
        Ok(page.page("audit", found.collect::<Result<_>>()?))
    }
}

/// A row as it stands.
pub(crate) fn entry_of(row: &AnyRow) -> Result<AuditEntry> {
    let damaged =
        |reason: String| Error::Damaged { what: "a record of the audit trail".to_owned(), reason };
    let at = row.text("at")?;
    let status = row.count("status")?;
    let call = NewAudit {
        at: at.parse().map_err(|_| damaged(format!("`{at}` is no time")))?,
        actor: row.text("actor")?,
        source: row.text("source")?,
        operation: row.text("operation")?,
        space: row.maybe_id("space")?,
        subject: row.maybe_text("subject")?,
        outcome: Outcome::parse(&row.text("outcome")?)?,
        status: u16::try_from(status).map_err(|_| damaged(format!("{status} is no status")))?,
        request: row.text("request")?,
    };
    if call.at.to_string() != at {
        return Err(damaged(format!("`{at}` isn't how a time is written")));
    }
    Ok(AuditEntry {
        seq: row.count("seq")?,
        call,
        prev_hash: row.digest("prev_hash")?,
        hash: row.digest("hash")?,
    })
}
