//! Crash loop: it ends right after its start, again and again, and nothing names a nearer reason.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, has_recovered, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let said = place.marks.stated(FaultMode::CrashLoop)?;
    let restarted = place.marks.of(ObservationKind::Restart).next();
    let missing = place.marks.of(ObservationKind::Replicas).next();
    let weight = said.weight
        + if restarted.or(missing).is_some() { limit::NEW_LINES.value } else { 0.0 }
        - if has_recovered(place) { limit::MARK_CERTAIN.value } else { 0.0 };
    Some(Fit {
        mode: FaultMode::CrashLoop,
        weight,
        decisive: said.is_clear() && weight >= limit::MARK_CLEAR.value,
        support: ids([said.observation].into_iter().chain(restarted).chain(missing)),
        reason: "it ends right after each start".to_owned(),
    })
}
