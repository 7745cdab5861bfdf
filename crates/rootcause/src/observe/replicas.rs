//! Replicas: fewer ready than wanted, pods that wait, hosts that aren't ready; and the notable calm
//! when all that is wanted is there.

use std::collections::BTreeMap;

use nightjar_incident::{
    Direction, EvidenceId, MetricSeries, ObservationKind, Signal, amount, signal,
};
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::ledger::metrics;

/// The levels of one entity as last told, with where they come from.
#[derive(Default)]
struct Told<'a> {
    by_signal: BTreeMap<Signal, (&'a MetricSeries, f64)>,
    evidence: Option<EvidenceId>,
}

impl Told<'_> {
    fn level(&self, signal: Signal) -> Option<f64> {
        self.by_signal.get(&signal).map(|(_, level)| *level)
    }
}

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "replicas",
    kind: ObservationKind::Replicas,
    measured: "replicas, pods and hosts ready against those wanted",
    unit: "1",
    thresholds: &[],
    method: "comparison; no test. All there is a notably normal fact",
    reason: "the platform knows what should run",
    means: "capacity is missing, or starts do not succeed",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    const SIGNALS: [Signal; 5] = [
        Signal::ReplicasWanted,
        Signal::ReplicasAvailable,
        Signal::PodsPending,
        Signal::Ready,
        Signal::HostReady,
    ];
    let mut told: BTreeMap<&EntityId, Told<'_>> = BTreeMap::new();
    for (piece, series) in metrics(view.case.evidence) {
        let signal = signal::of(series);
        if !SIGNALS.contains(&signal) {
            continue;
        }
        let until = series.column.between(i64::MIN, view.case.now.as_millisecond() + 1);
        let Some(level) = until.values().iter().rev().find(|v| v.is_finite()) else { continue };
        let entry = told.entry(&series.entity).or_default();
        entry.evidence.get_or_insert_with(|| piece.id.clone());
        // Of several containers, the one that isn't ready counts.
        let known = entry.by_signal.entry(signal).or_insert((series, *level));
        let worse = if signal == Signal::PodsPending { *level > known.1 } else { *level < known.1 };
        if worse {
            *known = (series, *level);
        }
    }
    told.into_iter().filter_map(|(entity, told)| draft(entity, &told)).collect()
}

fn draft(entity: &EntityId, told: &Told<'_>) -> Option<Draft> {
    let wanted = told.level(Signal::ReplicasWanted);
    let available = told.level(Signal::ReplicasAvailable);
    let (signal, direction, usual, seen, summary) = match (wanted, available) {
        (Some(wanted), Some(available)) if available < wanted => (
            Signal::ReplicasAvailable,
            Direction::Down,
            wanted,
            available,
            format!(
                "{} of {} replicas wanted of `{entity}` are available",
                amount(available, "1"),
                amount(wanted, "1")
            ),
        ),
        (Some(wanted), Some(available)) => (
            Signal::ReplicasAvailable,
            Direction::Steady,
            wanted,
            available,
            format!("all {} replicas wanted of `{entity}` are available", amount(wanted, "1")),
        ),
        (Some(_) | None, _) => single(entity, told)?,
    };
    let onset = told.by_signal.get(&signal).and_then(|(series, level)| since(series, *level));
    Some(Draft {
        entity: entity.clone(),
        peer: None,
        kind: ObservationKind::Replicas,
        signal: Some(signal),
        stated: None,
        direction,
        onset: onset.filter(|_| direction != Direction::Steady),
        usual,
        seen,
        unit: "1".to_owned(),
        z: if direction == Direction::Steady { 0.0 } else { (usual - seen).abs().max(1.0) * 4.0 },
        summary,
        evidence: told.evidence.iter().cloned().collect(),
    })
}

/// What a pod or a host tells of itself.
fn single(entity: &EntityId, told: &Told<'_>) -> Option<(Signal, Direction, f64, f64, String)> {
    let pending = told.level(Signal::PodsPending).filter(|pending| *pending > 0.0);
    if let Some(pending) = pending {
        let count = amount(pending, "1");
        let summary = format!("{count} pods of `{entity}` wait to run");
        return Some((Signal::PodsPending, Direction::Up, 0.0, pending, summary));
    }
    for (signal, what) in [(Signal::Ready, "ready"), (Signal::HostReady, "a ready host")] {
        if let Some(level) = told.level(signal) {
            let (direction, word) =
                if level < 1.0 { (Direction::Down, "isn't") } else { (Direction::Steady, "is") };
            let summary = format!("`{entity}` {word} {what}");
            return Some((signal, direction, 1.0, level, summary));
        }
    }
    None
}

/// Since when the last level holds.
fn since(series: &MetricSeries, level: f64) -> Option<nightjar_incident::Onset> {
    let samples: Vec<(i64, f64)> = series.column.samples().filter(|(_, v)| v.is_finite()).collect();
    let same = |value: f64| (value - level).abs() < 0.5;
    let run = samples.iter().rev().take_while(|(_, value)| same(*value)).count();
    let first = samples.len().checked_sub(run)?;
    let before = first.checked_sub(1).and_then(|n| samples.get(n)).map(|(at, _)| *at);
    between(before, samples.get(first)?.0)
}
