//! RabbitMQ, by its own plugin rabbitmq_prometheus 3.10 to 3.13 (its metrics.md). Metrics of single queues come
//! only from `/metrics/per-object` and `/metrics/detailed`; else they are told of the broker.

use super::owner::{BROKER, QUEUE};
use super::{Family, Make, Origin, Row, Signal, counter, gauge};

pub(super) const FAMILY: Family = Family {
    name: "RabbitMQ",
    source: "rabbitmq_prometheus 3.13",
    prefixes: &["rabbitmq_"],
    origin: Origin::Itself,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("rabbitmq_queue_messages_ready", Signal::QueueDepth, "{message}").of(&QUEUE),
    gauge("rabbitmq_queue_messages_unacked", Signal::Other, "{message}").of(&QUEUE),
    gauge("rabbitmq_detailed_queue_messages_ready", Signal::QueueDepth, "{message}").of(&QUEUE),
    gauge("rabbitmq_queue_consumers", Signal::Other, "{consumer}").of(&QUEUE),
    gauge("rabbitmq_queue_head_message_timestamp", Signal::Other, "s").of(&QUEUE),
    gauge("rabbitmq_process_resident_memory_bytes", Signal::MemoryUsage, "By").of(&BROKER),
    gauge("rabbitmq_resident_memory_limit_bytes", Signal::MemoryLimit, "By").of(&BROKER),
    gauge("rabbitmq_disk_space_available_bytes", Signal::DiskFree, "By").of(&BROKER),
    gauge("rabbitmq_connections", Signal::Other, "{connection}").of(&BROKER),
    // Sockets against those allowed: what a broker has instead of a limit of connections.
    gauge("rabbitmq_process_open_fds", Signal::PoolUsage, "{file}").of(&BROKER),
    gauge("rabbitmq_process_max_fds", Signal::PoolLimit, "{file}").of(&BROKER),
    gauge("rabbitmq_alarms_memory_used_watermark", Signal::Other, "1").of(&BROKER),
    gauge("rabbitmq_alarms_free_disk_space_watermark", Signal::Other, "1").of(&BROKER),
    counter("rabbitmq_global_messages_received_total", Signal::Other, "{message}").of(&BROKER),
    counter("rabbitmq_global_messages_acknowledged_total", Signal::Other, "{message}").of(&BROKER),
    counter("rabbitmq_global_messages_redelivered_total", Signal::Other, "{message}").of(&BROKER),
    gauge("rabbitmq_erlang_uptime_seconds", Signal::Other, "s").of(&BROKER).make(Make::AsIs),
];
