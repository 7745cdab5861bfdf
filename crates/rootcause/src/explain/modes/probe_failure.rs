//! Probe failure: a health probe restarts or withdraws what shows no other trouble.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, has_recovered, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let said = place.marks.stated(FaultMode::ProbeFailure)?;
    let restarted = place.marks.of(ObservationKind::Restart).next();
    let missing = place.marks.of(ObservationKind::Replicas).next();
    // What is short of something, or crashes for a reason it names, fails its probes as well.
    let short = place.marks.of(ObservationKind::Saturation).next().is_some()
        || place.marks.of(ObservationKind::Throttling).next().is_some();
    let weight = said.weight
        + if restarted.or(missing).is_some() { limit::MARK_WEAK.value } else { 0.0 }
        - if short { limit::MARK_CLEAR.value } else { 0.0 }
        - if has_recovered(place) { limit::MARK_CERTAIN.value } else { 0.0 };
    Some(Fit {
        mode: FaultMode::ProbeFailure,
        weight,
        decisive: said.is_clear() && weight >= limit::MARK_CLEAR.value,
        support: ids([said.observation].into_iter().chain(restarted).chain(missing)),
        reason: "a probe takes it down, and it shows no other trouble".to_owned(),
    })
}
