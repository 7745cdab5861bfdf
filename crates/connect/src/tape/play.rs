use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_incident::{RawAlert, Source};

use super::{Asked, Given, Tape};
use crate::door::{Answers, all_through};
use crate::{Answer, Capability, Connection, Error, ErrorKind, Query};

/// Answers from a tape alone.
///
/// What was asked several times is answered in the order of the recording; asking once more than
/// was recorded is asking for something that was never recorded.
pub struct Player {
    source: Source,
    capabilities: Vec<Capability>,
    takes: Arc<Takes>,
}

/// What is still on the tape, by what was asked in the words of the tape.
struct Takes(Mutex<BTreeMap<String, VecDeque<Result<Given, Error>>>>);

impl Player {
    /// Puts a tape in, wound to its start.
    pub fn new(tape: &Tape) -> Self {
        let mut takes: BTreeMap<String, VecDeque<Result<Given, Error>>> = BTreeMap::new();
        for take in &tape.takes {
            takes.entry(words(&take.query)).or_default().push_back(take.result.clone());
        }
        Self {
            source: tape.source.clone(),
            capabilities: tape.capabilities.clone(),
            takes: Arc::new(Takes(Mutex::new(takes))),
        }
    }

    /// The connection to ask: it can do what the recorded one could.
    pub fn connection(&self) -> Connection {
        all_through(self.takes.clone(), self.source.clone(), &self.capabilities)
    }
}

impl Takes {
    fn next(&self, asked: &Asked) -> Result<Given, Error> {
        let words = words(asked);
        let mut takes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match takes.get_mut(&words).map(|takes| takes.pop_front()) {
            Some(Some(result)) => result,
            Some(None) => {
                let message = "the tape holds fewer answers to this than were asked for";
                Err(Error::new(ErrorKind::NotRecorded, words, message))
            }
            None => {
                let message = "the tape holds no answer to this";
                Err(Error::new(ErrorKind::NotRecorded, words, message))
            }
        }
    }
}

#[async_trait]
impl Answers for Takes {
    async fn answer(&self, query: &Query) -> Result<Answer, Error> {
        let asked = Asked::Query(query.clone());
        match self.next(&asked)? {
            Given::Answer(answer) => Ok(answer),
            Given::Alerts(_) => Err(mixed_up(&asked)),
        }
    }

    async fn give_alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        let asked = Asked::AlertsUntil(until);
        match self.next(&asked)? {
            Given::Alerts(alerts) => Ok(alerts),
            Given::Answer(_) => Err(mixed_up(&asked)),
        }
    }
}

fn mixed_up(asked: &Asked) -> Error {
    Error::new(ErrorKind::Protocol, words(asked), "the tape holds an answer of another sort")
}

/// A question as it stands on the tape.
fn words(asked: &Asked) -> String {
    serde_json::to_string(asked).expect("invariant: a question holds only texts and numbers")
}
