//! Receivers of the OpenTelemetry Collector (contrib 0.130): PostgreSQL, Kafka, checks of HTTP and TLS.

use super::owner::{DATABASE, PROBED, TOPIC};
use super::{Family, Origin, Row, Signal, gauge, interval};

pub(super) const FAMILY: Family = Family {
    name: "OpenTelemetry Collector, receivers",
    source: "opentelemetry-collector-contrib 0.130: postgresql, kafkametrics, httpcheck, tlscheck",
    prefixes: &["postgresql.", "kafka.", "httpcheck.", "tlscheck."],
    origin: Origin::Itself,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("postgresql.backends", Signal::PoolUsage, "{connection}").of(&DATABASE),
    gauge("postgresql.connection.max", Signal::PoolLimit, "{connection}").of(&DATABASE),
    gauge("postgresql.deadlocks", Signal::Deadlocks, "{deadlock}").of(&DATABASE),
    gauge("postgresql.database.locks", Signal::LockWaits, "{lock}").of(&DATABASE),
    gauge("postgresql.blocked_sessions", Signal::LockWaits, "{session}").of(&DATABASE),
    gauge("postgresql.wal.lag", Signal::ReplicationLag, "s").of(&DATABASE),
    interval("postgresql.bgwriter.checkpoint.count", Signal::Checkpoints, "{checkpoint}")
        .of(&DATABASE),
    gauge("postgresql.statement.load", Signal::StatementLoad, "{session}").of(&DATABASE),
    interval("postgresql.tup_fetched", Signal::RowsRead, "{row}").of(&DATABASE),
    interval("postgresql.tup_returned", Signal::RowsRead, "{row}").of(&DATABASE),
    gauge("kafka.consumer_group.lag", Signal::QueueDepth, "{message}").of(&TOPIC),
    gauge("kafka.consumer_group.lag_sum", Signal::QueueDepth, "{message}").of(&TOPIC),
    gauge("httpcheck.tls.cert_remaining", Signal::CertificateLeft, "s").of(&PROBED),
    gauge("tlscheck.time_left", Signal::CertificateLeft, "s").of(&PROBED),
];
