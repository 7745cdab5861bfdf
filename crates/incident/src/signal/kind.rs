use serde::{Deserialize, Serialize};

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
    /// How often a processor limit holds it back, share of the periods (0 to 1).
    CpuThrottling,
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
    /// What a cache dropped to make room (count).
    Evictions,
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
    /// Whether it answers whoever watches it: 1, 0, or the share of its instances that do.
    Up,
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
            Self::CpuThrottling => "CPU throttling",
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
            Self::Evictions => "evictions",
            Self::CertificateLeft => "time until the certificate ends",
            Self::ReplicasWanted => "replicas wanted",
            Self::ReplicasAvailable => "replicas available",
            Self::PodsPending => "pods pending",
            Self::Ready => "containers ready",
            Self::HostReady => "host ready",
            Self::Up => "instances that answer",
            Self::QuotaUsage => "quota in use",
            Self::QuotaLimit => "quota",
            Self::PacketErrors => "packet errors",
            Self::Retries => "requests sent again",
            Self::Other => "metric",
        }
    }

    /// The unit its values have (UCUM).
    pub fn unit(self) -> &'static str {
        match self {
            Self::Requests | Self::Errors | Self::PoolPending | Self::PoolTimeouts => "{request}",
            Self::Throttled | Self::Retries => "{request}",
            Self::Availability => "%",
            Self::Latency
            | Self::QueueAge
            | Self::DiskLatency
            | Self::ReplicationLag
            | Self::CertificateLeft => "s",
            Self::MemoryUsage
            | Self::MemoryLimit
            | Self::MemoryFree
            | Self::DiskFree
            | Self::DiskSize
            | Self::NetworkIo => "By",
            Self::WriteAheadLog => "By/s",
            Self::DiskOperations => "1/s",
            Self::PoolUsage | Self::PoolLimit => "{connection}",
            Self::QueueDepth => "{message}",
            Self::Restarts => "{restart}",
            Self::DiskQueue => "{operation}",
            Self::Checkpoints => "{checkpoint}",
            Self::LockWaits | Self::DatabaseLoad | Self::StatementLoad => "{session}",
            Self::Deadlocks => "{deadlock}",
            Self::RowsRead => "{row}",
            Self::Evictions => "{key}",
            Self::ReplicasWanted | Self::ReplicasAvailable | Self::PodsPending => "{pod}",
            Self::PacketErrors => "{packet}",
            Self::CpuUtilization
            | Self::CpuThrottling
            | Self::MemoryUtilization
            | Self::DiskUtilization
            | Self::BurstCredit
            | Self::CapacityConsumed
            | Self::CapacityLimit
            | Self::Ready
            | Self::HostReady
            | Self::Up
            | Self::QuotaUsage
            | Self::QuotaLimit
            | Self::Other => "1",
        }
    }

    /// Which way is bad.
    pub fn worse(self) -> Worse {
        match self {
            Self::Errors
            | Self::Latency
            | Self::CpuUtilization
            | Self::CpuThrottling
            | Self::MemoryUsage
            | Self::MemoryUtilization
            | Self::PoolUsage
            | Self::PoolPending
            | Self::PoolTimeouts
            | Self::Throttled
            | Self::CapacityConsumed
            | Self::QueueDepth
            | Self::QueueAge
            | Self::Restarts
            | Self::DiskUtilization
            | Self::DiskQueue
            | Self::DiskLatency
            | Self::ReplicationLag
            | Self::WriteAheadLog
            | Self::Checkpoints
            | Self::LockWaits
            | Self::Deadlocks
            | Self::DatabaseLoad
            | Self::StatementLoad
            | Self::RowsRead
            | Self::Evictions
            | Self::PodsPending
            | Self::QuotaUsage
            | Self::PacketErrors
            | Self::Retries => Worse::Higher,
            Self::Availability
            | Self::DiskFree
            | Self::BurstCredit
            | Self::MemoryFree
            | Self::CertificateLeft
            | Self::ReplicasAvailable
            | Self::Ready
            | Self::HostReady
            | Self::Up => Worse::Lower,
            Self::Requests
            | Self::NetworkIo
            | Self::DiskOperations
            | Self::MemoryLimit
            | Self::PoolLimit
            | Self::CapacityLimit
            | Self::DiskSize
            | Self::ReplicasWanted
            | Self::QuotaLimit
            | Self::Other => Worse::Neither,
        }
    }
}

/// Which way a signal moves when things get worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// More is worse.
    Higher,
    /// Less is worse.
    Lower,
    /// Both ways may tell something, or neither does: traffic, limits.
    Neither,
}
