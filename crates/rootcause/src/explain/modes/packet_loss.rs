//! Packet loss: packets on the way are lost and sent again.

use nightjar_incident::{FaultMode, ObservationKind, Signal};
use nightjar_topology::EntityKind;

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    // A host that loses packets is sick, and so is what runs there.
    if place.scene.view.case.topology.kind(place.id) == EntityKind::Host {
        return None;
    }
    let lost = place.marks.signal(ObservationKind::NetworkGap, Signal::PacketErrors)?;
    let gap = place.marks.of(ObservationKind::NetworkGap).find(|o| o.id != lost.id);
    Some(Fit {
        mode: FaultMode::PacketLoss,
        weight: limit::MARK_CERTAIN.value,
        decisive: true,
        support: ids([lost].into_iter().chain(gap)),
        reason: "packets are lost on the way and sent again".to_owned(),
    })
}
