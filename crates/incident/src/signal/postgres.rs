//! PostgreSQL, by postgres_exporter 0.11 to 0.15. Its label `server` is the address it asks.

use super::owner::DATABASE;
use super::{Combine, Family, Label, Make, Origin, Row, Signal, counter, gauge, none_of, one_of};

pub(super) const FAMILY: Family = Family {
    name: "postgres_exporter",
    source: "prometheus-community/postgres_exporter 0.11.1 (and names of 0.15)",
    prefixes: &["pg_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

/// Locks that writers and changes of the schema hold; every reading statement takes the others.
const STRONG: &[Label] =
    &[none_of("mode", &["accesssharelock", "rowsharelock", "rowexclusivelock", "sireadlock"])];

const fn db(row: Row) -> Row {
    row.of(&DATABASE)
}

const ROWS: &[Row] = &[
    db(gauge("pg_up", Signal::Up, "1")).combine(Combine::Mean),
    db(gauge("pg_stat_database_numbackends", Signal::PoolUsage, "{connection}")),
    db(gauge("pg_settings_max_connections", Signal::PoolLimit, "{connection}")),
    db(counter("pg_stat_database_deadlocks", Signal::Deadlocks, "{deadlock}")).make(Make::AsIs),
    db(gauge("pg_locks_count", Signal::LockWaits, "{lock}")).only(STRONG),
    db(gauge("pg_replication_lag", Signal::ReplicationLag, "s")).combine(Combine::Max),
    db(gauge("pg_replication_lag_seconds", Signal::ReplicationLag, "s")).combine(Combine::Max),
    db(counter("pg_stat_bgwriter_checkpoints_req_total", Signal::Checkpoints, "{checkpoint}")),
    db(counter("pg_stat_bgwriter_checkpoints_timed_total", Signal::Other, "{checkpoint}")),
    db(counter("pg_stat_database_tup_fetched", Signal::RowsRead, "{row}")),
    db(counter("pg_stat_database_tup_returned", Signal::RowsRead, "{row}")),
    db(gauge("pg_stat_activity_count", Signal::DatabaseLoad, "{session}"))
        .only(&[one_of("state", &["active"])]),
    // Sessions that keep a transaction open without working: half of most lock trouble. They and the age of
    // the oldest transaction deserve an observer.
    db(gauge("pg_stat_activity_count", Signal::Other, "{session}"))
        .only(&[one_of("state", &["idle in transaction", "idle in transaction (aborted)"])]),
    db(gauge("pg_stat_activity_max_tx_duration", Signal::Other, "s"))
        .keep(&["state"])
        .combine(Combine::Max),
    db(counter("pg_stat_database_xact_commit", Signal::Other, "{transaction}")),
    // A rollback may be what the program wanted, so it is no failed request.
    db(counter("pg_stat_database_xact_rollback", Signal::Other, "{transaction}")),
    db(counter("pg_stat_database_temp_bytes", Signal::Other, "By")),
    db(counter("pg_stat_database_conflicts", Signal::Other, "{query}")),
    db(counter("pg_stat_database_blks_read", Signal::Other, "{block}")),
    db(gauge("pg_postmaster_start_time_seconds", Signal::Restarts, "s"))
        .make(Make::Changes)
        .combine(Combine::Max),
    db(gauge("pg_database_size_bytes", Signal::Other, "By")).keep(&["datname"]),
];
