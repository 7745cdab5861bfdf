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
    /// Disk space left (bytes).
    DiskFree,
    /// Disk space in all (bytes).
    DiskSize,
    /// Disk operations waiting (count).
    DiskQueue,
    /// Disk operations (1/s).
    DiskOperations,
    /// Time one disk operation takes (seconds).
    DiskLatency,
    /// Burst credit left, share of the whole (0 to 1).
    BurstCredit,
    /// How far a replica is behind (seconds).
    ReplicationLag,
    /// Log that a database writes ahead (bytes per second).
    WriteAheadLog,
    /// Checkpoints of a database (count).
    Checkpoints,
    /// Sessions that wait for a lock (count).
    LockWaits,
    /// Deadlocks (count).
    Deadlocks,
    /// Sessions at work in a database at a time (mean).
    DatabaseLoad,
    /// Sessions at work for one statement at a time (mean); an attribute names the statement.
    StatementLoad,
    /// Rows a database reads (count).
    RowsRead,
    /// Memory left (bytes).
    MemoryFree,
    /// Time until a certificate ends (seconds).
    CertificateLeft,
    /// Replicas wanted (count).
    ReplicasWanted,
    /// Replicas ready to serve (count).
    ReplicasAvailable,
    /// Pods that wait for a host or an image (count).
    PodsPending,
    /// Whether a container is ready (1 or 0).
    Ready,
    /// Whether a host is ready (1 or 0).
    HostReady,
    /// Use of a quota (its own unit).
    QuotaUsage,
    /// The quota (its own unit).
    QuotaLimit,
    /// Packets sent again, dropped or broken (count).
    PacketErrors,
    /// Requests sent again (count).
    Retries,
    /// Anything else.
    Other,
}

impl Signal {
    /// Whether it tells how requests fare.
    pub fn is_of_requests(self) -> bool {
        matches!(self, Self::Requests | Self::Errors | Self::Availability | Self::Latency)
    }

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
            Self::DiskFree => "free disk space",
            Self::DiskSize => "disk size",
            Self::DiskQueue => "disk queue",
            Self::DiskOperations => "disk operations",
            Self::DiskLatency => "disk latency",
            Self::BurstCredit => "burst credit",
            Self::ReplicationLag => "replication lag",
            Self::WriteAheadLog => "write-ahead log",
            Self::Checkpoints => "checkpoints",
            Self::LockWaits => "sessions waiting for a lock",
            Self::Deadlocks => "deadlocks",
            Self::DatabaseLoad => "database load",
            Self::StatementLoad => "load of a statement",
            Self::RowsRead => "rows read",
            Self::MemoryFree => "free memory",
            Self::CertificateLeft => "time until the certificate ends",
            Self::ReplicasWanted => "replicas wanted",
            Self::ReplicasAvailable => "replicas available",
            Self::PodsPending => "pods pending",
            Self::Ready => "containers ready",
            Self::HostReady => "host ready",
            Self::QuotaUsage => "quota in use",
            Self::QuotaLimit => "quota",
            Self::PacketErrors => "packet errors",
            Self::Retries => "requests sent again",
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
    row("k8s.container.restarts", Signal::Restarts),
    row("k8s.pod.network.io", Signal::NetworkIo),
    row("system.filesystem.utilization", Signal::DiskUtilization),
    row("k8s.volume.utilization", Signal::DiskUtilization),
    row("k8s.volume.available", Signal::DiskFree),
    row("k8s.volume.capacity", Signal::DiskSize),
    row("system.disk.pending_operations", Signal::DiskQueue),
    row("system.disk.operations", Signal::DiskOperations),
    row("system.disk.operation.latency", Signal::DiskLatency),
    // The Collector's PostgreSQL receiver.
    row("postgresql.backends", Signal::PoolUsage),
    row("postgresql.connection.max", Signal::PoolLimit),
    row("postgresql.deadlocks", Signal::Deadlocks),
    row("postgresql.database.locks", Signal::LockWaits),
    row("postgresql.blocked_sessions", Signal::LockWaits),
    row("postgresql.wal.lag", Signal::ReplicationLag),
    row("postgresql.bgwriter.checkpoint.count", Signal::Checkpoints),
    row("postgresql.statement.load", Signal::StatementLoad),
    row("postgresql.tup_fetched", Signal::RowsRead),
    row("postgresql.tup_returned", Signal::RowsRead),
    // The Collector's cluster receiver.
    row("k8s.deployment.desired", Signal::ReplicasWanted),
    row("k8s.deployment.available", Signal::ReplicasAvailable),
    row("k8s.statefulset.desired_pods", Signal::ReplicasWanted),
    row("k8s.statefulset.ready_pods", Signal::ReplicasAvailable),
    row("k8s.daemonset.desired_scheduled_nodes", Signal::ReplicasWanted),
    row("k8s.daemonset.ready_nodes", Signal::ReplicasAvailable),
    row("k8s.pod.pending", Signal::PodsPending),
    row("k8s.container.ready", Signal::Ready),
    row("k8s.node.condition_ready", Signal::HostReady),
    row("k8s.resource_quota.used", Signal::QuotaUsage),
    row("k8s.resource_quota.hard_limit", Signal::QuotaLimit),
    row("kafka.consumer_group.lag", Signal::QueueDepth),
    row("kafka.consumer_group.lag_sum", Signal::QueueDepth),
    row("httpcheck.tls.cert_remaining", Signal::CertificateLeft),
    row("tlscheck.time_left", Signal::CertificateLeft),
    row("system.network.errors", Signal::PacketErrors),
    row("system.network.dropped", Signal::PacketErrors),
    row("tcp.retransmits", Signal::PacketErrors),
    row("http.client.request.resend_count", Signal::Retries),
    // CloudWatch, AWS/RDS.
    row("aws.rds.cpu_utilization", Signal::CpuUtilization),
    row("aws.rds.database_connections", Signal::PoolUsage),
    row("aws.rds.max_connections", Signal::PoolLimit),
    row("aws.rds.free_storage_space", Signal::DiskFree),
    row("aws.rds.allocated_storage", Signal::DiskSize),
    row("aws.rds.disk_queue_depth", Signal::DiskQueue),
    row("aws.rds.write_iops", Signal::DiskOperations),
    row("aws.rds.read_iops", Signal::DiskOperations),
    row("aws.rds.write_latency", Signal::DiskLatency),
    row("aws.rds.read_latency", Signal::DiskLatency),
    row("aws.rds.burst_balance", Signal::BurstCredit),
    row("aws.rds.ebs_io_balance", Signal::BurstCredit),
    row("aws.rds.replica_lag", Signal::ReplicationLag),
    row("aws.rds.transaction_logs_generation", Signal::WriteAheadLog),
    row("aws.rds.checkpoints", Signal::Checkpoints),
    row("aws.rds.deadlocks", Signal::Deadlocks),
    row("aws.rds.blocked_transactions", Signal::LockWaits),
    row("aws.rds.db_load", Signal::DatabaseLoad),
    row("aws.rds.statement_load", Signal::StatementLoad),
    row("aws.rds.freeable_memory", Signal::MemoryFree),
    row("aws.rds.network_receive_throughput", Signal::NetworkIo),
    row("aws.rds.network_transmit_throughput", Signal::NetworkIo),
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
