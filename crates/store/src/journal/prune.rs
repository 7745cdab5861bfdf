//! Retention: whole chains go, under a checkpoint that says where they ended.

use jiff::Timestamp;
use nightjar_incident::journal::Digest;
use sqlx::any::AnyRow;

use crate::crypto::{Key, mac, same};
use crate::db::{Columns as _, Tx, from_driver, id, micros, number};
use crate::journal::ChainRow;
use crate::{ChainHead, Result, Space, heads};

/// How many chains go in one transaction, under one checkpoint.
const AT_ONCE: i64 = 200;

/// What is left of a chain's entries: where they ended, under which checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct PrunedRow {
    pub(crate) chain: String,
    pub(crate) checkpoint: u64,
    pub(crate) entries: u64,
    pub(crate) head: Digest,
}

impl PrunedRow {
    fn mac(&self, key: &Key, space: &str) -> [u8; 32] {
        let (checkpoint, entries) = (self.checkpoint.to_be_bytes(), self.entries.to_be_bytes());
        let parts: [&[u8]; 5] =
            [space.as_bytes(), self.chain.as_bytes(), &checkpoint, &entries, self.head.as_bytes()];
        mac(key, "journal pruned", &parts)
    }

    /// A row as it stands, and whether it is authentic.
    pub(crate) fn read(row: &AnyRow, key: &Key, space: &str) -> Result<(Self, bool)> {
        let pruned = Self {
            chain: row.text("chain")?,
            checkpoint: row.count("checkpoint")?,
            entries: row.count("entries")?,
            head: row.digest("head")?,
        };
        let authentic = same(&pruned.mac(key, space), &row.bytes("mac")?);
        Ok((pruned, authentic))
    }
}

impl Space {
    /// Drops whole chains whose last entry is older than `before`, after a checkpoint that covers them.
    /// Gives the number of chains dropped; verification then says "pruned up to checkpoint N".
    ///
    /// Older by the time it was written, not by the investigation's clock, which may be that of a
    /// recording.
    pub async fn prune_journal(&self, before: Timestamp, now: Timestamp) -> Result<u64> {
        let mut dropped = 0;
        loop {
            let some = self.prune_some(before, now).await?;
            if some == 0 {
                return Ok(dropped);
            }
            dropped += some;
        }
    }

    async fn prune_some(&self, before: Timestamp, now: Timestamp) -> Result<u64> {
        let mac_key = &self.store.inner.installation.mac_key;
        let mut tx = self.store.db().begin().await?;
        let mut head = heads::lock(&mut tx, mac_key, self.id.as_str()).await?;
        self.alive_in(&mut tx).await?;
        let rows = sqlx::query(
            "SELECT c.chain, c.next_seq, c.head, c.last_position, c.mac
             FROM journal_chains c
             JOIN journal j ON j.space = c.space AND j.position = c.last_position
             WHERE c.space = $1 AND j.written_at < $2 ORDER BY c.chain LIMIT $3",
        )
        .bind(id(&self.id))
        .bind(micros(before))
        .bind(AT_ONCE)
        .fetch_all(&mut *tx)
        .await
        .map_err(from_driver)?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut going = Vec::with_capacity(rows.len());
        for row in &rows {
            let chain = ChainRow::read_sound(row, mac_key, self.id.as_str())?;
            going.push(ChainHead { chain: chain.name, entries: chain.next_seq, head: chain.head });
        }
        let since = self.last_checkpoint_position(&mut tx, &head).await?;
        let mut heads = self.chains_since(&mut tx, since).await?;
        heads.retain(|kept| going.iter().all(|chain| chain.chain != kept.chain));
        heads.extend(going.iter().cloned());
        heads.sort_by(|a, b| a.chain.cmp(&b.chain));
        let checkpoint = self.add_checkpoint(&mut tx, &mut head, heads, now).await?.number;
        for ChainHead { chain, entries, head } in going {
            self.drop_chain(&mut tx, PrunedRow { chain, checkpoint, entries, head }).await?;
        }
        tx.commit().await.map_err(from_driver)?;
        u64::try_from(rows.len()).map_err(|error| crate::Error::Invalid(error.to_string()))
    }

    /// Notes where the chain ended, which is what the database lets its entries go for.
    async fn drop_chain(&self, tx: &mut Tx, pruned: PrunedRow) -> Result<()> {
        let mac_key = &self.store.inner.installation.mac_key;
        sqlx::query(
            "INSERT INTO journal_pruned (space, chain, checkpoint, entries, head, mac)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id(&self.id))
        .bind(pruned.chain.clone())
        .bind(number(pruned.checkpoint)?)
        .bind(number(pruned.entries)?)
        .bind(pruned.head.as_bytes().to_vec())
        .bind(pruned.mac(mac_key, self.id.as_str()).to_vec())
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        sqlx::query("DELETE FROM journal WHERE space = $1 AND chain = $2 AND seq < $3")
            .bind(id(&self.id))
            .bind(pruned.chain)
            .bind(number(pruned.entries)?)
            .execute(&mut **tx)
            .await
            .map_err(from_driver)?;
        Ok(())
    }
}
