mod chains;
mod prune;
mod records;
mod rows;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::{Chain, Digest, Entry, Kind as EntryKind, SCHEMA, canonical};
use tokio::sync::watch;

use crate::db::{Tx, from_driver, id, number, whole};
use crate::heads::Head;
use crate::once::clean;
use crate::{Error, Page, Result, Space, Store, heads};

pub(crate) use chains::ChainRow;
pub(crate) use prune::PrunedRow;
pub use records::ChainEnds;
pub(crate) use rows::{EntryRow, body_context};

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

/// An entry for the end of its chain, wherever that is when it is written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Which chain.
    pub chain: String,
    /// What it records.
    pub kind: EntryKind,
    /// Who acted.
    pub actor: String,
    /// The record itself.
    pub body: serde_json::Value,
}

/// An entry that was checked and sealed, before it has its place.
pub(crate) struct Sealed<'a> {
    entry: &'a Entry,
    body_digest: Digest,
    body_sealed: Vec<u8>,
}

/// The most entries that are read at once.
const MOST: usize = 1000;

impl Space {
    /// Appends entries in their order, all or none, durable when this returns. Each must follow the
    /// stored head of its chain; otherwise [`crate::Error::Conflict`]. Watchers are told.
    ///
    /// Tells where the chain of the last entry ends.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an entry of another space, of another schema or whose hash doesn't fit;
    /// [`Error::Damaged`] where the stored heads were altered.
    pub async fn append(&self, entries: &[Entry], now: Timestamp) -> Result<Appended> {
        let sealed: Vec<Sealed<'_>> =
            entries.iter().map(|entry| self.check(entry)).collect::<Result<_>>()?;
        let Some(last) = entries.last() else {
            return Err(Error::Invalid("there is no entry to append".to_owned()));
        };
        let mac_key = &self.store.inner.installation.mac_key;
        let written_at = whole(now);

        let mut tx = self.store.db().begin().await?;
        // Heads first: deleting a space takes the same locks in the same order.
        let mut head = heads::lock(&mut tx, mac_key, self.id.as_str()).await?;
        self.alive_in(&mut tx).await?;
        let mut chains: Vec<ChainRow> = Vec::new();
        for sealed in &sealed {
            let entry = sealed.entry;
            let known = chains.iter().position(|chain| chain.name == entry.chain);
            let index = match known {
                Some(index) => index,
                None => {
                    chains.push(self.chain_row(&mut tx, &entry.chain).await?);
                    chains.len() - 1
                }
            };
            let Some(chain) = chains.get_mut(index) else { continue };
            if entry.seq != chain.next_seq || entry.prev_hash != chain.head {
                return Err(Error::Conflict(format!(
                    "chain `{}` ends at {} with {}; entry {} doesn't follow",
                    entry.chain, chain.next_seq, chain.head, entry.seq
                )));
            }
            head.position += 1;
            head.hash = entry.hash;
            chain.next_seq += 1;
            chain.head = entry.hash;
            chain.last_position = head.position;
            self.insert(&mut tx, sealed, head.position, written_at).await?;
        }
        for chain in &chains {
            chain.store(&mut tx, mac_key, self.id.as_str()).await?;
        }
        heads::store(&mut tx, mac_key, self.id.as_str(), &head).await?;
        tx.commit().await.map_err(from_driver)?;
        let written = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        self.store.told_appended(&self.id, written, head.position);
        Ok(Appended { position: head.position, next_seq: last.seq + 1, head: last.hash })
    }

    /// Appends one entry within a transaction that locked the space's head, and moves that. Whoever
    /// commits stores the head and calls [`crate::Store::told_appended`].
    pub(crate) async fn append_at_end(
        &self,
        tx: &mut Tx,
        head: &mut Head,
        new: &NewEntry,
        now: Timestamp,
    ) -> Result<()> {
        self.append_all_at_end(tx, head, std::slice::from_ref(new), now).await
    }

    /// As [`Self::append_at_end`], for several.
    pub(crate) async fn append_all_at_end(
        &self,
        tx: &mut Tx,
        head: &mut Head,
        new: &[NewEntry],
        now: Timestamp,
    ) -> Result<()> {
        let mut rows: BTreeMap<&str, ChainRow> = BTreeMap::new();
        for new in new {
            let row = match rows.entry(&new.chain) {
                Slot::Occupied(known) => known.into_mut(),
                Slot::Vacant(slot) => slot.insert(self.chain_row(tx, &new.chain).await?),
            };
            let mut chain =
                Chain::continued(self.id.clone(), new.chain.clone(), row.next_seq, row.head);
            let entry = chain.append(now, new.kind, &new.actor, new.body.clone());
            let entry = entry.map_err(|error| Error::Invalid(error.to_string()))?;
            let sealed = self.check(&entry)?;
            head.position += 1;
            head.hash = entry.hash;
            row.next_seq += 1;
            row.head = entry.hash;
            row.last_position = head.position;
            self.insert(tx, &sealed, head.position, whole(now)).await?;
        }
        for row in rows.values() {
            row.store(tx, &self.store.inner.installation.mac_key, self.id.as_str()).await?;
        }
        Ok(())
    }

    /// What can be said of an entry without the database, and its body sealed.
    fn check<'a>(&self, entry: &'a Entry) -> Result<Sealed<'a>> {
        clean(&entry.chain)?;
        clean(&entry.actor)?;
        if entry.chain.is_empty() {
            return Err(Error::Invalid("an entry of a chain without a name".to_owned()));
        }
        if entry.space != self.id {
            return Err(Error::Invalid("an entry of another space".to_owned()));
        }
        if entry.schema != SCHEMA {
            return Err(Error::Invalid(format!("an entry of schema {}", entry.schema)));
        }
        let body = canonical(&entry.body).map_err(|error| Error::Invalid(error.to_string()))?;
        let body_digest = Digest::of(&body);
        if entry.compute_hash_over(body_digest).ok() != Some(entry.hash) {
            return Err(Error::Invalid(format!(
                "entry {} of chain `{}` has a hash that doesn't fit it",
                entry.seq, entry.chain
            )));
        }
        let context = body_context(self.id.as_str(), &entry.chain, entry.seq);
        Ok(Sealed { entry, body_digest, body_sealed: self.keys.seal_body(&context, &body)? })
    }

    /// The stored entries of a chain from a sequence number, at most `limit`.
    pub async fn chain(&self, chain: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        self.alive().await?;
        let rows = sqlx::query(
            "SELECT position, chain, seq, at, kind, actor, body_digest, body_sealed, prev_hash,
                    hash, written_at, mac
             FROM journal WHERE space = $1 AND chain = $2 AND seq >= $3 ORDER BY seq LIMIT $4",
        )
        .bind(id(&self.id))
        .bind(chain.to_owned())
        .bind(number(from)?)
        .bind(at_most(limit))
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        rows.iter().map(|row| EntryRow::read(row)?.open(self).map(|opened| opened.entry)).collect()
    }

    /// Where a chain ends: next sequence number and head; `(0, ZERO)` for one without entries.
    pub async fn chain_end(&self, chain: &str) -> Result<(u64, Digest)> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT chain, next_seq, head, last_position, mac FROM journal_chains
             WHERE space = $1 AND chain = $2",
        )
        .bind(id(&self.id))
        .bind(chain.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok((0, Digest::ZERO)) };
        let mac_key = &self.store.inner.installation.mac_key;
        let chain = ChainRow::read_sound(&row, mac_key, self.id.as_str())?;
        Ok((chain.next_seq, chain.head))
    }

    /// Entries after a position, of chains whose names begin with `prefix` (empty: all), at most `limit`;
    /// `next` is a position in text.
    pub async fn journal(
        &self,
        prefix: &str,
        after: u64,
        limit: usize,
    ) -> Result<Page<JournalEntry>> {
        self.alive().await?;
        let wanted = limit.clamp(1, MOST);
        let query = if prefix.is_empty() { sqlx::query(ALL) } else { sqlx::query(OF_CHAINS) };
        let mut query = query.bind(id(&self.id)).bind(number(after)?).bind(at_most(wanted) + 1);
        if !prefix.is_empty() {
            query = query.bind(prefix.to_owned());
        }
        let rows = query.fetch_all(self.store.db().read()).await.map_err(from_driver)?;
        let mut items = Vec::with_capacity(wanted);
        for row in rows.iter().take(wanted) {
            items.push(EntryRow::read(row)?.open(self)?);
        }
        let last = items.last().filter(|_| rows.len() > wanted);
        let next = last.map(|entry: &JournalEntry| entry.position.to_string());
        Ok(Page { items, next })
    }

    /// The last position written, kept up to date: for live streams. Tells of this process's writes at
    /// once and of other processes' writes soon (polled while somebody watches). 0 until the
    /// first answer of the database is there.
    pub fn watch_journal(&self) -> watch::Receiver<u64> {
        self.store.inner.watchers.watch(&self.id)
    }
}

impl Store {
    /// Tells watchers and metrics of entries that are durable now.
    pub(crate) fn told_appended(&self, space: &SpaceId, entries: u64, position: u64) {
        self.inner.appended.fetch_add(entries, Ordering::Relaxed);
        self.inner.watchers.tell(space, position);
    }
}

/// Entries behind a position: by the primary key, whatever the planner knows of the table.
const ALL: &str =
    "SELECT position, chain, seq, at, kind, actor, body_digest, body_sealed, prev_hash,
        hash, written_at, mac
    FROM journal WHERE space = $1 AND position > $2 ORDER BY position LIMIT $3";

/// The same of some chains: these are looked up first, so that what a few chains cost doesn't grow
/// with the journal.
const OF_CHAINS: &str = "SELECT position, chain, seq, at, kind, actor, body_digest, body_sealed,
        prev_hash, hash, written_at, mac
    FROM journal WHERE space = $1 AND position > $2 AND chain IN (
        SELECT chain FROM journal_chains WHERE space = $1 AND substr(chain, 1, length($4)) = $4)
    ORDER BY position LIMIT $3";

fn at_most(limit: usize) -> i64 {
    i64::try_from(limit.clamp(1, MOST)).unwrap_or(i64::MAX)
}
