//! The audit trail: one chain of the installation.

use nightjar_incident::journal::Digest;

use super::checkpoints::{self, Scope};
use super::collect::Collector;
use super::read::{Found, Numbered};
use super::space::read_head;
use crate::audit::{compute_hash, entry_of};
use crate::db::{Columns as _, Tx, micros};
use crate::heads::AUDIT;
use crate::installation::Installation;
use crate::{Checkpoint, Error, Result};

const ROWS: &str = "SELECT seq, at, at_micros, actor, source, operation, space, subject, outcome,
        status, request, prev_hash, hash
    FROM audit WHERE $1 = $2 AND seq >= $3 ORDER BY seq LIMIT $4";
const NUMBERS: &str =
    "SELECT seq AS n FROM audit WHERE $1 = $2 AND seq >= $3 ORDER BY seq LIMIT $4";

pub(super) async fn verify(
    tx: &mut Tx,
    installation: &Installation,
    exported: &[Checkpoint],
    collector: &mut Collector,
) -> Result<()> {
    collector.seen.chains += 1;
    let rows = Numbered { rows: ROWS, numbers: NUMBERS, of: [AUDIT.to_owned(), AUDIT.to_owned()] };
    let mut from = Some(i64::MIN);
    // The last record, and its hash where it could be read.
    let mut last = (0_u64, Some(Digest::ZERO));
    while let Some(first) = from {
        let page = rows.next(tx, first).await?;
        from = None;
        for found in page {
            from = record(&found, &mut last, collector).checked_add(1);
        }
    }
    let head = match read_head(tx, &installation.mac_key, AUDIT).await? {
        Some((head, authentic)) => {
            if !authentic {
                find(collector, None, "its head was altered");
            }
            if head.position > last.0 {
                let problem = format!("missing: {} at the end", head.position - last.0);
                find(collector, Some(last.0 + 1), problem);
            } else if head.position < last.0 {
                find(collector, Some(head.position + 1), "records after the end");
            } else if last.1.is_some_and(|hash| hash != head.hash) {
                find(collector, None, "its head is the hash of another record");
            }
            Some(head)
        }
        None => {
            find(collector, None, "its head is missing");
            None
        }
    };
    let public_key = installation.public_key();
    let scope = Scope { space: None, name: AUDIT, head: head.as_ref(), public_key: &public_key };
    checkpoints::verify(tx, &scope, exported, collector).await
}

/// Checks one record against the one before and says its number.
fn record(found: &Found, last: &mut (u64, Option<Digest>), collector: &mut Collector) -> i64 {
    let (number, entry) = match found {
        Found::Row(row) => (row.signed("seq").unwrap_or(i64::MAX), entry_of(row).map(|e| (row, e))),
        Found::Unreadable(number) => {
            let reason = "the row can't be decoded".to_owned();
            (*number, Err(Error::Damaged { what: String::new(), reason }))
        }
    };
    collector.seen.entries += 1;
    let seq = u64::try_from(number).ok();
    if seq != Some(last.0 + 1) {
        find(collector, Some(last.0 + 1), "missing");
        last.1 = None;
    }
    match entry {
        Err(error) => {
            find(collector, seq, format!("unreadable: {error}"));
            last.1 = None;
        }
        Ok((row, entry)) => {
            collector.seen.opened += 1;
            if last.1.is_some_and(|hash| hash != entry.prev_hash) {
                let problem = "doesn't follow the record before it: altered or reordered";
                find(collector, seq, problem);
            }
            let hash = compute_hash(entry.seq, &entry.call, entry.prev_hash);
            let sortable = row.signed("at_micros").ok();
            if hash.ok() != Some(entry.hash) || sortable != Some(micros(entry.call.at)) {
                find(collector, seq, "altered: its hash doesn't fit its content");
            }
            last.1 = Some(entry.hash);
        }
    }
    last.0 = seq.unwrap_or(last.0);
    number
}

fn find(collector: &mut Collector, seq: Option<u64>, problem: impl Into<String>) {
    collector.find(None, AUDIT, seq, problem);
}
