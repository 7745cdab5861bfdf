//! Error bursts: minutes in which an entity logs errors many times as often as usual, whatever they say.

use std::collections::BTreeMap;

use nightjar_incident::{Content, Direction, EvidenceId, LogSeverity, ObservationKind, amount};
use nightjar_series::burst::bursts;
use nightjar_series::count::poisson_z;
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "error-burst",
    kind: ObservationKind::Burst,
    measured: "lines of severity error and above of an entity by the minute, against the minutes before the window",
    unit: "{line}/min",
    thresholds: &[limit::LOG_Z, limit::FEW_CALLS, limit::LINES_IN_BUNCHES, limit::SHORT_RECORD],
    method: "two-state automaton on Poisson counts (Kleinberg, \"Bursty and hierarchical structure in streams\", DMKD 2003); signed root of the deviance of the whole burst",
    reason: "errors of many kinds at once hide in counts by template; a burst has a beginning and an end",
    means: "when the trouble began and ended by the program's own account, and whether it goes on",
}];

const MINUTE: i64 = 60_000;
/// Minutes looked at: further back only the mean rate counts.
const MINUTES: i64 = 120;

/// Error lines of an entity.
struct Lines<'a> {
    /// Times in Unix milliseconds.
    times: Vec<i64>,
    evidence: &'a EvidenceId,
}

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut lines: BTreeMap<&EntityId, Lines<'_>> = BTreeMap::new();
    let mut earliest = i64::MAX;
    for piece in view.case.evidence {
        let Content::Logs(records) = &piece.content else { continue };
        for record in records.iter().filter(|record| record.at <= view.case.now) {
            let at = record.at.as_millisecond();
            earliest = earliest.min(at);
            if record.severity >= LogSeverity::Error {
                let new = || Lines { times: Vec::new(), evidence: &piece.id };
                lines.entry(&record.entity).or_insert_with(new).times.push(at);
            }
        }
    }
    lines
        .into_iter()
        .filter_map(|(entity, lines)| loudest(view, entity, &lines, earliest))
        .collect()
}

/// The largest burst that reaches into the window.
fn loudest(view: &View<'_>, entity: &EntityId, lines: &Lines<'_>, earliest: i64) -> Option<Draft> {
    let (from, now) = (view.window.from.as_millisecond(), view.case.now.as_millisecond());
    let recorded = from.saturating_sub(earliest) / MINUTE;
    if (recorded as f64) < limit::SHORT_RECORD.value {
        return None;
    }
    let before = lines.times.iter().filter(|at| **at < from).count() as f64;
    // Half a line more: none seen isn't proof of none.
    let usual = (before + 0.5) / recorded as f64;
    let start = now.saturating_sub(MINUTES * MINUTE).max(earliest);
    let bins = usize::try_from((now - start) / MINUTE + 1).ok()?;
    let mut counts = vec![0.0; bins];
    for at in lines.times.iter().filter(|at| **at >= start) {
        let bin = usize::try_from((at - start) / MINUTE).ok()?;
        if let Some(count) = counts.get_mut(bin) {
            *count += 1.0;
        }
    }
    let time = |bin: usize| start + MINUTE * i64::try_from(bin).unwrap_or(0);
    let burst = |bins: std::ops::Range<usize>| {
        let count: f64 = counts.get(bins.clone()).unwrap_or_default().iter().sum();
        let minutes = bins.len() as f64;
        let z = poisson_z(count, usual * minutes, limit::LINES_IN_BUNCHES.value);
        (z, count, minutes, bins)
    };
    let (z, count, minutes, bins) = bursts(&counts, usual)
        .into_iter()
        .filter(|bins| time(bins.end) > from)
        .map(burst)
        .filter(|(z, count, ..)| *z >= limit::LOG_Z.value && *count >= limit::FEW_CALLS.value)
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let goes_on = time(bins.end) >= now;
    let until = if goes_on { "and goes on" } else { "and is over" };
    let earlier = bins.start.checked_sub(1).map(time);
    Some(Draft {
        entity: entity.clone(),
        peer: None,
        kind: ObservationKind::Burst,
        signal: None,
        stated: None,
        direction: if before > 0.0 { Direction::Up } else { Direction::Appeared },
        onset: between(earlier, time(bins.start)),
        usual,
        seen: count / minutes,
        unit: "{line}/min".to_owned(),
        z,
        summary: format!(
            "`{entity}` logs {} errors a minute, usually {}: the burst lasts {} {until}",
            amount(count / minutes, "1"),
            amount(before / recorded as f64, "1"),
            amount(minutes, "{minute}")
        ),
        evidence: vec![lines.evidence.clone()],
    })
}
