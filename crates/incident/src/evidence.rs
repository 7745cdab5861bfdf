use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_series::{Column, Repairs};
use nightjar_topology::{EntityId, Topology};
use serde::{Deserialize, Serialize};

use crate::{Change, EvidenceId, SpaceId, Window};

/// What a connection answered to one question: data and where it came from. Never edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// Whose it is.
    pub space: SpaceId,
    /// Who answered.
    pub source: Source,
    /// The exact query, so that a person can run it again.
    pub query: String,
    /// The time asked for.
    pub window: Window,
    /// When it was asked.
    pub taken_at: Timestamp,
    /// The answer.
    pub content: Content,
    /// What was left out of the answer, if anything.
    pub truncated: Option<String>,
    /// What had to be mended or set aside on the way: malformed lines, counter resets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The configured connection.
    pub connection: String,
    /// The kind of system behind it: `capsule`, `prometheus`.
    pub system: String,
}

/// The data of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Metric columns.
    Series(Vec<MetricSeries>),
    /// Log lines in time order.
    Logs(Vec<LogRecord>),
    /// Spans of traces.
    Spans(Vec<Span>),
    /// Changes in time order.
    Changes(Vec<Change>),
    /// A snapshot of the topology.
    Inventory(Topology),
    /// Something only a person can read.
    Text(String),
}

impl Content {
    /// How many pieces the answer holds: series, lines, spans, changes, entities.
    pub fn len(&self) -> usize {
        match self {
            Self::Series(series) => series.len(),
            Self::Logs(lines) => lines.len(),
            Self::Spans(spans) => spans.len(),
            Self::Changes(changes) => changes.len(),
            Self::Inventory(topology) => topology.len(),
            Self::Text(text) => usize::from(!text.is_empty()),
        }
    }

    /// Whether the answer holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One metric of one entity, as one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricSeries {
    /// Whose metric.
    pub entity: EntityId,
    /// The other end, where the metric is about the requests `entity` sends to `peer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<EntityId>,
    /// The name its source gives it: `http.server.request.duration`.
    pub name: String,
    /// What each value says of its interval.
    pub statistic: Statistic,
    /// The unit in UCUM, as OpenTelemetry writes them: `s`, `By`, `1`, `{request}`, `%`.
    pub unit: String,
    /// Attributes that tell it from its siblings: status code, pool name, state.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The samples.
    pub column: Column,
    /// What had to be mended when the samples were read.
    #[serde(default, skip_serializing_if = "is_clean")]
    pub repairs: Repairs,
}

fn is_clean(repairs: &Repairs) -> bool {
    !repairs.any()
}

/// What one value of a metric says of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// The level at the end of the interval (a gauge).
    Last,
    /// The amount that came together within the interval.
    Sum,
    /// How many there were within the interval.
    Count,
    /// The mean over the interval.
    Mean,
    /// The largest within the interval.
    Max,
    /// The median within the interval.
    P50,
    /// The 90th percentile within the interval.
    P90,
    /// The 95th percentile within the interval.
    P95,
    /// The 99th percentile within the interval.
    P99,
}

impl Statistic {
    /// As people and queries write it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Mean => "mean",
            Self::Max => "max",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }
}

/// One log line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub entity: EntityId,
    /// How bad.
    pub severity: LogSeverity,
    /// The line. Untrusted text.
    pub body: String,
    /// The trace it belongs to, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The span it belongs to, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
}

/// Severity of a log line (OpenTelemetry's ranges of severity numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogSeverity {
    /// The record doesn't say.
    Unspecified,
    /// 1–4.
    Trace,
    /// 5–8.
    Debug,
    /// 9–12.
    Info,
    /// 13–16.
    Warn,
    /// 17–20.
    Error,
    /// 21–24.
    Fatal,
}

/// One span of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Lower-case hex.
    pub trace_id: String,
    /// Lower-case hex.
    pub span_id: String,
    /// Lower-case hex; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Who did the work.
    pub entity: EntityId,
    /// Whom it called, for a client span that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<EntityId>,
    /// The operation.
    pub operation: String,
    /// Unix nanoseconds.
    pub start_nanos: i64,
    /// Unix nanoseconds.
    pub end_nanos: i64,
    /// How it ended.
    pub status: SpanStatus,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanStatus {
    /// Nobody said; usually fine.
    Unset,
    /// Fine.
    Ok,
    /// Failed.
    Error,
}
