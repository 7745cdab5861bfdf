//! Log records, to and from lines.

use jiff::Timestamp;
use nightjar_incident::{LogRecord, LogSeverity};
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{
    LogRecord as Wire, LogsData, ResourceLogs, ScopeLogs, SeverityNumber,
};

use crate::attributes::{attribute, find, hex, resource, scope, text_of, unhex};
use crate::{Names, Unwritable};

/// Where ids stand that aren't hex and so don't fit OTLP's fields.
const TRACE: &str = "nightjar.trace_id";
const SPAN: &str = "nightjar.span_id";

/// The log lines of one request, in its order; `note` hears what was left out, with the reason.
pub fn read_logs(
    data: LogsData,
    names: &mut Names<'_>,
    note: &mut dyn FnMut(String),
) -> Vec<LogRecord> {
    let mut lines = Vec::new();
    for of_resource in data.resource_logs {
        let of_whom = of_resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        for record in of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
            let entity = names.entity(&of_whom[..], &record.attributes[..]);
            let found = entity.and_then(|entity| {
                Ok(LogRecord {
                    at: time(&record)?,
                    entity,
                    severity: match severity_of_number(record.severity_number) {
                        LogSeverity::Unspecified => severity_of_text(&record.severity_text),
                        known => known,
                    },
                    trace_id: id(&record.trace_id, &record, TRACE),
                    span_id: id(&record.span_id, &record, SPAN),
                    body: body(record),
                })
            });
            match found {
                Ok(found) => lines.push(found),
                Err(why) => note(format!("a log record was left out: {why}")),
            }
        }
    }
    lines
}

fn time(record: &Wire) -> Result<Timestamp, String> {
    let nanos = [record.time_unix_nano, record.observed_time_unix_nano];
    let nanos = nanos.into_iter().find(|nanos| *nanos > 0);
    let nanos = nanos.ok_or("timeUnixNano or observedTimeUnixNano expected")?;
    Timestamp::from_nanosecond(i128::from(nanos)).map_err(|error| error.to_string())
}

fn id(bytes: &[u8], record: &Wire, key: &str) -> Option<String> {
    // All zeros is how OTLP writes "none" where an exporter fills the field.
    if bytes.iter().any(|byte| *byte != 0) {
        return Some(hex(bytes));
    }
    find(&record.attributes, key)
}

/// The severity that OpenTelemetry's number means.
pub fn severity_of_number(number: i32) -> LogSeverity {
    match number {
        1..=4 => LogSeverity::Trace,
        5..=8 => LogSeverity::Debug,
        9..=12 => LogSeverity::Info,
        13..=16 => LogSeverity::Warn,
        17..=20 => LogSeverity::Error,
        21..=24 => LogSeverity::Fatal,
        _ => LogSeverity::Unspecified,
    }
}

/// The severity that a word means, letter case aside: the words of OpenTelemetry, syslog and the
/// usual logging libraries.
pub fn severity_of_text(text: &str) -> LogSeverity {
    match text.to_ascii_lowercase().as_str() {
        "trace" => LogSeverity::Trace,
        "debug" => LogSeverity::Debug,
        "info" | "information" | "notice" => LogSeverity::Info,
        "warn" | "warning" => LogSeverity::Warn,
        "error" | "err" => LogSeverity::Error,
        "fatal" | "critical" | "emergency" | "alert" => LogSeverity::Fatal,
        _ => LogSeverity::Unspecified,
    }
}

/// The text of a record; of one without a body, the exception it reports or its event's name.
fn body(record: Wire) -> String {
    let attributes = &record.attributes;
    match record.body {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text,
        Some(ref body @ AnyValue { value: Some(_) }) => text_of(body).unwrap_or_default(),
        Some(AnyValue { value: None }) | None => {
            let kind = find(attributes, "exception.type");
            let message = find(attributes, "exception.message");
            match (kind, message) {
                (Some(kind), Some(message)) => format!("{kind}: {message}"),
                (Some(text), None) | (None, Some(text)) => text,
                (None, None) => record.event_name,
            }
        }
    }
}

/// The line of a file that holds one log line.
///
/// # Errors
///
/// OTLP has no time before 1970.
pub fn line_of_log(line: &LogRecord) -> Result<LogsData, Unwritable> {
    let nanos = u64::try_from(line.at.as_nanosecond()).ok().filter(|nanos| *nanos > 0);
    let nanos = nanos.ok_or_else(|| {
        Unwritable(format!("a log line of `{}`: OTLP has no time {}", line.entity, line.at))
    })?;
    let severity = match line.severity {
        LogSeverity::Unspecified => SeverityNumber::Unspecified,
        LogSeverity::Trace => SeverityNumber::Trace,
        LogSeverity::Debug => SeverityNumber::Debug,
        LogSeverity::Info => SeverityNumber::Info,
        LogSeverity::Warn => SeverityNumber::Warn,
        LogSeverity::Error => SeverityNumber::Error,
        LogSeverity::Fatal => SeverityNumber::Fatal,
    };
    let mut record = Wire {
        time_unix_nano: nanos,
        severity_number: severity.into(),
        body: Some(AnyValue { value: Some(Value::StringValue(line.body.clone())) }),
        ..Wire::default()
    };
    if let Some(id) = &line.trace_id {
        match fitting(id) {
            Some(bytes) => record.trace_id = bytes,
            None => record.attributes.push(attribute(TRACE, id)),
        }
    }
    if let Some(id) = &line.span_id {
        match fitting(id) {
            Some(bytes) => record.span_id = bytes,
            None => record.attributes.push(attribute(SPAN, id)),
        }
    }
    Ok(LogsData {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource(line.entity.as_str())),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope(Vec::new())),
                log_records: vec![record],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    })
}

/// An id as bytes, if it comes back from them as it was.
pub(crate) fn fitting(id: &str) -> Option<Vec<u8>> {
    unhex(id).filter(|bytes| bytes.iter().any(|byte| *byte != 0))
}
