//! Locks: sessions that wait for each other, and deadlocks.

use nightjar_incident::{Direction, ObservationKind, Signal, Statistic, amount, signal};

use super::about::COUNT;
use super::disk::{draft, rises};
use super::gauge::moved;
use super::{About, Draft, View, between};
use crate::ledger::metrics;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "lock-waits",
        kind: ObservationKind::Locks,
        measured: "sessions that hold or await locks",
        unit: "{session}",
        thresholds: &[limit::LOCKS_FACTOR],
        method: COUNT,
        reason: "short waits are part of any transaction",
        means: "somebody holds a lock too long",
    },
    About {
        id: "deadlocks",
        kind: ObservationKind::Locks,
        measured: "deadlocks within the window",
        unit: "{deadlock}",
        thresholds: &[limit::DEADLOCK_Z],
        method: "count against the rate of the reference (Poisson, normal approximation)",
        reason: "deadlocks are rare where order is kept",
        means: "two pieces of work take the same locks in different order",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut found: Vec<Draft> = moved(view, &[Signal::LockWaits], |usual| usual.max(1.0).sqrt())
        .filter(|moved| rises(moved, limit::LOCKS_FACTOR.value))
        .map(|moved| {
            let summary = format!(
                "{} locks are held or awaited in `{}`, usually {}",
                amount(moved.shift.seen, "1"),
                moved.series.entity,
                amount(moved.shift.usual, "1")
            );
            draft(&moved, ObservationKind::Locks, "{session}", summary)
        })
        .collect();
    found.extend(deadlocks(view));
    found
}

/// Deadlocks are counted, whether as a total or by interval.
fn deadlocks(view: &View<'_>) -> Vec<Draft> {
    let (from, to) = (view.window.from.as_millisecond(), view.window.to.as_millisecond());
    let mut found = Vec::new();
    for (piece, series) in metrics(view.case.evidence) {
        if signal::of(series) != Signal::Deadlocks {
            continue;
        }
        let counts = match series.statistic {
            Statistic::Last => series.column.increases(),
            _ => series.column.clone(),
        };
        let (before, during) = (counts.between(i64::MIN, from), counts.between(from, to));
        let sum = |column: &nightjar_series::Column| -> f64 {
            column.values().iter().filter(|v| v.is_finite()).sum()
        };
        let usual = sum(&before) * during.len() as f64 / before.len().max(1) as f64;
        let seen = sum(&during);
        let z = (seen - usual) / usual.max(0.1).sqrt();
        let first = during.samples().find(|(_, v)| *v > 0.0).map(|(at, _)| at);
        let Some(first) = first.filter(|_| z >= limit::DEADLOCK_Z.value) else { continue };
        let entity = &series.entity;
        found.push(Draft {
            entity: entity.clone(),
            peer: None,
            kind: ObservationKind::Locks,
            signal: Some(Signal::Deadlocks),
            stated: None,
            direction: Direction::Up,
            onset: between(None, first),
            usual,
            seen,
            unit: "{deadlock}".to_owned(),
            z,
            summary: format!(
                "{} deadlocks in `{entity}`, in as much time usually {}",
                amount(seen, "1"),
                amount(usual, "1")
            ),
            evidence: vec![piece.id.clone()],
        });
    }
    found
}
