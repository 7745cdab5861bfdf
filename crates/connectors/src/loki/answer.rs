//! What Loki answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{LogRecord, LogSeverity, Window};
use nightjar_topology::EntityId;
use serde::Deserialize;

use crate::lines::{severity_named, severity_within};
use crate::sample::hash;

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

/// The answer to a query for counts.
#[derive(Deserialize)]
pub(super) struct Counts {
    data: CountsData,
}

#[derive(Deserialize)]
struct CountsData {
    #[serde(default)]
    result: Vec<Counted>,
}

#[derive(Deserialize)]
struct Counted {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    /// Time, and the number as text.
    value: (serde_json::Value, String),
}

impl Counts {
    /// How many lines there are.
    pub(super) fn all(&self) -> u64 {
        self.data.result.iter().map(Counted::count).sum()
    }

    /// Whether labels tell how bad lines are.
    pub(super) fn has_levels(&self) -> bool {
        let told = |one: &Counted| {
            ["detected_level", "level"].iter().any(|label| one.metric.contains_key(*label))
        };
        self.data.result.iter().any(told)
    }

    /// How many of them are errors by their labels.
    pub(super) fn bad(&self) -> u64 {
        let is_bad = |one: &&Counted| {
            let level = ["detected_level", "level"].iter().find_map(|label| one.metric.get(*label));
            level.and_then(|level| severity_named(level)) >= Some(LogSeverity::Error)
        };
        self.data.result.iter().filter(is_bad).map(Counted::count).sum()
    }
}

impl Counted {
    fn count(&self) -> u64 {
        // A whole number, which stands there as one with a fraction may.
        let whole = self.value.1.split('.').next().unwrap_or_default();
        whole.parse().unwrap_or(0)
    }
}

/// What lines look like, as Loki finds it out.
#[derive(Deserialize)]
pub(super) struct Patterns {
    #[serde(default)]
    pub(super) data: Vec<Pattern>,
}

#[derive(Deserialize)]
pub(super) struct Pattern {
    pub(super) pattern: String,
    /// Unix seconds, and how many lines.
    #[serde(default)]
    samples: Vec<(i64, u64)>,
}

impl Pattern {
    /// How many lines look like it before and after a moment.
    pub(super) fn split(&self, since: Timestamp) -> (u64, u64) {
        let since = since.as_second();
        let sum = |is_late: bool| -> u64 {
            let side = self.samples.iter().filter(|(at, _)| (*at >= since) == is_late);
            side.map(|(_, count)| count).sum()
        };
        (sum(false), sum(true))
    }
}

/// A line with what tells it from others of the same nanosecond.
pub(super) struct Line {
    pub(super) nanos: i128,
    pub(super) stream: u64,
    pub(super) record: LogRecord,
}

/// The lines of a page, how many came with it, and the time of the oldest in Unix nanoseconds, whether it
/// counts or not.
pub(super) fn lines(
    page: Streams,
    entity_labels: &[String],
    entities: &[EntityId],
    window: Window,
) -> (Vec<Line>, usize, Option<i128>) {
    let mut found = Vec::new();
    let mut oldest: Option<i128> = None;
    let came = page.data.result.iter().map(|stream| stream.values.len()).sum();
    for Stream { stream, values } in page.data.result {
        let mut names = entity_labels.iter().filter_map(|label| stream.get(label));
        let is_asked =
            |name: &&String| entities.iter().any(|entity| entity.as_str() == name.as_str());
        // A stream that carries several names is asked for by any of them.
        let name = match entities.is_empty() {
            true => names.next(),
            false => names.clone().find(is_asked).or_else(|| names.next()),
        };
        let Some(entity) = name.and_then(|name| EntityId::new(name.clone()).ok()) else { continue };
        let labels: Vec<String> =
            stream.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let id = hash(&labels.join("\n"));
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
            let record = LogRecord {
                at,
                entity: entity.clone(),
                severity,
                body,
                trace_id: stream.get("trace_id").cloned().or_else(|| more("trace_id")),
                span_id: stream.get("span_id").cloned().or_else(|| more("span_id")),
            };
            found.push(Line { nanos, stream: id, record });
        }
    }
    (found, came, oldest)
}
