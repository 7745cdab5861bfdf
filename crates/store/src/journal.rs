use jiff::Timestamp;
use nightjar_incident::journal::{Digest, Entry};
use tokio::sync::watch;

use crate::{Page, Result, Space};

/// An entry with its place in the space's order of writing.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    /// Place in the order in which the space's entries became durable, from 1, without gaps: the id
    /// of the live stream.
    pub position: u64,
    /// When it became durable (not hashed; the entry's own `at` is the investigation's clock).
    pub written_at: Timestamp,
    /// The entry, opened.
    pub entry: Entry,
}

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of the last entry written.
    pub position: u64,
    /// Sequence number the chain's next entry must have.
    pub next_seq: u64,
    /// Hash of the chain's last entry.
    pub head: Digest,
}

impl Space {
    /// Appends entries in their order, all or none, durable when this returns. Each must follow the
    /// stored head of its chain; otherwise [`crate::Error::Conflict`]. Watchers are told.
    pub async fn append(&self, entries: &[Entry], now: Timestamp) -> Result<Appended> {
        let _ = (entries, now);
        todo!()
    }
    /// The stored entries of a chain from a sequence number, at most `limit`.
    pub async fn chain(&self, chain: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let _ = (chain, from, limit);
        todo!()
    }
    /// Where a chain ends: next sequence number and head; `(0, ZERO)` for one without entries.
    pub async fn chain_end(&self, chain: &str) -> Result<(u64, Digest)> {
        let _ = chain;
        todo!()
    }
    /// Entries after a position, of chains whose names begin with `prefix` (empty: all), at most `limit`;
    /// `next` is a position in text.
    pub async fn journal(
        &self,
        prefix: &str,
        after: u64,
        limit: usize,
    ) -> Result<Page<JournalEntry>> {
        let _ = (prefix, after, limit);
        todo!()
    }
    /// The last position written, kept up to date: for live streams. Tells of this process's writes at
    /// once and of other processes' writes within a second (polled while somebody watches).
    pub fn watch_journal(&self) -> watch::Receiver<u64> {
        todo!()
    }
    /// Drops whole chains whose last entry is older than `before`, after a checkpoint that covers them.
    /// Gives the number of chains dropped; verification then says "pruned up to checkpoint N".
    pub async fn prune_journal(&self, before: Timestamp, now: Timestamp) -> Result<u64> {
        let _ = (before, now);
        todo!()
    }
}
