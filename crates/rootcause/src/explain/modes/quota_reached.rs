//! Quota reached: requests are refused with words that name a quota, or it is seen used up.

use nightjar_incident::{FaultMode, ObservationKind, Signal};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let used = place.marks.signal(ObservationKind::Saturation, Signal::QuotaUsage);
    let said = place.marks.stated(FaultMode::QuotaReached);
    let said = said.or_else(|| place.caller_states(FaultMode::QuotaReached));
    let weight = match (used, &said) {
        (Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None) => limit::MARK_CLEAR.value,
        (None, Some(said)) => said.weight,
        (None, None) => return None,
    };
    Some(Fit {
        mode: FaultMode::QuotaReached,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(used.into_iter().chain(said.map(|said| said.observation))),
        reason: "requests are refused because a quota is used up".to_owned(),
    })
}
