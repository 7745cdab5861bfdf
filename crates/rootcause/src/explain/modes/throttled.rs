//! Throttled: requests turned away above a capacity limit.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let turned_away = place.marks.of(ObservationKind::Throttling).next();
    let said = place.marks.stated(FaultMode::Throttled);
    let said = said.or_else(|| place.caller_states(FaultMode::Throttled));
    let weight = match (turned_away, &said) {
        (Some(_), _) => limit::MARK_CERTAIN.value,
        (None, Some(said)) => said.weight,
        (None, None) => return None,
    };
    Some(Fit {
        mode: FaultMode::Throttled,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(turned_away.into_iter().chain(said.map(|said| said.observation))),
        reason: "it turns requests away above its capacity".to_owned(),
    })
}
