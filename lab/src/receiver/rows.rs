//! Spans and log records as rows of the collector's tables.

use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Map, Value, json};

use super::attributes::shown;

/// Rows of `otel_traces`.
pub(crate) fn traces(request: &ExportTraceServiceRequest) -> Vec<Value> {
    let mut rows = Vec::new();
    for traces in &request.resource_spans {
        let resource = map(traces.resource.as_ref().map_or(&[], |resource| &resource.attributes));
        let service = service(traces.resource.as_ref());
        for scope in &traces.scope_spans {
            let name = scope.scope.as_ref().map_or("", |scope| scope.name.as_str());
            rows.extend(scope.spans.iter().map(|span| trace(span, &resource, &service, name)));
        }
    }
    rows
}

fn trace(span: &Span, resource: &Value, service: &str, scope: &str) -> Value {
    let times: Vec<String> = span.events.iter().map(|event| time(event.time_unix_nano)).collect();
    let names: Vec<&str> = span.events.iter().map(|event| event.name.as_str()).collect();
    let details: Vec<Value> = span.events.iter().map(|event| map(&event.attributes)).collect();
    json!({
        "Timestamp": time(span.start_time_unix_nano),
        "TraceId": hex(&span.trace_id),
        "SpanId": hex(&span.span_id),
        "ParentSpanId": hex(&span.parent_span_id),
        "TraceState": span.trace_state,
        "SpanName": span.name,
        "SpanKind": kind(span.kind),
        "ServiceName": service,
        "ResourceAttributes": resource,
        "ScopeName": scope,
        "SpanAttributes": map(&span.attributes),
        "Duration": span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
        "StatusCode": match span.status.as_ref().map_or(0, |status| status.code) {
            1 => "Ok",
            2 => "Error",
            _ => "Unset",
        },
        "StatusMessage": span.status.as_ref().map_or("", |status| status.message.as_str()),
        "Events.Timestamp": times,
        "Events.Name": names,
        "Events.Attributes": details,
    })
}

fn kind(kind: i32) -> &'static str {
    match kind {
        1 => "Internal",
        2 => "Server",
        3 => "Client",
        4 => "Producer",
        5 => "Consumer",
        _ => "Unspecified",
    }
}

/// Rows of `otel_logs`.
pub(crate) fn logs(request: &ExportLogsServiceRequest) -> Vec<Value> {
    let mut rows = Vec::new();
    for logs in &request.resource_logs {
        let resource = map(logs.resource.as_ref().map_or(&[], |resource| &resource.attributes));
        let service = service(logs.resource.as_ref());
        for scope in &logs.scope_logs {
            let name = scope.scope.as_ref().map_or("", |scope| scope.name.as_str());
            for record in &scope.log_records {
                let written = match record.time_unix_nano {
                    0 => record.observed_time_unix_nano,
                    given => given,
                };
                rows.push(json!({
                    "Timestamp": time(written),
                    "TraceId": hex(&record.trace_id),
                    "SpanId": hex(&record.span_id),
                    "TraceFlags": record.flags & 0xff,
                    "SeverityText": record.severity_text,
                    "SeverityNumber": record.severity_number,
                    "ServiceName": service,
                    "Body": shown(record.body.as_ref()),
                    "ResourceAttributes": resource,
                    "ScopeName": name,
                    "LogAttributes": map(&record.attributes),
                }));
            }
        }
    }
    rows
}

fn service(resource: Option<&Resource>) -> String {
    let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
    let found = attributes.iter().find(|attribute| attribute.key == "service.name");
    found.map(|attribute| shown(attribute.value.as_ref())).unwrap_or_default()
}

fn map(attributes: &[KeyValue]) -> Value {
    let pairs =
        attributes.iter().map(|one| (one.key.clone(), Value::String(shown(one.value.as_ref()))));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn time(nanoseconds: u64) -> String {
    let time = Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S%.9f").to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::access;
    use super::*;

    #[test]
    fn an_access_becomes_rows_of_both_tables() {
        let line = r#"{"time":"1.5","method":"GET","path":"/","status":"200","request_time":"0.5","upstream":"",
            "upstream_time":"","upstream_status":"","trace":"00112233445566778899aabbccddeeff"}"#;
        let read = [access::Access::read(line).unwrap()];
        let spans = traces(&access::spans("gateway", &read));
        assert_eq!(spans[0]["Timestamp"], "1970-01-01 00:00:01.000000000");
        assert_eq!(spans[0]["Duration"], 500_000_000);
        assert_eq!(spans[0]["SpanKind"], "Server");
        assert_eq!(spans[0]["ServiceName"], "gateway");
        let lines = logs(&access::logs("gateway", &read));
        assert_eq!(lines[0]["SpanId"], "8899aabbccddeeff");
        assert_eq!(lines[0]["Body"], "\"GET /\" 200 0.5");
    }
}
