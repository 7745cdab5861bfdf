//! Backlog: work that waits before an entity: messages in a queue, requests for a connection.

use nightjar_incident::{Direction, ObservationKind, Signal, amount, signal};

use super::about::COUNT;
use super::gauge::risen;
use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "backlog",
    kind: ObservationKind::Backlog,
    measured: "messages, their age, or requests that wait for a connection",
    unit: "1",
    thresholds: &[limit::GAUGE_Z, limit::BACKLOG_FACTOR],
    method: COUNT,
    reason: "what waits is a count that doubles easily",
    means: "work arrives faster than it is done",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    const SIGNALS: &[Signal] =
        &[Signal::QueueDepth, Signal::QueueAge, Signal::PoolPending, Signal::PoolTimeouts];
    risen(view, SIGNALS, |usual| usual.max(1.0).sqrt())
        .filter(|moved| moved.shift.seen >= limit::BACKLOG_FACTOR.value * moved.shift.usual)
        .map(|moved| {
            let signal = signal::of(moved.series);
            let unit = if signal == Signal::QueueAge { "s" } else { "1" };
            let show = |value: f64| match signal {
                Signal::QueueAge => amount(value, "s"),
                _ => amount(value, "1"),
            };
            Draft {
                entity: moved.series.entity.clone(),
                peer: None,
                kind: ObservationKind::Backlog,
                signal: Some(signal),
                stated: None,
                direction: Direction::Up,
                onset: moved.onset,
                usual: moved.shift.usual,
                seen: moved.shift.seen,
                unit: unit.to_owned(),
                z: moved.shift.z,
                summary: format!(
                    "{} at `{}`: {}, usually {}",
                    signal.label(),
                    moved.series.entity,
                    show(moved.shift.seen),
                    show(moved.shift.usual)
                ),
                evidence: vec![moved.evidence.clone()],
            }
        })
        .collect()
}
