//! Packet loss: packets on the way are lost and sent again, or calls break off on the way.

use nightjar_incident::{FaultMode, ObservationKind, Signal};
use nightjar_topology::EntityKind;

use super::{Fit, Place, ids, mentions};
use crate::excess::Kind;
use crate::graph::Culprit;
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    // A host that loses packets is sick, and so is what runs there.
    if place.scene.view.case.topology.kind(place.id) == EntityKind::Host {
        return None;
    }
    let lost = place.marks.signal(ObservationKind::NetworkGap, Signal::PacketErrors);
    let Some(lost) = lost else { return breaks_off(place) };
    let gap = place.marks.of(ObservationKind::NetworkGap).find(|o| o.id != lost.id);
    Some(Fit {
        mode: FaultMode::PacketLoss,
        weight: limit::MARK_CERTAIN.value,
        decisive: true,
        support: ids([lost].into_iter().chain(gap)),
        reason: "packets are lost on the way and sent again".to_owned(),
    })
}

/// Calls that fail on the way, while the place that they go to serves others as usual.
fn breaks_off(place: &Place<'_>) -> Option<Fit> {
    let Culprit::Connection { from, .. } = &place.candidate.culprit else { return None };
    place.candidate.kind.filter(|kind| *kind == Kind::Errors)?;
    let words = ["connection reset", "broken pipe", "unexpected eof", "connection closed"];
    let said = place.scene.observations.iter().find(|o| {
        o.kind == ObservationKind::Logs
            && o.is_abnormal()
            && (o.entity == *from || o.entity == *place.id)
            && mentions(o, &words)
    });
    let weight = if said.is_some() { limit::MARK_CLEAR.value } else { 0.0 };
    Some(Fit {
        mode: FaultMode::PacketLoss,
        weight,
        decisive: said.is_some(),
        support: ids(said),
        reason: "calls fail on the way, while others are served as usual".to_owned(),
    })
}
