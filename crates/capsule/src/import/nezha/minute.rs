use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use nightjar_incident::{LogRecord, LogSeverity, Span, SpanStatus};
use nightjar_topology::EntityId;
use serde::Deserialize;

use crate::import::Error;
use crate::import::notes::Notes;

use super::service_of;
use super::sheet::{Sheet, cell};

/// The lines of one log file.
pub(super) struct Lines {
    pub(super) lines: Vec<LogRecord>,
    /// Which pod ran on which machine.
    pub(super) placed: BTreeSet<(String, String)>,
}

/// The spans of one trace file.
pub(super) struct Spans {
    pub(super) spans: Vec<Span>,
    pub(super) pods: BTreeSet<String>,
    /// Who called whom, and when that was first seen (Unix nanoseconds).
    pub(super) edges: BTreeMap<(EntityId, EntityId), i64>,
    /// How many traces begin at a service.
    pub(super) roots: BTreeMap<EntityId, usize>,
}

/// A line as Docker's JSON log driver writes it; its `time` is the one of the file's own column.
#[derive(Deserialize)]
struct Docker {
    log: String,
}

pub(super) fn logs(path: &Path, notes: &mut Notes) -> Result<Lines, Error> {
    let mut sheet = Sheet::open(path)?;
    let [time, node, pod, trace, span, log] =
        ["TimeUnixNano", "Node", "PodName", "TraceID", "SpanID", "Log"]
            .map(|name| sheet.needed(name));
    let (time, node, pod, trace, span, log) = (time?, node?, pod?, trace?, span?, log?);
    let mut found = Lines { lines: Vec::new(), placed: BTreeSet::new() };
    let mut record = csv::StringRecord::new();
    while let Some(line) = sheet.next(&mut record, notes) {
        let nanos: Option<i64> = cell(&record, time).parse().ok();
        let at = nanos.and_then(|nanos| Timestamp::from_nanosecond(nanos.into()).ok());
        let Some(at) = at else {
            notes.add(&sheet.file, line, "TimeUnixNano", cell(&record, time));
            continue;
        };
        let Some(entity) = service_of(cell(&record, pod)) else {
            notes.add(&sheet.file, line, "the name of a pod", cell(&record, pod));
            continue;
        };
        let raw = cell(&record, log);
        let (body, is_whole) = docker_line(raw);
        if !is_whole {
            notes.add(&sheet.file, line, "one line of Docker's JSON log", raw);
        }
        found.placed.insert((cell(&record, pod).to_owned(), cell(&record, node).to_owned()));
        found.lines.push(LogRecord {
            at,
            entity,
            severity: severity(body.trim_end()),
            body: body.trim_end().to_owned(),
            trace_id: hex(cell(&record, trace)),
            span_id: hex(cell(&record, span)),
        });
    }
    Ok(found)
}

pub(super) fn spans(path: &Path, notes: &mut Notes) -> Result<Spans, Error> {
    let mut sheet = Sheet::open(path)?;
    let [trace, span, parent, pod, operation, start, end] = [
        "TraceID",
        "SpanID",
        "ParentID",
        "PodName",
        "OperationName",
        "StartTimeUnixNano",
        "EndTimeUnixNano",
    ]
    .map(|name| sheet.needed(name));
    let (trace, span, parent, pod) = (trace?, span?, parent?, pod?);
    let (operation, start, end) = (operation?, start?, end?);
    let mut spans = Vec::new();
    let mut pods = BTreeSet::new();
    let mut record = csv::StringRecord::new();
    while let Some(line) = sheet.next(&mut record, notes) {
        let nanos = |index| cell(&record, index).parse::<i64>().ok();
        let (Some(start_nanos), Some(end_nanos)) = (nanos(start), nanos(end)) else {
            let found = format!("{}, {}", cell(&record, start), cell(&record, end));
            notes.add(&sheet.file, line, "Unix nanoseconds of start and end", &found);
            continue;
        };
        let ids = (hex(cell(&record, trace)), hex(cell(&record, span)));
        let (Some(trace_id), Some(span_id)) = ids else {
            let found = format!("{}, {}", cell(&record, trace), cell(&record, span));
            notes.add(&sheet.file, line, "hexadecimal ids of trace and span", &found);
            continue;
        };
        let Some(entity) = service_of(cell(&record, pod)) else {
            notes.add(&sheet.file, line, "the name of a pod", cell(&record, pod));
            continue;
        };
        if !pods.contains(cell(&record, pod)) {
            pods.insert(cell(&record, pod).to_owned());
        }
        spans.push(Span {
            trace_id,
            span_id,
            parent_id: hex(cell(&record, parent)),
            entity,
            peer: None,
            operation: cell(&record, operation).to_owned(),
            start_nanos,
            end_nanos,
            status: SpanStatus::Unset,
        });
    }
    let mut edges = BTreeMap::new();
    let mut roots = BTreeMap::new();
    let mut owners: BTreeMap<&str, &EntityId> = BTreeMap::new();
    for span in &spans {
        owners.insert(&span.span_id, &span.entity);
    }
    for span in &spans {
        let Some(parent) = &span.parent_id else {
            *roots.entry(span.entity.clone()).or_default() += 1;
            continue;
        };
        if let Some(&caller) = owners.get(parent.as_str())
            && *caller != span.entity
        {
            let edge = (caller.clone(), span.entity.clone());
            let seen = edges.entry(edge).or_insert(span.start_nanos);
            *seen = span.start_nanos.min(*seen);
        }
    }
    Ok(Spans { spans, pods, edges, roots })
}

/// What the program wrote, and whether the cell holds that and nothing else. Some cells end in the
/// remains of another line.
fn docker_line(raw: &str) -> (String, bool) {
    let mut values = serde_json::Deserializer::from_str(raw).into_iter::<Docker>();
    match values.next() {
        Some(Ok(docker)) => (docker.log, values.byte_offset() == raw.len()),
        Some(Err(_)) | None => (raw.to_owned(), false),
    }
}

/// An id in lower-case hex; none for `root`, nothing and anything else.
fn hex(text: &str) -> Option<String> {
    let is_hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| text.to_ascii_lowercase())
}

/// How bad a line is, by the level it begins with (Log4j and alike) or its JSON field.
fn severity(body: &str) -> LogSeverity {
    #[derive(Deserialize)]
    struct Structured {
        #[serde(alias = "level")]
        severity: String,
    }
    if body.starts_with('{')
        && let Ok(line) = serde_json::from_str::<Structured>(body)
        && let Some(level) = level(&line.severity.to_ascii_uppercase())
    {
        return level;
    }
    let words = body.split([' ', '\t', '[', ']', ':', '|']).filter(|word| !word.is_empty());
    words.take(6).find_map(level).unwrap_or(LogSeverity::Unspecified)
}

fn level(word: &str) -> Option<LogSeverity> {
    match word {
        "TRACE" => Some(LogSeverity::Trace),
        "DEBUG" => Some(LogSeverity::Debug),
        "INFO" => Some(LogSeverity::Info),
        "WARN" | "WARNING" => Some(LogSeverity::Warn),
        "ERROR" => Some(LogSeverity::Error),
        "FATAL" | "CRITICAL" => Some(LogSeverity::Fatal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remains_of_another_line_are_cut_off_and_told() {
        let line = docker_line;
        assert_eq!(line(r#"{"log":"a\n","stream":"stdout"}"#), ("a\n".to_owned(), true));
        assert_eq!(line(r#"{"log":"a"}ulate distance""#), ("a".to_owned(), false));
        assert_eq!(line("plain"), ("plain".to_owned(), false));
    }

    #[test]
    fn the_severity_is_the_level_at_the_head_of_a_line_or_in_its_json() {
        assert_eq!(severity("16:59:14.315 INFO  t.s.Travel#5 ERROR later"), LogSeverity::Info);
        assert_eq!(severity("2022-08-22 [main] WARN: slow"), LogSeverity::Warn);
        assert_eq!(severity(r#"{"severity":"error","message":"INFO"}"#), LogSeverity::Error);
        assert_eq!(severity(r#"{"level":"info"}"#), LogSeverity::Info);
        assert_eq!(severity("at java.lang.Thread.run(Thread.java:748)"), LogSeverity::Unspecified);
        assert_eq!(severity(""), LogSeverity::Unspecified);
    }
}
