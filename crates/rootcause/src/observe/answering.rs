//! Answering: who watches an entity gets no answer from it any more, or not from all its instances.

use std::collections::BTreeSet;

use nightjar_incident::{Direction, ObservationKind, Signal, amount};
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::ledger::Measured;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "answering",
    kind: ObservationKind::Missing,
    measured: "the share of its instances that answer whoever watches it",
    unit: "1",
    thresholds: &[limit::SILENT_STEPS],
    method: "silence in samples; no test",
    reason: "a target that was down all the time is a forgotten one, and one lost sample is none",
    means: "the process is gone, or the way to it: who calls it knows which",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let watched = view.columns.iter().filter(|measured| measured.signal == Signal::Up);
    watched.filter_map(|measured| silence(view, measured)).collect()
}

/// Who doesn't answer at all.
pub(super) fn silent(view: &View<'_>) -> BTreeSet<EntityId> {
    let silent = observe(view).into_iter().filter(|draft| draft.kind == ObservationKind::Missing);
    silent.map(|draft| draft.entity).collect()
}

fn silence(view: &View<'_>, measured: &Measured<'_>) -> Option<Draft> {
    let Measured { piece, series, signal } = measured;
    let entity = &series.entity;
    let to = view.window.to.as_millisecond();
    let known = series.column.between(i64::MIN, to);
    let samples: Vec<(i64, f64)> = known.samples().filter(|(_, share)| share.is_finite()).collect();
    let usual = samples.iter().map(|(_, share)| *share).fold(0.0, f64::max);
    let is_less = |share: f64| share < usual - 1e-6;
    let (_, last) = samples.last().copied()?;
    // From the first of the samples in which it wasn't all there again in between for longer than a sample.
    let mut run = 0;
    let mut there = 0;
    for (back, (_, share)) in samples.iter().rev().enumerate() {
        there = if is_less(*share) { 0 } else { there + 1 };
        if there > 1 {
            break;
        }
        if there == 0 {
            run = back + 1;
        }
    }
    let first = samples.len().checked_sub(run)?;
    let (since, _) = samples.get(first).copied()?;
    let lately = since >= view.window.from.as_millisecond();
    let lasts = run as f64 >= limit::SILENT_STEPS.value;
    if !(is_less(last) && lately && lasts) {
        return None;
    }
    let before = first.checked_sub(1).and_then(|before| samples.get(before)).map(|(at, _)| *at);
    let is_silent = last <= 0.0;
    let summary = if is_silent {
        format!("`{entity}` doesn't answer whoever watches it (`{}` is 0)", series.name)
    } else {
        let share = |share: f64| amount(100.0 * share, "%");
        format!("{} of the instances of `{entity}` answer, usually {}", share(last), share(usual))
    };
    Some(Draft {
        entity: entity.clone(),
        peer: None,
        kind: if is_silent { ObservationKind::Missing } else { ObservationKind::Replicas },
        signal: Some(*signal),
        stated: None,
        direction: if is_silent { Direction::Vanished } else { Direction::Down },
        onset: between(before, since),
        usual,
        seen: last,
        unit: "1".to_owned(),
        z: run as f64,
        summary,
        evidence: vec![piece.id.clone()],
    })
}
