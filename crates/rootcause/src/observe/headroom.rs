//! Headroom: a gauge that climbs steadily towards its limit, and how long it takes to get there. What
//! leaks shows hours before it hurts, and then as a step nowhere.

use nightjar_incident::{Direction, MetricSeries, ObservationKind, Signal, amount};
use nightjar_series::trend::Trend;

use super::climb::{Climb, climb};
use super::gauge::latest;
use super::{About, Draft, View};
use crate::ledger::Measured;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "headroom",
    kind: ObservationKind::Headroom,
    measured: "memory, connections, quotas, disk space and burst credit on their way to the limit",
    unit: "1",
    thresholds: &[limit::TREND_Z, limit::TREND_TAU, limit::HEADROOM_RISE, limit::HEADROOM_SOON],
    method: "Mann-Kendall test (1945, 1975) and slope of Theil and Sen (1968) over the last day, six hours or hour and a half; time to full by that slope",
    reason: "a leak is no step, so a comparison of before and after hardly sees it",
    means: "it runs full at the time told, unless somebody frees or restarts something",
}];

/// What a gauge may not pass.
enum Whole {
    /// The level of another signal.
    Told(Signal),
    /// All of it.
    One,
}

/// Gauges with a limit; those of what is left fall towards nothing.
const RISING: &[(Signal, Whole)] = &[
    (Signal::MemoryUsage, Whole::Told(Signal::MemoryLimit)),
    (Signal::MemoryUtilization, Whole::One),
    (Signal::PoolUsage, Whole::Told(Signal::PoolLimit)),
    (Signal::QuotaUsage, Whole::Told(Signal::QuotaLimit)),
    (Signal::DiskUtilization, Whole::One),
];
const FALLING: &[Signal] = &[Signal::DiskFree, Signal::MemoryFree, Signal::BurstCredit];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut found = Vec::new();
    for (signal, whole) in RISING {
        let limits = match whole {
            Whole::Told(limit) => latest(view, *limit),
            Whole::One => std::collections::BTreeMap::new(),
        };
        for measured in view.columns.iter().filter(|measured| measured.signal == *signal) {
            let most = match whole {
                Whole::Told(_) => limits.get(&measured.series.entity).copied(),
                Whole::One => Some(1.0),
            };
            let most = most.filter(|most| *most > 0.0);
            found.extend(most.and_then(|most| climbs(view, measured, most)));
        }
    }
    for signal in FALLING {
        let falling = view.columns.iter().filter(|measured| measured.signal == *signal);
        found.extend(falling.filter_map(|measured| climbs(view, measured, 0.0)));
    }
    found
}

/// A gauge on its way to `end`, if it gets there soon.
fn climbs(view: &View<'_>, measured: &Measured<'_>, end: f64) -> Option<Draft> {
    let series = measured.series;
    let until = view.case.now.as_millisecond().saturating_add(1);
    let column = series.column.between(i64::MIN, until);
    let latest = column.values().iter().rev().copied().find(|value| value.is_finite())?;
    let Climb { trend, lasts } = climb(&column, until, |first, last| nears(first, last, end))?;
    let left = (end - latest) / trend.slope;
    (left > 0.0 && left <= limit::HEADROOM_SOON.value * 3600.0)
        .then(|| draft(measured, &trend, (latest, end), lasts, left))
}

/// Whether a move brings a gauge a good deal nearer to where it ends.
fn nears(first: f64, last: f64, end: f64) -> bool {
    (end - first).abs() - (end - last).abs() >= limit::HEADROOM_RISE.value * (end - first).abs()
}

fn draft(
    measured: &Measured<'_>,
    trend: &Trend,
    (latest, end): (f64, f64),
    lasts: f64,
    left: f64,
) -> Draft {
    let &Measured { piece, series, signal } = measured;
    let (unit, show) = scale(series, signal);
    let goes = if trend.slope > 0.0 { "climbs" } else { "falls" };
    let until =
        if end > 0.0 { format!("at its limit of {}", show(end)) } else { "none left".into() };
    Draft {
        entity: series.entity.clone(),
        peer: series.peer.clone(),
        kind: ObservationKind::Headroom,
        signal: Some(signal),
        stated: None,
        direction: if trend.slope > 0.0 { Direction::Up } else { Direction::Down },
        onset: None,
        usual: trend.from,
        seen: latest,
        unit: unit.to_owned(),
        z: trend.z.abs(),
        summary: format!(
            "{} of `{}` {goes} steadily, from {} to {} within {}: {until} in {}",
            signal.label(),
            series.entity,
            show(trend.from),
            show(latest),
            amount(lasts, "s"),
            amount(left, "s")
        ),
        evidence: vec![piece.id.clone()],
    }
}

/// The unit of a gauge and how its levels are shown: shares as percent.
fn scale(series: &MetricSeries, signal: Signal) -> (&'static str, impl Fn(f64) -> String) {
    let is_share =
        matches!(signal, Signal::MemoryUtilization | Signal::DiskUtilization | Signal::BurstCredit);
    let is_bytes = matches!(signal, Signal::MemoryUsage | Signal::MemoryFree | Signal::DiskFree)
        || series.unit == "By";
    let unit = if is_bytes { "By" } else { "1" };
    let show = move |level: f64| {
        if is_share { amount(100.0 * level, "%") } else { amount(level, unit) }
    };
    (unit, show)
}
