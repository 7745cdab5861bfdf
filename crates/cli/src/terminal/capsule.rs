//! What a recording holds, at a glance.

use std::collections::BTreeSet;

use nightjar_capsule::Report;
use nightjar_incident::{Recording, Window};
use nightjar_topology::EntityId;

use super::text::{BAD, GOOD, NOTABLE, STRONG, WIDTH, Words, count, heading, moment};

/// Lines about single alerts, changes and notes, before the rest is only counted.
const MOST: usize = 8;

/// Parts of a recording, how much of each there is, and what had to be mended.
pub(crate) fn recording(recording: &Recording) -> String {
    let mut out = heading("CAPSULE", &recording.name);
    if let Some(Window { from, to }) = recording.window {
        out.push_str(&row("window", &format!("{} to {}", moment(from), moment(to))));
    }
    for source in &recording.sources {
        out.push_str(&row("source", source));
    }
    let relations = recording.topology.relations().count();
    let topology = count(recording.topology.len(), "entity");
    out.push_str(&row("topology", &format!("{topology}, {}", count(relations, "relation"))));
    let samples: usize = recording.metrics.iter().map(|series| series.column.len()).sum();
    out.push_str(&row(
        "metrics",
        &format!(
            "{} series, {} of {}",
            recording.metrics.len(),
            count(samples, "sample"),
            seen(&recording.metrics, |m| &m.entity)
        ),
    ));
    out.push_str(&row(
        "logs",
        &format!(
            "{} of {}",
            count(recording.logs.len(), "line"),
            seen(&recording.logs, |line| &line.entity)
        ),
    ));
    out.push_str(&row(
        "traces",
        &format!(
            "{} of {}",
            count(recording.spans.len(), "span"),
            seen(&recording.spans, |span| &span.entity)
        ),
    ));
    out.push_str(&listed("alerts", &recording.alerts, |alert| {
        let provider = alert.provider.as_deref().unwrap_or("unknown sender");
        format!("{} {provider}", moment(alert.received_at))
    }));
    out.push_str(&listed("changes", &recording.changes, |change| {
        format!("{} {}: {}", moment(change.at), change.kind.label(), change.summary)
    }));
    if recording.expect.is_some() {
        out.push_str(&row("expected", "a known result is stored, for evaluation only"));
    }
    out.push_str(&notes(&recording.notes));
    out
}

/// Whether a capsule can be used, what it holds and what is wrong with it.
pub(crate) fn verified(report: &Report) -> String {
    let mut out = String::new();
    if report.is_sound() {
        let mended = if report.notes.is_empty() {
            "nothing had to be mended".to_owned()
        } else {
            format!("{} on what had to be mended or set aside", count(report.notes.len(), "note"))
        };
        let parts = [
            count(report.entities, "entity"),
            count(report.alerts, "alert"),
            count(report.changes, "change"),
            count(report.samples, "sample"),
            count(report.log_lines, "log line"),
            count(report.spans, "span"),
        ];
        let words = Words::new().styled(GOOD, "sound");
        let words = words.plain(&format!(": {}; {mended}", parts.join(", ")));
        out.push_str(&words.flow("", WIDTH));
    } else {
        for error in &report.errors {
            out.push_str(
                &Words::new().styled(BAD, "not sound").plain(": ").plain(error).flow("", WIDTH),
            );
        }
    }
    out.push_str(&notes(&report.notes));
    out
}

/// What had to be mended or set aside.
pub(crate) fn notes(notes: &[String]) -> String {
    let mut out = String::new();
    for (index, note) in notes.iter().take(MOST).enumerate() {
        let label = if index > 0 { "" } else { "notes" };
        out.push_str(&Words::new().styled(NOTABLE, note).flow(&format!("  {label:<10}"), WIDTH));
    }
    let rest = notes.len().saturating_sub(MOST);
    if rest > 0 {
        out.push_str(&row("", &format!("and {rest} more")));
    }
    out
}

fn seen<'a, T>(items: &'a [T], entity: impl Fn(&'a T) -> &'a EntityId) -> String {
    let entities: BTreeSet<&EntityId> = items.iter().map(entity).collect();
    count(entities.len(), "entity")
}

fn listed<T>(label: &str, items: &[T], show: impl Fn(&T) -> String) -> String {
    let mut out = row(label, &items.len().to_string());
    for item in items.iter().take(MOST) {
        out.push_str(&row("", &show(item)));
    }
    let rest = items.len().saturating_sub(MOST);
    if rest > 0 {
        out.push_str(&row("", &format!("and {rest} more")));
    }
    out
}

fn row(label: &str, text: &str) -> String {
    let words = Words::new().styled(STRONG, "").plain(text);
    words.flow(&format!("  {label:<10}"), WIDTH)
}
