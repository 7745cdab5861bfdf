//! The gateway's log of requests as measures, spans and lines. Debian's nginx has no module for OpenTelemetry, but its
//! id of a request has the form of a trace id and is passed on as one.

use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde::Deserialize;

use super::attributes::{number, resource, text};
use super::lines;
use crate::shop::metrics::{Durations, Labels};

/// Bounds of durations, seconds; those of the semantic conventions.
const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// One request, as nginx wrote it down when it was answered.
#[derive(Debug, Deserialize)]
pub(crate) struct Access {
    time: String,
    method: String,
    path: String,
    status: String,
    request_time: String,
    upstream: String,
    upstream_time: String,
    upstream_status: String,
    trace: String,
}

impl Access {
    pub(crate) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    fn status(&self) -> u16 {
        self.status.parse().unwrap_or(0)
    }

    fn seconds(&self) -> f64 {
        self.request_time.parse().unwrap_or(0.0)
    }

    fn ended(&self) -> Timestamp {
        let seconds: f64 = self.time.parse().unwrap_or(0.0);
        let span = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
        Timestamp::from_duration(span).unwrap_or_default()
    }
}

/// Requests counted, in the form of the exporters for nginx's log.
pub(crate) struct Measures {
    registry: Registry,
    answers: Family<Labels, Counter<u64, AtomicU64>>,
    times: Durations,
    upstream: Durations,
}

impl Measures {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let histograms =
            || Family::new_with_constructor((|| Histogram::new(BOUNDS)) as fn() -> Histogram);
        let (answers, times, upstream) = (Family::default(), histograms(), histograms());
        registry.register(
            "nginx_http_response_count",
            "Answered requests",
            Family::clone(&answers),
        );
        registry.register(
            "nginx_http_response_time_seconds_hist",
            "Time to answer",
            Family::clone(&times),
        );
        registry.register(
            "nginx_http_upstream_time_seconds_hist",
            "Time upstream",
            Family::clone(&upstream),
        );
        Self { registry, answers, times, upstream }
    }

    pub(crate) fn count(&self, access: &Access) {
        let method = ("method", access.method.clone());
        self.answers.get_or_create(&vec![method.clone(), ("status", access.status.clone())]).inc();
        self.times.get_or_create(&vec![method.clone()]).observe(access.seconds());
        if let Ok(seconds) = access.upstream_time.parse() {
            self.upstream.get_or_create(&vec![method]).observe(seconds);
        }
    }

    /// As Prometheus reads it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Two spans a request: that it was answered, and that the storefront was asked for it.
pub(crate) fn spans(service: &str, requests: &[Access]) -> ExportTraceServiceRequest {
    let mut spans = Vec::new();
    for access in requests {
        spans.extend(pair(access));
    }
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let traces = ResourceSpans {
        resource: Some(resource(service)),
        scope_spans,
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![traces] }
}

fn pair(access: &Access) -> Vec<Span> {
    let Some(trace_id) = bytes(&access.trace).filter(|id| id.len() == 16) else {
        return Vec::new();
    };
    let (client, server) = trace_id.split_at(8);
    let end = u64::try_from(access.ended().as_nanosecond()).unwrap_or_default();
    let nanoseconds = |seconds: f64| {
        u64::try_from(jiff::SignedDuration::from_secs_f64(seconds).as_nanos()).unwrap_or(0)
    };
    let status = |code: u16| Status {
        code: if code >= 500 { StatusCode::Error } else { StatusCode::Unset }.into(),
        ..Status::default()
    };
    let mut made = vec![Span {
        trace_id: trace_id.clone(),
        span_id: server.to_vec(),
        name: access.method.clone(),
        kind: SpanKind::Server.into(),
        start_time_unix_nano: end.saturating_sub(nanoseconds(access.seconds())),
        end_time_unix_nano: end,
        attributes: vec![
            text("http.request.method", access.method.clone()),
            text("url.path", access.path.clone()),
            text("url.scheme", "https"),
            number("http.response.status_code", i64::from(access.status())),
        ],
        status: Some(status(access.status())),
        ..Span::default()
    }];
    // After a further attempt nginx writes a list; the last is what counted.
    let last = |list: &str| list.rsplit([',', ':']).next().unwrap_or_default().trim().to_owned();
    if !access.upstream.is_empty() {
        let seconds: f64 = last(&access.upstream_time).parse().unwrap_or(0.0);
        let code = last(&access.upstream_status).parse().unwrap_or(access.status());
        made.push(Span {
            trace_id: trace_id.clone(),
            span_id: client.to_vec(),
            parent_span_id: server.to_vec(),
            name: access.method.clone(),
            kind: SpanKind::Client.into(),
            start_time_unix_nano: end.saturating_sub(nanoseconds(seconds)),
            end_time_unix_nano: end,
            attributes: vec![
                text("http.request.method", access.method.clone()),
                text("server.address", "storefront"),
                text("peer.service", "storefront"),
                number("http.response.status_code", i64::from(code)),
            ],
            status: Some(status(code)),
            ..Span::default()
        });
    }
    made
}

/// A line a request, as nginx writes it by default.
pub(crate) fn logs(service: &str, requests: &[Access]) -> ExportLogsServiceRequest {
    let mut records = Vec::new();
    for access in requests {
        let line = format!(
            "\"{} {}\" {} {}",
            access.method, access.path, access.status, access.request_time
        );
        let mut record = lines::record(SeverityNumber::Info, "INFO", line);
        record.trace_id = bytes(&access.trace).unwrap_or_default();
        record.span_id = record.trace_id.get(8..).unwrap_or_default().to_vec();
        record.attributes = vec![number("http.response.status_code", i64::from(access.status()))];
        records.push(record);
    }
    lines::logs(service, records)
}

/// Hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"time":"1795866000.500","method":"GET","path":"/","status":"502","request_time":"0.250",
        "upstream":"127.0.0.1:1, 127.0.0.1:1","upstream_time":"0.100, 0.150","upstream_status":"502, 502",
        "trace":"00112233445566778899aabbccddeeff"}"#;

    #[test]
    fn a_request_is_two_spans_of_the_trace_that_the_storefront_goes_on() {
        let access = Access::read(LINE).unwrap();
        let made = pair(&access);
        assert_eq!(made.len(), 2);
        assert_eq!(made[1].parent_span_id, made[0].span_id);
        assert_eq!(made[1].span_id, [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]);
        assert_eq!(made[0].end_time_unix_nano - made[0].start_time_unix_nano, 250_000_000);
        assert_eq!(made[1].end_time_unix_nano - made[1].start_time_unix_nano, 150_000_000);
        assert_eq!(made[0].status.as_ref().unwrap().code, 2);
    }

    #[test]
    fn nonsense_is_left_out() {
        assert!(Access::read("{}").is_none());
        let odd = LINE.replace("00112233445566778899aabbccddeeff", "é1").replace("0.250", "-");
        assert!(pair(&Access::read(&odd).unwrap()).is_empty());
    }
}
