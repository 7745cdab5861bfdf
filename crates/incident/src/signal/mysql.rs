//! MySQL and MariaDB, by mysqld_exporter 0.14. It tells most counters of the server without a type.

use super::owner::DATABASE;
use super::{Combine, Family, Make, Origin, Row, Signal, counter, gauge, one_of};

pub(super) const FAMILY: Family = Family {
    name: "mysqld_exporter",
    source: "prometheus/mysqld_exporter 0.14.0",
    prefixes: &["mysql_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

const fn db(row: Row) -> Row {
    row.of(&DATABASE)
}

const ROWS: &[Row] = &[
    db(gauge("mysql_up", Signal::Up, "1")).combine(Combine::Mean),
    db(gauge("mysql_global_status_threads_connected", Signal::PoolUsage, "{connection}")),
    db(gauge("mysql_global_variables_max_connections", Signal::PoolLimit, "{connection}")),
    db(gauge("mysql_global_status_threads_running", Signal::DatabaseLoad, "{session}")),
    db(gauge("mysql_global_status_innodb_row_lock_current_waits", Signal::LockWaits, "{session}")),
    db(counter("mysql_global_status_innodb_deadlocks", Signal::Deadlocks, "{deadlock}"))
        .make(Make::AsIs),
    db(gauge("mysql_slave_status_seconds_behind_master", Signal::ReplicationLag, "s"))
        .combine(Combine::Max),
    db(counter(
        "mysql_global_status_connection_errors_total",
        Signal::PoolTimeouts,
        "{connection}",
    ))
    .keep(&["error"]),
    db(counter("mysql_global_status_innodb_row_ops_total", Signal::RowsRead, "{row}"))
        .only(&[one_of("operation", &["read"])]),
    db(counter("mysql_global_status_innodb_row_lock_waits", Signal::Other, "{wait}")),
    db(counter("mysql_global_status_queries", Signal::Other, "{query}")),
    // Slow ones by the server's own limit: they deserve an observer where no statement is told.
    db(counter("mysql_global_status_slow_queries", Signal::Other, "{query}")),
    db(counter("mysql_global_status_aborted_connects", Signal::Other, "{connection}")),
    db(counter("mysql_global_status_innodb_buffer_pool_reads", Signal::Other, "{page}")),
    // Seconds since the start, which fall back to nothing when it starts again.
    db(gauge("mysql_global_status_uptime", Signal::Other, "s")),
];
