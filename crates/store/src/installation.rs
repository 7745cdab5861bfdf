//! What this installation is: its location, its own keys, its signature.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jiff::Timestamp;
use nightjar_incident::journal::Digest;
use uuid::Uuid;

use crate::blobs::Blobs;
use crate::crypto::{Key, Sealer, hex};
use crate::db::{Columns as _, Db, from_driver, micros};
use crate::heads::{self, AUDIT, Head, SPACES};
use crate::{Error, KeyService, Result};

pub(crate) struct Installation {
    pub(crate) location: Option<String>,
    /// Authenticates heads and rows of journal and audit trail, also of spaces whose key is gone.
    pub(crate) mac_key: Key,
    /// Seals secrets of access keys.
    pub(crate) credentials: Sealer,
    pub(crate) signing: Ed25519KeyPair,
}

impl Installation {
    /// Public key of the signature, hex.
    pub(crate) fn public_key(&self) -> String {
        hex(self.signing.public_key().as_ref())
    }

    /// Reads what the installation is, or makes it where the database is new.
    pub(crate) async fn open(
        db: &Db,
        blobs: &Blobs,
        master: &Arc<dyn KeyService>,
        location: Option<&str>,
        now: Timestamp,
    ) -> Result<Self> {
        if sqlx::query("SELECT id FROM installation")
            .fetch_optional(db.read())
            .await
            .map_err(from_driver)?
            .is_none()
        {
            create(db, master, location, now).await?;
        }
        let row = sqlx::query(
            "SELECT id, location, master_key, data_key_wrapped, signing_key_wrapped, public_key,
                    blobs_marked
             FROM installation",
        )
        .fetch_one(db.read())
        .await
        .map_err(from_driver)?;
        let id = row.text("id")?;
        let stored = row.maybe_text("location")?;
        if location.is_some() && stored.as_deref() != location {
            return Err(wrong_location("database", stored.as_deref(), location));
        }
        let wrote = row.text("master_key")?;
        if wrote != master.id() {
            return Err(Error::MasterKey(format!(
                "this data was written with master key `{wrote}`, the one given is `{}`",
                master.id()
            )));
        }
        let data_key = master.unwrap("installation:data", &row.bytes("data_key_wrapped")?).await?;
        let data_key = Key::from_bytes(data_key).ok_or_else(|| damaged("its data key"))?;
        let seed =
            master.unwrap("installation:signing", &row.bytes("signing_key_wrapped")?).await?;
        let signing = Ed25519KeyPair::from_pkcs8(&seed).map_err(|_| damaged("its signing key"))?;
        if signing.public_key().as_ref() != row.bytes("public_key")? {
            return Err(damaged("its public key"));
        }
        mark_blobs(db, blobs, &id, stored.as_deref(), row.signed("blobs_marked")? == 1).await?;
        Ok(Self {
            location: stored,
            mac_key: data_key.derive("journal mac"),
            credentials: Sealer::new(&data_key.derive("credentials")),
            signing,
        })
    }
}

/// Makes the installation's row and its heads; another process may be doing the same.
async fn create(
    db: &Db,
    master: &Arc<dyn KeyService>,
    location: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let data_key = Key::random()?;
    let wrapped = master.wrap("installation:data", data_key.bytes()).await?;
    let no_key = || Error::Invalid("cannot make a signing key".to_owned());
    let signing = Ed25519KeyPair::generate().map_err(|_| no_key())?;
    let secret = signing.to_pkcs8().map_err(|_| no_key())?;
    let signing_wrapped = master.wrap("installation:signing", secret.as_ref()).await?;
    let mut tx = db.begin().await?;
    let made = sqlx::query(
        "INSERT INTO installation (one, id, created_at, location, master_key, data_key_wrapped,
                                   signing_key_wrapped, public_key, blobs_marked)
         VALUES (1, $1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (one) DO NOTHING",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(micros(now))
    .bind(location.map(str::to_owned))
    .bind(master.id().to_owned())
    .bind(wrapped)
    .bind(signing_wrapped)
    .bind(signing.public_key().as_ref().to_vec())
    .execute(&mut *tx)
    .await
    .map_err(from_driver)?;
    if made.rows_affected() == 1 {
        let mac_key = data_key.derive("journal mac");
        for scope in [AUDIT, SPACES] {
            heads::create(&mut tx, &mac_key, scope, &Head::EMPTY).await?;
        }
    }
    tx.commit().await.map_err(from_driver)
}

/// Sees to it that the blobs belong to this installation and lie where it says.
async fn mark_blobs(
    db: &Db,
    blobs: &Blobs,
    id: &str,
    location: Option<&str>,
    marked: bool,
) -> Result<()> {
    let wanted = serde_json::json!({ "installation": id, "location": location });
    let Some(found) = blobs.marker().await? else {
        if marked {
            return Err(Error::Damaged {
                what: "the store of the blobs".to_owned(),
                reason: "its object `location` is gone: is this the right folder or bucket?"
                    .to_owned(),
            });
        }
        blobs.mark(wanted.to_string()).await?;
        sqlx::query("UPDATE installation SET blobs_marked = 1")
            .execute(db.write())
            .await
            .map_err(from_driver)?;
        return Ok(());
    };
    let found: serde_json::Value = serde_json::from_str(&found).unwrap_or_default();
    let place = found.get("location").and_then(serde_json::Value::as_str);
    if place != location {
        return Err(wrong_location("store of the blobs", place, location));
    }
    if found.get("installation") != wanted.get("installation") {
        return Err(Error::Conflict(
            "the store of the blobs belongs to another installation".to_owned(),
        ));
    }
    if !marked {
        sqlx::query("UPDATE installation SET blobs_marked = 1")
            .execute(db.write())
            .await
            .map_err(from_driver)?;
    }
    Ok(())
}

pub(crate) fn wrong_location(
    what: &'static str,
    found: Option<&str>,
    wanted: Option<&str>,
) -> Error {
    let told = |place: Option<&str>| place.unwrap_or("not stated").to_owned();
    Error::WrongLocation { what, found: told(found), wanted: told(wanted) }
}

fn damaged(what: &str) -> Error {
    Error::Damaged { what: "the installation".to_owned(), reason: format!("{what} is unreadable") }
}

/// The digest over the ids of all spaces that were ever made: each next one is hashed onto it.
pub(crate) fn spaces_digest(before: Digest, id: &str) -> Digest {
    let mut bytes = before.as_bytes().to_vec();
    bytes.extend(id.as_bytes());
    Digest::of(&bytes)
}
