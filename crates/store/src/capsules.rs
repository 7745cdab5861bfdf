use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::blobs::Blobs;
use crate::db::{Columns as _, from_driver, id, micros, number};
use crate::once::{claim, settle};
use crate::{Created, Error, Once, Page, PageRequest, Result, Space};

/// A capsule to be kept, redacted already.
pub struct NewCapsule {
    /// What it calls itself.
    pub name: String,
    /// The archive (tar.zst), redacted.
    pub archive: Vec<u8>,
    /// How much was redacted, per kind.
    pub redacted: BTreeMap<String, u64>,
    /// What had to be mended or set aside while reading it.
    pub notes: Vec<String>,
}

/// A stored capsule.
#[derive(Clone, Debug)]
pub struct CapsuleRecord {
    /// `cap-1`.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Size of the archive, bytes.
    pub bytes: u64,
    /// How much was redacted, per kind.
    pub redacted: BTreeMap<String, u64>,
    /// What had to be mended or set aside while reading it.
    pub notes: Vec<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// What is sealed of a capsule's row.
#[derive(Serialize, Deserialize)]
struct Details {
    name: String,
    redacted: BTreeMap<String, u64>,
    notes: Vec<String>,
}

impl Space {
    /// Keeps a capsule: the blob first, then the row.
    pub async fn create_capsule(
        &self,
        new: NewCapsule,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<CapsuleRecord>> {
        self.alive().await?;
        let bytes = u64::try_from(new.archive.len()).unwrap_or(u64::MAX);
        // A name of its own: deleting this capsule never takes the blob of another with it.
        let blob = Blobs::name(&self.keys.blobs, &Uuid::now_v7().to_string(), &new.archive);
        let blobs = &self.store.inner.blobs;
        blobs.put(self.id.as_str(), &blob, &self.keys.blobs, new.archive).await?;
        let details = Details { name: new.name, redacted: new.redacted, notes: new.notes };

        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            blobs.remove(self.id.as_str(), &blob).await?;
            return self.capsule(&made).await.map(Created::Again);
        }
        let next = self.next(&mut tx, "capsule").await?;
        let name = format!("cap-{next}");
        sqlx::query(
            "INSERT INTO capsules (space, number, id, details_sealed, blob, bytes, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(name.clone())
        .bind(self.seal("capsule", &name, &details)?)
        .bind(blob)
        .bind(number(bytes)?)
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        settle(&mut tx, once, &name).await?;
        tx.commit().await.map_err(from_driver)?;
        self.capsule(&name).await.map(Created::New)
    }

    /// All capsules, newest first.
    pub async fn capsules(&self, page: &PageRequest) -> Result<Page<CapsuleRecord>> {
        self.alive().await?;
        let [before] = page.keys("capsules")?.unwrap_or([i64::MAX]);
        let rows = sqlx::query(
            "SELECT number, id, details_sealed, blob, bytes, created_at FROM capsules
             WHERE space = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(id(&self.id))
        .bind(before)
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], self.capsule_of(row)?)));
        Ok(page.page("capsules", found.collect::<Result<_>>()?))
    }

    /// One of them.
    pub async fn capsule(&self, capsule: &str) -> Result<CapsuleRecord> {
        self.capsule_of(&self.capsule_row(capsule).await?)
    }

    /// Its archive. [`crate::Error::Damaged`] if the blob isn't what was written.
    pub async fn capsule_archive(&self, capsule: &str) -> Result<Vec<u8>> {
        let row = self.capsule_row(capsule).await?;
        let (blob, bytes) = (row.text("blob")?, row.count("bytes")?);
        self.store.inner.blobs.get(self.id.as_str(), &blob, &self.keys.blobs, bytes).await
    }

    /// Removes row and blob. [`crate::Error::Conflict`] while a connection uses it.
    pub async fn delete_capsule(&self, capsule: &str, _now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        let deleted =
            sqlx::query("DELETE FROM capsules WHERE space = $1 AND id = $2 RETURNING blob")
                .bind(id(&self.id))
                .bind(capsule.to_owned())
                .fetch_optional(&mut *tx)
                .await
                .map_err(from_driver)?;
        let blob = deleted.ok_or_else(|| no_capsule(capsule))?.text("blob")?;
        let used = sqlx::query("SELECT id FROM connections WHERE space = $1 AND capsule = $2")
            .bind(id(&self.id))
            .bind(capsule.to_owned())
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        if let Some(row) = used {
            let by = row.text("id")?;
            return Err(Error::Conflict(format!("connection `{by}` uses this capsule")));
        }
        tx.commit().await.map_err(from_driver)?;
        // The capsule is gone; a blob that can't be removed now is removed by `maintain`.
        if let Err(error) = self.store.inner.blobs.remove(self.id.as_str(), &blob).await {
            tracing::warn!(space.id = %self.id, error = %error, "the blob of a capsule is left");
        }
        Ok(())
    }

    async fn capsule_row(&self, capsule: &str) -> Result<AnyRow> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT id, details_sealed, blob, bytes, created_at FROM capsules
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(capsule.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        row.ok_or_else(|| no_capsule(capsule))
    }

    fn capsule_of(&self, row: &AnyRow) -> Result<CapsuleRecord> {
        let id = row.text("id")?;
        let details: Details = self.open("capsule", &id, &row.bytes("details_sealed")?)?;
        Ok(CapsuleRecord {
            name: details.name,
            bytes: row.count("bytes")?,
            redacted: details.redacted,
            notes: details.notes,
            created_at: row.time("created_at")?,
            id,
        })
    }
}

fn no_capsule(id: &str) -> Error {
    Error::NotFound { what: "capsule", id: id.to_owned() }
}
