//! What the looks at a live incident saw, as one recording: so that an incident becomes a test.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightjar_incident::{
    Change, Content, Evidence, Investigation, LogRecord, MetricSeries, RawAlert, Recording, Span,
    Statistic, Window,
};
use nightjar_series::Column;
use nightjar_topology::EntityId;

/// What tells a series from every other.
type SeriesKey = (EntityId, Option<EntityId>, String, Statistic, String, BTreeMap<String, String>);

/// Puts together what was answered to the executions of an incident, in the order of asking. Where two
/// answers speak of the same, the later one counts.
pub(crate) fn recorded(
    name: &str,
    state: &Investigation,
    alerts: Vec<RawAlert>,
    evidence: Vec<Evidence>,
) -> Recording {
    let mut parts = Parts::default();
    evidence.into_iter().for_each(|piece| parts.take(piece));
    let Parts { systems, series, logs, spans, changes, from, to } = parts;
    let window = from.zip(to).map(|(from, to)| Window { from, to });
    Recording {
        name: name.to_owned(),
        window,
        sources: systems.into_iter().collect(),
        redacted: vec!["as its space says".to_owned()],
        topology: state.topology.clone(),
        alerts,
        changes: sorted(changes.into_values().collect(), |change: &Change| change.at),
        metrics: series.into_iter().map(|(key, samples)| one(key, samples)).collect(),
        logs: sorted(logs.into_values().collect(), |line: &LogRecord| line.at),
        spans: sorted(spans.into_values().collect(), |span: &Span| span.start_nanos),
        expect: None,
        notes: Vec::new(),
    }
}

#[derive(Default)]
struct Parts {
    systems: BTreeSet<String>,
    series: BTreeMap<SeriesKey, BTreeMap<i64, f64>>,
    logs: BTreeMap<(Timestamp, EntityId, String), LogRecord>,
    spans: BTreeMap<(String, String), Span>,
    changes: BTreeMap<String, Change>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Parts {
    fn take(&mut self, piece: Evidence) {
        self.systems.insert(piece.source.system);
        self.to = self.to.max(Some(piece.window.to));
        match piece.content {
            Content::Series(all) => {
                for series in all {
                    let MetricSeries { entity, peer, name, statistic, unit, attributes, .. } =
                        series;
                    if let Some(first) = series.column.times().first() {
                        self.begin(Timestamp::from_millisecond(*first).ok());
                    }
                    let key = (entity, peer, name, statistic, unit, attributes);
                    self.series.entry(key).or_default().extend(series.column.samples());
                }
            }
            Content::Logs(lines) => {
                for line in lines {
                    self.begin(Some(line.at));
                    let key = (line.at, line.entity.clone(), line.body.clone());
                    self.logs.insert(key, line);
                }
            }
            Content::Spans(spans) => {
                for span in spans {
                    self.begin(Timestamp::from_nanosecond(span.start_nanos.into()).ok());
                    self.spans.insert((span.trace_id.clone(), span.span_id.clone()), span);
                }
            }
            Content::Changes(changes) => {
                for change in changes {
                    self.begin(Some(change.at));
                    self.changes.insert(change.id.to_string(), change);
                }
            }
            Content::Inventory(_) | Content::Text(_) => {}
        }
    }

    fn begin(&mut self, at: Option<Timestamp>) {
        self.from = match (self.from, at) {
            (Some(known), Some(at)) => Some(known.min(at)),
            (known, at) => known.or(at),
        };
    }
}

fn one(key: SeriesKey, samples: BTreeMap<i64, f64>) -> MetricSeries {
    let (entity, peer, name, statistic, unit, attributes) = key;
    let (column, repairs) = Column::from_samples(samples);
    MetricSeries { entity, peer, name, statistic, unit, attributes, column, repairs }
}

fn sorted<T, K: Ord>(mut all: Vec<T>, at: impl Fn(&T) -> K) -> Vec<T> {
    all.sort_by_key(at);
    all
}
