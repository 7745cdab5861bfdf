//! Micrometer 1.12 with its Prometheus registry, as Spring Boot 3 uses it: requests, pools, threads.
//!
//! Names: docs.micrometer.io and the reference of Spring Boot's actuator. A timer is a summary, or a histogram
//! where that is switched on; both have `_count` and `_sum`.

use super::owner::CALLER;
use super::{
    Combine, Family, Label, Origin, Row, Signal, begins, counter, gauge, histogram, one_of,
};

pub(super) const FAMILY: Family = Family {
    name: "Micrometer",
    source: "Micrometer 1.12, Spring Boot 3.2",
    prefixes: &[
        "http_server_requests_seconds",
        "http_client_requests_seconds",
        "hikaricp_",
        "jdbc_",
        "tomcat_",
        "executor_",
        "process_cpu_usage",
        "system_cpu_usage",
        "jetty_",
        "resilience4j_",
        "spring_",
    ],
    origin: Origin::Itself,
    rows: ROWS,
};

const FAILED: &[Label] = &[one_of("outcome", &["SERVER_ERROR"]), begins("status", "5")];
/// A client that got no answer at all says so by its status.
const CALL_FAILED: &[Label] = &[
    one_of("outcome", &["SERVER_ERROR", "UNKNOWN"]),
    begins("status", "5"),
    one_of("status", &["IO_ERROR", "CLIENT_ERROR"]),
];

const ROWS: &[Row] = &[
    histogram("http_server_requests_seconds", Signal::Latency, "s").failing(FAILED),
    histogram("http_client_requests_seconds", Signal::Latency, "s")
        .of(&CALLER)
        .failing(CALL_FAILED),
    gauge("hikaricp_connections_active", Signal::PoolUsage, "{connection}").keep(&["pool"]),
    gauge("hikaricp_connections_max", Signal::PoolLimit, "{connection}").keep(&["pool"]),
    gauge("hikaricp_connections_pending", Signal::PoolPending, "{request}").keep(&["pool"]),
    counter("hikaricp_connections_timeout_total", Signal::PoolTimeouts, "{timeout}")
        .keep(&["pool"]),
    histogram("hikaricp_connections_acquire_seconds", Signal::Other, "s").keep(&["pool"]),
    gauge("jdbc_connections_active", Signal::PoolUsage, "{connection}").keep(&["name"]),
    gauge("jdbc_connections_max", Signal::PoolLimit, "{connection}").keep(&["name"]),
    // The share of the machine that the process uses.
    gauge("process_cpu_usage", Signal::CpuUtilization, "1").combine(Combine::Max),
    gauge("system_cpu_usage", Signal::Other, "1").combine(Combine::Max),
    // Threads at work against those allowed are a pool without connections: no observer yet.
    gauge("tomcat_threads_busy_threads", Signal::Other, "{thread}"),
    gauge("tomcat_threads_config_max_threads", Signal::Other, "{thread}"),
    gauge("executor_queued_tasks", Signal::QueueDepth, "{task}").keep(&["name"]),
    gauge("executor_active_threads", Signal::Other, "{thread}").keep(&["name"]),
    counter("resilience4j_circuitbreaker_not_permitted_calls_total", Signal::Throttled, "{call}")
        .keep(&["name"]),
];
