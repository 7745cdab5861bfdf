//! The words by which programs and platforms name a fault.

use nightjar_incident::FaultMode as Is;

/// One phrase and what it says.
pub(super) struct Phrase {
    /// What the text holds, in lower case.
    pub(super) text: &'static str,
    /// A second part the text must hold as well, in lower case; empty for none.
    pub(super) and: &'static str,
    /// The fault it names.
    pub(super) mode: Is,
}

const fn says(text: &'static str, mode: Is) -> Phrase {
    Phrase { text, and: "", mode }
}

const fn both(text: &'static str, and: &'static str, mode: Is) -> Phrase {
    Phrase { text, and, mode }
}

/// The first that fits decides, so the more specific stand before the more general.
pub(super) const PHRASES: &[Phrase] = &[
    // Disk: POSIX ENOSPC, EDQUOT, PostgreSQL (53100), MySQL (1021, 1114), Kafka, Amazon RDS
    // events 0007, 0089, 0221 to 0224, kubelet.
    says("no space left on device", Is::DiskFull),
    says("enospc", Is::DiskFull),
    says("disk quota exceeded", Is::DiskFull),
    says("could not extend file", Is::DiskFull),
    says("disk full", Is::DiskFull),
    says("disk is full", Is::DiskFull),
    says("ran out of storage", Is::DiskFull),
    says("out of storage space", Is::DiskFull),
    says("storage-full", Is::DiskFull),
    says("storage full", Is::DiskFull),
    says("insufficient storage space", Is::DiskFull),
    says("allocated storage has been exhausted", Is::DiskFull),
    says("storage is critically low", Is::DiskFull),
    says("not enough space on the disk", Is::DiskFull),
    says("flood stage disk watermark", Is::DiskFull),
    // Connections: PostgreSQL (53300), MySQL (1040), HikariCP, SQLAlchemy, node-postgres, pgbouncer,
    // Go's database/sql, Amazon RDS.
    says("remaining connection slots are reserved", Is::ConnectionPoolExhausted),
    says("too many clients already", Is::ConnectionPoolExhausted),
    says("too many connections", Is::ConnectionPoolExhausted),
    says("approaching max_connections", Is::ConnectionPoolExhausted),
    says("max_connections limit", Is::ConnectionPoolExhausted),
    says("no more connections allowed", Is::ConnectionPoolExhausted),
    both("connection is not available", "request timed out", Is::ConnectionPoolExhausted),
    says("timeout waiting for idle object", Is::ConnectionPoolExhausted),
    both("queuepool limit of size", "reached", Is::ConnectionPoolExhausted),
    says("timeout exceeded when trying to connect", Is::ConnectionPoolExhausted),
    says("connection pool exhausted", Is::ConnectionPoolExhausted),
    says("unable to acquire jdbc connection", Is::ConnectionPoolExhausted),
    says("timeout acquiring a connection", Is::ConnectionPoolExhausted),
    says("pool is exhausted", Is::ConnectionPoolExhausted),
    // Replication: PostgreSQL (40001 on a standby), Amazon RDS event 0045, MySQL.
    says("due to conflict with recovery", Is::ReplicationLag),
    both("replication lag", "exceeded", Is::ReplicationLag),
    both("replica lag", "exceeded", Is::ReplicationLag),
    both("replica", "falling behind", Is::ReplicationLag),
    both("replica", "significantly behind", Is::ReplicationLag),
    both("requested wal segment", "already been removed", Is::ReplicationLag),
    // Locks: PostgreSQL (40P01, 55P03), MySQL (1213, 1205), SQL Server (1205), Oracle.
    says("deadlock detected", Is::LockContention),
    says("deadlock found when trying to get lock", Is::LockContention),
    says("deadlocked on lock", Is::LockContention),
    says("ora-00060", Is::LockContention),
    says("lock wait timeout exceeded", Is::LockContention),
    says("due to lock timeout", Is::LockContention),
    says("could not obtain lock on", Is::LockContention),
    both("still waiting for", "lock on", Is::LockContention),
    // Disk throughput: PostgreSQL's checkpointer, kernel, Amazon.
    says("checkpoints are occurring too frequently", Is::IoSaturation),
    says("checkpoint storm", Is::IoSaturation),
    says("high i/o wait", Is::IoSaturation),
    says("burst balance", Is::IoSaturation),
    says("i/o credit", Is::IoSaturation),
    both("blocked for more than", "seconds", Is::IoSaturation),
    // Failover: Amazon RDS events 0013, 0015, 0049, 0050, 0071 to 0073, Patroni, Sentinel.
    says("failover has been initiated", Is::Failover),
    both("failover", "in progress", Is::Failover),
    says("started cross az failover", Is::Failover),
    says("multi-az instance failover started", Is::Failover),
    both("failover", "completed", Is::Failover),
    both("finished", "failover", Is::Failover),
    says("+failover-detected", Is::Failover),
    says("promoted self to leader", Is::Failover),
    // Names: getaddrinfo as Node, Python, Java, Go, curl and glibc print it; CoreDNS.
    says("getaddrinfo enotfound", Is::DnsFailure),
    says("getaddrinfo eai_again", Is::DnsFailure),
    both("getaddrinfo", "failed", Is::DnsFailure),
    says("name or service not known", Is::DnsFailure),
    says("temporary failure in name resolution", Is::DnsFailure),
    says("nodename nor servname provided", Is::DnsFailure),
    says("failed to resolve host", Is::DnsFailure),
    says("could not resolve host", Is::DnsFailure),
    says("unable to resolve host", Is::DnsFailure),
    says("nameresolutionerror", Is::DnsFailure),
    says("unknownhostexception", Is::DnsFailure),
    both("lookup", "no such host", Is::DnsFailure),
    both("lookup", "server misbehaving", Is::DnsFailure),
    both("lookup", "i/o timeout", Is::DnsFailure),
    both("dns", "unable to resolve", Is::DnsFailure),
    says("nxdomain", Is::DnsFailure),
    says("servfail", Is::DnsFailure),
    says("dns resolution failed", Is::DnsFailure),
    says("dns resolution timeout", Is::DnsFailure),
    // Certificates: Go, OpenSSL, Node, Java, nginx.
    says("certificate has expired", Is::CertificateExpired),
    says("certificate expired", Is::CertificateExpired),
    says("cert_has_expired", Is::CertificateExpired),
    says("sslv3 alert certificate expired", Is::CertificateExpired),
    says("certificateexpiredexception", Is::CertificateExpired),
    says("certificate has expired or is not yet valid", Is::CertificateExpired),
    // Kubernetes: reasons of the kubelet, the scheduler and the controllers.
    says("errimagepull", Is::ImagePullFailure),
    says("imagepullbackoff", Is::ImagePullFailure),
    says("errimageneverpull", Is::ImagePullFailure),
    says("invalidimagename", Is::ImagePullFailure),
    says("failed to pull image", Is::ImagePullFailure),
    says("back-off pulling image", Is::ImagePullFailure),
    says("manifest unknown", Is::ImagePullFailure),
    says("oomkilled", Is::MemoryLeak),
    says("oomkilling", Is::MemoryLeak),
    says("memory cgroup out of memory", Is::MemoryLeak),
    says("out of memory: kill", Is::MemoryLeak),
    says("java.lang.outofmemoryerror", Is::MemoryLeak),
    says("javascript heap out of memory", Is::MemoryLeak),
    says("liveness probe failed", Is::ProbeFailure),
    says("readiness probe failed", Is::ProbeFailure),
    says("startup probe failed", Is::ProbeFailure),
    says("failed liveness probe", Is::ProbeFailure),
    says("failedscheduling", Is::Unschedulable),
    both("nodes are available", "insufficient", Is::Unschedulable),
    both("nodes are available", "taint", Is::Unschedulable),
    both("nodes are available", "didn't match", Is::Unschedulable),
    says("unschedulable", Is::Unschedulable),
    says("nodenotready", Is::BadHost),
    says("node is not ready", Is::BadHost),
    both("node", "status is now: nodenotready", Is::BadHost),
    says("kubelet stopped posting node status", Is::BadHost),
    says("the node was low on resource", Is::BadHost),
    says("the node had condition", Is::BadHost),
    says("node-pressure", Is::BadHost),
    says("nodehasdiskpressure", Is::BadHost),
    says("nodehasinsufficientmemory", Is::BadHost),
    // A setting that is missing or wrong: what programs say when they refuse to start.
    says("configuration error", Is::ConfigurationError),
    says("invalid configuration", Is::ConfigurationError),
    says("misconfigured", Is::ConfigurationError),
    says("createcontainerconfigerror", Is::ConfigurationError),
    both("configmap", "not found", Is::ConfigurationError),
    both("secret", "not found", Is::ConfigurationError),
    both("env var", "not set", Is::ConfigurationError),
    both("environment variable", "not set", Is::ConfigurationError),
    both("environment variable", "is required", Is::ConfigurationError),
    both("missing required", "environment", Is::ConfigurationError),
    both("missing required", "config", Is::ConfigurationError),
    says("could not resolve placeholder", Is::ConfigurationError),
    // Quotas and rates: Amazon, Google, Kubernetes.
    both("exceeded quota", "limited", Is::QuotaReached),
    says("quota exceeded", Is::QuotaReached),
    says("quotaexceeded", Is::QuotaReached),
    says("limitexceeded", Is::QuotaReached),
    says("servicequotaexceeded", Is::QuotaReached),
    says("resource_exhausted", Is::QuotaReached),
    says("requestlimitexceeded", Is::Throttled),
    says("throttlingexception", Is::Throttled),
    says("provisionedthroughputexceeded", Is::Throttled),
    says("toomanyrequests", Is::Throttled),
    says("rate exceeded", Is::Throttled),
    says("too many requests", Is::Throttled),
    // Ends right after its start, and nobody says why.
    says("crashloopbackoff", Is::CrashLoop),
    both("back-off", "restarting failed container", Is::CrashLoop),
];
