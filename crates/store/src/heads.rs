//! Where the append-only parts end, authenticated: who can write to the database but lacks the master
//! key can't cut off an end unnoticed.

use nightjar_incident::journal::Digest;
use sqlx::any::AnyRow;

use crate::crypto::{Key, mac, same};
use crate::db::{Columns as _, Tx, from_driver, number};
use crate::{Error, Result};

/// Scope of the audit trail.
pub(crate) const AUDIT: &str = "audit";
/// Scope of the list of spaces.
pub(crate) const SPACES: &str = "spaces";

/// The end of a space's journal, of the audit trail or of the list of spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Position of the last entry; 0: none.
    pub(crate) position: u64,
    /// Its hash.
    pub(crate) hash: Digest,
    /// Number of the last checkpoint; 0: none.
    pub(crate) checkpoints: u64,
    /// Its hash.
    pub(crate) checkpoint_hash: Digest,
}

impl Head {
    pub(crate) const EMPTY: Self =
        Self { position: 0, hash: Digest::ZERO, checkpoints: 0, checkpoint_hash: Digest::ZERO };

    fn mac(&self, key: &Key, scope: &str) -> [u8; 32] {
        let position = self.position.to_be_bytes();
        let checkpoints = self.checkpoints.to_be_bytes();
        let parts: [&[u8]; 5] = [
            scope.as_bytes(),
            &position,
            self.hash.as_bytes(),
            &checkpoints,
            self.checkpoint_hash.as_bytes(),
        ];
        mac(key, "head", &parts)
    }

    /// A row as it stands, and whether it is authentic.
    pub(crate) fn read(row: &AnyRow, key: &Key, scope: &str) -> Result<(Self, bool)> {
        let head = Self {
            position: row.count("position")?,
            hash: row.digest("hash")?,
            checkpoints: row.count("checkpoints")?,
            checkpoint_hash: row.digest("checkpoint_hash")?,
        };
        let authentic = same(&head.mac(key, scope), &row.bytes("mac")?);
        Ok((head, authentic))
    }
}

/// Makes the row of a new scope.
pub(crate) async fn create(tx: &mut Tx, key: &Key, scope: &str, head: &Head) -> Result<()> {
    sqlx::query(
        "INSERT INTO heads (scope, position, hash, checkpoints, checkpoint_hash, mac)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(scope.to_owned())
    .bind(number(head.position)?)
    .bind(head.hash.as_bytes().to_vec())
    .bind(number(head.checkpoints)?)
    .bind(head.checkpoint_hash.as_bytes().to_vec())
    .bind(head.mac(key, scope).to_vec())
    .execute(&mut **tx)
    .await
    .map_err(from_driver)?;
    Ok(())
}

/// Reads a head and keeps everyone else from writing to this scope until the transaction ends. A head
/// that isn't authentic is [`Error::Damaged`]: going on from it would make the damage look sound.
pub(crate) async fn lock(tx: &mut Tx, key: &Key, scope: &str) -> Result<Head> {
    let row = sqlx::query(
        "UPDATE heads SET position = position WHERE scope = $1
         RETURNING position, hash, checkpoints, checkpoint_hash, mac",
    )
    .bind(scope.to_owned())
    .fetch_optional(&mut **tx)
    .await
    .map_err(from_driver)?;
    let damaged = |reason: &str| Error::Damaged {
        what: format!("the head of `{scope}`"),
        reason: reason.to_owned(),
    };
    let row = row.ok_or_else(|| damaged("it is missing"))?;
    let (head, authentic) = Head::read(&row, key, scope)?;
    if !authentic {
        return Err(damaged("it was altered"));
    }
    Ok(head)
}

/// Moves a head that [`lock`] holds.
pub(crate) async fn store(tx: &mut Tx, key: &Key, scope: &str, head: &Head) -> Result<()> {
    sqlx::query(
        "UPDATE heads SET position = $2, hash = $3, checkpoints = $4, checkpoint_hash = $5, mac = $6
         WHERE scope = $1",
    )
    .bind(scope.to_owned())
    .bind(number(head.position)?)
    .bind(head.hash.as_bytes().to_vec())
    .bind(number(head.checkpoints)?)
    .bind(head.checkpoint_hash.as_bytes().to_vec())
    .bind(head.mac(key, scope).to_vec())
    .execute(&mut **tx)
    .await
    .map_err(from_driver)?;
    Ok(())
}
