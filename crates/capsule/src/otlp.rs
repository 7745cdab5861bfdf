//! Telemetry in the words of OpenTelemetry, to and from ours.
//!
//! One line of a file is one request as the Collector's file exporter writes it. The mapping is
//! laid down in docs/specs/capsule.md.

mod attributes;
mod columns;
mod cumulative;
mod histogram;
mod logs;
mod metrics;
mod names;
mod stream;
mod summary;
mod traces;
mod unit;

use nightjar_incident::Statistic;

pub(crate) use columns::lines_of_series;
pub(crate) use logs::{LogsIn, line_of_log};
pub(crate) use metrics::MetricsIn;
pub(crate) use names::Names;
pub(crate) use traces::{TracesIn, line_of_span};

/// Attribute: the entity's id as it is, before any other attribute.
pub(crate) const ENTITY: &str = "nightjar.entity";
/// Attribute: the other end's id as it is.
pub(crate) const PEER: &str = "nightjar.peer";
/// Attribute: what each value of a gauge or sum says of its interval. Units stay as they are.
pub(crate) const STATISTIC: &str = "nightjar.statistic";
/// Attributes of this kind are ours and no part of a metric's identity.
pub(crate) const OURS: &str = "nightjar.";
/// Name of the instrumentation scope of what we write.
pub(crate) const SCOPE: &str = "nightjar";

/// What one stream of histograms or summaries becomes: samples by statistic.
type Columns = Vec<(Statistic, Vec<(i64, f64)>)>;
