//! What a metric means: the table from names of metrics to signals.
//!
//! Names follow the OpenTelemetry semantic conventions where one exists and the provider's own
//! where not. A metric that isn't in the table isn't dropped: it is [`Signal::Other`] and takes
//! part only as background.

use serde::{Deserialize, Serialize};

use crate::{MetricSeries, Statistic};

/// What a metric measures, whatever its source calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Requests that came within the interval (count).
    Requests,
    /// Requests that failed within the interval (count).
    Errors,
    /// Requests that succeeded, percent.
    Availability,
    /// Time to answer (seconds), mean or quantile as the statistic says.
    Latency,
    /// Processor use, share of the limit (0 to 1).
    CpuUtilization,
    /// Memory in use (bytes).
    MemoryUsage,
    /// Memory allowed (bytes).
    MemoryLimit,
    /// Memory in use, share of the limit (0 to 1).
    MemoryUtilization,
    /// Connections in use (count).
    PoolUsage,
    /// Connections allowed (count).
    PoolLimit,
    /// Requests waiting for a connection (count).
    PoolPending,
    /// Requests that gave up waiting for a connection (count).
    PoolTimeouts,
    /// Requests turned away above a limit (count).
    Throttled,
    /// Capacity consumed within the interval (provider's units).
    CapacityConsumed,
    /// Capacity provisioned for the interval (provider's units).
    CapacityLimit,
    /// Messages waiting (count).
    QueueDepth,
    /// Age of the oldest waiting message (seconds).
    QueueAge,
    /// Times the process was started again (cumulative count).
    Restarts,
    /// Bytes received and sent.
    NetworkIo,
    /// Disk in use, share of the whole (0 to 1).
    DiskUtilization,
    /// Anything else.
    Other,
}

impl Signal {
    /// The signal as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Errors => "errors",
            Self::Availability => "availability",
            Self::Latency => "latency",
            Self::CpuUtilization => "CPU utilisation",
            Self::MemoryUsage => "memory in use",
            Self::MemoryLimit => "memory limit",
            Self::MemoryUtilization => "memory utilisation",
            Self::PoolUsage => "connections in use",
            Self::PoolLimit => "connection limit",
            Self::PoolPending => "requests waiting for a connection",
            Self::PoolTimeouts => "connection time-outs",
            Self::Throttled => "throttled requests",
            Self::CapacityConsumed => "consumed capacity",
            Self::CapacityLimit => "provisioned capacity",
            Self::QueueDepth => "messages waiting",
            Self::QueueAge => "age of the oldest message",
            Self::Restarts => "restarts",
            Self::NetworkIo => "network traffic",
            Self::DiskUtilization => "disk utilisation",
            Self::Other => "metric",
        }
    }
}

/// One row: which metric means what.
struct Row {
    name: &'static str,
    /// Only for this statistic.
    statistic: Option<Statistic>,
    /// Only with this attribute.
    attribute: Option<(&'static str, &'static str)>,
    signal: Signal,
}

const fn row(name: &'static str, signal: Signal) -> Row {
    Row { name, statistic: None, attribute: None, signal }
}

/// Names as the OpenTelemetry semantic conventions (1.3x) and the providers write them.
/// A histogram reaches the engine as its count, mean and quantiles; count and mean differ in
/// meaning, so the rows are split by statistic in [`of`].
const TABLE: &[Row] = &[
    row("http.server.request.duration", Signal::Latency),
    row("http.client.request.duration", Signal::Latency),
    row("rpc.server.duration", Signal::Latency),
    row("rpc.client.duration", Signal::Latency),
    row("db.client.operation.duration", Signal::Latency),
    row("messaging.process.duration", Signal::Latency),
    row("messaging.client.operation.duration", Signal::Latency),
    row("faas.invoke_duration", Signal::Latency),
    row("latency", Signal::Latency),
    row("requests", Signal::Requests),
    row("errors", Signal::Errors),
    row("faas.errors", Signal::Errors),
    row("availability", Signal::Availability),
    row("k8s.container.cpu_limit_utilization", Signal::CpuUtilization),
    row("container.cpu.utilization", Signal::CpuUtilization),
    row("process.cpu.utilization", Signal::CpuUtilization),
    row("system.cpu.utilization", Signal::CpuUtilization),
    row("container.memory.usage", Signal::MemoryUsage),
    row("process.memory.usage", Signal::MemoryUsage),
    row("container.memory.limit", Signal::MemoryLimit),
    row("k8s.container.memory_limit", Signal::MemoryLimit),
    row("k8s.container.memory_limit_utilization", Signal::MemoryUtilization),
    row("system.memory.utilization", Signal::MemoryUtilization),
    Row {
        name: "db.client.connection.count",
        statistic: None,
        attribute: Some(("db.client.connection.state", "used")),
        signal: Signal::PoolUsage,
    },
    row("db.client.connection.max", Signal::PoolLimit),
    row("db.client.connection.pending_requests", Signal::PoolPending),
    row("db.client.connection.timeouts", Signal::PoolTimeouts),
    row("aws.dynamodb.throttled_requests", Signal::Throttled),
    row("aws.dynamodb.consumed_capacity", Signal::CapacityConsumed),
    row("aws.dynamodb.provisioned_capacity", Signal::CapacityLimit),
    row("aws.lambda.throttles", Signal::Throttled),
    row("aws.sqs.approximate_number_of_messages_visible", Signal::QueueDepth),
    row("aws.sqs.approximate_age_of_oldest_message", Signal::QueueAge),
    row("k8s.container.restart.count", Signal::Restarts),
    row("k8s.pod.network.io", Signal::NetworkIo),
    row("system.filesystem.utilization", Signal::DiskUtilization),
];

/// What a metric measures.
///
/// The count of a duration histogram is [`Signal::Requests`], or [`Signal::Errors`] where the
/// attributes say that these requests failed (`error.type`, or a status code of 500 and above).
pub fn of(series: &MetricSeries) -> Signal {
    let fits = |row: &&Row| {
        row.name == series.name
            && row.statistic.is_none_or(|statistic| statistic == series.statistic)
            && row.attribute.is_none_or(|(key, value)| {
                series.attributes.get(key).is_some_and(|found| found == value)
            })
    };
    let Some(row) = TABLE.iter().find(fits) else { return Signal::Other };
    match (row.signal, series.statistic) {
        (Signal::Latency, Statistic::Count) if failed(series) => Signal::Errors,
        (Signal::Latency, Statistic::Count) => Signal::Requests,
        (signal, _) => signal,
    }
}

/// Whether the attributes say that the requests counted here failed.
pub fn failed(series: &MetricSeries) -> bool {
    if series.attributes.contains_key("error.type") {
        return true;
    }
    let code = series.attributes.get("http.response.status_code");
    code.and_then(|code| code.parse::<u16>().ok()).is_some_and(|code| code >= 500)
}
