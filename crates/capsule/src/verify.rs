//! Looking a capsule through without using it.

use std::path::Path;

use nightjar_incident::{Recording, Window, journal};
use serde::Serialize;

use crate::limits::Limits;
use crate::read::read;
use crate::read_result;

/// What is in a capsule, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// The time it covers.
    pub window: Option<Window>,
    /// Where the telemetry comes from.
    pub sources: Vec<String>,
    /// What was redacted.
    pub redacted: Vec<String>,
    /// Entities of the topology.
    pub entities: usize,
    /// Relations of the topology.
    pub relations: usize,
    /// Alert messages.
    pub alerts: usize,
    /// Changes.
    pub changes: usize,
    /// Metric columns.
    pub series: usize,
    /// Samples in them.
    pub samples: usize,
    /// Log lines.
    pub log_lines: usize,
    /// Spans.
    pub spans: usize,
    /// Whether the truth is known.
    pub has_expectation: bool,
    /// Entries of the journal of a kept result, if there is one.
    pub journal_entries: Option<usize>,
    /// What had to be mended or set aside.
    pub notes: Vec<String>,
    /// What makes it unusable.
    pub errors: Vec<String>,
}

impl Report {
    /// What a recording holds.
    pub(crate) fn of(recording: &Recording) -> Self {
        Self {
            name: recording.name.clone(),
            window: recording.window,
            sources: recording.sources.clone(),
            redacted: recording.redacted.clone(),
            entities: recording.topology.len(),
            relations: recording.topology.relations().count(),
            alerts: recording.alerts.len(),
            changes: recording.changes.len(),
            series: recording.metrics.len(),
            samples: recording.metrics.iter().map(|series| series.column.len()).sum(),
            log_lines: recording.logs.len(),
            spans: recording.spans.len(),
            has_expectation: recording.expect.is_some(),
            journal_entries: None,
            notes: recording.notes.clone(),
            errors: Vec::new(),
        }
    }

    /// Whether it can be used; notes don't speak against it.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Reads a capsule through and says what is in it and what is wrong with it; the journal of a kept
/// result is checked against its hashes.
pub fn verify(folder: &Path, limits: &Limits) -> Report {
    let mut report = match read(folder, limits) {
        Ok(recording) => Report::of(&recording),
        Err(error) => return Report { errors: vec![error.to_string()], ..Report::default() },
    };
    match read_result(folder, limits) {
        Ok(None) => {}
        Ok(Some(outcome)) => {
            report.journal_entries = Some(outcome.journal.len());
            if let Err(fault) = journal::verify(&outcome.journal) {
                report.errors.push(format!("result/journal.jsonl: {fault}"));
            }
        }
        Err(error) => report.errors.push(error.to_string()),
    }
    report
}
