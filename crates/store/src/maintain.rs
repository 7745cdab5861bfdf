use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::once::REMEMBERED;
use crate::{Result, Store};

/// What [`Store::maintain`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Sessions past their time.
    pub sessions: u64,
    /// Sign-in links, and sign-ins that nobody finished, past their time.
    pub links: u64,
    /// Idempotency keys older than a day.
    pub once: u64,
    /// Blobs that no row names: of killed uploads, or of deleted spaces.
    pub blobs: u64,
}

/// A blob without a row may belong to an upload that still runs; after a day it doesn't.
const ORPHAN_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// Removes what has expired and what killed processes left behind. Safe at any time and from
    /// several processes at once.
    pub async fn maintain(&self, now: Timestamp) -> Result<Maintained> {
        let expired = |statement: &'static str, before: Timestamp| async move {
            let removed = sqlx::query(statement)
                .bind(micros(before))
                .execute(self.db().write())
                .await
                .map_err(from_driver)?;
            Ok::<u64, crate::Error>(removed.rows_affected())
        };
        let mut done = Maintained {
            sessions: expired("DELETE FROM sessions WHERE expires_at <= $1", now).await?,
            links: expired("DELETE FROM sign_in_links WHERE expires_at <= $1", now).await?
                + expired("DELETE FROM sign_in_attempts WHERE expires_at <= $1", now).await?,
            once: expired("DELETE FROM once WHERE at <= $1", now - REMEMBERED).await?,
            blobs: 0,
        };
        let spaces = sqlx::query(
            "SELECT id, deleted_at FROM spaces WHERE blobs_removed = 0 ORDER BY number",
        )
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        for row in &spaces {
            let space: SpaceId = row.id("id")?;
            done.blobs += match row.maybe_signed("deleted_at")? {
                Some(_) => self.remove_blobs(&space).await?,
                None => self.remove_orphans(&space, now - ORPHAN_AFTER).await?,
            };
        }
        Ok(done)
    }

    /// Removes the blobs of a deleted space and notes that it is done.
    pub(crate) async fn remove_blobs(&self, space: &SpaceId) -> Result<u64> {
        let removed = self.inner.blobs.remove_all(space.as_str()).await?;
        sqlx::query("UPDATE spaces SET blobs_removed = 1 WHERE id = $1")
            .bind(id(space))
            .execute(self.db().write())
            .await
            .map_err(from_driver)?;
        Ok(removed)
    }

    async fn remove_orphans(&self, space: &SpaceId, before: Timestamp) -> Result<u64> {
        let blobs = &self.inner.blobs;
        let mut removed = 0;
        for blob in blobs.older_than(space.as_str(), before).await? {
            let named = sqlx::query(
                "SELECT blob FROM capsules WHERE space = $1 AND blob = $2
                 UNION ALL SELECT blob FROM evidence WHERE space = $1 AND blob = $2
                 UNION ALL SELECT blob FROM takes WHERE space = $1 AND blob = $2",
            )
            .bind(id(space))
            .bind(blob.clone())
            .fetch_optional(self.db().read())
            .await
            .map_err(from_driver)?;
            // The same evidence may have been written again since the list was made.
            if named.is_none() && blobs.is_older(space.as_str(), &blob, before).await? {
                blobs.remove(space.as_str(), &blob).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
