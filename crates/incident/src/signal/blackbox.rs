//! Probes from outside, by blackbox_exporter 0.23, and certificates by ssl_exporter 2.4 and cert-manager 1.14.

use super::owner::PROBED;
use super::{Combine, Family, Make, Origin, Row, Signal, gauge};

pub(super) const FAMILY: Family = Family {
    name: "blackbox_exporter",
    source: "prometheus/blackbox_exporter 0.23.0; ribbybibby/ssl_exporter 2.4; cert-manager 1.14",
    prefixes: &["probe_", "ssl_", "certmanager_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("probe_ssl_earliest_cert_expiry", Signal::CertificateLeft, "s")
        .of(&PROBED)
        .make(Make::TimeUntil)
        .combine(Combine::Min),
    // A probe asks once in a while: its time is no latency of requests, and one failure no error rate. It
    // deserves an observer of its own.
    gauge("probe_success", Signal::Other, "1").of(&PROBED).combine(Combine::Min),
    gauge("probe_duration_seconds", Signal::Other, "s").of(&PROBED).combine(Combine::Max),
    gauge("probe_http_duration_seconds", Signal::Other, "s")
        .of(&PROBED)
        .keep(&["phase"])
        .combine(Combine::Max),
    gauge("probe_http_status_code", Signal::Other, "1").of(&PROBED).combine(Combine::Max),
    gauge("probe_dns_lookup_time_seconds", Signal::Other, "s").of(&PROBED).combine(Combine::Max),
    gauge("ssl_cert_not_after", Signal::CertificateLeft, "s")
        .of(&PROBED)
        .make(Make::TimeUntil)
        .keep(&["cn"])
        .combine(Combine::Min),
    gauge("certmanager_certificate_expiration_timestamp_seconds", Signal::CertificateLeft, "s")
        .of(&PROBED)
        .make(Make::TimeUntil)
        .keep(&["name"])
        .combine(Combine::Min),
];
