//! Lines of servers' own logs, as records.

use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use serde_json::Value;

use super::attributes::{body, resource, text};

/// How a log file is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    /// The gateway's log of requests, in JSON.
    Access,
    /// nginx's log of errors.
    Nginx,
    /// PostgreSQL's `jsonlog`.
    Postgres,
    /// What Redis writes.
    Redis,
}

impl Format {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "access" => Self::Access,
            "nginx" => Self::Nginx,
            "postgres" => Self::Postgres,
            "redis" => Self::Redis,
            _ => return None,
        })
    }

    /// The record of a line; none for what isn't passed on.
    pub(crate) fn read(self, line: &str) -> Option<LogRecord> {
        match self {
            Self::Access => None,
            Self::Nginx => nginx(line),
            Self::Postgres => postgres(line),
            Self::Redis => redis(line),
        }
    }
}

/// Records of one server.
pub(crate) fn logs(service: &str, log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let logs =
        ResourceLogs { resource: Some(resource(service)), scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

/// A record of now; log files are followed closely enough that this is when it was written.
pub(crate) fn record(severity: SeverityNumber, severity_text: &str, line: String) -> LogRecord {
    let now = u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or_default();
    LogRecord {
        time_unix_nano: now,
        observed_time_unix_nano: now,
        severity_number: severity.into(),
        severity_text: severity_text.to_owned(),
        body: Some(body(line)),
        ..LogRecord::default()
    }
}

/// `2026/11/28 11:40:00 [error] 7#7: *45 connect() failed (…)`; of what is only information, only handshakes.
fn nginx(line: &str) -> Option<LogRecord> {
    let (_, rest) = line.split_once(" [")?;
    let (level, rest) = rest.split_once("] ")?;
    let (_, message) = rest.split_once(": ")?;
    let severity = match level {
        "emerg" | "alert" | "crit" => SeverityNumber::Fatal,
        "error" => SeverityNumber::Error,
        "warn" => SeverityNumber::Warn,
        _ if message.contains("handshak") => SeverityNumber::Info,
        _ => return None,
    };
    // Without the number of the connection, which says nothing to anybody.
    let message = match message.split_once(' ') {
        Some((number, rest)) if number.starts_with('*') => rest,
        _ => message,
    };
    Some(record(severity, &level.to_uppercase(), message.to_owned()))
}

fn postgres(line: &str) -> Option<LogRecord> {
    let read: Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| read.get(name).and_then(Value::as_str).unwrap_or_default();
    let level = field("error_severity");
    let severity = match level {
        "PANIC" | "FATAL" => SeverityNumber::Fatal,
        "ERROR" => SeverityNumber::Error,
        "WARNING" => SeverityNumber::Warn,
        _ => SeverityNumber::Info,
    };
    let mut message = field("message").to_owned();
    for more in ["detail", "hint", "context", "statement"] {
        if !field(more).is_empty() {
            message = format!("{message}; {more}: {}", field(more));
        }
    }
    let mut made = record(severity, level, message);
    for (key, name) in [
        ("db.user", "user"),
        ("db.client.application", "application_name"),
        ("db.response.status_code", "state_code"),
    ] {
        if !field(name).is_empty() {
            made.attributes.push(text(key, field(name)));
        }
    }
    Some(made)
}

/// `7:M 28 Nov 2026 11:40:00.123 * Ready to accept connections`.
fn redis(line: &str) -> Option<LogRecord> {
    let words: Vec<&str> = line.splitn(7, ' ').collect();
    let [_, _, _, _, _, level, message] = words.as_slice() else { return None };
    let (severity, name) = match *level {
        "#" => (SeverityNumber::Warn, "WARN"),
        "*" => (SeverityNumber::Info, "INFO"),
        _ => (SeverityNumber::Debug, "DEBUG"),
    };
    Some(record(severity, name, (*message).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::attributes::shown;
    use super::*;

    fn check(format: Format, line: &str, expected: Option<(&str, &str)>) {
        let read = format
            .read(line)
            .map(|record| (record.severity_text.clone(), shown(record.body.as_ref())));
        let expected = expected.map(|(level, message)| (level.to_owned(), message.to_owned()));
        assert_eq!(read, expected);
    }

    #[test]
    fn servers_lines_become_records() {
        let line = "2026/11/28 11:40:00 [error] 7#7: *45 connect() failed (111: Connection refused), client: 127.0.0.1";
        check(
            Format::Nginx,
            line,
            Some(("ERROR", "connect() failed (111: Connection refused), client: 127.0.0.1")),
        );
        check(Format::Nginx, "2026/11/28 11:40:00 [info] 7#7: *45 client closed", None);
        let line = r#"{"error_severity":"ERROR","message":"no","statement":"SELECT 1"}"#;
        check(Format::Postgres, line, Some(("ERROR", "no; statement: SELECT 1")));
        let line = "7:M 28 Nov 2026 11:40:00.123 # Out of memory";
        check(Format::Redis, line, Some(("WARN", "Out of memory")));
    }

    #[test]
    fn nonsense_is_left_out() {
        for format in [Format::Nginx, Format::Postgres, Format::Redis] {
            for line in ["", "x", "[", "{}}", "\u{1b}[31m", "a b c"] {
                check(format, line, None);
            }
        }
    }
}
