//! Where each chain ends, authenticated.

use nightjar_incident::journal::Digest;
use sqlx::any::AnyRow;

use crate::crypto::{Key, mac, same};
use crate::db::{Columns as _, Tx, from_driver, id, number};
use crate::{Error, Result, Space};

/// The end of one chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainRow {
    pub(crate) name: String,
    pub(crate) next_seq: u64,
    pub(crate) head: Digest,
    /// Position of its last entry in the space's order of writing.
    pub(crate) last_position: u64,
}

impl ChainRow {
    fn mac(&self, key: &Key, space: &str) -> [u8; 32] {
        let (next_seq, position) = (self.next_seq.to_be_bytes(), self.last_position.to_be_bytes());
        let parts: [&[u8]; 5] =
            [space.as_bytes(), self.name.as_bytes(), &next_seq, self.head.as_bytes(), &position];
        mac(key, "journal chain", &parts)
    }

    /// A row as it stands, and whether it is authentic.
    pub(crate) fn read(row: &AnyRow, key: &Key, space: &str) -> Result<(Self, bool)> {
        let chain = Self {
            name: row.text("chain")?,
            next_seq: row.count("next_seq")?,
            head: row.digest("head")?,
            last_position: row.count("last_position")?,
        };
        let authentic = same(&chain.mac(key, space), &row.bytes("mac")?);
        Ok((chain, authentic))
    }

    /// A row that has to be authentic.
    pub(crate) fn read_sound(row: &AnyRow, key: &Key, space: &str) -> Result<Self> {
        let (chain, authentic) = Self::read(row, key, space)?;
        if !authentic {
            return Err(Error::Damaged {
                what: format!("the head of chain `{}`", chain.name),
                reason: "it was altered".to_owned(),
            });
        }
        Ok(chain)
    }

    pub(crate) async fn store(&self, tx: &mut Tx, key: &Key, space: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO journal_chains (space, chain, next_seq, head, last_position, mac)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (space, chain) DO UPDATE SET next_seq = excluded.next_seq,
                 head = excluded.head, last_position = excluded.last_position, mac = excluded.mac",
        )
        .bind(space.to_owned())
        .bind(self.name.clone())
        .bind(number(self.next_seq)?)
        .bind(self.head.as_bytes().to_vec())
        .bind(number(self.last_position)?)
        .bind(self.mac(key, space).to_vec())
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}

impl Space {
    /// Where a chain ends; the beginning for one without entries.
    pub(crate) async fn chain_row(&self, tx: &mut Tx, chain: &str) -> Result<ChainRow> {
        let row = sqlx::query(
            "SELECT chain, next_seq, head, last_position, mac FROM journal_chains
             WHERE space = $1 AND chain = $2",
        )
        .bind(id(&self.id))
        .bind(chain.to_owned())
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
        let Some(row) = row else {
            let name = chain.to_owned();
            return Ok(ChainRow { name, next_seq: 0, head: Digest::ZERO, last_position: 0 });
        };
        ChainRow::read_sound(&row, &self.store.inner.installation.mac_key, self.id.as_str())
    }
}
