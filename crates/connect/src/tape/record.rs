use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_incident::RawAlert;

use super::{Asked, Given, Take, Tape};
use crate::door::{Answers, all_through};
use crate::{Answer, Capability, Connection, Error, ErrorKind, Query};

/// Keeps what a connection answers.
#[derive(Clone)]
pub struct Recorder {
    state: Arc<Recording>,
}

/// A question, and what came of it once it is answered.
type Place = (Asked, Option<Result<Given, Error>>);

/// What the recorder and the connections it gave out share.
struct Recording {
    inner: Connection,
    /// A place is taken when something is asked and filled when it is answered, so that the order
    /// doesn't depend on who answers first.
    takes: Mutex<Vec<Place>>,
}

impl Recorder {
    /// Stands before a connection.
    pub fn new(inner: Connection) -> Self {
        Self { state: Arc::new(Recording { inner, takes: Mutex::new(Vec::new()) }) }
    }

    /// The connection to ask: it can do what the real one can, and keeps what it answers.
    pub fn connection(&self) -> Connection {
        let inner = &self.state.inner;
        all_through(self.state.clone(), inner.source.clone(), &Capability::of(inner))
    }

    /// What was answered so far. A question whose asker gave up before the answer isn't on it.
    pub fn tape(&self) -> Tape {
        let inner = &self.state.inner;
        let takes = self.state.takes.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = takes.iter().filter_map(|(query, result)| {
            Some(Take { query: query.clone(), result: result.clone()? })
        });
        Tape {
            source: inner.source.clone(),
            capabilities: Capability::of(inner),
            takes: answered.collect(),
        }
    }
}

impl Recording {
    fn asked(&self, query: Asked) -> usize {
        let mut takes = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        takes.push((query, None));
        takes.len() - 1
    }

    fn answered(&self, place: usize, result: Result<Given, Error>) {
        let mut takes = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, empty)) = takes.get_mut(place) {
            *empty = Some(result);
        }
    }
}

#[async_trait]
impl Answers for Recording {
    async fn answer(&self, query: &Query) -> Result<Answer, Error> {
        let place = self.asked(Asked::Query(query.clone()));
        let result = self.inner.ask(query).await.unwrap_or_else(|| {
            let asked = query.question.label();
            Err(Error::new(ErrorKind::BadQuery, asked, "the connection can't answer this"))
        });
        self.answered(place, result.clone().map(Given::Answer));
        result
    }

    async fn give_alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        let place = self.asked(Asked::AlertsUntil(until));
        let result = match &self.inner.alerts {
            Some(alerts) => alerts.alerts(until).await,
            None => {
                Err(Error::new(ErrorKind::BadQuery, "alerts", "the connection can't answer this"))
            }
        };
        self.answered(place, result.clone().map(Given::Alerts));
        result
    }
}
