//! MySQL and Redis by the receivers of the OpenTelemetry Collector, and what our own connectors to databases
//! add in the same way of naming.

use super::owner::{CACHE, DATABASE};
use super::{Family, Origin, Row, Signal, gauge, one_of};

pub(super) const FAMILY: Family = Family {
    name: "OpenTelemetry Collector, MySQL and Redis, and Nightjar's connectors to databases",
    source: "opentelemetry-collector-contrib 0.130: mysql, redis; docs/connectors/postgresql.md, mysql.md, redis.md",
    prefixes: &["postgresql.", "mysql.", "redis."],
    origin: Origin::Itself,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("postgresql.active_sessions", Signal::DatabaseLoad, "{session}").of(&DATABASE),
    gauge("mysql.threads", Signal::PoolUsage, "1")
        .only(&[one_of("kind", &["connected"])])
        .of(&DATABASE),
    gauge("mysql.connection.max", Signal::PoolLimit, "{connection}").of(&DATABASE),
    gauge("mysql.blocked_sessions", Signal::LockWaits, "{session}").of(&DATABASE),
    gauge("mysql.deadlocks", Signal::Deadlocks, "{deadlock}").of(&DATABASE),
    gauge("mysql.active_sessions", Signal::DatabaseLoad, "{session}").of(&DATABASE),
    gauge("mysql.statement.load", Signal::StatementLoad, "{session}").of(&DATABASE),
    gauge("mysql.replica.time_behind_source", Signal::ReplicationLag, "s").of(&DATABASE),
    gauge("redis.clients.connected", Signal::PoolUsage, "{client}").of(&CACHE),
    gauge("redis.clients.max", Signal::PoolLimit, "{client}").of(&CACHE),
    gauge("redis.memory.used", Signal::MemoryUsage, "By").of(&CACHE),
    gauge("redis.maxmemory", Signal::MemoryLimit, "By").of(&CACHE),
];
