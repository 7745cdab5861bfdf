mod rules;
mod settings;

use std::sync::Arc;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use uuid::Uuid;

pub use rules::KeptRules;
pub use settings::{Profile, SpaceSettings};

use crate::crypto::Key;
use crate::db::{Columns as _, Kind, Tx, from_driver, id, micros, next_number, number};
use crate::heads::{self, Head, SPACES};
use crate::installation::{spaces_digest, wrong_location};
use crate::once::{claim, clean, settle};
use crate::sealed::SpaceKeys;
use crate::{Created, Error, Once, Page, PageRequest, Result, Store};

/// A space to be made.
#[derive(Clone, Debug, Default)]
pub struct NewSpace {
    /// What people call it.
    pub name: String,
    /// Where its data has to stay; must be the installation's where that states one. `None`: the installation's.
    pub location: Option<String>,
    /// Redaction policy as JSON (`nightjar_redact::Policy`); `None`: the default.
    pub redaction: Option<serde_json::Value>,
    /// What it says about itself; sealed.
    pub profile: Profile,
}

/// A space as lists show it.
#[derive(Clone, Debug)]
pub struct SpaceRecord {
    /// Its id: a lower-case UUID (version 7).
    pub id: SpaceId,
    /// What people call it.
    pub name: String,
    /// Where its data has to stay.
    pub location: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was made, or its settings last changed.
    pub updated_at: Timestamp,
    /// When it was deleted, and its key with it.
    pub deleted_at: Option<Timestamp>,
    /// Its redaction policy.
    pub redaction: Option<serde_json::Value>,
    /// What it says about itself.
    pub profile: Profile,
}

/// One space: the only way to what belongs to it. Cheap to clone.
#[derive(Clone)]
pub struct Space {
    pub(crate) store: Store,
    pub(crate) id: SpaceId,
    pub(crate) keys: Arc<SpaceKeys>,
}

/// What a deleted space leaves nothing in. Journal, heads and checkpoints stay.
const EMPTIED: [&str; 20] = [
    "DELETE FROM sign_in_links WHERE space = $1",
    "DELETE FROM sessions WHERE space = $1",
    "DELETE FROM sign_in_attempts WHERE space = $1",
    "DELETE FROM originals WHERE space = $1",
    "DELETE FROM connections WHERE space = $1",
    "DELETE FROM capsules WHERE space = $1",
    "DELETE FROM work WHERE space = $1",
    "DELETE FROM investigations WHERE space = $1",
    "DELETE FROM incidents WHERE space = $1",
    "DELETE FROM evidence WHERE space = $1",
    "DELETE FROM alerts WHERE space = $1",
    "DELETE FROM triage_notes WHERE space = $1",
    "DELETE FROM feedback WHERE space = $1",
    "DELETE FROM documents WHERE scope = $1",
    "DELETE FROM tasks WHERE space = $1",
    "DELETE FROM deliveries WHERE space = $1",
    "DELETE FROM outbox WHERE space = $1",
    "DELETE FROM usage WHERE space = $1",
    "DELETE FROM changes WHERE space = $1",
    "DELETE FROM takes WHERE space = $1",
];

impl Store {
    /// Makes a space with a data key of its own.
    ///
    /// # Errors
    /// [`Error::WrongLocation`] if its data has to stay somewhere else than where this installation
    /// says it is.
    pub async fn create_space(
        &self,
        new: NewSpace,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<SpaceRecord>> {
        clean(&new.name)?;
        let here = self.inner.installation.location.as_deref();
        if new.location.is_some() && new.location.as_deref() != here {
            return Err(wrong_location("installation", here, new.location.as_deref()));
        }
        let space = SpaceId::new(Uuid::now_v7().to_string());
        let data_key = Key::random()?;
        let wrapped = self.inner.master.wrap(&format!("space:{space}"), data_key.bytes()).await?;
        let redaction = new.redaction.map(|policy| policy.to_string());
        let profile = new.profile.seal(&SpaceKeys::new(&data_key), &space)?;

        let mac_key = &self.inner.installation.mac_key;
        let mut tx = self.db().begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.space_record(&SpaceId::new(made)).await.map(Created::Again);
        }
        let mut list = heads::lock(&mut tx, mac_key, SPACES).await?;
        list.position += 1;
        list.hash = spaces_digest(list.hash, space.as_str());
        heads::store(&mut tx, mac_key, SPACES, &list).await?;
        heads::create(&mut tx, mac_key, space.as_str(), &Head::EMPTY).await?;
        sqlx::query(
            "INSERT INTO spaces (id, number, name, location, created_at, updated_at, redaction,
                                 key_wrapped, profile_sealed, blobs_removed)
             VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, 0)",
        )
        .bind(id(&space))
        .bind(number(list.position)?)
        .bind(new.name)
        .bind(here.map(str::to_owned))
        .bind(micros(now))
        .bind(redaction)
        .bind(wrapped)
        .bind(profile)
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        settle(&mut tx, once, space.as_str()).await?;
        tx.commit().await.map_err(from_driver)?;
        self.space_record(&space).await.map(Created::New)
    }

    /// All spaces that aren't deleted, oldest first.
    pub async fn spaces(&self, page: &PageRequest) -> Result<Page<SpaceRecord>> {
        let [after] = page.keys("spaces")?.unwrap_or([0]);
        let rows = sqlx::query(
            "SELECT id, number, name, location, created_at, updated_at, deleted_at, redaction,
                    key_wrapped, profile_sealed
             FROM spaces WHERE deleted_at IS NULL AND number > $1 ORDER BY number LIMIT $2",
        )
        .bind(after)
        .bind(page.fetch())
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        let mut found = Vec::new();
        for row in &rows {
            found.push(([row.signed("number")?], self.record_of(row).await?));
        }
        Ok(page.page("spaces", found))
    }

    /// The ids of all spaces that aren't deleted, oldest first. Opens none of them, so a damaged one
    /// keeps nobody from the others.
    pub async fn space_ids(&self, page: &PageRequest) -> Result<Page<SpaceId>> {
        let [after] = page.keys("space-ids")?.unwrap_or([0]);
        let rows = sqlx::query(
            "SELECT id, number FROM spaces
             WHERE deleted_at IS NULL AND number > $1 ORDER BY number LIMIT $2",
        )
        .bind(after)
        .bind(page.fetch())
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], row.id("id")?)));
        Ok(page.page("space-ids", found.collect::<Result<_>>()?))
    }

    /// Opens a space. [`crate::Error::NotFound`] also where it was deleted.
    pub async fn space(&self, space: &SpaceId) -> Result<Space> {
        let row =
            sqlx::query("SELECT key_wrapped FROM spaces WHERE id = $1 AND deleted_at IS NULL")
                .bind(id(space))
                .fetch_optional(self.db().read())
                .await
                .map_err(from_driver)?;
        let Some(row) = row else {
            self.forget_keys(space);
            return Err(no_space(space));
        };
        let keys = self.keys_of(space, &row).await?;
        Ok(Space { store: self.clone(), id: space.clone(), keys })
    }

    /// The keys of the space of a row.
    async fn keys_of(&self, space: &SpaceId, row: &AnyRow) -> Result<Arc<SpaceKeys>> {
        if let Some(keys) = self.known_keys(space) {
            return Ok(keys);
        }
        let wrapped = row.maybe_bytes("key_wrapped")?.unwrap_or_default();
        let data_key = self.inner.master.unwrap(&format!("space:{space}"), &wrapped).await?;
        let data_key = Key::from_bytes(data_key).ok_or_else(|| Error::Damaged {
            what: format!("space `{space}`"),
            reason: "its key hasn't 32 bytes".to_owned(),
        })?;
        let keys = Arc::new(SpaceKeys::new(&data_key));
        self.keep_keys(space, &keys);
        Ok(keys)
    }

    async fn space_record(&self, space: &SpaceId) -> Result<SpaceRecord> {
        let row = sqlx::query(
            "SELECT id, name, location, created_at, updated_at, deleted_at, redaction, key_wrapped,
                    profile_sealed
             FROM spaces WHERE id = $1",
        )
        .bind(id(space))
        .fetch_optional(self.db().read())
        .await
        .map_err(from_driver)?;
        self.record_of(&row.ok_or_else(|| no_space(space))?).await
    }

    async fn record_of(&self, row: &AnyRow) -> Result<SpaceRecord> {
        let space: SpaceId = row.id("id")?;
        let profile = match row.maybe_bytes("profile_sealed")? {
            Some(sealed) => Profile::open(&*self.keys_of(&space, row).await?, &space, &sealed)?,
            None => Profile::default(),
        };
        let redaction = row.maybe_text("redaction")?;
        let redaction = redaction.map(|text| serde_json::from_str(&text)).transpose();
        Ok(SpaceRecord {
            id: space,
            name: row.text("name")?,
            location: row.maybe_text("location")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            deleted_at: row.maybe_time("deleted_at")?,
            redaction: redaction.map_err(|error| Error::Damaged {
                what: "a space's redaction policy".to_owned(),
                reason: error.to_string(),
            })?,
            profile,
        })
    }

    /// Holds a space in a transaction, so that it can't be deleted before that ends.
    pub(crate) async fn hold_space(&self, tx: &mut Tx, space: &SpaceId) -> Result<bool> {
        // SQLite has one writer at a time and no row locks.
        let statement = match self.db().kind() {
            Kind::Sqlite => "SELECT id FROM spaces WHERE id = $1 AND deleted_at IS NULL",
            Kind::Postgres => {
                "SELECT id FROM spaces WHERE id = $1 AND deleted_at IS NULL FOR SHARE"
            }
        };
        let row = sqlx::query(statement).bind(id(space)).fetch_optional(&mut **tx).await;
        Ok(row.map_err(from_driver)?.is_some())
    }
}

pub(crate) fn no_space(space: &SpaceId) -> Error {
    Error::NotFound { what: "space", id: space.to_string() }
}

impl Space {
    /// Its id.
    pub fn id(&self) -> &SpaceId {
        &self.id
    }

    /// Its record as it is now.
    pub async fn record(&self) -> Result<SpaceRecord> {
        let record = self.store.space_record(&self.id).await?;
        if record.deleted_at.is_some() {
            return Err(Error::Destroyed);
        }
        Ok(record)
    }

    /// Deletes it: destroys its key, revokes its access keys and sessions, removes its blobs and rows;
    /// the journal's rows stay, unreadable, so that what is left can still be verified.
    ///
    /// Blobs that can't be removed now are removed by [`Store::maintain`]; they are unreadable too.
    pub async fn delete(&self, now: Timestamp) -> Result<()> {
        let mut tx = self.store.db().begin().await?;
        let mac_key = &self.store.inner.installation.mac_key;
        heads::lock(&mut tx, mac_key, self.id.as_str()).await?;
        let deleted = sqlx::query(
            "UPDATE spaces SET deleted_at = $2, key_wrapped = NULL, redaction = NULL,
                    profile_sealed = NULL, rules = NULL
             WHERE id = $1 AND deleted_at IS NULL",
        )
        .bind(id(&self.id))
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        if deleted.rows_affected() == 0 {
            return Err(Error::Destroyed);
        }
        sqlx::query(
            "UPDATE access_keys SET revoked_at = COALESCE(revoked_at, $2), secret_sealed = $3
             WHERE space = $1",
        )
        .bind(id(&self.id))
        .bind(micros(now))
        .bind(Vec::new())
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        for statement in EMPTIED {
            sqlx::query(statement)
                .bind(id(&self.id))
                .execute(&mut *tx)
                .await
                .map_err(from_driver)?;
        }
        tx.commit().await.map_err(from_driver)?;
        self.store.forget_keys(&self.id);
        if let Err(error) = self.store.remove_blobs(&self.id).await {
            tracing::warn!(space.id = %self.id, error = %error, "blobs of a deleted space are left");
        }
        Ok(())
    }

    /// A key derived from the space's data key for pseudonyms.
    pub fn pseudonym_key(&self) -> [u8; 32] {
        self.keys.pseudonym()
    }

    /// Keeps originals of pseudonyms, sealed (policy `seal_originals`).
    pub async fn keep_originals(&self, originals: &[(String, String)]) -> Result<()> {
        let mut tx = self.begin().await?;
        self.insert_originals(&mut tx, originals).await?;
        tx.commit().await.map_err(from_driver)
    }

    pub(crate) async fn insert_originals(
        &self,
        tx: &mut Tx,
        originals: &[(String, String)],
    ) -> Result<()> {
        for (pseudonym, original) in originals {
            clean(pseudonym)?;
            sqlx::query(
                "INSERT INTO originals (space, pseudonym, sealed) VALUES ($1, $2, $3)
                 ON CONFLICT (space, pseudonym) DO NOTHING",
            )
            .bind(id(&self.id))
            .bind(pseudonym.clone())
            .bind(self.seal("original", pseudonym, original)?)
            .execute(&mut **tx)
            .await
            .map_err(from_driver)?;
        }
        Ok(())
    }

    /// The original of a pseudonym, where it was kept.
    pub async fn original(&self, pseudonym: &str) -> Result<Option<String>> {
        self.alive().await?;
        let row = sqlx::query("SELECT sealed FROM originals WHERE space = $1 AND pseudonym = $2")
            .bind(id(&self.id))
            .bind(pseudonym.to_owned())
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        row.map(|row| self.open("original", pseudonym, &row.bytes("sealed")?)).transpose()
    }

    /// [`Error::Destroyed`] if it was deleted, perhaps by another process.
    pub(crate) async fn alive(&self) -> Result<()> {
        let row = sqlx::query("SELECT id FROM spaces WHERE id = $1 AND deleted_at IS NULL")
            .bind(id(&self.id))
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        row.map(drop).ok_or(Error::Destroyed)
    }

    /// Begins a transaction within which the space can't be deleted.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let mut tx = self.store.db().begin().await?;
        if !self.store.hold_space(&mut tx, &self.id).await? {
            return Err(Error::Destroyed);
        }
        Ok(tx)
    }

    /// The next number of a kind of thing, without gaps where the transaction is committed.
    pub(crate) async fn next(&self, tx: &mut Tx, what: &str) -> Result<u64> {
        next_number(tx, self.id.as_str(), what).await
    }

    /// What stands in clear for a text from outside, so that the same one is found again: keyed, so that who
    /// has the database alone can't try texts.
    pub(crate) fn digest(&self, what: &str, text: &str) -> [u8; 32] {
        self.keys.digest(what, text)
    }

    pub(crate) fn seal(&self, what: &str, id: &str, value: &impl Serialize) -> Result<Vec<u8>> {
        self.keys.seal(&format!("{what}|{}|{id}", self.id), value)
    }

    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        what: &str,
        id: &str,
        sealed: &[u8],
    ) -> Result<T> {
        self.keys.open(&format!("{what}|{}|{id}", self.id), sealed)
    }
}
