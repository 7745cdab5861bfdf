//! Requests by the OpenTelemetry semantic conventions (1.38), and the plain names of our own recordings.
//!
//! A histogram reaches the engine as its count, mean and quantiles.

use super::owner::{CALLER, DATABASE_CLIENT};
use super::{Family, Origin, Row, Signal, counter, gauge, histogram, interval, one_of};

pub(super) const FAMILY: Family = Family {
    name: "OpenTelemetry, requests",
    source: "OpenTelemetry semantic conventions 1.38",
    prefixes: &[
        "http.",
        "rpc.",
        "db.",
        "messaging.",
        "faas.",
        "latency",
        "requests",
        "errors",
        "availability",
    ],
    origin: Origin::Itself,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    histogram("http.server.request.duration", Signal::Latency, "s"),
    histogram("http.client.request.duration", Signal::Latency, "s").of(&CALLER),
    histogram("rpc.server.duration", Signal::Latency, "s"),
    histogram("rpc.client.duration", Signal::Latency, "s").of(&CALLER),
    histogram("rpc.server.call.duration", Signal::Latency, "s"),
    histogram("rpc.client.call.duration", Signal::Latency, "s").of(&CALLER),
    histogram("db.client.operation.duration", Signal::Latency, "s").of(&DATABASE_CLIENT),
    histogram("messaging.process.duration", Signal::Latency, "s"),
    histogram("messaging.client.operation.duration", Signal::Latency, "s").of(&CALLER),
    histogram("faas.invoke_duration", Signal::Latency, "s"),
    gauge("latency", Signal::Latency, "s"),
    interval("requests", Signal::Requests, "{request}"),
    interval("errors", Signal::Errors, "{request}"),
    interval("faas.errors", Signal::Errors, "{error}"),
    gauge("availability", Signal::Availability, "%"),
    gauge("db.client.connection.count", Signal::PoolUsage, "{connection}")
        .only(&[one_of("db.client.connection.state", &["used"])]),
    gauge("db.client.connection.max", Signal::PoolLimit, "{connection}"),
    gauge("db.client.connection.pending_requests", Signal::PoolPending, "{request}"),
    interval("db.client.connection.timeouts", Signal::PoolTimeouts, "{timeout}"),
    // Sockets held by an HTTP client and requests under way: no observer yet.
    gauge("http.server.active_requests", Signal::Other, "{request}"),
    gauge("http.client.active_requests", Signal::Other, "{request}"),
    histogram("db.client.connection.wait_time", Signal::Other, "s"),
    counter("messaging.client.consumed.messages", Signal::Other, "{message}"),
    counter("messaging.client.sent.messages", Signal::Other, "{message}"),
    interval("http.client.request.resend_count", Signal::Retries, "{request}"),
];
