//! Traffic: many more, or many fewer, requests than usual, counted where they are answered.

use nightjar_incident::{Direction, ObservationKind, Signal, amount};
use nightjar_series::count::poisson_z;
use nightjar_series::screen::{may_fall, may_rise};
use nightjar_series::season::{Season, at_the_hour};
use nightjar_series::shift::shift_with;

use super::{About, Draft, View, between};
use crate::ledger::Place;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "traffic",
    kind: ObservationKind::Traffic,
    measured: "requests that a place answers, against its own past",
    unit: "{request}",
    thresholds: &[limit::TRAFFIC_Z, limit::TRAFFIC_RATIO],
    method: "robust shift of a count, from what is usual at the hour (`series/src/season.rs`), and signed root of the deviance of a Poisson count (Pierce and Schafer, JASA 1986), so that a handful of requests tells nothing",
    reason: "counted where they are answered, traffic needs no sampling",
    means: "more than was planned for comes in, or callers stay away",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some((ledger, graph)) = view.requests else { return Vec::new() };
    let mut found = Vec::new();
    let last = ledger.rows.last().copied().unwrap_or(0);
    for node in &graph.nodes {
        let Place::Entity(entity) = &node.place else { continue };
        let Some(table) = node.table(ledger).filter(|table| table.counted) else {
            continue;
        };
        let cut =
            |rows: &std::ops::Range<usize>| table.requests.get(rows.clone()).unwrap_or_default();
        let (reference, window) = (cut(&ledger.reference), cut(&ledger.window));
        // As many requests as at the peak of a usual day strain nobody, whatever the hour.
        let least = limit::TRAFFIC_Z.value;
        let moves = |reference: &[f64], window: &[f64]| {
            may_rise(reference, window, least) || may_fall(reference, window, least)
        };
        if !moves(reference, window) {
            continue;
        }
        let times =
            |rows: &std::ops::Range<usize>| ledger.rows.get(rows.clone()).unwrap_or_default();
        let season = Season::of(times(&ledger.reference), reference);
        let level = |rows, values| at_the_hour(season.as_ref(), times(rows), values, last);
        let (reference, window) =
            (&*level(&ledger.reference, reference), &*level(&ledger.window, window));
        if !moves(reference, window) {
            continue;
        }
        // Counting noise is the least that traffic swings by.
        let noise = |usual: f64| usual.max(1.0).sqrt();
        let Some(shift) = shift_with(reference, window, noise) else { continue };
        let ratio = shift.seen / shift.usual.max(1.0);
        let grew = shift.z >= limit::TRAFFIC_Z.value && ratio >= limit::TRAFFIC_RATIO.value;
        let fell = shift.z <= -limit::TRAFFIC_Z.value && ratio <= 1.0 / limit::TRAFFIC_RATIO.value;
        // Of a handful of requests the root is no standard deviation; nothing follows from them.
        let by_count = poisson_z(shift.seen.max(0.0), shift.usual.max(0.5), 1.0);
        if !(grew || fell) || by_count.abs() < limit::TRAFFIC_Z.value {
            continue;
        }
        let first = ledger.window.start + shift.first;
        let onset = ledger.rows.get(first).and_then(|&at| {
            between(first.checked_sub(1).and_then(|row| ledger.rows.get(row)).copied(), at)
        });
        let minutes = ledger.step as f64 / 60_000.0;
        found.push(Draft {
            entity: entity.clone(),
            peer: None,
            kind: ObservationKind::Traffic,
            signal: Some(Signal::Requests),
            stated: None,
            direction: if grew { Direction::Up } else { Direction::Down },
            onset,
            usual: shift.usual,
            seen: shift.seen,
            unit: "{request}".to_owned(),
            z: shift.z.abs(),
            summary: format!(
                "`{entity}` gets {} requests a minute, usually {}",
                amount((shift.seen / minutes).round(), "1"),
                amount((shift.usual / minutes).round(), "1")
            ),
            evidence: table.evidence.clone(),
        });
    }
    found
}
