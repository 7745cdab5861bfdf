use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Entry, Kind};
use serde_json::Value;

use crate::budget::{Left, Place, Spent};
use crate::keeper::{Keeper, Refused};

/// All entries of a run, of any chain, on their way to the keeper.
pub(crate) struct Journal<'k> {
    pub(crate) keeper: &'k mut dyn Keeper,
    entries: Vec<Entry>,
    /// How many of the entries the keeper accepted.
    accepted: usize,
}

impl<'k> Journal<'k> {
    pub(crate) fn new(keeper: &'k mut dyn Keeper) -> Self {
        Self { keeper, entries: Vec::new(), accepted: 0 }
    }

    /// Hands over what was written since the last time.
    pub(crate) async fn flush(&mut self) -> Result<(), Refused> {
        let fresh = self.entries.get(self.accepted..).unwrap_or_default();
        if !fresh.is_empty() {
            self.keeper.entries(fresh).await?;
            self.accepted = self.entries.len();
        }
        Ok(())
    }

    /// Everything that was written.
    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

/// Writes entries to one chain.
pub(crate) struct Recorder<'a, 'k> {
    chain: &'a mut Chain,
    at: Timestamp,
    journal: &'a mut Journal<'k>,
}

impl<'a, 'k> Recorder<'a, 'k> {
    pub(crate) fn new(chain: &'a mut Chain, at: Timestamp, journal: &'a mut Journal<'k>) -> Self {
        Self { chain, at, journal }
    }

    /// Appends an entry. A body that canonical JSON can't write (a number that isn't finite) is
    /// recorded as an error with the reason instead, so that nothing happens unrecorded.
    pub(crate) fn write(&mut self, kind: Kind, actor: &str, body: Value) {
        let entry = self.chain.append(self.at, kind, actor, body).or_else(|error| {
            let told =
                serde_json::json!({ "unrecorded": kind.label(), "error": error.to_string() });
            self.chain.append(self.at, Kind::Error, actor, told)
        });
        self.journal.entries.extend(entry);
    }

    /// What may still be asked, after so much was.
    pub(crate) async fn left(&mut self, spent: Spent) -> Result<Left, Refused> {
        let at = Place { chain: self.chain.name(), seq: self.chain.len() };
        self.journal.keeper.left(&at, spent).await
    }

    /// Hands over what was written so far. Comes before every effect.
    pub(crate) async fn flush(&mut self) -> Result<(), Refused> {
        self.journal.flush().await
    }
}
