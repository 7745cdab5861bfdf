//! What is dated, as lines: who waits since when, what runs since when, what was slow when.

use jiff::Timestamp;
use nightjar_incident::{LogRecord, LogSeverity};
use nightjar_topology::EntityId;

/// A line about something that a database tells; not a line of its log, and it says so: it begins with the name
/// of the view that it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) severity: LogSeverity,
    pub(crate) body: String,
}

/// Lines of one database.
#[derive(Debug, Default)]
pub(crate) struct Lines(Vec<Line>);

impl Lines {
    /// Adds a line, where its time is known and within the window.
    pub(crate) fn add(&mut self, at: Option<Timestamp>, severity: LogSeverity, body: String) {
        self.0.extend(at.map(|at| Line { at, severity, body }));
    }

    /// In the order of time; of too many the latest, with a word about the others.
    pub(crate) fn finish(
        mut self,
        entity: &EntityId,
        limit: usize,
    ) -> (Vec<LogRecord>, Option<String>) {
        self.0.sort_by(|a, b| (a.at, &a.body).cmp(&(b.at, &b.body)));
        let over = self.0.len().saturating_sub(limit);
        let cut =
            (over > 0).then(|| format!("cut here: the latest {limit} of {} lines", self.0.len()));
        let lines = self.0.into_iter().skip(over).map(|line| LogRecord {
            at: line.at,
            entity: entity.clone(),
            severity: line.severity,
            body: line.body,
            trace_id: None,
            span_id: None,
        });
        (lines.collect(), cut)
    }
}

/// Text from outside within a line: in quotes that it can't leave, without what a terminal would act on.
pub(crate) fn quoted(text: &str) -> String {
    let clean = |letter: char| match letter {
        '"' => '\'',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    let kept: String = text.chars().take(300).map(clean).collect();
    format!("\"{kept}\"")
}
