//! Packets: lost, broken or sent again more than usual.

use nightjar_incident::{ObservationKind, Signal, amount};

use super::about::COUNT;
use super::disk::{draft, rises};
use super::gauge::moved;
use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "packets",
    kind: ObservationKind::NetworkGap,
    measured: "packets lost, broken or sent again",
    unit: "{packet}",
    thresholds: &[limit::PACKET_FACTOR],
    method: COUNT,
    reason: "some segments are sent again in every network",
    means: "the way between two entities loses data",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::PacketErrors], |usual| usual.max(1.0).sqrt())
        .filter(|moved| rises(moved, limit::PACKET_FACTOR.value))
        .map(|moved| {
            let to = moved.series.peer.as_ref().map_or(String::new(), |to| format!(" to `{to}`"));
            let summary = format!(
                "{} packets from `{}`{to} were lost or sent again, usually {}",
                amount(moved.shift.seen, "1"),
                moved.series.entity,
                amount(moved.shift.usual, "1")
            );
            let mut draft = draft(&moved, ObservationKind::NetworkGap, "{packet}", summary);
            // As for the time on the way: who should answer, seen by who sends.
            if let Some(to) = &moved.series.peer {
                draft.peer = Some(std::mem::replace(&mut draft.entity, to.clone()));
            }
            draft
        })
        .collect()
}
