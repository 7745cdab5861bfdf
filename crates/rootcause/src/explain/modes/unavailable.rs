//! Not answering: the telemetry stopped.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    // Its own telemetry: what it measures of others stops when none of its calls come back.
    let silent = place.marks.of(ObservationKind::Missing).find(|o| o.peer.is_none())?;
    let failing = place
        .scene
        .observations
        .iter()
        .filter(|o| o.kind == ObservationKind::Errors && o.peer.as_ref() == Some(place.id));
    Some(Fit {
        mode: FaultMode::Unavailable,
        weight: limit::MARK_CLEAR.value,
        decisive: true,
        support: ids([silent].into_iter().chain(failing)),
        reason: "its telemetry stopped".to_owned(),
    })
}
