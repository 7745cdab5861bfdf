//! The place is at fault, and nothing seen says why: the explanation that the others must beat.

use nightjar_incident::{FaultMode, Observation, ObservationKind};

use super::{Fit, Place, ids};
use crate::excess::Kind;
use crate::thresholds as limit;

/// The place is at fault, and nothing seen says why.
pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let lines: Vec<&Observation> = place.marks.of(ObservationKind::Logs).take(3).collect();
    let spans: Vec<&Observation> = place.marks.of(ObservationKind::Spans).collect();
    let mut support = ids(lines.iter().copied());
    support.extend(ids(spans.iter().copied()));
    let told = (if lines.is_empty() { 0.0 } else { limit::NEW_LINES.value })
        + (if spans.is_empty() { 0.0 } else { limit::MARK_WEAK.value });
    let fails = place.marks.of(ObservationKind::Errors).next().is_some();
    let slows = place.marks.of(ObservationKind::Latency).next().is_some();
    let mode = match place.candidate.kind {
        Some(Kind::Time) => FaultMode::Slow,
        Some(Kind::Errors) => FaultMode::Failing,
        None if fails => FaultMode::Failing,
        None if slows => FaultMode::Slow,
        None if lines.is_empty() && spans.is_empty() => return None,
        None => FaultMode::WrongResult,
    };
    Some(Fit {
        mode,
        weight: told,
        decisive: false,
        support,
        reason: "what it calls doesn't explain what it costs more".to_owned(),
    })
}
