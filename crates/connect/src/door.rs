//! One way in for all capabilities, for those who stand before a connection and treat every question alike:
//! they record, play, guard, redact.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_incident::{RawAlert, Source};

use crate::{
    Alerts, Answer, Capability, Changes, Connection, Error, Inventory, Logs, Metrics, Query,
    Question, Traces,
};

/// Answers whatever is asked.
#[async_trait]
pub trait Answers: Send + Sync {
    /// The answer to a question.
    async fn answer(&self, query: &Query) -> Result<Answer, Error>;
    /// The messages that arrived up to and including `until`.
    async fn give_alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error>;
}

/// A connection with these capabilities, all answered by the same.
pub fn all_through(
    behind: Arc<dyn Answers>,
    source: Source,
    capabilities: &[Capability],
) -> Connection {
    let door = Arc::new(Door(behind));
    let mut connection = Connection::new(source);
    for capability in capabilities {
        match capability {
            Capability::Answers(Question::Metrics) => connection.metrics = Some(door.clone()),
            Capability::Answers(Question::Logs) => connection.logs = Some(door.clone()),
            Capability::Answers(Question::Traces) => connection.traces = Some(door.clone()),
            Capability::Answers(Question::Changes) => connection.changes = Some(door.clone()),
            Capability::Answers(Question::Inventory) => connection.inventory = Some(door.clone()),
            Capability::Alerts => connection.alerts = Some(door.clone()),
        }
    }
    connection
}

struct Door(Arc<dyn Answers>);

#[async_trait]
impl Metrics for Door {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        self.0.answer(query).await
    }
}

#[async_trait]
impl Logs for Door {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        self.0.answer(query).await
    }
}

#[async_trait]
impl Traces for Door {
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        self.0.answer(query).await
    }
}

#[async_trait]
impl Changes for Door {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        self.0.answer(query).await
    }
}

#[async_trait]
impl Inventory for Door {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        self.0.answer(query).await
    }
}

#[async_trait]
impl Alerts for Door {
    async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        self.0.give_alerts(until).await
    }
}
