//! Telemetry from elsewhere, to a capsule.

use std::path::Path;

use nightjar_incident::{Change, RawAlert, Recording};
use nightjar_otlp::{Names, first_key};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use crate::Error;
use crate::folder::{ALERTS, CHANGES, EXPECT, Folder, MANIFEST, RESULT, TOPOLOGY};
use crate::limits::{Budget, Limits};
use crate::lines::{self, each_line};
use crate::notes::Notes;
use crate::otlp::{LogsIn, MetricsIn, TracesIn};
use crate::read::{covered, expectation, read, sort, topology};
use crate::verify::Report;
use crate::write::write;

/// Makes a capsule of what lies in a folder.
///
/// Either the folder is a capsule, which is read and written anew, or it holds files as the
/// OpenTelemetry Collector's file exporter writes them (`*.json`, `*.jsonl`, also `.zst`, under
/// any name and with several signals in one file), beside `alerts.jsonl`, `changes.jsonl`,
/// `topology.json` and `expect.toml` in the form of a capsule, each of them optional. Without a
/// topology, relations are taken from who calls whom in spans and metrics.
pub fn import_folder(
    source: &Path,
    target: &Path,
    name: &str,
    limits: &Limits,
    compress: bool,
) -> Result<Report, Error> {
    let folder = Folder::open(source)?;
    let mut recording = if folder.names()?.iter().any(|file| file == MANIFEST) {
        read(source, limits)?
    } else {
        gather(&folder, limits)?
    };
    recording.name = name.to_owned();
    write(target, &recording, compress)?;
    Ok(Report::of(&recording))
}

/// What lines are gathered into.
struct Gathered<'a> {
    names: Names<'a>,
    metrics: MetricsIn,
    logs: LogsIn,
    traces: TracesIn,
    alerts: Vec<RawAlert>,
    changes: Vec<Change>,
}

fn gather(folder: &Folder, limits: &Limits) -> Result<Recording, Error> {
    let mut budget = Budget::new(*limits);
    let known = topology(folder, limits)?;
    let empty = Topology::default();
    let mut gathered = Gathered {
        names: Names::new(known.as_ref().unwrap_or(&empty)),
        metrics: MetricsIn::new(limits),
        logs: LogsIn::default(),
        traces: TracesIn::default(),
        alerts: Vec::new(),
        changes: Vec::new(),
    };
    let mut recording = Recording { expect: expectation(folder, limits)?, ..Recording::default() };
    for file in folder.names()? {
        if [TOPOLOGY, EXPECT, RESULT].contains(&file.as_str()) {
            continue;
        }
        let plain = file.strip_suffix(".zst").unwrap_or(&file);
        let mut notes = Notes::new(&file, limits.notes_per_file);
        if !plain.ends_with(".json") && !plain.ends_with(".jsonl") {
            notes.whole("a file of JSON lines expected; not read");
        } else if let Some(reader) = folder.named(&file, limits)? {
            recording.sources.push(file.clone());
            each_line(reader, &mut budget, &mut notes, |line, text, budget, notes| {
                gathered.take(plain, line, text, budget, notes)
            })?;
        }
        recording.notes.extend(notes.finish());
    }
    let Gathered { metrics, logs, traces, alerts, changes, .. } = gathered;
    let mut notes = Notes::new("metrics", limits.notes_per_file);
    recording.metrics = metrics.finish(&mut notes);
    recording.notes.extend(notes.finish());
    recording.logs = logs.finish();
    recording.spans = traces.finish();
    (recording.alerts, recording.changes) = (alerts, changes);
    sort(&mut recording.alerts, |alert| alert.received_at, ALERTS, &mut recording.notes);
    sort(&mut recording.changes, |change| change.at, CHANGES, &mut recording.notes);
    recording.topology = known.unwrap_or_else(|| {
        let note = "not there; relations were taken from who calls whom in spans and metrics";
        recording.notes.push(format!("{TOPOLOGY}: {note}"));
        callers(&recording)
    });
    recording.window = covered(&recording);
    Ok(recording)
}

impl Gathered<'_> {
    /// Takes a line by what it holds; the file's name counts only for alerts and changes.
    fn take(
        &mut self,
        file: &str,
        line: u64,
        text: &str,
        budget: &mut Budget,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        match first_key(text) {
            Some("resourceMetrics") => {
                return self.metrics.take(line, text, &mut self.names, budget, notes);
            }
            Some("resourceLogs") => {
                return self.logs.take(line, text, &mut self.names, budget, notes);
            }
            Some("resourceSpans") => {
                return self.traces.take(line, text, &mut self.names, budget, notes);
            }
            Some(_) | None => {}
        }
        budget.record(notes.file(), text)?;
        let taken = match file {
            ALERTS => lines::parse(text, "an alert with received_at and payload")
                .map(|alert| self.alerts.push(alert)),
            CHANGES => lines::parse(text, "a change with id, kind, at, entities and summary")
                .map(|change| self.changes.push(change)),
            _ => Err(
                "one object {\"resourceMetrics\" or \"resourceLogs\" or \"resourceSpans\": […]} \
                      expected, found something else; left out"
                    .to_owned(),
            ),
        };
        if let Err(why) = taken {
            notes.at(line, why);
        }
        Ok(())
    }
}

/// Who calls whom, as spans and metrics tell it.
fn callers(recording: &Recording) -> Topology {
    let mut topology = Topology::default();
    let mut calls = |from: &EntityId, to: &EntityId| {
        if from != to {
            let (from, to) = (from.clone(), to.clone());
            topology.relate(Relation { from, to, kind: RelationKind::Calls });
        }
    };
    let mut owners: Vec<((&str, &str), &EntityId)> = recording
        .spans
        .iter()
        .map(|span| ((span.trace_id.as_str(), span.span_id.as_str()), &span.entity))
        .collect();
    owners.sort_unstable();
    for span in &recording.spans {
        if let Some(parent) = &span.parent_id {
            let key = (span.trace_id.as_str(), parent.as_str());
            let found = owners.binary_search_by_key(&key, |(ids, _)| *ids).ok();
            if let Some((_, owner)) = found.and_then(|position| owners.get(position)) {
                calls(owner, &span.entity);
            }
        }
        if let Some(peer) = &span.peer {
            calls(&span.entity, peer);
        }
    }
    for series in &recording.metrics {
        if let Some(peer) = &series.peer {
            calls(&series.entity, peer);
        }
    }
    let whose = recording.metrics.iter().map(|series| &series.entity);
    let whose = whose.chain(recording.logs.iter().map(|line| &line.entity));
    for id in whose.chain(recording.spans.iter().map(|span| &span.entity)) {
        if topology.entity(id).is_none() {
            topology.add(Entity::new(id.clone(), EntityKind::Unknown));
        }
    }
    topology
}
