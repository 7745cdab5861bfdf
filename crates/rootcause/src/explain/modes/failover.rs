//! Failover: the platform moved the database to its standby right before. An old one is history.

use nightjar_incident::FaultMode;

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let said = place.marks.stated(FaultMode::Failover)?;
    let at = said.observation.onset?.at;
    let minutes = place.scene.view.onset.duration_since(at).as_secs_f64() / 60.0;
    let timing = limit::trigger_weight(minutes.max(0.0))?;
    Some(Fit {
        mode: FaultMode::Failover,
        weight: timing.min(said.weight + limit::NEW_LINES.value),
        decisive: timing >= limit::MARK_WEAK.value && said.is_clear(),
        support: ids([said.observation]),
        reason: "it moved to its standby right before".to_owned(),
    })
}
