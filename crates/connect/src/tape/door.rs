//! One way in for all capabilities, so that recording and playing are written once.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_incident::{RawAlert, Source};

use super::Capability;
use crate::{
    Alerts, Answer, Changes, Connection, Error, Inventory, Logs, Metrics, Query, Question, Traces,
};

/// Answers whatever is asked.
#[async_trait]
pub(super) trait Answers: Send + Sync {
    async fn answer(&self, query: &Query) -> Result<Answer, Error>;
    async fn give_alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error>;
}

/// A connection with these capabilities, all answered by the same.
pub(super) fn open(
    source: Source,
    capabilities: &[Capability],
    behind: Arc<dyn Answers>,
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
