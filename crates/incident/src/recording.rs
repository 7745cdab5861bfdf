use jiff::Timestamp;
use nightjar_topology::{EntityId, Topology};
use serde::{Deserialize, Serialize};

use crate::{Change, FaultMode, LogRecord, MetricSeries, Span, Window};

/// A recorded incident in memory: what a capsule holds on disk, what an importer makes of a data
/// set's case and what a simulated world emits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// What to call it: `low_traffic/train/issue_0`.
    pub name: String,
    /// The time it covers; `None` if nothing in it has a time.
    pub window: Option<Window>,
    /// Where it comes from, one line each.
    pub sources: Vec<String>,
    /// What was taken out of it before it was kept, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// The topology as known when the first alert arrived.
    pub topology: Topology,
    /// The alert messages in the order of their arrival.
    pub alerts: Vec<RawAlert>,
    /// Changes in time order.
    pub changes: Vec<Change>,
    /// Metric columns.
    pub metrics: Vec<MetricSeries>,
    /// Log lines in time order.
    pub logs: Vec<LogRecord>,
    /// Spans in the order of their start.
    pub spans: Vec<Span>,
    /// The truth, for evaluation. The engine never sees it.
    pub expect: Option<Expectation>,
    /// What had to be mended or set aside while reading.
    pub notes: Vec<String>,
}

/// An alert message as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAlert {
    /// The system that sent it, where known; otherwise it is recognised by its shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// The body. Untrusted.
    pub payload: serde_json::Value,
}

/// The truth about a recorded incident (`expect.toml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// How the investigation should end.
    pub verdict: ExpectedVerdict,
    /// The causes; empty unless the verdict is `cause_found`.
    #[serde(default, rename = "cause", skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<ExpectedCause>,
    /// The kind of trouble, where the truth names no entity: the id of a [`crate::Category`], or
    /// `healthy` where nothing is wrong. The ranking is judged by it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Texts the conclusion must contain, letter case aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_say: Vec<String>,
    /// Texts the conclusion must not contain, letter case aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_not_say: Vec<String>,
    /// Kinds of trouble that must not come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_not_blame: Vec<String>,
}

/// How an investigation should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedVerdict {
    /// A cause is to be named.
    CauseFound,
    /// There is nothing to repair.
    NoIncident,
    /// The telemetry doesn't show the cause.
    NotFound,
}

/// One true cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCause {
    /// The entity at fault.
    pub entity: EntityId,
    /// What is wrong with it, in our words, where the truth has an equivalent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_mode: Option<FaultMode>,
    /// The truth's own word for it, where it comes from a data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_label: Option<String>,
    /// The change that set it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Other entities that are right as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<EntityId>,
}
