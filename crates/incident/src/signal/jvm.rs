//! The runtime of Java: Micrometer 1.12, the Java client of Prometheus 1.3 and its older names (simpleclient
//! 0.16, which the JMX exporter 0.20 uses too).

use super::{Combine, Family, Make, Origin, Row, Signal, gauge, one_of, summary, whole};

pub(super) const FAMILY: Family = Family {
    name: "Java",
    source: "Micrometer 1.12; prometheus/client_java 1.3 and simpleclient 0.16",
    prefixes: &["jvm_"],
    origin: Origin::Process,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("jvm_memory_used_bytes", Signal::MemoryUsage, "By").only(&[one_of("area", &["heap"])]),
    gauge("jvm_memory_max_bytes", Signal::MemoryLimit, "By").only(&[one_of("area", &["heap"])]),
    gauge("jvm_memory_bytes_used", Signal::MemoryUsage, "By").only(&[one_of("area", &["heap"])]),
    gauge("jvm_memory_bytes_max", Signal::MemoryLimit, "By").only(&[one_of("area", &["heap"])]),
    // Pauses of the collector are no requests, and threads no connections: no observer yet.
    summary("jvm_gc_pause_seconds", Signal::Other, "s").keep(&["cause"]),
    summary("jvm_gc_collection_seconds", Signal::Other, "s").keep(&["gc"]),
    gauge("jvm_threads_live_threads", Signal::Other, "{thread}"),
    gauge("jvm_threads_current", Signal::Other, "{thread}"),
    gauge("jvm_threads_deadlocked", Signal::Other, "{thread}"),
    gauge("jvm_buffer_pool_used_bytes", Signal::Other, "By"),
    // OpenTelemetry's names in Prometheus' spelling.
    gauge("jvm_memory_limit_bytes", Signal::MemoryLimit, "By")
        .only(&[one_of("jvm_memory_type", &["heap"])]),
    gauge("jvm_memory_used_bytes", Signal::MemoryUsage, "By")
        .only(&[one_of("jvm_memory_type", &["heap"])]),
    gauge("jvm_cpu_recent_utilization_ratio", Signal::CpuUtilization, "1").combine(Combine::Max),
    gauge("jvm_memory_used_after_last_gc_bytes", Signal::Other, "By")
        .make(Make::ShareOf(whole("jvm_memory_limit_bytes"))),
];
