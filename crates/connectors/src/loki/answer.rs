//! What Loki answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{LogRecord, LogSeverity, Window};
use nightjar_topology::EntityId;
use serde::Deserialize;

use crate::lines::{severity_named, severity_within};

/// Names of labels, or values of one.
#[derive(Deserialize)]
pub(super) struct Labels {
    /// There is none where nothing was found.
    #[serde(default)]
    pub(super) data: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Build {
    pub(super) version: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Streams {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    result: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    stream: BTreeMap<String, String>,
    values: Vec<Value>,
}

/// A time in Unix nanoseconds as text, a line, and in newer versions what else is known of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Told(String, String, serde_json::Value),
    Plain(String, String),
}

/// The lines of a page, and the time of the oldest in Unix nanoseconds.
pub(super) fn lines(
    page: Streams,
    entity_labels: &[String],
    window: Window,
) -> (Vec<LogRecord>, Option<i128>) {
    let mut found = Vec::new();
    let mut oldest: Option<i128> = None;
    for Stream { stream, values } in page.data.result {
        let name = entity_labels.iter().find_map(|label| stream.get(label));
        let Some(entity) = name.and_then(|name| EntityId::new(name.clone()).ok()) else { continue };
        let told = ["detected_level", "level", "severity", "severity_text"];
        let of_stream = told.iter().find_map(|label| severity_named(stream.get(*label)?));
        for value in values {
            let (nanos, body, more) = match value {
                Value::Told(nanos, body, more) => (nanos, body, Some(more)),
                Value::Plain(nanos, body) => (nanos, body, None),
            };
            let Ok(nanos) = nanos.parse::<i128>() else { continue };
            oldest = Some(oldest.map_or(nanos, |known| known.min(nanos)));
            let Ok(at) = Timestamp::from_nanosecond(nanos) else { continue };
            if at < window.from || at >= window.to {
                continue;
            }
            let more = |name: &str| {
                let more = more.as_ref()?;
                let told = more.get("structuredMetadata").unwrap_or(more);
                Some(told.get(name)?.as_str()?.to_owned())
            };
            let severity = of_stream
                .or_else(|| told.iter().find_map(|name| severity_named(&more(name)?)))
                .or_else(|| severity_within(&body))
                .unwrap_or(LogSeverity::Unspecified);
            found.push(LogRecord {
                at,
                entity: entity.clone(),
                severity,
                body,
                trace_id: stream.get("trace_id").cloned().or_else(|| more("trace_id")),
                span_id: stream.get("span_id").cloned().or_else(|| more("span_id")),
            });
        }
    }
    (found, oldest)
}
