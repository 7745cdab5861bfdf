//! One space: its head, its chains, their places, its checkpoints.

use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;

use super::chain::ChainCheck;
use super::checkpoints::{self, Scope};
use super::collect::Collector;
use super::read::{PAGE, one};
use crate::db::{Columns as _, Tx, from_driver, number};
use crate::heads::Head;
use crate::journal::{ChainRow, PrunedRow};
use crate::sealed::SpaceKeys;
use crate::{Checkpoint, Error, Result, Store};

pub(super) struct View<'a> {
    pub(super) id: &'a SpaceId,
    /// `None`: its key was destroyed; bodies aren't opened.
    pub(super) keys: Option<&'a SpaceKeys>,
    pub(super) store: &'a Store,
}

impl View<'_> {
    pub(super) async fn verify(
        &self,
        tx: &mut Tx,
        exported: &[Checkpoint],
        collector: &mut Collector,
    ) -> Result<()> {
        let installation = &self.store.inner.installation;
        let head = read_head(tx, &installation.mac_key, self.id.as_str()).await?;
        let head = match head {
            Some((head, authentic)) => {
                if !authentic {
                    collector.about(self.id, "its head was altered");
                }
                Some(head)
            }
            None => {
                collector.about(self.id, "its head is missing");
                None
            }
        };
        let pruned = self.chains(tx, collector).await?;
        self.stray(tx, collector).await?;
        if let Some(head) = &head {
            self.places(tx, head, pruned, collector).await?;
        }
        let scope = Scope {
            space: Some(self.id),
            name: self.id.as_str(),
            head: head.as_ref(),
            public_key: &installation.public_key(),
        };
        checkpoints::verify(tx, &scope, exported, collector).await?;
        self.pruned(tx, collector).await
    }

    /// Every chain that has a head; gives the number of entries that were pruned.
    async fn chains(&self, tx: &mut Tx, collector: &mut Collector) -> Result<u64> {
        let mac_key = &self.store.inner.installation.mac_key;
        let mut pruned = 0;
        let mut after = String::new();
        loop {
            let rows = sqlx::query(
                "SELECT chain, next_seq, head, last_position, mac FROM journal_chains
                 WHERE space = $1 AND chain > $2 ORDER BY chain LIMIT $3",
            )
            .bind(self.id.to_string())
            .bind(after.clone())
            .bind(PAGE)
            .fetch_all(&mut **tx)
            .await
            .map_err(from_driver)?;
            if rows.is_empty() {
                return Ok(pruned);
            }
            for row in &rows {
                after = row.text("chain")?;
                let end = match ChainRow::read(row, mac_key, self.id.as_str()) {
                    Ok((chain, true)) => Some(chain),
                    Ok((chain, false)) => {
                        collector.find(Some(self.id), &after, None, "its head was altered");
                        Some(chain)
                    }
                    Err(Error::Damaged { reason, .. }) => {
                        let problem = format!("its head is unreadable: {reason}");
                        collector.find(Some(self.id), &after, None, problem);
                        None
                    }
                    Err(error) => return Err(error),
                };
                let start = self.start(tx, &after).await?;
                pruned += start.0;
                self.chain(&after, start, end.as_ref()).run(tx, collector).await?;
            }
        }
    }

    fn chain<'a>(
        &'a self,
        name: &'a str,
        start: (u64, Digest),
        end: Option<&'a ChainRow>,
    ) -> ChainCheck<'a> {
        let mac_key = &self.store.inner.installation.mac_key;
        ChainCheck { space: self.id, keys: self.keys, mac_key, name, start, end }
    }

    /// Where a chain's entries begin, as an authentic row about its pruning says.
    async fn start(&self, tx: &mut Tx, chain: &str) -> Result<(u64, Digest)> {
        let rows = sqlx::query(
            "SELECT chain, checkpoint, entries, head, mac FROM journal_pruned
             WHERE space = $1 AND chain = $2 ORDER BY entries DESC",
        )
        .bind(self.id.to_string())
        .bind(chain.to_owned())
        .fetch_all(&mut **tx)
        .await
        .map_err(from_driver)?;
        let mac_key = &self.store.inner.installation.mac_key;
        for row in &rows {
            if let Ok((pruned, true)) = PrunedRow::read(row, mac_key, self.id.as_str()) {
                return Ok((pruned.entries, pruned.head));
            }
        }
        Ok((0, Digest::ZERO))
    }

    /// Entries and notes of pruning whose chain has no head.
    async fn stray(&self, tx: &mut Tx, collector: &mut Collector) -> Result<()> {
        for statement in [
            "SELECT DISTINCT j.chain FROM journal j WHERE j.space = $1 AND NOT EXISTS (
                 SELECT 1 FROM journal_chains c WHERE c.space = j.space AND c.chain = j.chain)
             ORDER BY j.chain LIMIT $2",
            "SELECT DISTINCT p.chain FROM journal_pruned p WHERE p.space = $1 AND NOT EXISTS (
                 SELECT 1 FROM journal_chains c WHERE c.space = p.space AND c.chain = p.chain)
             ORDER BY p.chain LIMIT $2",
        ] {
            let rows = sqlx::query(statement)
                .bind(self.id.to_string())
                .bind(PAGE)
                .fetch_all(&mut **tx)
                .await
                .map_err(from_driver)?;
            for row in &rows {
                let name = row.text("chain")?;
                collector.find(Some(self.id), &name, None, "its head is missing");
                let start = self.start(tx, &name).await?;
                self.chain(&name, start, None).run(tx, collector).await?;
            }
        }
        Ok(())
    }

    /// Places are unique and authenticated, so if there are as many as the head says, none is missing.
    async fn places(
        &self,
        tx: &mut Tx,
        head: &Head,
        pruned: u64,
        collector: &mut Collector,
    ) -> Result<()> {
        let count = "SELECT COUNT(*) AS n FROM journal WHERE space = $1";
        let stored = u64::try_from(one(tx, count, self.id.as_str()).await?).unwrap_or_default();
        let known = stored + pruned;
        if known < head.position {
            let problem = format!("missing: {} entries of the journal", head.position - known);
            collector.about(self.id, &problem);
        } else if known > head.position {
            let problem = format!("{} entries more than were written", known - head.position);
            collector.about(self.id, &problem);
        }
        let row = sqlx::query("SELECT hash FROM journal WHERE space = $1 AND position = $2")
            .bind(self.id.to_string())
            .bind(number(head.position)?)
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        if row.is_some_and(|row| row.digest("hash").ok() != Some(head.hash)) {
            collector.about(self.id, "its head is the hash of another entry");
        }
        Ok(())
    }

    /// Notes of pruning: authentic, and covered by the checkpoint they name.
    async fn pruned(&self, tx: &mut Tx, collector: &mut Collector) -> Result<()> {
        let mac_key = &self.store.inner.installation.mac_key;
        let mut after = (i64::MIN, String::new());
        let mut covering: Option<Checkpoint> = None;
        loop {
            let rows = sqlx::query(
                "SELECT chain, checkpoint, entries, head, mac FROM journal_pruned
                 WHERE space = $1 AND (checkpoint > $2 OR (checkpoint = $2 AND chain > $3))
                 ORDER BY checkpoint, chain LIMIT $4",
            )
            .bind(self.id.to_string())
            .bind(after.0)
            .bind(after.1.clone())
            .bind(PAGE)
            .fetch_all(&mut **tx)
            .await
            .map_err(from_driver)?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                after = (row.signed("checkpoint")?, row.text("chain")?);
                let read = PrunedRow::read(row, mac_key, self.id.as_str());
                let Ok((pruned, true)) = read else {
                    let problem = "the note of its pruning was altered";
                    collector.find(Some(self.id), &after.1, None, problem);
                    continue;
                };
                if covering.as_ref().is_none_or(|known| known.number != pruned.checkpoint) {
                    covering = checkpoints::read(tx, self.id.as_str(), pruned.checkpoint).await?;
                }
                let covered =
                    covering.iter().flat_map(|checkpoint| &checkpoint.heads).any(|head| {
                        head.chain == pruned.chain
                            && head.entries == pruned.entries
                            && head.head == pruned.head
                    });
                if covered {
                    collector.seen.pruned.push((pruned.chain, pruned.checkpoint));
                } else {
                    let problem =
                        format!("pruned, and checkpoint {} doesn't cover it", pruned.checkpoint);
                    collector.find(Some(self.id), &pruned.chain, None, problem);
                }
            }
        }
    }
}

/// A head as it stands, and whether it is authentic; an unreadable one isn't.
pub(super) async fn read_head(
    tx: &mut Tx,
    mac_key: &crate::crypto::Key,
    scope: &str,
) -> Result<Option<(Head, bool)>> {
    let row = sqlx::query(
        "SELECT position, hash, checkpoints, checkpoint_hash, mac FROM heads WHERE scope = $1",
    )
    .bind(scope.to_owned())
    .fetch_optional(&mut **tx)
    .await
    .map_err(from_driver)?;
    let Some(row) = row else { return Ok(None) };
    match Head::read(&row, mac_key, scope) {
        Ok(read) => Ok(Some(read)),
        Err(Error::Damaged { .. }) => Ok(Some((Head::EMPTY, false))),
        Err(error) => Err(error),
    }
}
