//! Requests as programs commonly expose them to Prometheus: by its own naming guide, by the metrics of the
//! OpenTelemetry conventions in Prometheus' spelling (dots to underscores, units as suffixes; the compatibility
//! specification of OpenTelemetry 1.50), and by the interceptors of gRPC.
//!
//! Sources: prometheus.io/docs/practices/naming, github.com/grpc-ecosystem/go-grpc-middleware 1.0
//! (`grpc_server_handled_total`), client_golang 1.14 (`promhttp`).

use super::owner::{CALLER, DATABASE_CLIENT, HOST, POD};
use super::{
    Family, Label, Make, Origin, Row, Signal, begins, counter, gauge, histogram, none_of, one_of,
};

pub(super) const FAMILY: Family = Family {
    name: "Prometheus, requests",
    source: "Prometheus naming guide; OpenTelemetry to Prometheus 1.50; go-grpc-middleware 1.0; client_golang 1.14",
    prefixes: &[
        "http_",
        "grpc_",
        "rpc_",
        "db_client_",
        "messaging_",
        "promhttp_",
        "prometheus_http_",
        "system_",
        "container_cpu_u",
        "tls_",
        "request",
    ],
    origin: Origin::Process,
    rows: ROWS,
};

/// What says that an HTTP request failed at the side that answers.
pub(super) const HTTP_FAILED: &[Label] = &[
    begins("code", "5"),
    begins("status", "5"),
    begins("status_code", "5"),
    begins("http_status_code", "5"),
    begins("http_response_status_code", "5"),
    none_of("error_type", &[""]),
];

/// Codes of gRPC for which the side that answers is to blame (grpc.io, status codes).
pub(super) const GRPC_FAILED: &[Label] = &[
    one_of(
        "grpc_code",
        &[
            "Unknown",
            "DeadlineExceeded",
            "ResourceExhausted",
            "Internal",
            "Unavailable",
            "DataLoss",
        ],
    ),
    one_of("rpc_grpc_status_code", &["2", "4", "8", "13", "14", "15"]),
    one_of(
        "rpc_response_status_code",
        &[
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "RESOURCE_EXHAUSTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ],
    ),
    none_of("error_type", &[""]),
];

const NOT_NOTHING: &[Label] = &[none_of("error_type", &[""])];

const fn http(row: Row) -> Row {
    row.failing(HTTP_FAILED)
}

const ROWS: &[Row] = &[
    http(counter("http_requests_total", Signal::Requests, "{request}")),
    http(counter("http_server_requests_total", Signal::Requests, "{request}")),
    http(counter("http_request_total", Signal::Requests, "{request}")),
    http(counter("requests_total", Signal::Requests, "{request}")),
    http(histogram("http_request_duration_seconds", Signal::Latency, "s")),
    http(histogram("http_server_duration_seconds", Signal::Latency, "s")),
    http(histogram("http_server_request_duration_seconds", Signal::Latency, "s")),
    http(histogram("http_server_duration_milliseconds", Signal::Latency, "ms")),
    http(histogram("request_duration_seconds", Signal::Latency, "s")),
    http(counter("http_client_requests_total", Signal::Requests, "{request}")).of(&CALLER),
    http(histogram("http_client_request_duration_seconds", Signal::Latency, "s")).of(&CALLER),
    http(histogram("http_client_duration_milliseconds", Signal::Latency, "ms")).of(&CALLER),
    histogram("db_client_operation_duration_seconds", Signal::Latency, "s")
        .of(&DATABASE_CLIENT)
        .failing(NOT_NOTHING),
    histogram("messaging_process_duration_seconds", Signal::Latency, "s").failing(NOT_NOTHING),
    histogram("messaging_client_operation_duration_seconds", Signal::Latency, "s")
        .of(&CALLER)
        .failing(NOT_NOTHING),
    counter("grpc_server_handled_total", Signal::Requests, "{request}").failing(GRPC_FAILED),
    histogram("grpc_server_handling_seconds", Signal::Latency, "s").failing(GRPC_FAILED),
    counter("grpc_client_handled_total", Signal::Requests, "{request}")
        .of(&CALLER)
        .failing(GRPC_FAILED),
    histogram("grpc_client_handling_seconds", Signal::Latency, "s")
        .of(&CALLER)
        .failing(GRPC_FAILED),
    histogram("rpc_server_duration_milliseconds", Signal::Latency, "ms").failing(GRPC_FAILED),
    histogram("rpc_client_duration_milliseconds", Signal::Latency, "ms")
        .of(&CALLER)
        .failing(GRPC_FAILED),
    histogram("rpc_server_call_duration_seconds", Signal::Latency, "s").failing(GRPC_FAILED),
    histogram("rpc_client_call_duration_seconds", Signal::Latency, "s")
        .of(&CALLER)
        .failing(GRPC_FAILED),
    gauge("db_client_connection_count", Signal::PoolUsage, "{connection}")
        .only(&[one_of("db_client_connection_state", &["used"])]),
    gauge("db_client_connections_usage", Signal::PoolUsage, "{connection}")
        .only(&[one_of("state", &["used"])]),
    gauge("db_client_connection_max", Signal::PoolLimit, "{connection}"),
    gauge("db_client_connections_max", Signal::PoolLimit, "{connection}"),
    gauge("db_client_connection_pending_requests", Signal::PoolPending, "{request}"),
    gauge("db_client_connections_pending_requests", Signal::PoolPending, "{request}"),
    counter("db_client_connection_timeouts_total", Signal::PoolTimeouts, "{timeout}"),
    counter("db_client_connections_timeouts_total", Signal::PoolTimeouts, "{timeout}"),
    gauge("system_cpu_utilization_ratio", Signal::CpuUtilization, "1").of(&HOST),
    gauge("system_memory_utilization_ratio", Signal::MemoryUtilization, "1").of(&HOST),
    gauge("container_cpu_utilization_ratio", Signal::CpuUtilization, "1").of(&POD),
    // Prometheus' own server and the handler of its Go client: what is asked for are metrics, which fails
    // with code 500 and isn't what the program is for.
    http(counter("prometheus_http_requests_total", Signal::Requests, "{request}")),
    histogram("prometheus_http_request_duration_seconds", Signal::Latency, "s"),
    counter("promhttp_metric_handler_requests_total", Signal::Other, "{request}"),
    gauge("http_requests_in_flight", Signal::Other, "{request}"),
    gauge("http_server_active_requests", Signal::Other, "{request}"),
    counter("grpc_server_started_total", Signal::Other, "{request}"),
    gauge("tls_certificate_not_after_timestamp_seconds", Signal::CertificateLeft, "s")
        .make(Make::TimeUntil),
];
