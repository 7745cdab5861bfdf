use std::error::Error;

use async_trait::async_trait;
use nightjar_incident::journal::Entry;
use nightjar_incident::{Alert, ExecutionId, Investigation, RawAlert, TriageNote};

use crate::budget::{Left, Place, Spent};

/// Keeps what an investigation brings forth. What it has accepted may be shown.
///
/// The same recording under the same names gives the same calls with the same contents, so that a
/// keeper that was killed may be called from the beginning again and skip what it holds.
#[async_trait]
pub trait Keeper: Send {
    /// Makes journal entries durable, in their order. Called before a question is sent to a
    /// connection and at the end of each step.
    ///
    /// # Errors
    /// When they can't be kept; the investigation stops.
    async fn entries(&mut self, entries: &[Entry]) -> Result<(), Refused>;

    /// A message arrived and triage has spoken; its journal entries were accepted before, and
    /// nothing was investigated for it yet.
    ///
    /// # Errors
    /// When it can't be kept; the investigation stops.
    async fn message(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let _ = message;
        Ok(())
    }

    /// An incident has come to a new state: it opened, took an alert in or lost one, or was
    /// investigated. Its journal entries were accepted before.
    ///
    /// # Errors
    /// When it can't be kept; the investigation stops.
    async fn investigation(&mut self, investigation: &Investigation) -> Result<(), Refused> {
        let _ = investigation;
        Ok(())
    }

    /// What an execution may still ask, told before each of its rounds of questions. A keeper that is called
    /// again from the beginning answers by what stands in that place in the journal, if anything does.
    ///
    /// # Errors
    /// When it can't be told; the investigation stops.
    async fn left(&mut self, at: &Place<'_>, spent: Spent) -> Result<Left, Refused> {
        let _ = (at, spent);
        Ok(Left::Enough)
    }

    /// What an execution has asked that is through; its incident's new state comes next.
    fn spent(&mut self, execution: &ExecutionId, spent: Spent) {
        let _ = (execution, spent);
    }
}

/// One message of an alerting system and what became of it. A message that holds several alerts is
/// told once for each, in their order: each is dealt with before the next.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its place among the messages, from 0, in the order of their arrival.
    pub index: usize,
    /// As it came.
    pub raw: &'a RawAlert,
    /// What was understood.
    pub reading: Reading<'a>,
}

/// What was understood of a message.
#[derive(Clone, Copy, Debug)]
pub enum Reading<'a> {
    /// An alert, and where it went.
    Alert {
        /// The alert in normal form.
        alert: &'a Alert,
        /// What triage decided.
        triage: &'a TriageNote,
    },
    /// Nothing, with the reason.
    Rejected(&'a str),
}

/// Something can't be kept: the disk is full, the store is gone.
#[derive(Debug, thiserror::Error)]
#[error("what the investigation brings forth can't be kept: {reason}")]
pub struct Refused {
    reason: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Refused {
    /// Says why.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), source: None }
    }

    /// Because of an error of the keeper's own.
    pub fn because(error: impl Error + Send + Sync + 'static) -> Self {
        Self { reason: error.to_string(), source: Some(Box::new(error)) }
    }
}

/// Keeps nothing and shows each entry to a closure, for whoever needs only the outcome.
pub struct Onlooker<F>(pub F);

#[async_trait]
impl<F: FnMut(&Entry) + Send> Keeper for Onlooker<F> {
    async fn entries(&mut self, entries: &[Entry]) -> Result<(), Refused> {
        entries.iter().for_each(&mut self.0);
        Ok(())
    }
}

/// Keeps nothing, and ends asking where a journal says that it was ended, so that the same comes of it again.
pub struct Retelling<'a>(pub &'a [Entry]);

#[async_trait]
impl Keeper for Retelling<'_> {
    async fn entries(&mut self, _: &[Entry]) -> Result<(), Refused> {
        Ok(())
    }

    async fn left(&mut self, at: &Place<'_>, _: Spent) -> Result<Left, Refused> {
        Ok(Left::of_journal(self.0, at))
    }
}
