//! How much may still be asked. The keeper knows what budgets there are and what the clock says; this
//! room asks it before each round of questions, and writes down where it is told to end, so that the
//! same is done again by what the journal holds.

use nightjar_incident::journal::Entry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What an execution has asked of connections so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Queries that were sent.
    pub queries: u64,
    /// Bytes of the answers, written as JSON; none where answers aren't digested.
    pub bytes: u64,
}

/// Which round of questions it is about: its entry would come here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The chain, which is called like the execution.
    pub chain: &'a str,
    /// The entry's place in it.
    pub seq: u64,
}

/// What may still be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Whatever is wanted.
    Enough,
    /// So many queries.
    Queries {
        /// The most; none once the budget is used up.
        most: u64,
        /// Which budget it is, for people: `100 queries a day`.
        budget: String,
    },
}

/// What the entry says with which asking ends.
#[derive(Serialize, Deserialize)]
struct Ending {
    used_up: String,
    queries: u64,
}

impl Left {
    /// What was told in the place of an entry when it was written.
    pub fn of_entry(entry: &Entry) -> Self {
        let ending = entry.body.get("budget").cloned().map(serde_json::from_value::<Ending>);
        match ending {
            Some(Ok(Ending { used_up, queries })) => {
                Self::Queries { most: queries, budget: used_up }
            }
            None | Some(Err(_)) => Self::Enough,
        }
    }

    /// What a journal says was told in a place; whatever is wanted where it holds nothing.
    pub fn of_journal<'a>(journal: impl IntoIterator<Item = &'a Entry>, at: &Place<'_>) -> Self {
        let entry = journal.into_iter().find(|entry| at.is_of(entry));
        entry.map_or(Self::Enough, Self::of_entry)
    }
}

impl Place<'_> {
    /// Whether an entry stands here.
    pub fn is_of(&self, entry: &Entry) -> bool {
        entry.seq == self.seq && entry.chain == self.chain
    }
}

/// The body of the entry with which asking ends.
pub(crate) fn ending(most: u64, budget: &str, unasked: usize) -> Value {
    let ending = Ending { used_up: budget.to_owned(), queries: most };
    json!({ "budget": ending, "unasked": unasked })
}

/// Why something wasn't asked.
pub(crate) fn reason(budget: &str) -> String {
    format!("{USED_UP}{budget}")
}

/// How the reason of each gap begins that a budget left.
const USED_UP: &str = "budget used up: ";

/// Which budget ended asking, by the reason of a gap; none if the gap is another one.
pub fn used_up(reason: &str) -> Option<&str> {
    reason.strip_prefix(USED_UP)
}
