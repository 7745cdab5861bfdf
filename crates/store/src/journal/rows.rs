//! Entries as rows: metadata in clear, the body sealed.

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::{Digest, Entry, Kind, SCHEMA};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use sqlx::any::AnyRow;

use super::{JournalEntry, Sealed};
use crate::crypto::{Key, mac, same};
use crate::db::{Columns as _, Tx, from_driver, id, is_duplicate, micros, number};
use crate::{Error, Result, Space};

/// What a body is sealed for: another place in the journal doesn't open it.
pub(crate) fn body_context(space: &str, chain: &str, seq: u64) -> String {
    format!("{space}|{chain}|{seq}")
}

/// A row as it stands.
pub(crate) struct EntryRow {
    pub(crate) position: u64,
    pub(crate) chain: String,
    pub(crate) seq: u64,
    at: String,
    kind: String,
    actor: String,
    pub(crate) body_digest: Digest,
    pub(crate) body_sealed: Vec<u8>,
    pub(crate) prev_hash: Digest,
    pub(crate) hash: Digest,
    written_at: i64,
    mac: Vec<u8>,
}

impl EntryRow {
    pub(crate) fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            position: row.count("position")?,
            chain: row.text("chain")?,
            seq: row.count("seq")?,
            at: row.text("at")?,
            kind: row.text("kind")?,
            actor: row.text("actor")?,
            body_digest: row.digest("body_digest")?,
            body_sealed: row.bytes("body_sealed")?,
            prev_hash: row.digest("prev_hash")?,
            hash: row.digest("hash")?,
            written_at: row.signed("written_at")?,
            mac: row.bytes("mac")?,
        })
    }

    /// The entry with another body than its own; `None` if time or kind aren't written as we do.
    fn entry(&self, space: &SpaceId, body: serde_json::Value) -> Option<Entry> {
        let at: Timestamp = self.at.parse().ok()?;
        let kind: StrDeserializer<'_, ValueError> = self.kind.as_str().into_deserializer();
        let kind = Kind::deserialize(kind).ok()?;
        (at.to_string() == self.at && kind.label() == self.kind).then(|| Entry {
            schema: SCHEMA,
            space: space.clone(),
            chain: self.chain.clone(),
            seq: self.seq,
            at,
            kind,
            actor: self.actor.clone(),
            body,
            prev_hash: self.prev_hash,
            hash: self.hash,
        })
    }

    /// Whether the hash fits what stands in clear: metadata, digest of the body, hash before.
    pub(crate) fn hash_fits(&self, space: &SpaceId) -> bool {
        self.entry(space, serde_json::Value::Null)
            .and_then(|entry| entry.compute_hash_over(self.body_digest).ok())
            .is_some_and(|hash| hash == self.hash)
    }

    /// Whether what the hash doesn't cover is as it was written: position, time, sealed bytes.
    pub(crate) fn mac_fits(&self, key: &Key, space: &str) -> bool {
        same(
            &row_mac(key, space, self.position, self.written_at, self.hash, &self.body_sealed),
            &self.mac,
        )
    }

    /// The entry with its body. [`Error::Damaged`] if it isn't what was written.
    pub(crate) fn open(self, space: &Space) -> Result<JournalEntry> {
        let damaged = |reason: &str| Error::Damaged {
            what: format!("entry {} of chain `{}`", self.seq, self.chain),
            reason: reason.to_owned(),
        };
        let context = body_context(space.id.as_str(), &self.chain, self.seq);
        let body = space
            .keys
            .open_body(&context, &self.body_sealed)
            .filter(|body| Digest::of(body) == self.body_digest)
            .ok_or_else(|| damaged("its body isn't what was written"))?;
        let body = serde_json::from_slice(&body).map_err(|error| damaged(&error.to_string()))?;
        let entry = self.entry(&space.id, body);
        let written_at = Timestamp::from_microsecond(self.written_at);
        match (entry, written_at) {
            (Some(entry), Ok(written_at)) => {
                Ok(JournalEntry { position: self.position, written_at, entry })
            }
            _ => Err(damaged("its time or its kind was altered")),
        }
    }
}

fn row_mac(
    key: &Key,
    space: &str,
    position: u64,
    written_at: i64,
    hash: Digest,
    body_sealed: &[u8],
) -> [u8; 32] {
    let (position, written_at) = (position.to_be_bytes(), written_at.to_be_bytes());
    let body = Digest::of(body_sealed);
    let parts: [&[u8]; 5] =
        [space.as_bytes(), &position, &written_at, hash.as_bytes(), body.as_bytes()];
    mac(key, "journal row", &parts)
}

impl Space {
    pub(super) async fn insert(
        &self,
        tx: &mut Tx,
        sealed: &Sealed<'_>,
        position: u64,
        written_at: Timestamp,
    ) -> Result<()> {
        let Sealed { entry, body_digest, body_sealed } = sealed;
        let key = &self.store.inner.installation.mac_key;
        let written_at = micros(written_at);
        let mac = row_mac(key, self.id.as_str(), position, written_at, entry.hash, body_sealed);
        sqlx::query(
            "INSERT INTO journal (space, position, chain, seq, at, kind, actor, body_digest,
                                  body_sealed, prev_hash, hash, written_at, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(id(&self.id))
        .bind(number(position)?)
        .bind(entry.chain.clone())
        .bind(number(entry.seq)?)
        .bind(entry.at.to_string())
        .bind(entry.kind.label().to_owned())
        .bind(entry.actor.clone())
        .bind(body_digest.as_bytes().to_vec())
        .bind(body_sealed.clone())
        .bind(entry.prev_hash.as_bytes().to_vec())
        .bind(entry.hash.as_bytes().to_vec())
        .bind(written_at)
        .bind(mac.to_vec())
        .execute(&mut **tx)
        .await
        .map_err(|error| match is_duplicate(&error) {
            // The heads say that this place is free.
            true => Error::Damaged {
                what: format!("chain `{}`", entry.chain),
                reason: format!("entry {} or position {position} exists already", entry.seq),
            },
            false => from_driver(error),
        })?;
        Ok(())
    }

    /// [`Error::Destroyed`] if the space was deleted, asked within a transaction that locked its head.
    pub(crate) async fn alive_in(&self, tx: &mut Tx) -> Result<()> {
        let row = sqlx::query("SELECT id FROM spaces WHERE id = $1 AND deleted_at IS NULL")
            .bind(id(&self.id))
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        row.map(drop).ok_or(Error::Destroyed)
    }
}
