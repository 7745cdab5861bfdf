//! Missing: telemetry that used to come and stopped, which isn't the same as good news.

use std::collections::BTreeSet;

use nightjar_incident::{Direction, ObservationKind};

use super::{About, Draft, View, between};
use crate::ledger::Measured;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "missing",
    kind: ObservationKind::Missing,
    measured: "samples that used to come and stopped",
    unit: "{sample}",
    thresholds: &[limit::STEADY_SHARE, limit::SILENT_STEPS],
    method: "silence in usual distances of samples; no test",
    reason: "only what came regularly can be missed",
    means: "nothing is known any longer: the entity, its agent or the way to the store is down",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let (from, to) = (view.window.from.as_millisecond(), view.window.to.as_millisecond());
    // When anything at all was last recorded: a recording that ends early is not an outage.
    let horizon = view
        .columns
        .iter()
        .filter_map(|measured| measured.series.column.between(i64::MIN, to).times().last().copied())
        .max();
    let Some(horizon) = horizon else { return Vec::new() };
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for &Measured { piece, series, signal } in view.columns {
        let Some(step) = series.column.step() else { continue };
        let past = series.column.between(from.saturating_sub(step.saturating_mul(60)), from);
        let present = |column: &nightjar_series::Column| {
            column.values().iter().filter(|v| !v.is_nan()).count()
        };
        let steady = present(&past) as f64 >= limit::STEADY_SHARE.value * 60.0;
        let recent = series.column.between(from, to);
        let last = past.samples().chain(recent.samples()).rev().find(|(_, v)| !v.is_nan());
        let Some((last, _)) = last else { continue };
        // It must have come until about the window, or it stopped long before the incident.
        let lately = last >= from.saturating_sub(step.saturating_mul(2));
        let silence = horizon.saturating_sub(last) as f64;
        let silent = lately && silence >= limit::SILENT_STEPS.value * step as f64;
        if !(steady && silent && told.insert((&series.entity, &series.peer))) {
            continue;
        }
        found.push(Draft {
            entity: series.entity.clone(),
            peer: series.peer.clone(),
            kind: ObservationKind::Missing,
            signal: Some(signal),
            stated: None,
            direction: Direction::Vanished,
            onset: between(Some(last), last.saturating_add(step)),
            usual: 1.0,
            seen: 0.0,
            unit: "{sample}".to_owned(),
            z: silence / step as f64,
            summary: format!("`{}` of `{}` stopped coming", series.name, series.entity),
            evidence: vec![piece.id.clone()],
        });
    }
    found
}
