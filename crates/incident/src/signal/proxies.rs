//! Proxies and meshes: HAProxy 2.6 by its own exporter, Envoy 1.30, Istio 1.22 (standard metrics).

use super::owner::{GATEWAY, MESH_CLIENT, MESH_SERVER, UPSTREAM};
use super::{
    Combine, Family, Label, Origin, Row, Signal, begins, counter, gauge, histogram, none_of, one_of,
};

pub(super) const FAMILY: Family = Family {
    name: "HAProxy, Envoy, Istio",
    source: "HAProxy 2.6; Envoy 1.30; Istio 1.22",
    prefixes: &["haproxy_", "envoy_", "istio_"],
    origin: Origin::Itself,
    rows: ROWS,
};

const CODE_5XX: &[Label] = &[one_of("code", &["5xx"])];
const CLASS_5: &[Label] = &[one_of("envoy_response_code_class", &["5"])];
const MESH_FAILED: &[Label] = &[
    begins("response_code", "5"),
    one_of("response_code", &["0"]),
    none_of("grpc_response_status", &["", "0", "1", "3", "5", "6", "7", "9", "10", "11", "16"]),
];
const BY_ASKING: &[Label] = &[one_of("reporter", &["source"])];
const BY_ANSWERING: &[Label] = &[one_of("reporter", &["destination", "waypoint"])];

const ROWS: &[Row] = &[
    counter("haproxy_frontend_http_responses_total", Signal::Requests, "{request}")
        .of(&GATEWAY)
        .failing(CODE_5XX),
    counter("haproxy_backend_http_responses_total", Signal::Requests, "{request}")
        .of(&UPSTREAM)
        .failing(CODE_5XX),
    gauge("haproxy_backend_response_time_average_seconds", Signal::Latency, "s")
        .of(&UPSTREAM)
        .combine(Combine::Max),
    gauge("haproxy_backend_current_queue", Signal::PoolPending, "{request}")
        .of(&UPSTREAM)
        .keep(&["proxy"]),
    gauge("haproxy_frontend_current_sessions", Signal::PoolUsage, "{connection}")
        .of(&GATEWAY)
        .keep(&["proxy"]),
    gauge("haproxy_frontend_limit_sessions", Signal::PoolLimit, "{connection}")
        .of(&GATEWAY)
        .keep(&["proxy"]),
    counter("haproxy_backend_connection_errors_total", Signal::PoolTimeouts, "{connection}")
        .of(&UPSTREAM)
        .keep(&["proxy"]),
    counter("haproxy_backend_retry_warnings_total", Signal::Retries, "{request}").of(&UPSTREAM),
    gauge("haproxy_backend_active_servers", Signal::Other, "{server}").of(&UPSTREAM),
    counter("envoy_cluster_upstream_rq_xx", Signal::Requests, "{request}")
        .of(&UPSTREAM)
        .failing(CLASS_5),
    histogram("envoy_cluster_upstream_rq_time", Signal::Latency, "ms").of(&UPSTREAM),
    counter("envoy_cluster_upstream_rq_pending_overflow", Signal::Throttled, "{request}")
        .of(&UPSTREAM)
        .keep(&["envoy_cluster_name"]),
    counter("envoy_cluster_upstream_rq_retry", Signal::Retries, "{request}").of(&UPSTREAM),
    counter("envoy_cluster_upstream_cx_connect_fail", Signal::PoolTimeouts, "{connection}")
        .of(&UPSTREAM)
        .keep(&["envoy_cluster_name"]),
    gauge("envoy_cluster_upstream_rq_pending_active", Signal::PoolPending, "{request}")
        .of(&UPSTREAM)
        .keep(&["envoy_cluster_name"]),
    gauge("envoy_cluster_upstream_cx_active", Signal::Other, "{connection}").of(&UPSTREAM),
    counter("envoy_cluster_upstream_rq_timeout", Signal::Other, "{request}").of(&UPSTREAM),
    counter("envoy_http_downstream_rq_xx", Signal::Requests, "{request}")
        .of(&GATEWAY)
        .failing(CLASS_5),
    histogram("envoy_http_downstream_rq_time", Signal::Latency, "ms").of(&GATEWAY),
    counter("istio_requests_total", Signal::Requests, "{request}")
        .of(&MESH_SERVER)
        .only(BY_ANSWERING)
        .failing(MESH_FAILED),
    counter("istio_requests_total", Signal::Requests, "{request}")
        .of(&MESH_CLIENT)
        .only(BY_ASKING)
        .failing(MESH_FAILED),
    histogram("istio_request_duration_milliseconds", Signal::Latency, "ms")
        .of(&MESH_SERVER)
        .only(BY_ANSWERING)
        .failing(MESH_FAILED),
    histogram("istio_request_duration_milliseconds", Signal::Latency, "ms")
        .of(&MESH_CLIENT)
        .only(BY_ASKING)
        .failing(MESH_FAILED),
];
