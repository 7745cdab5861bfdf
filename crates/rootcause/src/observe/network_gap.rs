//! Network gap: what a caller waits for an answer beyond what the callee takes to give it.

use std::collections::BTreeMap;

use nightjar_incident::{
    Direction, EvidenceId, MetricSeries, ObservationKind, Signal, Statistic, amount, signal,
};
use nightjar_series::Column;
use nightjar_series::robust::median;
use nightjar_series::screen::may_rise;
use nightjar_series::shift::shift_with;
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::ledger::Measured;
use crate::thresholds as limit;

/// The two sides of an edge: what `from` sees of `to`, and what `to` says of itself.
#[derive(Default)]
struct Sides<'a> {
    caller: BTreeMap<Statistic, (&'a MetricSeries, &'a EvidenceId)>,
    callee: BTreeMap<Statistic, (&'a MetricSeries, &'a EvidenceId)>,
}

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "network-gap",
    kind: ObservationKind::NetworkGap,
    measured: "what a caller waits beyond what the callee takes",
    unit: "s",
    thresholds: &[limit::GAUGE_Z, limit::GAP_SHARE, limit::GAP_DRIFT, limit::GAP_FLOOR],
    method: "robust shift of the difference of both sides",
    reason: "both sides slow down when the callee does; only the difference tells of the way",
    means: "time is lost on the way: network, proxy, name lookup, waiting to be accepted",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut edges: BTreeMap<(EntityId, EntityId), Sides<'_>> = BTreeMap::new();
    let mut own: BTreeMap<EntityId, BTreeMap<Statistic, (&MetricSeries, &EvidenceId)>> =
        BTreeMap::new();
    for &Measured { piece, series, signal } in view.columns {
        // Failed requests end early or at a time-out; the successful ones show the way.
        if signal != Signal::Latency || signal::failed(series) {
            continue;
        }
        let entry = (series, &piece.id);
        match (&series.peer, series.name.contains("client")) {
            (Some(peer), true) => {
                let key = (series.entity.clone(), peer.clone());
                edges.entry(key).or_default().caller.insert(series.statistic, entry);
            }
            (Some(peer), false) => {
                let key = (peer.clone(), series.entity.clone());
                edges.entry(key).or_default().callee.insert(series.statistic, entry);
            }
            (None, false) => {
                own.entry(series.entity.clone()).or_default().insert(series.statistic, entry);
            }
            (None, true) => {}
        }
    }
    let mut found = Vec::new();
    for ((from, to), sides) in edges {
        let told_apart = &sides.callee;
        let callee = if told_apart.is_empty() { own.get(&to) } else { Some(told_apart) };
        let Some(callee) = callee else { continue };
        let shared = [Statistic::Mean, Statistic::P50, Statistic::P90, Statistic::P95]
            .into_iter()
            .find_map(|s| Some((sides.caller.get(&s)?, callee.get(&s)?)));
        let Some(((caller, a), (callee, b))) = shared else { continue };
        let gap = difference(&caller.column, &callee.column);
        let cut = |window: nightjar_incident::Window| {
            gap.between(window.from.as_millisecond(), window.to.as_millisecond())
        };
        let (reference, window) = (cut(view.reference), cut(view.window));
        if !may_rise(reference.values(), window.values(), limit::GAUGE_Z.value) {
            continue;
        }
        // Both sides drift, each a little for itself: a small difference of large numbers.
        let answer = median(callee.column.values());
        let least = limit::GAP_FLOOR.value.max(limit::GAP_DRIFT.value * answer);
        let floor = |usual: f64| least.max(limit::GAP_SHARE.value * usual.abs());
        let shift = shift_with(reference.values(), window.values(), floor);
        let Some(shift) = shift else { continue };
        if shift.z < limit::GAUGE_Z.value {
            continue;
        }
        let first = window.times().get(shift.first).copied();
        let before = shift.first.checked_sub(1).and_then(|n| window.times().get(n)).copied();
        found.push(Draft {
            entity: to.clone(),
            peer: Some(from.clone()),
            kind: ObservationKind::NetworkGap,
            signal: Some(Signal::Latency),
            stated: None,
            direction: Direction::Up,
            onset: first.and_then(|first| between(before, first)),
            usual: shift.usual,
            seen: shift.seen,
            unit: "s".to_owned(),
            z: shift.z,
            summary: format!(
                "`{from}` waits {} longer for `{to}` than `{to}` takes, usually {}",
                amount(shift.seen, "s"),
                amount(shift.usual, "s")
            ),
            evidence: if a == b { vec![(*a).clone()] } else { vec![(*a).clone(), (*b).clone()] },
        });
    }
    found
}

/// Differences of two columns at the times that the first has; the second's sample nearest within
/// half a step counts, of two equally near ones the earlier. One walk over both.
fn difference(caller: &Column, callee: &Column) -> Column {
    let half = caller.step().unwrap_or(0) / 2;
    let mut rest = (callee.times(), callee.values());
    let pairs = caller.samples().filter_map(|(at, value)| {
        let passed = rest.0.iter().take_while(|&&time| time < at.saturating_sub(half)).count();
        rest = (rest.0.get(passed..)?, rest.1.get(passed..)?);
        let near =
            rest.0.iter().zip(rest.1).take_while(|(time, _)| **time <= at.saturating_add(half));
        let nearest = near.min_by_key(|(time, _)| time.abs_diff(at));
        nearest.map(|(_, theirs)| (at, value - theirs))
    });
    Column::from_samples(pairs).0
}
