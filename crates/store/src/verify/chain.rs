//! One chain: every entry follows the one before it, and the last is where the head says.

use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;

use super::collect::Collector;
use super::read::{Found, Numbered};
use crate::crypto::Key;
use crate::db::Tx;
use crate::journal::{ChainRow, EntryRow, body_context};
use crate::sealed::SpaceKeys;
use crate::{Error, Result};

const ROWS: &str = "SELECT position, chain, seq, at, kind, actor, body_digest, body_sealed,
        prev_hash, hash, written_at, mac
    FROM journal WHERE space = $1 AND chain = $2 AND seq >= $3 ORDER BY seq LIMIT $4";
const NUMBERS: &str = "SELECT seq AS n FROM journal
    WHERE space = $1 AND chain = $2 AND seq >= $3 ORDER BY seq LIMIT $4";

/// What a chain is held against.
pub(super) struct ChainCheck<'a> {
    pub(super) space: &'a SpaceId,
    pub(super) keys: Option<&'a SpaceKeys>,
    pub(super) mac_key: &'a Key,
    pub(super) name: &'a str,
    /// Where its entries begin: after what was pruned.
    pub(super) start: (u64, Digest),
    /// Where it should end; `None`: its head is missing, which was told.
    pub(super) end: Option<&'a ChainRow>,
}

/// Where the next entry should go.
struct Expected {
    seq: u64,
    /// `None` after an entry that couldn't be read.
    prev: Option<Digest>,
    last_position: u64,
}

impl ChainCheck<'_> {
    pub(super) async fn run(&self, tx: &mut Tx, collector: &mut Collector) -> Result<()> {
        collector.seen.chains += 1;
        let rows = Numbered {
            rows: ROWS,
            numbers: NUMBERS,
            of: [self.space.to_string(), self.name.to_owned()],
        };
        let (seq, head) = self.start;
        let mut expected = Expected { seq, prev: Some(head), last_position: 0 };
        let mut from = Some(i64::MIN);
        while let Some(first) = from {
            let page = rows.next(tx, first).await?;
            from = None;
            for found in page {
                from = self.entry(&found, &mut expected, collector).checked_add(1);
            }
        }
        self.end(&expected, collector);
        Ok(())
    }

    /// Checks one entry and says its number.
    fn entry(&self, found: &Found, expected: &mut Expected, collector: &mut Collector) -> i64 {
        let unreadable = |seq: i64, reason: &str, collector: &mut Collector| {
            let seq = u64::try_from(seq).ok();
            self.find(collector, seq, format!("unreadable: {reason}"));
        };
        let row = match found {
            Found::Row(row) => row,
            Found::Unreadable(seq) => {
                unreadable(*seq, "the row can't be decoded", collector);
                expected.skip(*seq);
                return *seq;
            }
        };
        collector.seen.entries += 1;
        let entry = match EntryRow::read(row) {
            Ok(entry) => entry,
            Err(error) => {
                let seq = crate::db::Columns::signed(row, "seq").unwrap_or(i64::MAX);
                let reason = match error {
                    Error::Damaged { what, reason } => format!("{what}: {reason}"),
                    other => other.to_string(),
                };
                unreadable(seq, &reason, collector);
                expected.skip(seq);
                return seq;
            }
        };
        let seq = Some(entry.seq);
        if entry.seq < self.start.0 {
            self.find(collector, seq, "it was pruned and is there");
            return i64::try_from(entry.seq).unwrap_or(i64::MAX);
        }
        if entry.seq > expected.seq {
            let missing = entry.seq - expected.seq;
            let problem = format!("missing: {missing} from here on");
            self.find(collector, Some(expected.seq), problem);
        } else if expected.prev.is_some_and(|prev| prev != entry.prev_hash) {
            self.find(collector, seq, "doesn't follow the entry before it: altered or reordered");
        }
        if !entry.hash_fits(self.space) {
            self.find(collector, seq, "altered: its hash doesn't fit its content");
        }
        if !entry.mac_fits(self.mac_key, self.space.as_str()) {
            let problem = "altered or forged: place, time of writing, sealed body or hash aren't \
                           what this installation wrote";
            self.find(collector, seq, problem);
        }
        if let Some(keys) = self.keys {
            let context = body_context(self.space.as_str(), self.name, entry.seq);
            let body = keys.open_body(&context, &entry.body_sealed);
            if body.is_some_and(|body| Digest::of(&body) == entry.body_digest) {
                collector.seen.opened += 1;
            } else {
                self.find(collector, seq, "altered: its body isn't the one of its digest");
            }
        }
        expected.seq = entry.seq + 1;
        expected.prev = Some(entry.hash);
        expected.last_position = entry.position;
        i64::try_from(entry.seq).unwrap_or(i64::MAX)
    }

    fn end(&self, expected: &Expected, collector: &mut Collector) {
        let Some(end) = self.end else { return };
        if end.next_seq > expected.seq {
            let missing = end.next_seq - expected.seq;
            let problem = format!("missing: {missing} at the end of the chain");
            self.find(collector, Some(expected.seq), problem);
        } else if end.next_seq < expected.seq {
            self.find(collector, Some(end.next_seq), "entries after the end of the chain");
        } else if expected.prev.is_some_and(|prev| prev != end.head) {
            self.find(collector, None, "its head is the hash of another entry");
        } else if expected.last_position != 0 && expected.last_position != end.last_position {
            self.find(collector, None, "its last entry stands in another place");
        }
    }

    fn find(&self, collector: &mut Collector, seq: Option<u64>, problem: impl Into<String>) {
        collector.find(Some(self.space), self.name, seq, problem);
    }
}

impl Expected {
    fn skip(&mut self, seq: i64) {
        if let Ok(seq) = u64::try_from(seq) {
            self.seq = seq + 1;
        }
        self.prev = None;
        self.last_position = 0;
    }
}
