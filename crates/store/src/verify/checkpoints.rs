//! Checkpoints, those that are stored and those that were exported: signed by this installation,
//! following each other, and saying what the chains hold.

use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;

use super::collect::Collector;
use super::read::{Found, Numbered};
use crate::checkpoints::{fault, hash, parse};
use crate::db::{Columns as _, Tx, from_driver, number};
use crate::heads::{AUDIT, Head};
use crate::{ChainHead, Checkpoint, Error, Result};

const CHAIN: &str = "checkpoints";

const ROWS: &str = "SELECT number, body FROM checkpoints
    WHERE scope = $1 AND scope = $2 AND number >= $3 ORDER BY number LIMIT $4";
const NUMBERS: &str = "SELECT number AS n FROM checkpoints
    WHERE scope = $1 AND scope = $2 AND number >= $3 ORDER BY number LIMIT $4";

/// Whose checkpoints.
pub(super) struct Scope<'a> {
    pub(super) space: Option<&'a SpaceId>,
    pub(super) name: &'a str,
    /// `None`: it is missing, which was told.
    pub(super) head: Option<&'a Head>,
    pub(super) public_key: &'a str,
}

pub(super) async fn verify(
    tx: &mut Tx,
    scope: &Scope<'_>,
    exported: &[Checkpoint],
    collector: &mut Collector,
) -> Result<()> {
    let rows = Numbered {
        rows: ROWS,
        numbers: NUMBERS,
        of: [scope.name.to_owned(), scope.name.to_owned()],
    };
    let mut from = Some(i64::MIN);
    let mut last = (0_u64, Digest::ZERO);
    while let Some(first) = from {
        let page = rows.next(tx, first).await?;
        from = None;
        for found in page {
            let (number, body) = match &found {
                Found::Row(row) => (row.signed("number")?, row.text("body").ok()),
                Found::Unreadable(number) => (*number, None),
            };
            from = number.checked_add(1);
            let number = u64::try_from(number).unwrap_or_default();
            let expected = last.0 + 1;
            if number != expected {
                scope.find(collector, expected, "missing");
            }
            let Some(checkpoint) = body.as_deref().and_then(parse) else {
                scope.find(collector, number, "altered: it isn't written as a checkpoint is");
                last = (number, Digest::ZERO);
                continue;
            };
            if checkpoint.number != number || checkpoint.prev_hash != last.1 {
                scope.find(collector, number, "doesn't follow the checkpoint before it");
            }
            scope.check(tx, &checkpoint, collector).await?;
            last = (number, hash(&checkpoint).unwrap_or(Digest::ZERO));
        }
    }
    if let Some(head) = scope.head
        && (head.checkpoints, head.checkpoint_hash) != last
    {
        scope.find(collector, head.checkpoints, "the last checkpoint isn't the one of the head");
    }
    for checkpoint in exported.iter().filter(|exported| exported.space.as_ref() == scope.space) {
        scope.compare(tx, checkpoint, collector).await?;
    }
    Ok(())
}

/// A stored checkpoint, where it is there and written as we do.
pub(super) async fn read(tx: &mut Tx, scope: &str, wanted: u64) -> Result<Option<Checkpoint>> {
    let row = sqlx::query("SELECT body FROM checkpoints WHERE scope = $1 AND number = $2")
        .bind(scope.to_owned())
        .bind(number(wanted)?)
        .fetch_optional(&mut **tx)
        .await;
    match row.map_err(from_driver) {
        Ok(row) => Ok(row.and_then(|row| row.text("body").ok()).as_deref().and_then(parse)),
        Err(Error::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Scope<'_> {
    /// Signature, and what the chains hold.
    async fn check(
        &self,
        tx: &mut Tx,
        checkpoint: &Checkpoint,
        collector: &mut Collector,
    ) -> Result<()> {
        if checkpoint.space.as_ref() != self.space {
            self.find(collector, checkpoint.number, "is of another space");
            return Ok(());
        }
        if let Some(fault) = fault(checkpoint, self.public_key) {
            self.find(collector, checkpoint.number, format!("signature: it {fault}"));
            return Ok(());
        }
        collector.seen.checkpoints += 1;
        if self.head.is_some_and(|head| checkpoint.position > head.position) {
            let problem = format!("covers {} entries, more than there are", checkpoint.position);
            self.find(collector, checkpoint.number, problem);
        }
        for head in &checkpoint.heads {
            if !self.holds(tx, head).await? {
                let problem = format!(
                    "altered or missing: checkpoint {} says that entry {} had hash {}",
                    checkpoint.number,
                    head.entries.saturating_sub(1),
                    head.head
                );
                collector.find(self.space, &head.chain, head.entries.checked_sub(1), problem);
            }
        }
        Ok(())
    }

    /// An exported one is held against the journal and against the stored one of its number.
    async fn compare(
        &self,
        tx: &mut Tx,
        exported: &Checkpoint,
        collector: &mut Collector,
    ) -> Result<()> {
        self.check(tx, exported, collector).await?;
        match read(tx, self.name, exported.number).await? {
            Some(stored) if stored == *exported => {}
            Some(_) => {
                self.find(collector, exported.number, "isn't the one that was exported");
            }
            None => {
                let problem = "missing: it was exported and isn't there (an older state of the \
                               database?)";
                self.find(collector, exported.number, problem);
            }
        }
        Ok(())
    }

    /// Whether the chain has the entry that a checkpoint anchors, or had it until it was pruned.
    async fn holds(&self, tx: &mut Tx, head: &ChainHead) -> Result<bool> {
        let Some(seq) = head.entries.checked_sub(1) else {
            return Ok(head.head == Digest::ZERO);
        };
        let Some(space) = self.space else {
            // Records of the audit trail count from 1.
            let row = sqlx::query("SELECT hash FROM audit WHERE seq = $1")
                .bind(number(head.entries)?)
                .fetch_optional(&mut **tx)
                .await
                .map_err(from_driver)?;
            let found = row.and_then(|row| row.digest("hash").ok());
            return Ok(head.chain == AUDIT && found == Some(head.head));
        };
        let row =
            sqlx::query("SELECT hash FROM journal WHERE space = $1 AND chain = $2 AND seq = $3")
                .bind(space.to_string())
                .bind(head.chain.clone())
                .bind(number(seq)?)
                .fetch_optional(&mut **tx)
                .await
                .map_err(from_driver)?;
        if let Some(row) = row {
            return Ok(row.digest("hash").ok() == Some(head.head));
        }
        // Where it ended exactly here, its hash is known; entries before that went with it.
        let pruned = sqlx::query(
            "SELECT entries, head FROM journal_pruned WHERE space = $1 AND chain = $2
             AND entries >= $3 ORDER BY entries LIMIT 1",
        )
        .bind(space.to_string())
        .bind(head.chain.clone())
        .bind(number(head.entries)?)
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
        let Some(row) = pruned else { return Ok(false) };
        let same = row.digest("head").ok() == Some(head.head);
        Ok(same || row.count("entries").is_ok_and(|entries| entries > head.entries))
    }

    fn find(&self, collector: &mut Collector, number: u64, problem: impl Into<String>) {
        collector.find(self.space, CHAIN, Some(number), problem);
    }
}
