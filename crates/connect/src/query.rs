use jiff::Timestamp;
use nightjar_incident::{Content, Window};
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

/// A question to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// What is asked for.
    pub question: Question,
    /// The entities it is about; empty means all the connection knows.
    pub entities: Vec<EntityId>,
    /// The time it is about. Nothing at or after `window.to` may be answered.
    pub window: Window,
    /// The most pieces (series, lines, spans, changes) that may be answered; what is cut is said.
    pub limit: usize,
    /// When the trouble began, as far as is known: what comes before is how things usually are. Whoever
    /// has to leave something out keeps what differs before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// What is asked for; one capability answers each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Metric columns.
    Metrics,
    /// Log lines.
    Logs,
    /// Spans.
    Traces,
    /// Changes.
    Changes,
    /// The topology.
    Inventory,
}

impl Question {
    /// The question as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Traces => "traces",
            Self::Changes => "changes",
            Self::Inventory => "topology",
        }
    }
}

/// What a connection answered; the conductor makes it evidence by giving it an id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The exact query in the system's own language, so that a person can run it again.
    pub query: String,
    /// The data.
    pub content: Content,
    /// What was left out, if anything.
    pub truncated: Option<String>,
    /// What had to be mended or set aside: malformed lines, duplicated samples.
    pub notes: Vec<String>,
}
