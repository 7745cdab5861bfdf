use serde::{Deserialize, Serialize};

/// What can be wrong with an entity. The table [`FaultMode::row`] says how each shows and travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultMode {
    /// A new version is slower or fails.
    BadDeployment,
    /// Callers wait for a free connection.
    ConnectionPoolExhausted,
    /// The provider turns requests away above a limit.
    Throttled,
    /// Something outside the estate answers slowly or fails.
    ExternalDependency,
    /// Work waits for processor time.
    CpuSaturation,
    /// Memory grows until the process is killed.
    MemoryLeak,
    /// More requests than the entity can serve.
    TrafficSurge,
    /// Requests take long on the way.
    NetworkDelay,
    /// Answers come slowly, and nothing seen says why.
    Slow,
    /// Requests fail, and nothing seen says why.
    Failing,
    /// Answers come, but with the wrong content.
    WrongResult,
    /// The entity stopped answering or reporting.
    Unavailable,
    /// A setting was changed to a wrong value.
    ConfigurationError,
    /// Transactions wait for each other's locks.
    LockContention,
    /// One statement takes a worse plan than before.
    SlowQuery,
    /// No space is left to write to.
    DiskFull,
    /// Work waits for the disk: checkpoints, bulk writes, exhausted burst credit.
    IoSaturation,
    /// A replica falls behind what is written.
    ReplicationLag,
    /// The database moved to its standby.
    Failover,
    /// Names can't be resolved.
    DnsFailure,
    /// A certificate is no longer valid.
    CertificateExpired,
    /// Packets are lost on the way.
    PacketLoss,
    /// A queue grows because its consumer is stuck, often on one poison message.
    ConsumerLag,
    /// Retries multiply the load and keep the trouble alive.
    RetryStorm,
    /// An account's or service's quota is used up.
    QuotaReached,
    /// One machine under several services is sick.
    BadHost,
    /// The process ends right after its start, again and again.
    CrashLoop,
    /// The platform can't fetch the artefact it should run.
    ImagePullFailure,
    /// A probe that is too strict kills or withdraws what works.
    ProbeFailure,
    /// The platform finds no host for new replicas.
    Unschedulable,
}

/// What kind of trouble a fault mode is, for coarse comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A limit of capacity was met.
    ResourceExhaustion,
    /// Code or artefact is wrong.
    CodeDefect,
    /// A setting is wrong.
    ConfigurationError,
    /// Network, hosts, platform.
    Infrastructure,
    /// Somebody else's system.
    Dependency,
    /// More work than planned.
    Traffic,
    /// Not known.
    Unknown,
}

/// One row of the table of fault modes.
#[derive(Clone, Copy, Debug)]
pub struct FaultRow {
    /// Stable id, as written in `expect.toml` and JSON.
    pub id: &'static str,
    /// As people read it.
    pub name: &'static str,
    /// The coarse kind.
    pub category: Category,
    /// How it shows in telemetry.
    pub shows: &'static str,
    /// How it reaches others.
    pub travels: &'static str,
}

impl FaultMode {
    /// All of them.
    pub const ALL: [Self; 30] = [
        Self::BadDeployment,
        Self::ConnectionPoolExhausted,
        Self::Throttled,
        Self::ExternalDependency,
        Self::CpuSaturation,
        Self::MemoryLeak,
        Self::TrafficSurge,
        Self::NetworkDelay,
        Self::Slow,
        Self::Failing,
        Self::WrongResult,
        Self::Unavailable,
        Self::ConfigurationError,
        Self::LockContention,
        Self::SlowQuery,
        Self::DiskFull,
        Self::IoSaturation,
        Self::ReplicationLag,
        Self::Failover,
        Self::DnsFailure,
        Self::CertificateExpired,
        Self::PacketLoss,
        Self::ConsumerLag,
        Self::RetryStorm,
        Self::QuotaReached,
        Self::BadHost,
        Self::CrashLoop,
        Self::ImagePullFailure,
        Self::ProbeFailure,
        Self::Unschedulable,
    ];

    /// The mode with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.row().id == id)
    }

    /// What is known of the mode.
    pub fn row(self) -> FaultRow {
        match self {
            Self::BadDeployment => FaultRow {
                id: "bad_deployment",
                name: "bad deployment",
                category: Category::CodeDefect,
                shows: "latency or errors of the entity's own begin within minutes after a deployment of it, often with log lines never seen before",
                travels: "to callers, by the share of their requests that need the entity",
            },
            Self::ConnectionPoolExhausted => FaultRow {
                id: "connection_pool_exhausted",
                name: "connection pool exhausted",
                category: Category::ResourceExhaustion,
                shows: "connections in use sit at the limit, requests wait for one, time-outs say so in the log; the database itself isn't slow",
                travels: "to callers of the entity that owns the pool",
            },
            Self::Throttled => FaultRow {
                id: "throttled",
                name: "throttled by a capacity limit",
                category: Category::ResourceExhaustion,
                shows: "throttled requests appear, consumed capacity sits at the provisioned one",
                travels: "to callers as errors, and as latency where they retry",
            },
            Self::ExternalDependency => FaultRow {
                id: "external_dependency",
                name: "trouble of an external dependency",
                category: Category::Dependency,
                shows: "time or errors of calls to an entity outside the estate grow; what is inside is calm",
                travels: "to callers",
            },
            Self::CpuSaturation => FaultRow {
                id: "cpu_saturation",
                name: "CPU saturation",
                category: Category::ResourceExhaustion,
                shows: "CPU use rises to the limit without more requests; everything the entity does takes longer",
                travels: "to callers as latency; on a host, to everything that runs there",
            },
            Self::MemoryLeak => FaultRow {
                id: "memory_leak",
                name: "memory leak with out-of-memory kills",
                category: Category::ResourceExhaustion,
                shows: "memory climbs to the limit, falls at a restart, climbs again; requests fail while it restarts",
                travels: "to callers as bursts of errors",
            },
            Self::TrafficSurge => FaultRow {
                id: "traffic_surge",
                name: "traffic surge",
                category: Category::Traffic,
                shows: "requests rise at the entrance and everywhere below; latency follows where capacity ends",
                travels: "down, with the requests; back up as latency of what saturates first",
            },
            Self::NetworkDelay => FaultRow {
                id: "network_delay",
                name: "network delay",
                category: Category::Infrastructure,
                shows: "the caller's time on the edge grows while the callee's own time doesn't",
                travels: "to callers over that edge",
            },
            Self::Slow => FaultRow {
                id: "slow",
                name: "slow for an unknown reason",
                category: Category::Unknown,
                shows: "the entity's excess time isn't explained by anything it calls",
                travels: "to callers as latency and time-outs",
            },
            Self::Failing => FaultRow {
                id: "failing",
                name: "failing for an unknown reason",
                category: Category::Unknown,
                shows: "the entity's excess errors aren't explained by anything it calls",
                travels: "to callers as errors",
            },
            Self::WrongResult => FaultRow {
                id: "wrong_result",
                name: "wrong results",
                category: Category::CodeDefect,
                shows: "lines and calls that belong to other outcomes appear at normal speed",
                travels: "to callers, which log and call differently",
            },
            Self::Unavailable => FaultRow {
                id: "unavailable",
                name: "not answering",
                category: Category::Infrastructure,
                shows: "the entity's telemetry stops and calls to it fail",
                travels: "to callers as errors",
            },
            Self::ConfigurationError => FaultRow {
                id: "configuration_error",
                name: "wrong configuration",
                category: Category::ConfigurationError,
                shows: "errors or latency of the entity's own begin within minutes after an edit of its configuration; code and traffic are the same",
                travels: "to callers, by the share of their requests that need the setting",
            },
            Self::LockContention => FaultRow {
                id: "lock_contention",
                name: "lock contention",
                category: Category::ResourceExhaustion,
                shows: "time spent waiting for locks grows while the processor is idle; deadlocks and lock time-outs are logged",
                travels: "to callers as latency and time-outs",
            },
            Self::SlowQuery => FaultRow {
                id: "slow_query",
                name: "slow query after a plan change",
                category: Category::ResourceExhaustion,
                shows: "one statement's time or rows read multiply, the database's processor or reads rise with unchanged traffic",
                travels: "to callers of that statement as latency; to others through the shared processor",
            },
            Self::DiskFull => FaultRow {
                id: "disk_full",
                name: "disk full",
                category: Category::ResourceExhaustion,
                shows: "free space falls to nothing, writes fail, logs say that no space is left",
                travels: "to callers as errors of whatever writes",
            },
            Self::IoSaturation => FaultRow {
                id: "io_saturation",
                name: "disk input and output saturated",
                category: Category::ResourceExhaustion,
                shows: "operations per second or their queue rise to the limit and every one takes longer; processor use may rise as a consequence",
                travels: "to callers as latency",
            },
            Self::ReplicationLag => FaultRow {
                id: "replication_lag",
                name: "replication lag",
                category: Category::ResourceExhaustion,
                shows: "the lag grows while the primary writes more than usual or the replica can't apply it",
                travels: "to readers of the replica as stale answers",
            },
            Self::Failover => FaultRow {
                id: "failover",
                name: "failover",
                category: Category::Infrastructure,
                shows: "the platform reports a failover; connections drop and come back within minutes",
                travels: "to callers as a burst of errors",
            },
            Self::DnsFailure => FaultRow {
                id: "dns_failure",
                name: "name resolution failure",
                category: Category::ConfigurationError,
                shows: "calls fail at once with errors of name resolution although what they would reach is well",
                travels: "to everything that resolves the same names",
            },
            Self::CertificateExpired => FaultRow {
                id: "certificate_expired",
                name: "certificate expired",
                category: Category::ConfigurationError,
                shows: "from one moment on every new connection to the entity fails with a TLS error",
                travels: "to all callers at once as errors",
            },
            Self::PacketLoss => FaultRow {
                id: "packet_loss",
                name: "packet loss",
                category: Category::Infrastructure,
                shows: "a tail of requests on an edge waits for retransmissions or times out; the callee is well",
                travels: "to callers over that edge",
            },
            Self::ConsumerLag => FaultRow {
                id: "consumer_lag",
                name: "consumers fall behind",
                category: Category::CodeDefect,
                shows: "messages wait longer and longer while as many arrive as ever; the consumer repeats an error",
                travels: "to whoever waits for the result, not to callers of the publisher",
            },
            Self::RetryStorm => FaultRow {
                id: "retry_storm",
                name: "retry storm",
                category: Category::Traffic,
                shows: "requests to an entity multiply although users send no more; many fail and are sent again",
                travels: "to everything below the caller that retries",
            },
            Self::QuotaReached => FaultRow {
                id: "quota_reached",
                name: "quota reached",
                category: Category::ResourceExhaustion,
                shows: "from one moment on requests are refused with a message that names a quota or limit",
                travels: "to all callers that share the quota as errors",
            },
            Self::BadHost => FaultRow {
                id: "bad_host",
                name: "bad host",
                category: Category::Infrastructure,
                shows: "what runs on one host slows down or fails together, whatever it is; the same services elsewhere are well",
                travels: "to everything that runs on the host, then to callers",
            },
            Self::CrashLoop => FaultRow {
                id: "crash_loop",
                name: "crash loop",
                category: Category::CodeDefect,
                shows: "restarts follow one another, the platform backs off, the log ends with the same error each time",
                travels: "to callers as errors once too few replicas are left",
            },
            Self::ImagePullFailure => FaultRow {
                id: "image_pull_failure",
                name: "image can't be pulled",
                category: Category::ConfigurationError,
                shows: "new pods wait with image errors; the old ones run on, or too few are left",
                travels: "to callers once too few replicas are left",
            },
            Self::ProbeFailure => FaultRow {
                id: "probe_failure",
                name: "health probe fails a healthy process",
                category: Category::ConfigurationError,
                shows: "the platform reports failed probes and restarts, the process itself logs no error",
                travels: "to callers as errors while replicas are withdrawn",
            },
            Self::Unschedulable => FaultRow {
                id: "unschedulable",
                name: "no room to run",
                category: Category::ResourceExhaustion,
                shows: "pods stay pending with a scheduling message; the ones that run are busier",
                travels: "to callers once too few replicas are left",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_row_is_the_name_on_the_wire() {
        for mode in FaultMode::ALL {
            let wire = serde_json::to_string(&mode).unwrap();
            assert_eq!(wire, format!("\"{}\"", mode.row().id));
            assert_eq!(FaultMode::from_id(mode.row().id), Some(mode));
        }
    }
}
