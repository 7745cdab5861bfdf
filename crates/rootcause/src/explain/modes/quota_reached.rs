//! Quota reached: requests are refused with words that name a quota, or it is seen used up. The memory that a cache may
//! have is its quota.

use nightjar_incident::{FaultMode, ObservationKind, Signal};
use nightjar_topology::EntityKind;

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let of = |signal| place.marks.signal(ObservationKind::Saturation, signal);
    let is_cache = place.scene.view.case.topology.kind(place.id) == EntityKind::Cache;
    let room = of(Signal::MemoryUsage)
        .or_else(|| of(Signal::MemoryUtilization))
        .or_else(|| of(Signal::Evictions))
        .filter(|_| is_cache);
    let used = of(Signal::QuotaUsage).or(room);
    let said = place.marks.stated(FaultMode::QuotaReached);
    let said = said.or_else(|| place.caller_states(FaultMode::QuotaReached));
    let weight = match (used, &said) {
        (Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None) => limit::MARK_CLEAR.value,
        (None, Some(said)) => said.weight,
        (None, None) => return None,
    };
    let reason = match room {
        Some(_) => "it has no room for more",
        None => "requests are refused because a quota is used up",
    };
    Some(Fit {
        mode: FaultMode::QuotaReached,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(used.into_iter().chain(said.map(|said| said.observation))),
        reason: reason.to_owned(),
    })
}
