//! Not answering: the telemetry stopped.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let silent = place.marks.of(ObservationKind::Missing).next()?;
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
