//! A recording as a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Alerts, Answer, Changes, Connection, Error, Inventory, Logs, Metrics, Query, Traces,
};
use nightjar_incident::{Content, MetricSeries, RawAlert, Recording, Source, Window};
use nightjar_topology::{EntityId, Topology};

/// A connection that answers from a recording in memory.
///
/// A part that the recording lacks is a capability that the connection lacks. Where a limit cuts,
/// series and entities are kept in their order, and of lines, spans and changes the latest, since
/// the end of the window is what an investigation is about; `Answer::truncated` says so.
pub fn connection(recording: Arc<Recording>, name: &str) -> Connection {
    let held = Held {
        metrics: !recording.metrics.is_empty(),
        logs: !recording.logs.is_empty(),
        traces: !recording.spans.is_empty(),
        changes: !recording.changes.is_empty(),
        inventory: !recording.topology.is_empty(),
        alerts: !recording.alerts.is_empty(),
    };
    let memory = Arc::new(Memory::new(recording));
    let mut connection =
        Connection::new(Source { connection: name.to_owned(), system: "capsule".to_owned() });
    if held.metrics {
        connection.metrics = Some(memory.clone());
    }
    if held.logs {
        connection.logs = Some(memory.clone());
    }
    if held.traces {
        connection.traces = Some(memory.clone());
    }
    if held.changes {
        connection.changes = Some(memory.clone());
    }
    if held.inventory {
        connection.inventory = Some(memory.clone());
    }
    if held.alerts {
        connection.alerts = Some(memory);
    }
    connection
}

/// Which parts a recording has.
struct Held {
    metrics: bool,
    logs: bool,
    traces: bool,
    changes: bool,
    inventory: bool,
    alerts: bool,
}

/// The recording with what makes its answers fast.
struct Memory {
    recording: Arc<Recording>,
    /// Positions of the series of each entity, in the order of the recording.
    metrics: BTreeMap<EntityId, Vec<usize>>,
    logs: Timeline<Timestamp>,
    spans: Timeline<i64>,
    changes: Timeline<Timestamp>,
    /// Positions of the alerts in the order of their arrival.
    alerts: Vec<usize>,
    notes: Notes,
}

/// Positions in time order, altogether and by entity.
struct Timeline<T> {
    all: Vec<(T, usize)>,
    by_entity: BTreeMap<EntityId, Vec<(T, usize)>>,
    /// Those that name no entity; they answer a question about any.
    unnamed: Vec<(T, usize)>,
}

/// The recording's notes by the part they speak of.
#[derive(Default)]
struct Notes {
    metrics: Vec<String>,
    logs: Vec<String>,
    traces: Vec<String>,
    changes: Vec<String>,
    rest: Vec<String>,
}

impl<T: Copy + Ord> Timeline<T> {
    fn new<'a>(pieces: impl Iterator<Item = (T, &'a [EntityId])>) -> Self {
        let mut timeline =
            Self { all: Vec::new(), by_entity: BTreeMap::new(), unnamed: Vec::new() };
        for (position, (at, entities)) in pieces.enumerate() {
            timeline.all.push((at, position));
            if entities.is_empty() {
                timeline.unnamed.push((at, position));
            }
            for entity in entities {
                timeline.by_entity.entry(entity.clone()).or_default().push((at, position));
            }
        }
        timeline.all.sort_unstable();
        timeline.unnamed.sort_unstable();
        for positions in timeline.by_entity.values_mut() {
            positions.sort_unstable();
            positions.dedup();
        }
        timeline
    }

    /// What lies in `from <= time < to` and passes, in time order: all of it.
    fn between(&self, entities: &[EntityId], from: T, to: T) -> Vec<usize> {
        let cut = |positions: &[(T, usize)]| {
            let start = positions.partition_point(|&(at, _)| at < from);
            let end = positions.partition_point(|&(at, _)| at < to).max(start);
            positions.get(start..end).unwrap_or_default().to_vec()
        };
        let mut found = if entities.is_empty() {
            cut(&self.all)
        } else {
            let mut found = cut(&self.unnamed);
            for entity in entities {
                found.extend(self.by_entity.get(entity).map(|p| cut(p)).unwrap_or_default());
            }
            // One change may name several of the asked entities.
            found.sort_unstable();
            found.dedup();
            found
        };
        found.drain(..).map(|(_, position)| position).collect()
    }
}

impl Memory {
    fn new(recording: Arc<Recording>) -> Self {
        let mut metrics: BTreeMap<EntityId, Vec<usize>> = BTreeMap::new();
        for (position, series) in recording.metrics.iter().enumerate() {
            match metrics.get_mut(&series.entity) {
                Some(positions) => positions.push(position),
                None => {
                    metrics.insert(series.entity.clone(), vec![position]);
                }
            }
        }
        let logs = Timeline::new(
            recording.logs.iter().map(|line| (line.at, std::slice::from_ref(&line.entity))),
        );
        let spans = Timeline::new(
            recording.spans.iter().map(|s| (s.start_nanos, std::slice::from_ref(&s.entity))),
        );
        let changes = Timeline::new(
            recording.changes.iter().map(|change| (change.at, change.entities.as_slice())),
        );
        let mut alerts: Vec<usize> = (0..recording.alerts.len()).collect();
        alerts.sort_by_key(|&position| recording.alerts.get(position).map(|a| a.received_at));
        let mut notes = Notes::default();
        for note in &recording.notes {
            // Notes of the reader begin with the name of the file.
            let of = match note.split(['.', ':']).next() {
                Some("metrics") => &mut notes.metrics,
                Some("logs") => &mut notes.logs,
                Some("traces") => &mut notes.traces,
                Some("changes") => &mut notes.changes,
                Some(_) | None => &mut notes.rest,
            };
            of.push(note.clone());
        }
        Self { recording, metrics, logs, spans, changes, alerts, notes }
    }
}

#[async_trait]
impl Metrics for Memory {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        let mut positions: Vec<usize> = if query.entities.is_empty() {
            (0..self.recording.metrics.len()).collect()
        } else {
            let of = |entity| self.metrics.get(entity).map_or(&[][..], Vec::as_slice);
            query.entities.iter().flat_map(of).copied().collect()
        };
        positions.sort_unstable();
        positions.dedup();
        let (from, to) = (ceil_millis(query.window.from), ceil_millis(query.window.to));
        let within = |series: &&MetricSeries| {
            let times = series.column.times();
            let first = times.partition_point(|&time| time < from);
            times.get(first).is_some_and(|&time| time < to)
        };
        let series = positions.iter().filter_map(|&p| self.recording.metrics.get(p));
        let series: Vec<&MetricSeries> = series.filter(within).collect();
        let found = series.len();
        let content = series.into_iter().take(query.limit).map(|series| MetricSeries {
            entity: series.entity.clone(),
            peer: series.peer.clone(),
            name: series.name.clone(),
            statistic: series.statistic,
            unit: series.unit.clone(),
            attributes: series.attributes.clone(),
            column: series.column.between(from, to),
            repairs: series.repairs,
        });
        Ok(Answer {
            query: text(query),
            content: Content::Series(content.collect()),
            truncated: cut(found, query.limit, "first", "series"),
            notes: self.notes.metrics.clone(),
        })
    }
}

#[async_trait]
impl Logs for Memory {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let Window { from, to } = query.window;
        let found = self.logs.between(&query.entities, from, to);
        let lines = latest(&found, query.limit).iter();
        let lines = lines.filter_map(|&position| self.recording.logs.get(position).cloned());
        Ok(Answer {
            query: text(query),
            content: Content::Logs(lines.collect()),
            truncated: cut(found.len(), query.limit, "latest", "lines"),
            notes: self.notes.logs.clone(),
        })
    }
}

#[async_trait]
impl Traces for Memory {
    /// A span that hasn't ended within the window isn't known yet at its end, so it isn't answered.
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        let (from, to) = (nanos(query.window.from), nanos(query.window.to));
        let mut found = self.spans.between(&query.entities, from, to);
        found.retain(|&p| self.recording.spans.get(p).is_some_and(|span| span.end_nanos < to));
        let spans = latest(&found, query.limit).iter();
        let spans = spans.filter_map(|&position| self.recording.spans.get(position).cloned());
        Ok(Answer {
            query: text(query),
            content: Content::Spans(spans.collect()),
            truncated: cut(found.len(), query.limit, "latest", "spans"),
            notes: self.notes.traces.clone(),
        })
    }
}

#[async_trait]
impl Changes for Memory {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        let Window { from, to } = query.window;
        let found = self.changes.between(&query.entities, from, to);
        let changes = latest(&found, query.limit).iter();
        let changes = changes.filter_map(|&position| self.recording.changes.get(position).cloned());
        Ok(Answer {
            query: text(query),
            content: Content::Changes(changes.collect()),
            truncated: cut(found.len(), query.limit, "latest", "changes"),
            notes: self.notes.changes.clone(),
        })
    }
}

#[async_trait]
impl Inventory for Memory {
    /// With entities asked for: these and what they are directly related to.
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let whole = &self.recording.topology;
        let mut wanted: Vec<&EntityId> = Vec::new();
        if query.entities.is_empty() {
            wanted.extend(whole.entities().map(|entity| &entity.id));
        } else {
            for id in query.entities.iter().filter(|id| whole.entity(id).is_some()) {
                wanted.push(id);
                wanted.extend(whole.dependencies(id).map(|relation| &relation.to));
                wanted.extend(whole.dependents(id).map(|relation| &relation.from));
            }
            wanted.sort_unstable();
            wanted.dedup();
        }
        let found = wanted.len();
        let topology = if found == whole.len() && found <= query.limit {
            whole.clone()
        } else {
            wanted.truncate(query.limit);
            part(whole, &wanted)
        };
        Ok(Answer {
            query: text(query),
            content: Content::Inventory(topology),
            truncated: cut(found, query.limit, "first", "entities"),
            notes: self.notes.rest.clone(),
        })
    }
}

#[async_trait]
impl Alerts for Memory {
    async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        let alerts = self.alerts.iter().filter_map(|&p| self.recording.alerts.get(p));
        Ok(alerts.take_while(|alert| alert.received_at <= until).cloned().collect())
    }
}

/// The entities of sorted ids and the relations among them.
fn part(whole: &Topology, wanted: &[&EntityId]) -> Topology {
    let mut topology = Topology::default();
    for id in wanted {
        if let Some(entity) = whole.entity(id) {
            topology.add(entity.clone());
        }
    }
    for id in wanted {
        for relation in whole.dependencies(id) {
            if wanted.binary_search(&&relation.to).is_ok() {
                topology.relate(relation.clone());
            }
        }
    }
    topology
}

/// The query as a person can ask it again.
fn text(query: &Query) -> String {
    let entities = if query.entities.is_empty() {
        "all".to_owned()
    } else {
        let quoted = query.entities.iter().map(|id| serde_json::json!(id.as_str()).to_string());
        format!("[{}]", quoted.collect::<Vec<_>>().join(","))
    };
    let Window { from, to } = query.window;
    let question = query.question.label();
    format!("capsule {question} entities={entities} window={from}/{to} limit={}", query.limit)
}

fn latest(positions: &[usize], limit: usize) -> &[usize] {
    positions.get(positions.len().saturating_sub(limit)..).unwrap_or_default()
}

fn cut(found: usize, limit: usize, kept: &str, what: &str) -> Option<String> {
    (found > limit).then(|| format!("the {kept} {limit} of {found} {what}; the rest was left out"))
}

/// The first whole millisecond at or after an instant, so that `sample < to` stays exact.
fn ceil_millis(at: Timestamp) -> i64 {
    let millis = at.as_millisecond();
    if at.as_nanosecond() > i128::from(millis) * 1_000_000 { millis + 1 } else { millis }
}

/// Unix nanoseconds; instants beyond the years 1677 to 2262 count as the nearest of these.
fn nanos(at: Timestamp) -> i64 {
    let nanos = at.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}
