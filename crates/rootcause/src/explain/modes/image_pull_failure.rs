//! Image can't be pulled: the platform says so, and new replicas are missing.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, has_recovered, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let said = place.marks.stated(FaultMode::ImagePullFailure)?;
    let missing = place.marks.of(ObservationKind::Replicas).next();
    let weight = said.weight + if missing.is_some() { limit::MARK_WEAK.value } else { 0.0 }
        - if has_recovered(place) { limit::MARK_CERTAIN.value } else { 0.0 };
    Some(Fit {
        mode: FaultMode::ImagePullFailure,
        weight,
        decisive: said.is_clear() && weight >= limit::MARK_CLEAR.value,
        support: ids([said.observation].into_iter().chain(missing)),
        reason: "the platform can't fetch the image it should run".to_owned(),
    })
}
