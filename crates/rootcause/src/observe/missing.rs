//! Missing: telemetry that used to come and stopped, which isn't the same as good news.

use std::collections::BTreeSet;

use nightjar_incident::{Direction, ObservationKind, signal};

use super::{Draft, View, between};
use crate::ledger::metrics;
use crate::thresholds as limit;

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let (from, to) = (view.window.from.as_millisecond(), view.window.to.as_millisecond());
    // When anything at all was last recorded: a recording that ends early is not an outage.
    let horizon = metrics(view.case.evidence)
        .filter_map(|(_, series)| series.column.times().iter().rev().find(|&&at| at < to))
        .max();
    let Some(&horizon) = horizon else { return Vec::new() };
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for (piece, series) in metrics(view.case.evidence) {
        let Some(step) = series.column.step() else { continue };
        let past = series.column.between(from - 60 * step, from);
        let present = |column: &nightjar_series::Column| {
            column.values().iter().filter(|v| !v.is_nan()).count()
        };
        let steady = present(&past) as f64 >= limit::STEADY_SHARE.value * 60.0;
        let recent = series.column.between(from, to);
        let last = recent.samples().chain(past.samples()).filter(|(_, v)| !v.is_nan());
        let Some(last) = last.map(|(at, _)| at).max() else { continue };
        // It must have come until about the window, or it stopped long before the incident.
        let lately = last >= from - 2 * step;
        let silent = lately && (horizon - last) as f64 >= limit::SILENT_STEPS.value * step as f64;
        let place = (series.entity.clone(), series.peer.clone());
        if !(steady && silent && told.insert(place)) {
            continue;
        }
        found.push(Draft {
            entity: series.entity.clone(),
            peer: series.peer.clone(),
            kind: ObservationKind::Missing,
            signal: Some(signal::of(series)),
            stated: None,
            direction: Direction::Vanished,
            onset: between(Some(last), last + step),
            usual: 1.0,
            seen: 0.0,
            unit: "{sample}".to_owned(),
            z: (horizon - last) as f64 / step as f64,
            summary: format!("`{}` of `{}` stopped coming", series.name, series.entity),
            evidence: vec![piece.id.clone()],
        });
    }
    found
}
