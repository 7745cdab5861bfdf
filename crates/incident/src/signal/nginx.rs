//! nginx, by its own exporter 0.11 (stub_status), the module for traffic by host (nginx-module-vts 0.2), and the
//! ingress controller of Kubernetes 1.10.

use super::http::HTTP_FAILED;
use super::owner::{GATEWAY, UPSTREAM};
use super::{Family, Label, Make, Origin, Row, Signal, begins, counter, gauge, histogram, one_of};

pub(super) const FAMILY: Family = Family {
    name: "nginx",
    source: "nginx-prometheus-exporter 0.11.0; nginx-module-vts 0.2.2; ingress-nginx 1.10",
    prefixes: &["nginx_", "nginxplus_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

/// The module counts the classes 1xx to 5xx beside a total.
const BY_CLASS: &[Label] = &[one_of("code", &["1xx", "2xx", "3xx", "4xx", "5xx"])];

const ROWS: &[Row] = &[
    counter("nginx_http_requests_total", Signal::Requests, "{request}").of(&GATEWAY),
    gauge("nginx_connections_active", Signal::Other, "{connection}").of(&GATEWAY),
    gauge("nginx_connections_waiting", Signal::Other, "{connection}").of(&GATEWAY),
    counter("nginx_connections_accepted", Signal::Other, "{connection}").of(&GATEWAY),
    counter("nginx_connections_handled", Signal::Other, "{connection}").of(&GATEWAY),
    counter("nginx_vts_server_requests_total", Signal::Requests, "{request}")
        .of(&GATEWAY)
        .only(BY_CLASS)
        .failing(&[begins("code", "5")]),
    counter("nginx_vts_upstream_requests_total", Signal::Requests, "{request}")
        .of(&UPSTREAM)
        .only(BY_CLASS)
        .failing(&[begins("code", "5")]),
    counter("nginx_ingress_controller_requests", Signal::Requests, "{request}")
        .of(&GATEWAY)
        .failing(HTTP_FAILED),
    histogram("nginx_ingress_controller_request_duration_seconds", Signal::Latency, "s")
        .of(&GATEWAY)
        .failing(HTTP_FAILED),
    gauge("nginx_ingress_controller_ssl_expire_time_seconds", Signal::CertificateLeft, "s")
        .of(&GATEWAY)
        .make(Make::TimeUntil)
        .keep(&["host"])
        .combine(super::Combine::Min),
    counter("nginxplus_http_requests_total", Signal::Requests, "{request}").of(&GATEWAY),
];
