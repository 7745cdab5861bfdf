//! Redis and Valkey, by redis_exporter 1.45.

use super::owner::CACHE;
use super::{Combine, Family, Make, Origin, Row, Signal, counter, gauge};

pub(super) const FAMILY: Family = Family {
    name: "redis_exporter",
    source: "oliver006/redis_exporter 1.45.0",
    prefixes: &["redis_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

const fn cache(row: Row) -> Row {
    row.of(&CACHE)
}

const ROWS: &[Row] = &[
    cache(gauge("redis_up", Signal::Up, "1")).combine(Combine::Mean),
    cache(gauge("redis_connected_clients", Signal::PoolUsage, "{connection}")),
    cache(gauge("redis_config_maxclients", Signal::PoolLimit, "{connection}")),
    cache(counter("redis_rejected_connections_total", Signal::Throttled, "{connection}")),
    cache(gauge("redis_memory_used_bytes", Signal::MemoryUsage, "By")),
    cache(gauge("redis_memory_max_bytes", Signal::MemoryLimit, "By")),
    // One thread does the work: a share of one core.
    cache(counter("redis_cpu_user_seconds_total", Signal::CpuUtilization, "s"))
        .make(Make::Rate)
        .combine(Combine::Max),
    cache(gauge("redis_start_time_seconds", Signal::Restarts, "s"))
        .make(Make::Changes)
        .combine(Combine::Max),
    cache(gauge("redis_connected_slave_lag_seconds", Signal::ReplicationLag, "s"))
        .combine(Combine::Max),
    // Keys thrown out for want of memory, and what is no longer found: they deserve an observer, since a cache
    // at its limit is never fuller than usual.
    cache(counter("redis_evicted_keys_total", Signal::Evictions, "{key}")),
    cache(counter("redis_keyspace_hits_total", Signal::Other, "{key}")),
    cache(counter("redis_keyspace_misses_total", Signal::Other, "{key}")),
    cache(counter("redis_commands_processed_total", Signal::Other, "{command}")),
    // Its own time for a command, without the network: no latency of requests.
    cache(counter("redis_commands_duration_seconds_total", Signal::Other, "s"))
        .make(Make::PerEach("redis_commands_total")),
    cache(gauge("redis_blocked_clients", Signal::Other, "{connection}")),
    cache(gauge("redis_slowlog_length", Signal::Other, "{command}")),
    cache(counter("redis_net_input_bytes_total", Signal::NetworkIo, "By")),
    cache(counter("redis_net_output_bytes_total", Signal::NetworkIo, "By")),
];
