//! Telemetry in the words of OpenTelemetry, to and from ours: bytes or attributes in, records out.
//!
//! Two things live here because every source of traces needs them alike. The *readers* and *writers*
//! of OTLP (docs/specs/capsule.md lays the mapping down), and the *rules of naming*: which
//! attributes say whose telemetry this is, which say whom a call went to and what that is. From both
//! follows the [`CallGraph`]: who depends on whom, as spans tell it.
//!
//! This room opens nothing and knows neither files nor addresses of collectors. It doesn't know what
//! a metric means, nor what an incident is about.

mod address;
mod attributes;
mod calls;
mod columns;
mod cumulative;
mod histogram;
mod logs;
mod metrics;
mod names;
mod operation;
mod owner;
mod parse;
mod peer;
mod stream;
mod summary;
mod traces;
mod unit;
mod wanted;

use nightjar_incident::Statistic;

pub use attributes::Attributes;
pub use calls::{CallGraph, Calls};
pub use columns::lines_of_series;
pub use logs::{line_of_log, read_logs, severity_of_number, severity_of_text};
pub use metrics::{Full, Metrics};
pub use names::Names;
pub use parse::{Parse, first_key};
pub use peer::{Peer, Role};
pub use traces::{Traced, line_of_span, read_spans};
pub use wanted::Wanted;

// The types that readers take and writers give; what is written is theirs as `serde` has it.
pub use opentelemetry_proto::tonic::logs::v1::LogsData;
pub use opentelemetry_proto::tonic::metrics::v1::MetricsData;
pub use opentelemetry_proto::tonic::resource::v1::Resource;
pub use opentelemetry_proto::tonic::trace::v1::TracesData;

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

/// A value that OTLP has no place for: a time before 1970, a span that ends before it starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write {0}")]
pub struct Unwritable(pub String);
