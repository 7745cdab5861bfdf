//! Changes that systems told of over webhooks.

use jiff::Timestamp;
use nightjar_incident::{Change, Window};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::db::{Columns as _, Tx, from_driver, id, micros, number};
use crate::{Error, Page, PageRequest, Result, Space};

/// A change as kept.
#[derive(Clone, Debug)]
pub struct ChangeRecord {
    /// `chg-1`.
    pub id: String,
    /// The change, with the id that its sender gave it.
    pub change: Change,
    /// When somebody first told of it.
    pub received_at: Timestamp,
    /// Where that was sent to.
    pub webhook: String,
    /// The message that last told something new of it.
    pub delivery: String,
}

/// A change that a message tells of.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The change, redacted.
    pub change: &'a Change,
    /// Where the message was sent to.
    pub webhook: &'a str,
    /// The message.
    pub delivery: &'a str,
    /// When it came.
    pub received_at: Timestamp,
}

/// What came of a change that a message tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It wasn't known.
    New,
    /// More is known of it now.
    Updated,
    /// It was known as it is.
    Known,
}

/// What is sealed of a row.
#[derive(Serialize, Deserialize)]
struct Body {
    change: Change,
    webhook: String,
    delivery: String,
}

impl Space {
    /// Changes, those that took effect last first.
    pub async fn changes(&self, page: &PageRequest) -> Result<Page<ChangeRecord>> {
        self.alive().await?;
        let [at, before] = page.keys("changes")?.unwrap_or([i64::MAX; 2]);
        let rows = sqlx::query(
            "SELECT number, id, at, received_at, sealed FROM changes
             WHERE space = $1 AND (at < $2 OR (at = $2 AND number < $3))
             ORDER BY at DESC, number DESC LIMIT $4",
        )
        .bind(id(&self.id))
        .bind(at)
        .bind(before)
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let keys = |row: &AnyRow| Ok([row.signed("at")?, row.signed("number")?]);
        let found = rows.iter().map(|row| Ok((keys(row)?, self.change_of(row)?)));
        Ok(page.page("changes", found.collect::<Result<_>>()?))
    }

    /// One of them.
    pub async fn change(&self, change: &str) -> Result<ChangeRecord> {
        self.alive().await?;
        let row =
            sqlx::query("SELECT id, received_at, sealed FROM changes WHERE space = $1 AND id = $2")
                .bind(id(&self.id))
                .bind(change.to_owned())
                .fetch_optional(self.store.db().read())
                .await
                .map_err(from_driver)?;
        let missing = || Error::NotFound { what: "change", id: change.to_owned() };
        self.change_of(&row.ok_or_else(missing)?)
    }

    /// Those that took effect in a window, the latest first, at most so many.
    pub async fn changes_within(&self, window: Window, most: usize) -> Result<Vec<ChangeRecord>> {
        self.alive().await?;
        let rows = sqlx::query(
            "SELECT id, received_at, sealed FROM changes
             WHERE space = $1 AND at >= $2 AND at < $3 ORDER BY at DESC, number DESC LIMIT $4",
        )
        .bind(id(&self.id))
        .bind(micros(window.from))
        .bind(micros(window.to))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        rows.iter().map(|row| self.change_of(row)).collect()
    }

    /// Whether anybody ever told of one that is still kept.
    pub async fn has_changes(&self) -> Result<bool> {
        self.alive().await?;
        let row = sqlx::query("SELECT number FROM changes WHERE space = $1 LIMIT 1")
            .bind(id(&self.id))
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        Ok(row.is_some())
    }

    /// Keeps a change. One of the same id is the same change: what is told last counts, and it took effect
    /// when that was first told.
    pub(crate) async fn keep_change(
        &self,
        tx: &mut Tx,
        told: &Told<'_>,
    ) -> Result<(String, Arrived)> {
        let name = self.digest("change", told.change.id.as_str()).to_vec();
        let known = sqlx::query(
            "SELECT id, received_at, sealed FROM changes WHERE space = $1 AND name = $2",
        )
        .bind(id(&self.id))
        .bind(name.clone())
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
        let mut body = Body {
            change: told.change.clone(),
            webhook: told.webhook.to_owned(),
            delivery: told.delivery.to_owned(),
        };
        if let Some(known) = known {
            let known = self.change_of(&known)?;
            body.change.at = body.change.at.min(known.change.at);
            if body.change == known.change {
                return Ok((known.id, Arrived::Known));
            }
            sqlx::query("UPDATE changes SET at = $3, sealed = $4 WHERE space = $1 AND id = $2")
                .bind(id(&self.id))
                .bind(known.id.clone())
                .bind(micros(body.change.at))
                .bind(self.seal("change", &known.id, &body)?)
                .execute(&mut **tx)
                .await
                .map_err(from_driver)?;
            return Ok((known.id, Arrived::Updated));
        }
        let next = self.next(tx, "change").await?;
        let row = format!("chg-{next}");
        sqlx::query(
            "INSERT INTO changes (space, number, id, name, at, received_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(row.clone())
        .bind(name)
        .bind(micros(body.change.at))
        .bind(micros(told.received_at))
        .bind(self.seal("change", &row, &body)?)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok((row, Arrived::New))
    }

    fn change_of(&self, row: &AnyRow) -> Result<ChangeRecord> {
        let id = row.text("id")?;
        let body: Body = self.open("change", &id, &row.bytes("sealed")?)?;
        Ok(ChangeRecord {
            change: body.change,
            received_at: row.time("received_at")?,
            webhook: body.webhook,
            delivery: body.delivery,
            id,
        })
    }

    /// Drops changes that were told of before a time; says how many. Evidence keeps what it holds of them.
    pub async fn drop_changes(&self, before: Timestamp) -> Result<u64> {
        let dropped = sqlx::query("DELETE FROM changes WHERE space = $1 AND received_at < $2")
            .bind(id(&self.id))
            .bind(micros(before))
            .execute(self.store.db().write())
            .await
            .map_err(from_driver)?;
        Ok(dropped.rows_affected())
    }
}
