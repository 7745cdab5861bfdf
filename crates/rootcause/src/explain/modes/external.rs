//! External dependency: whatever is wrong outside the estate is its owner's trouble.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, ids, is_outside};

/// Whatever is wrong outside the estate is an external dependency's trouble to us.
pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    if !is_outside(place.scene, place.id) {
        return None;
    }
    Some(Fit {
        mode: FaultMode::ExternalDependency,
        weight: 0.0,
        decisive: false,
        support: ids(place.marks.of(ObservationKind::Spans)),
        reason: "it lies outside the estate, and what calls it waits or fails".to_owned(),
    })
}
