//! What Prometheus says of its targets, clients of it of their own process, and the Go client (client_golang 1.14) of
//! its runtime.

use super::{Combine, Family, Make, Origin, Row, Signal, counter, gauge, summary, whole};

pub(super) const FAMILY: Family = Family {
    name: "Process and Go",
    source: "prometheus/client_golang 1.14; \"writing client libraries\" of Prometheus",
    prefixes: &["up", "process_", "go_", "python_gc_", "nodejs_"],
    origin: Origin::Process,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("up", Signal::Up, "1").combine(Combine::Mean),
    // No limit is told: a share of one core, which several threads may pass.
    counter("process_cpu_seconds_total", Signal::CpuUtilization, "s")
        .make(Make::Rate)
        .combine(Combine::Max),
    gauge("process_resident_memory_bytes", Signal::MemoryUsage, "By").combine(Combine::Max),
    gauge("process_start_time_seconds", Signal::Restarts, "s")
        .make(Make::Changes)
        .combine(Combine::Max),
    // Files against those allowed deserve an observer; connections wait when they run out.
    gauge("process_open_fds", Signal::Other, "{file}")
        .make(Make::ShareOf(whole("process_max_fds")))
        .combine(Combine::Max),
    gauge("process_max_fds", Signal::Other, "{file}"),
    gauge("go_goroutines", Signal::Other, "{goroutine}").combine(Combine::Max),
    gauge("go_threads", Signal::Other, "{thread}").combine(Combine::Max),
    gauge("go_memstats_heap_inuse_bytes", Signal::Other, "By").combine(Combine::Max),
    summary("go_gc_duration_seconds", Signal::Other, "s"),
    gauge("nodejs_eventloop_lag_seconds", Signal::Other, "s").combine(Combine::Max),
];
