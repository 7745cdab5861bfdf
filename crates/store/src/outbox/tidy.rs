use jiff::{SignedDuration, Timestamp};

use crate::db::{from_driver, micros};
use crate::{Result, Store};

/// How long events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxKeeping {
    /// How long after the first attempt was due one that waits is given up.
    pub pending: SignedDuration,
    /// How long one that arrived is kept.
    pub delivered: SignedDuration,
    /// How long one that was given up is kept.
    pub failed: SignedDuration,
}

impl Store {
    /// Forgets events that have been kept long enough, and gives up those that waited too long for a
    /// subscription that is paused. Says how many rows it removed.
    pub async fn tidy_outbox(&self, keeping: &OutboxKeeping, now: Timestamp) -> Result<u64> {
        let before =
            |kept: SignedDuration| micros(now.saturating_sub(kept).unwrap_or(Timestamp::MIN));
        // What was under way has ended one way or another; its lease would tell.
        sqlx::query(
            "UPDATE outbox SET state = 'failed', ended_at = $2, error = COALESCE(error, $3)
             WHERE state = 'pending' AND since <= $1 AND (lease_until IS NULL OR lease_until <= $2)",
        )
        .bind(before(keeping.pending))
        .bind(micros(now))
        .bind("the subscription was paused for too long")
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        let mut removed = 0;
        for (state, kept) in [("delivered", keeping.delivered), ("failed", keeping.failed)] {
            let done = sqlx::query("DELETE FROM outbox WHERE state = $1 AND ended_at <= $2")
                .bind(state)
                .bind(before(kept))
                .execute(self.db().write())
                .await
                .map_err(from_driver)?;
            removed += done.rows_affected();
        }
        // Written in the moment when their subscription was deleted.
        let orphans = sqlx::query(
            "DELETE FROM outbox WHERE NOT EXISTS (
                 SELECT 1 FROM documents d WHERE d.scope = outbox.space
                    AND d.collection = 'subscription' AND d.id = outbox.subscription)",
        )
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        Ok(removed + orphans.rows_affected())
    }
}
