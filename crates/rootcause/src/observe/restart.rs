//! Restarts: the process was started again within the window.

use nightjar_incident::{Direction, ObservationKind, Signal, amount};

use super::{About, Draft, View, between};
use crate::ledger::Measured;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "restart",
    kind: ObservationKind::Restart,
    measured: "starts of a process within the window",
    unit: "{restart}",
    thresholds: &[limit::RESTART_Z],
    method: "count against the rate of the reference (Poisson, normal approximation)",
    reason: "a process that starts all the time is no news",
    means: "it crashed, was killed or was rolled out; its last lines say which",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let (from, to) = (view.window.from.as_millisecond(), view.window.to.as_millisecond());
    let mut found = Vec::new();
    let restarts = view.columns.iter().filter(|measured| measured.signal == Signal::Restarts);
    for &Measured { piece, series, .. } in restarts {
        let increases = series.column.increases();
        let count = |column: &nightjar_series::Column| -> f64 {
            column.values().iter().filter(|v| v.is_finite()).sum()
        };
        let during = increases.between(from, to);
        let before = increases.between(i64::MIN, from);
        let (seen, earlier) = (count(&during), count(&before));
        let usual = earlier * during.len() as f64 / before.len().max(1) as f64;
        // A process that restarts all the time isn't news; one that never did is.
        let z = (seen - usual) / usual.max(0.1).sqrt();
        let first = during.samples().find(|(_, v)| *v > 0.0).map(|(at, _)| at);
        let Some(first) = first.filter(|_| z >= limit::RESTART_Z.value) else {
            continue;
        };
        found.push(Draft {
            entity: series.entity.clone(),
            peer: None,
            kind: ObservationKind::Restart,
            signal: Some(Signal::Restarts),
            stated: None,
            direction: Direction::Up,
            onset: between(None, first),
            usual,
            seen,
            unit: "{restart}".to_owned(),
            z,
            summary: format!(
                "`{}` restarted {} times, in as much time usually {}",
                series.entity,
                amount(seen, "1"),
                amount(usual, "1")
            ),
            evidence: vec![piece.id.clone()],
        });
    }
    found
}
