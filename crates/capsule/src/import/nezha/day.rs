use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use nightjar_incident::{LogRecord, MetricSeries, Span, Window};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use serde::Deserialize;

use crate::import::Error;
use crate::import::detect::fault_list;
use crate::import::notes::{Notes, label};

use super::measured::Measured;
use super::{calls, minute, service_of};

/// How far the events of a minute's file may lie from its minute: it is cut at a tick 10 to 20
/// seconds behind the full minute.
const REACH_SECONDS: i64 = 60;

/// One injected fault.
pub(super) struct Fault {
    pub(super) injected: Timestamp,
    pub(super) service: EntityId,
    /// The data set's word for it.
    pub(super) label: String,
}

/// What is read of the fault list. Its `inject_timestamp` is in local time on one of the days.
#[derive(Deserialize)]
struct Listed {
    inject_time: String,
    inject_pod: String,
    inject_type: String,
}

/// The faults of a day in order of time.
pub(super) fn faults(folder: &Path) -> Result<Vec<Fault>, Error> {
    let path = fault_list(folder).unwrap_or_else(|| folder.join("fault_list.json"));
    let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
    let format = |expected, found: String| Error::Format { path: label(&path, 2), expected, found };
    let hours: BTreeMap<String, Vec<Listed>> = serde_json::from_str(&text).map_err(|e| {
        format("faults by hour: inject_time, inject_pod, inject_type", e.to_string())
    })?;
    let mut faults = Vec::new();
    for listed in hours.into_values().flatten() {
        let written = listed.inject_time.parse::<DateTime>();
        let injected = written.and_then(|time| TimeZone::UTC.to_timestamp(time));
        let injected =
            injected.map_err(|e| format("inject_time as `2022-08-22 03:53:54`", e.to_string()))?;
        let service = service_of(&listed.inject_pod)
            .ok_or_else(|| format("the name of a pod", listed.inject_pod.clone()))?;
        faults.push(Fault { injected, service, label: listed.inject_type });
    }
    faults.sort_by_key(|fault| fault.injected);
    Ok(faults)
}

/// One day of telemetry: metrics as a whole, logs and spans minute by minute as cases need them.
pub(super) struct Day {
    name: String,
    measured: Measured,
    log_files: Vec<MinuteFile>,
    trace_files: Vec<MinuteFile>,
    /// Files of the minutes near the last case, by path.
    lines: BTreeMap<PathBuf, Vec<LogRecord>>,
    spans: BTreeMap<PathBuf, Vec<Span>>,
    /// Machines by pod, as the logs read so far tell and the dependencies say.
    placed: BTreeMap<String, EntityId>,
    /// Calls seen in the traces read so far, with the time they were first seen.
    edges: BTreeMap<(EntityId, EntityId), i64>,
    /// How many traces began at a service so far.
    roots: BTreeMap<EntityId, usize>,
    notes: Vec<String>,
}

struct MinuteFile {
    minute: Timestamp,
    path: PathBuf,
}

impl Day {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let mut day = Self {
            name: label(folder, 1),
            measured: Measured::read(&folder.join("metric"))?,
            log_files: Vec::new(),
            trace_files: Vec::new(),
            lines: BTreeMap::new(),
            spans: BTreeMap::new(),
            placed: BTreeMap::new(),
            edges: BTreeMap::new(),
            roots: BTreeMap::new(),
            notes: Vec::new(),
        };
        for part in ["", "normal"] {
            let within = folder.join(part);
            day.log_files.extend(minute_files(&within.join("log"), &day.name, &mut day.notes));
            day.trace_files.extend(minute_files(&within.join("trace"), &day.name, &mut day.notes));
        }
        // The fault-free minute shows who calls whom; as an inventory would, at any time.
        for file in minute_files(&folder.join("normal/trace"), &day.name, &mut Vec::new()) {
            day.load_spans(&file.path)?;
            for seen in day.edges.values_mut() {
                *seen = i64::MIN;
            }
        }
        Ok(day)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What had to be mended or set aside so far.
    pub(super) fn notes(&self) -> Vec<String> {
        self.measured.notes.iter().chain(&self.notes).cloned().collect()
    }

    /// The metrics within a window.
    pub(super) fn metrics(&self, window: Window) -> Vec<MetricSeries> {
        self.measured.within(window, &self.front(), &self.placed)
    }

    /// The topology as known at an instant.
    pub(super) fn topology(&self, at: Timestamp) -> Topology {
        let mut topology = self.measured.known.clone();
        for ((caller, callee), seen) in &self.edges {
            if i128::from(*seen) < at.as_nanosecond() {
                topology.relate(calls(caller, callee));
            }
        }
        for (pod, machine) in &self.placed {
            let Some(service) = service_of(pod) else { continue };
            topology.add(Entity::new(machine.clone(), EntityKind::Host));
            let kind = RelationKind::RunsOn;
            topology.relate(Relation { from: service, to: machine.clone(), kind });
        }
        topology
    }

    /// The service that users meet first: the one named in `front_service.csv` where there is a
    /// service of that name, else the one where most traces begin.
    pub(super) fn front(&self) -> EntityId {
        let name = self.measured.front_name.as_deref().unwrap_or("front");
        if let Some(entity) = self.measured.known.resolve(name) {
            return entity.id.clone();
        }
        let busiest = self.roots.iter().max_by_key(|(_, traces)| **traces);
        let named = || EntityId::new(name).ok();
        let front = busiest.map(|(id, _)| id.clone()).or_else(named);
        front.unwrap_or_else(|| EntityId::new("front").expect("invariant: a valid id"))
    }

    /// Logs and spans within a window, in order of time, each once though files overlap.
    pub(super) fn events(&mut self, window: Window) -> Result<(Vec<LogRecord>, Vec<Span>), Error> {
        let near = |file: &&MinuteFile| {
            // In numbers: an instant near the end of the calendar can't be moved.
            let (from, to) = (window.from.as_second(), window.to.as_second());
            let minute = file.minute.as_second();
            minute - REACH_SECONDS < to && from < minute + REACH_SECONDS
        };
        let paths = |files: &[MinuteFile]| -> BTreeSet<PathBuf> {
            files.iter().filter(near).map(|file| file.path.clone()).collect()
        };
        let (log_paths, trace_paths) = (paths(&self.log_files), paths(&self.trace_files));
        self.lines.retain(|path, _| log_paths.contains(path));
        self.spans.retain(|path, _| trace_paths.contains(path));
        for path in &log_paths {
            self.load_lines(path)?;
        }
        for path in &trace_paths {
            self.load_spans(path)?;
        }

        let lines = self.lines.values().flatten();
        let mut lines: Vec<&LogRecord> = lines.filter(|line| window.contains(line.at)).collect();
        lines.sort_by(|a, b| (a.at, &a.entity, &a.body).cmp(&(b.at, &b.entity, &b.body)));
        lines.dedup();
        let lines = lines.into_iter().cloned().collect();

        // A span is told of when it is over: one that ends behind the window isn't known yet.
        let (from, to) = (window.from.as_nanosecond(), window.to.as_nanosecond());
        let is_inside =
            |span: &&Span| from <= span.start_nanos.into() && i128::from(span.end_nanos) < to;
        let mut spans: Vec<&Span> = self.spans.values().flatten().filter(is_inside).collect();
        spans.sort_by(|a, b| order(a).cmp(&order(b)));
        spans.dedup_by(|a, b| a.span_id == b.span_id && a.trace_id == b.trace_id);
        let spans = spans.into_iter().cloned().collect();
        Ok((lines, spans))
    }

    fn load_lines(&mut self, path: &Path) -> Result<(), Error> {
        if self.lines.contains_key(path) {
            return Ok(());
        }
        let mut notes = Notes::default();
        let found = minute::logs(path, &mut notes)?;
        self.notes.extend(notes.into_lines(&label(path, 3)));
        for (pod, node) in found.placed {
            if let Some(service) = service_of(&pod) {
                self.measured.add_pod(&pod, &service);
            }
            if let Ok(machine) = EntityId::new(node) {
                self.placed.insert(pod, machine);
            }
        }
        self.lines.insert(path.to_owned(), found.lines);
        Ok(())
    }

    fn load_spans(&mut self, path: &Path) -> Result<(), Error> {
        if self.spans.contains_key(path) {
            return Ok(());
        }
        let mut notes = Notes::default();
        let found = minute::spans(path, &mut notes)?;
        self.notes.extend(notes.into_lines(&label(path, 3)));
        for pod in &found.pods {
            if let Some(service) = service_of(pod) {
                self.measured.add_pod(pod, &service);
            }
        }
        for (edge, seen) in found.edges {
            let known = self.edges.entry(edge).or_insert(seen);
            *known = seen.min(*known);
        }
        for (service, traces) in found.roots {
            *self.roots.entry(service).or_default() += traces;
        }
        self.spans.insert(path.to_owned(), found.spans);
        Ok(())
    }
}

/// What spans are sorted by.
fn order(span: &Span) -> (i64, &str, &str) {
    (span.start_nanos, &span.trace_id, &span.span_id)
}

/// The files `HH_MM_….csv.gz` of a folder, if there is one.
fn minute_files(folder: &Path, day: &str, notes: &mut Vec<String>) -> Vec<MinuteFile> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = label(&path, 1);
        let mut parts = name.split('_');
        let minute = parts.next().zip(parts.next());
        let minute = minute.and_then(|(hour, minute)| {
            format!("{day}T{hour}:{minute}:00Z").parse::<Timestamp>().ok()
        });
        match minute {
            Some(minute) => files.push(MinuteFile { minute, path }),
            None => {
                notes.push(format!("{}: expected a name as `HH_MM_log.csv.gz`", label(&path, 3)))
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}
