//! Tail: the slowest requests take longer while the mean is as usual. Few requests suffer, and those badly.

use std::collections::BTreeMap;

use nightjar_incident::{Direction, ObservationKind, Signal, Statistic, amount, signal};
use nightjar_series::screen::may_rise;
use nightjar_series::season::{Season, at_the_hour};
use nightjar_series::shift::shift_with;

use super::{About, Draft, View, between};
use crate::excess::{Excess, Kind};
use crate::graph::Node;
use crate::ledger::{Measured, Place, place_of};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "tail",
    kind: ObservationKind::Tail,
    measured: "recorded 95th and 99th percentiles of latency, where the mean is as usual",
    unit: "s",
    thresholds: &[limit::GAUGE_Z, limit::TAIL_FACTOR, limit::TAIL_REQUESTS],
    method: "robust shift of the quantile, only where enough requests lie beyond it",
    reason: "what one request in a hundred waits for drowns in the mean, and a page of many calls meets it nearly always (Dean and Barroso, \"The Tail at Scale\", CACM 2013)",
    means: "some requests wait for something the others don't: one replica, one shard, a lock, a collector, a retry",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some((ledger, graph)) = view.requests else { return Vec::new() };
    let nodes: BTreeMap<&Place, &Node> =
        graph.nodes.iter().map(|node| (&node.place, node)).collect();
    let mut found: BTreeMap<Place, Draft> = BTreeMap::new();
    for measured in view.columns.iter().filter(|measured| measured.signal == Signal::Latency) {
        let Some(beyond) = beyond(measured.series.statistic) else { continue };
        let Some(place) = place_of(measured.series).filter(|_| !signal::failed(measured.series))
        else {
            continue;
        };
        let Some(node) = nodes.get(&place) else { continue };
        // Where the mean moved, the mean tells.
        let mean = node.excess(Kind::Time).filter(|mean| mean.known);
        let Some(table) = node.table(ledger).filter(|table| table.counted) else { continue };
        let requests: f64 =
            table.requests.get(ledger.window.clone()).unwrap_or_default().iter().sum();
        if mean.is_none_or(|mean| mean.z() >= limit::SYMPTOM_Z.value)
            || requests * beyond < limit::TAIL_REQUESTS.value
        {
            continue;
        }
        let louder = |draft: &Draft| found.get(&place).is_none_or(|known| draft.z > known.z);
        if let Some(draft) = rises(view, measured, &place, mean).filter(louder) {
            found.insert(place, draft);
        }
    }
    found.into_values().collect()
}

/// The share of the requests that lie beyond a quantile of the tail.
fn beyond(statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::P95 => Some(0.05),
        Statistic::P99 => Some(0.01),
        Statistic::Last
        | Statistic::Sum
        | Statistic::Count
        | Statistic::Mean
        | Statistic::Max
        | Statistic::P50
        | Statistic::P90 => None,
    }
}

fn rises(
    view: &View<'_>,
    measured: &Measured<'_>,
    place: &Place,
    mean: Option<&Excess>,
) -> Option<Draft> {
    let &Measured { piece, series, .. } = measured;
    let cut = |window: nightjar_incident::Window| {
        series.column.between(window.from.as_millisecond(), window.to.as_millisecond())
    };
    let (before, during) = (cut(view.reference), cut(view.window));
    // What is within the range of all hours is no news to anybody, whatever the hour.
    if !may_rise(before.values(), during.values(), limit::GAUGE_Z.value) {
        return None;
    }
    let season = Season::of(before.times(), before.values());
    let last = view.window.to.as_millisecond();
    let reference = at_the_hour(season.as_ref(), before.times(), before.values(), last);
    let window = at_the_hour(season.as_ref(), during.times(), during.values(), last);
    if !may_rise(&reference, &window, limit::GAUGE_Z.value) {
        return None;
    }
    let floor = |usual: f64| limit::LATENCY_FLOOR.value * usual;
    let shift = shift_with(&reference, &window, floor)?;
    if shift.z < limit::GAUGE_Z.value || shift.seen < limit::TAIL_FACTOR.value * shift.usual {
        return None;
    }
    let first = during.times().get(shift.first).copied();
    let previous = shift.first.checked_sub(1).and_then(|n| during.times().get(n));
    let previous = previous.or(before.times().last()).copied();
    let (entity, peer) = match place {
        Place::Entity(id) => (id.clone(), None),
        Place::Edge { from, to } => (from.clone(), Some(to.clone())),
    };
    let whom = peer.as_ref().map_or(String::new(), |peer| format!(" calling `{peer}`"));
    let mean = mean.map_or(String::new(), |mean| {
        format!("; the mean of {} is as usual", amount(mean.usual, "s"))
    });
    Some(Draft {
        summary: format!(
            "the slowest requests of `{entity}`{whom} ({}) take {} instead of {}{mean}",
            series.statistic.label(),
            amount(shift.seen, "s"),
            amount(shift.usual, "s")
        ),
        entity,
        peer,
        kind: ObservationKind::Tail,
        signal: Some(Signal::Latency),
        stated: None,
        direction: Direction::Up,
        onset: first.and_then(|first| between(previous, first)),
        usual: shift.usual,
        seen: shift.seen,
        unit: "s".to_owned(),
        z: shift.z,
        evidence: vec![piece.id.clone()],
    })
}
