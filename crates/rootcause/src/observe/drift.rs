//! Drift: what rose steadily for hours before the window. A comparison with before sees a step; this says
//! that there was none.

use nightjar_incident::{Direction, ObservationKind, Signal, Statistic, amount, signal};

use super::climb::climb;
use super::{About, Draft, View};
use crate::ledger::Measured;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "drift",
    kind: ObservationKind::Drift,
    measured: "mean latency, processor use, backlog and lag over the hours before the window",
    unit: "1",
    thresholds: &[limit::TREND_Z, limit::TREND_TAU, limit::DRIFT_RISE],
    method: "Mann-Kendall test (1945, 1975) and slope of Theil and Sen (1968) over the last day, six hours or hour and a half; Kendall's tau tells a climb from a step",
    reason: "it ends where the window begins, so that the incident itself is no part of it",
    means: "it didn't begin with the alert: look for what grows, leaks or fills since then, not for the last change. With less than two days recorded it may be the morning",
}];

const SIGNALS: &[Signal] = &[
    Signal::Latency,
    Signal::CpuUtilization,
    Signal::QueueDepth,
    Signal::QueueAge,
    Signal::PoolPending,
    Signal::ReplicationLag,
    Signal::DatabaseLoad,
    Signal::DiskLatency,
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let is_meant = |measured: &&Measured<'_>| {
        let is_mean = matches!(measured.series.statistic, Statistic::Mean | Statistic::P50);
        SIGNALS.contains(&measured.signal)
            && (measured.signal != Signal::Latency || is_mean)
            && !signal::failed(measured.series)
    };
    view.columns.iter().filter(is_meant).filter_map(|measured| draft(view, measured)).collect()
}

fn draft(view: &View<'_>, measured: &Measured<'_>) -> Option<Draft> {
    let &Measured { piece, series, signal } = measured;
    let rises = |first: f64, last: f64| first > 0.0 && last >= limit::DRIFT_RISE.value * first;
    let climb = climb(&series.column, view.window.from.as_millisecond(), rises)?;
    let (from, to) = (climb.trend.from, climb.trend.to);
    let (unit, scale, shown) = match signal {
        Signal::Latency | Signal::QueueAge | Signal::ReplicationLag | Signal::DiskLatency => {
            ("s", 1.0, "s")
        }
        Signal::CpuUtilization => ("1", 100.0, "%"),
        _ => ("1", 1.0, "1"),
    };
    let show = |level: f64| amount(scale * level, shown);
    let whom = series.peer.as_ref().map_or(String::new(), |peer| format!(" calling `{peer}`"));
    Some(Draft {
        entity: series.entity.clone(),
        peer: series.peer.clone(),
        kind: ObservationKind::Drift,
        signal: Some(signal),
        stated: None,
        direction: Direction::Up,
        onset: None,
        usual: from,
        seen: to,
        unit: unit.to_owned(),
        z: climb.trend.z,
        summary: format!(
            "{} of `{}`{whom} rose steadily from {} to {} within {}, without a step",
            signal.label(),
            series.entity,
            show(from),
            show(to),
            amount(climb.lasts, "s")
        ),
        evidence: vec![piece.id.clone()],
    })
}
