//! Memory leak: memory climbs to the limit and the process is started again.

use nightjar_incident::{FaultMode, ObservationKind, Signal};

use super::{Fit, Place, ids, mentions};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let grew = place
        .marks
        .signal(ObservationKind::Saturation, Signal::MemoryUsage)
        .or_else(|| place.marks.signal(ObservationKind::Saturation, Signal::MemoryUtilization));
    let restarted = place.marks.of(ObservationKind::Restart).next();
    let said = place.marks.stated(FaultMode::MemoryLeak).map(|said| said.observation);
    // Of what it calls it says so, too.
    let own = |o: &&_| mentions(o, &["oom", "out of memory"]) && !place.names_a_callee(o);
    let killed = said.or_else(|| place.marks.of(ObservationKind::Logs).find(own));
    let weight = match (grew, restarted, killed) {
        (Some(_), Some(_), _) | (_, Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None, Some(_)) | (None, None, Some(_)) => limit::MARK_CLEAR.value,
        (Some(_), None, None) => limit::MARK_WEAK.value,
        (None, Some(_), None) | (None, None, None) => return None,
    };
    // Another program needs what it needs from its start on.
    let (weight, reason) = match restarted {
        _ if place.is_another_program() && killed.is_none() => (
            weight - limit::MARK_CLEAR.value,
            "its memory rose, but it does new things since it was deployed",
        ),
        Some(_) => (weight, "its memory climbs to the limit and the process is started again"),
        None => (weight, "its memory climbs"),
    };
    Some(Fit {
        mode: FaultMode::MemoryLeak,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(grew.into_iter().chain(restarted).chain(killed)),
        reason: reason.to_owned(),
    })
}
