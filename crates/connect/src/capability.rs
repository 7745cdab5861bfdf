use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_incident::{RawAlert, Source};
use serde::{Deserialize, Serialize};

use crate::{Answer, Error, Query, Question};

/// Answers [`Question::Metrics`] with `Content::Series`.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// The columns of the asked entities within the window.
    async fn metrics(&self, query: &Query) -> Result<Answer, Error>;
}

/// Answers [`Question::Logs`] with `Content::Logs`.
#[async_trait]
pub trait Logs: Send + Sync {
    /// The lines of the asked entities within the window, in time order.
    async fn logs(&self, query: &Query) -> Result<Answer, Error>;
}

/// Answers [`Question::Traces`] with `Content::Spans`.
#[async_trait]
pub trait Traces: Send + Sync {
    /// The spans of the asked entities that start within the window.
    async fn traces(&self, query: &Query) -> Result<Answer, Error>;
}

/// Answers [`Question::Changes`] with `Content::Changes`.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The changes of the asked entities within the window, in time order.
    async fn changes(&self, query: &Query) -> Result<Answer, Error>;
}

/// Answers [`Question::Inventory`] with `Content::Inventory`.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// The topology as known at the end of the window.
    async fn inventory(&self, query: &Query) -> Result<Answer, Error>;
}

/// Gives the messages of an alerting system.
#[async_trait]
pub trait Alerts: Send + Sync {
    /// The messages that arrived up to and including `until`, in the order of their arrival.
    async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error>;
}

/// Says whether a system can be reached with what was configured.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Asks for as little as tells that questions would be answered.
    async fn probe(&self) -> Result<Health, Error>;
}

/// What a system says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What answered: `Prometheus`, `VictoriaMetrics`.
    pub system: String,
    /// Its version, where it tells.
    pub version: Option<String>,
    /// What an administrator should know: rights that are missing or too wide, what is empty.
    pub notes: Vec<String>,
}

/// A configured connection: who it is and what it can answer. Absent means absent.
#[derive(Clone)]
pub struct Connection {
    /// Who answers, for the provenance of evidence.
    pub source: Source,
    /// Metrics, if it has them.
    pub metrics: Option<Arc<dyn Metrics>>,
    /// Logs, if it has them.
    pub logs: Option<Arc<dyn Logs>>,
    /// Traces, if it has them.
    pub traces: Option<Arc<dyn Traces>>,
    /// Changes, if it has them.
    pub changes: Option<Arc<dyn Changes>>,
    /// The topology, if it has one.
    pub inventory: Option<Arc<dyn Inventory>>,
    /// Alerts, if it has them.
    pub alerts: Option<Arc<dyn Alerts>>,
    /// How it is asked whether it works; none where there is nothing to reach.
    pub probe: Option<Arc<dyn Probe>>,
}

impl Connection {
    /// A connection that can do nothing yet.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            metrics: None,
            logs: None,
            traces: None,
            changes: None,
            inventory: None,
            alerts: None,
            probe: None,
        }
    }

    /// Whether it can answer a question at all.
    pub fn answers(&self, question: Question) -> bool {
        match question {
            Question::Metrics => self.metrics.is_some(),
            Question::Logs => self.logs.is_some(),
            Question::Traces => self.traces.is_some(),
            Question::Changes => self.changes.is_some(),
            Question::Inventory => self.inventory.is_some(),
        }
    }

    /// Asks the capability that the question names; `None` if the connection lacks it.
    pub async fn ask(&self, query: &Query) -> Option<Result<Answer, Error>> {
        Some(match query.question {
            Question::Metrics => self.metrics.as_ref()?.metrics(query).await,
            Question::Logs => self.logs.as_ref()?.logs(query).await,
            Question::Traces => self.traces.as_ref()?.traces(query).await,
            Question::Changes => self.changes.as_ref()?.changes(query).await,
            Question::Inventory => self.inventory.as_ref()?.inventory(query).await,
        })
    }
}

/// One capability of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// It answers this question.
    Answers(Question),
    /// It gives alerts.
    Alerts,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Answers(Question::Metrics),
        Self::Answers(Question::Logs),
        Self::Answers(Question::Traces),
        Self::Answers(Question::Changes),
        Self::Answers(Question::Inventory),
        Self::Alerts,
    ];

    /// The capability as people and programs read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Answers(question) => question.label(),
            Self::Alerts => "alerts",
        }
    }

    /// Those that a connection has.
    pub fn of(connection: &Connection) -> Vec<Self> {
        let has = |capability: &Self| match capability {
            Self::Answers(question) => connection.answers(*question),
            Self::Alerts => connection.alerts.is_some(),
        };
        Self::ALL.into_iter().filter(has).collect()
    }
}
