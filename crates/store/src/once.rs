use jiff::{SignedDuration, Timestamp};
use nightjar_incident::journal::Digest;

use crate::db::{Columns as _, Tx, from_driver, micros};
use crate::{Error, Result, Store};

/// An idempotency key: the same request again makes nothing new.
#[derive(Clone, Debug)]
pub struct Once {
    /// Who asked: keys of different callers don't meet.
    pub caller: String,
    /// The key the caller chose.
    pub key: String,
    /// Digest of operation, path and content; another one under the same key is
    /// [`crate::Error::KeyReused`].
    pub digest: Digest,
}

/// What came of a request to make something. The idempotency row is written in the transaction that
/// makes the thing, so a killed process leaves both or neither.
#[derive(Clone, Debug)]
pub enum Created<T> {
    /// It was made.
    New(T),
    /// It had been made by an earlier request with the same key.
    Again(T),
}

impl<T> Created<T> {
    /// The thing itself.
    pub fn into_inner(self) -> T {
        match self {
            Self::New(thing) | Self::Again(thing) => thing,
        }
    }
}

/// How long an idempotency key is remembered: a day, longer than any client retries.
pub(crate) const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Claims an idempotency key within the transaction that makes the thing. `Some`: it was made before,
/// this is its id. A second request with the same key waits here until the first one's transaction
/// has ended.
pub(crate) async fn claim(
    tx: &mut Tx,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Option<String>> {
    let Some(once) = once else { return Ok(None) };
    clean(&once.caller)?;
    clean(&once.key)?;
    sqlx::query("DELETE FROM once WHERE caller = $1 AND key = $2 AND at <= $3")
        .bind(once.caller.clone())
        .bind(once.key.clone())
        .bind(micros(now - REMEMBERED))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
    let claimed = sqlx::query(
        "INSERT INTO once (caller, key, digest, subject, at) VALUES ($1, $2, $3, '', $4)
         ON CONFLICT (caller, key) DO NOTHING",
    )
    .bind(once.caller.clone())
    .bind(once.key.clone())
    .bind(once.digest.as_bytes().to_vec())
    .bind(micros(now))
    .execute(&mut **tx)
    .await
    .map_err(from_driver)?;
    if claimed.rows_affected() == 1 {
        return Ok(None);
    }
    let row = sqlx::query("SELECT digest, subject FROM once WHERE caller = $1 AND key = $2")
        .bind(once.caller.clone())
        .bind(once.key.clone())
        .fetch_one(&mut **tx)
        .await
        .map_err(from_driver)?;
    if row.digest("digest")? != once.digest {
        return Err(Error::KeyReused);
    }
    row.text("subject").map(Some)
}

impl Store {
    /// Remembers an idempotency key of a change that leaves the same behind however often it is made:
    /// the same change may come again.
    ///
    /// # Errors
    /// [`Error::KeyReused`] where the key came with another one.
    pub async fn remember(&self, once: Option<&Once>, now: Timestamp) -> Result<()> {
        let mut tx = self.db().begin().await?;
        if claim(&mut tx, once, now).await?.is_none() {
            settle(&mut tx, once, "").await?;
        }
        tx.commit().await.map_err(from_driver)
    }
}

/// Notes what was made under the key that [`claim`] took.
pub(crate) async fn settle(tx: &mut Tx, once: Option<&Once>, subject: &str) -> Result<()> {
    let Some(once) = once else { return Ok(()) };
    sqlx::query("UPDATE once SET subject = $3 WHERE caller = $1 AND key = $2")
        .bind(once.caller.clone())
        .bind(once.key.clone())
        .bind(subject.to_owned())
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
    Ok(())
}

/// A text that both databases can hold: PostgreSQL has no NUL.
pub(crate) fn clean(text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::Invalid("a text holds a NUL character".to_owned()));
    }
    Ok(())
}
