//! A folder, to a recording.

use std::path::Path;

use jiff::Timestamp;
use nightjar_incident::{Change, Expectation, RawAlert, Recording, Window};
use nightjar_otlp::Names;
use nightjar_topology::Topology;

use crate::Error;
use crate::folder::{ALERTS, CHANGES, EXPECT, Folder, LOGS, MANIFEST, METRICS, TOPOLOGY, TRACES};
use crate::limits::{Budget, Limits};
use crate::lines::{self, each_line};
use crate::manifest::Manifest;
use crate::notes::Notes;
use crate::otlp::{LogsIn, MetricsIn, TracesIn};

/// Reads a capsule.
///
/// What concerns one line becomes a note of the recording and the rest is read; what makes the
/// whole unreadable or dangerous is an error.
pub fn read(folder: &Path, limits: &Limits) -> Result<Recording, Error> {
    let folder = Folder::open(folder)?;
    let Some(text) = folder.text(MANIFEST, most_bytes(limits))? else {
        return Err(Error::NotACapsule { folder: folder.path().to_owned() });
    };
    let manifest = Manifest::parse(&text)?;
    let mut budget = Budget::new(*limits);
    let mut recording = Recording {
        window: manifest.window()?,
        name: manifest.name,
        sources: manifest.sources,
        redacted: manifest.redacted,
        notes: manifest.notes,
        ..Recording::default()
    };
    let strangers = folder.strangers()?;
    let mut notes = Notes::new("capsule", limits.notes_per_file);
    strangers
        .iter()
        .for_each(|name| notes.whole(format!("`{name}` is no part of a capsule; not read")));
    recording.notes.extend(notes.finish());

    match topology(&folder, limits)? {
        Some(found) => recording.topology = found,
        None => recording.notes.push(format!("{TOPOLOGY}: not there; no relations are known")),
    }
    recording.expect = expectation(&folder, limits)?;
    recording.alerts = records::<RawAlert>(
        &folder,
        ALERTS,
        "an alert with received_at and payload",
        &mut budget,
        &mut recording.notes,
    )?;
    sort(&mut recording.alerts, |alert| alert.received_at, ALERTS, &mut recording.notes);
    recording.changes = records::<Change>(
        &folder,
        CHANGES,
        "a change with id, kind, at, entities and summary",
        &mut budget,
        &mut recording.notes,
    )?;
    sort(&mut recording.changes, |change| change.at, CHANGES, &mut recording.notes);
    telemetry(&folder, &mut recording, &mut budget)?;
    if recording.window.is_none() {
        recording.window = covered(&recording);
    }
    Ok(recording)
}

/// The topology, `None` if the file isn't there.
pub(crate) fn topology(folder: &Folder, limits: &Limits) -> Result<Option<Topology>, Error> {
    let Some(text) = folder.text(TOPOLOGY, most_bytes(limits))? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| Error::Malformed {
        file: format!("{TOPOLOGY}:{}", error.line()),
        message: format!("an object with entities and relations expected, found: {error}"),
    })
}

pub(crate) fn expectation(folder: &Folder, limits: &Limits) -> Result<Option<Expectation>, Error> {
    let Some(text) = folder.text(EXPECT, most_bytes(limits))? else { return Ok(None) };
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| Error::Malformed { file: EXPECT.to_owned(), message: error.to_string() })
}

/// Files that are read as a whole may be as long as a few of the longest lines.
fn most_bytes(limits: &Limits) -> u64 {
    u64::try_from(limits.line_bytes).unwrap_or(u64::MAX).saturating_mul(4)
}

/// Lines that are one record each.
fn records<T: serde::de::DeserializeOwned>(
    folder: &Folder,
    name: &str,
    expected: &str,
    budget: &mut Budget,
    all_notes: &mut Vec<String>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    let Some((file, reader)) = folder.part(name, &budget.limits)? else { return Ok(found) };
    let mut notes = Notes::new(&file, budget.limits.notes_per_file);
    each_line(reader, budget, &mut notes, |line, text, budget, notes| {
        budget.record(notes.file(), text)?;
        match lines::parse(text, expected) {
            Ok(record) => found.push(record),
            Err(why) => notes.at(line, why),
        }
        Ok(())
    })?;
    all_notes.extend(notes.finish());
    Ok(found)
}

/// Brings records into time order and says so if they weren't.
pub(crate) fn sort<T>(
    records: &mut [T],
    time: impl Fn(&T) -> Timestamp,
    name: &str,
    notes: &mut Vec<String>,
) {
    if !records.is_sorted_by_key(&time) {
        records.sort_by_key(&time);
        notes.push(format!("{name}: lines in time order expected; they were sorted"));
    }
}

fn telemetry(folder: &Folder, recording: &mut Recording, budget: &mut Budget) -> Result<(), Error> {
    let mut names = Names::new(&recording.topology);
    if let Some((file, reader)) = folder.part(METRICS, &budget.limits)? {
        let mut notes = Notes::new(&file, budget.limits.notes_per_file);
        let mut metrics = MetricsIn::new(&budget.limits);
        each_line(reader, budget, &mut notes, |line, text, budget, notes| {
            metrics.take(line, text, &mut names, budget, notes)
        })?;
        recording.metrics = metrics.finish(&mut notes);
        recording.notes.extend(notes.finish());
    }
    if let Some((file, reader)) = folder.part(LOGS, &budget.limits)? {
        let mut notes = Notes::new(&file, budget.limits.notes_per_file);
        let mut logs = LogsIn::default();
        each_line(reader, budget, &mut notes, |line, text, budget, notes| {
            logs.take(line, text, &mut names, budget, notes)
        })?;
        recording.logs = logs.finish();
        recording.notes.extend(notes.finish());
    }
    if let Some((file, reader)) = folder.part(TRACES, &budget.limits)? {
        let mut notes = Notes::new(&file, budget.limits.notes_per_file);
        let mut traces = TracesIn::default();
        each_line(reader, budget, &mut notes, |line, text, budget, notes| {
            traces.take(line, text, &mut names, budget, notes)
        })?;
        recording.spans = traces.finish();
        recording.notes.extend(notes.finish());
    }
    Ok(())
}

/// The time that everything in a recording lies in.
pub(crate) fn covered(recording: &Recording) -> Option<Window> {
    let mut first: Option<Timestamp> = None;
    let mut last: Option<Timestamp> = None;
    let mut see = |at: Timestamp| {
        first = Some(first.map_or(at, |first| first.min(at)));
        last = Some(last.map_or(at, |last| last.max(at)));
    };
    recording.alerts.iter().for_each(|alert| see(alert.received_at));
    recording.changes.iter().for_each(|change| see(change.at));
    recording.logs.iter().for_each(|line| see(line.at));
    for series in &recording.metrics {
        let times = series.column.times();
        let ends = times.first().into_iter().chain(times.last());
        ends.filter_map(|&time| Timestamp::from_millisecond(time).ok()).for_each(&mut see);
    }
    for span in &recording.spans {
        for nanos in [span.start_nanos, span.end_nanos] {
            Timestamp::from_nanosecond(i128::from(nanos)).into_iter().for_each(&mut see);
        }
    }
    // The end is the first instant behind.
    let to = last?.checked_add(jiff::SignedDuration::from_millis(1)).ok()?;
    Some(Window { from: first?, to })
}
