//! Throttling: requests turned away above a limit, which usually are none at all.

use nightjar_incident::{Direction, ObservationKind, Signal, amount};

use super::about::COUNT;
use super::gauge::risen;
use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "throttling",
    kind: ObservationKind::Throttling,
    measured: "requests turned away",
    unit: "{request}",
    thresholds: &[limit::GAUGE_Z],
    method: COUNT,
    reason: "usually none are",
    means: "a limit set for the entity is reached: raise it, or send less",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    // Counting noise of a Poisson count, and of one more than none.
    risen(view, &[Signal::Throttled], |usual| usual.max(1.0).sqrt())
        .map(|moved| Draft {
            entity: moved.series.entity.clone(),
            peer: None,
            kind: ObservationKind::Throttling,
            signal: Some(Signal::Throttled),
            stated: None,
            direction: if moved.shift.usual > 0.0 { Direction::Up } else { Direction::Appeared },
            onset: moved.onset,
            usual: moved.shift.usual,
            seen: moved.shift.seen,
            unit: "{request}".to_owned(),
            z: moved.shift.z,
            summary: format!(
                "`{}` turns away {} requests per sample, usually {}",
                moved.series.entity,
                amount(moved.shift.seen, "1"),
                amount(moved.shift.usual, "1")
            ),
            evidence: vec![moved.evidence.clone()],
        })
        .collect()
}
