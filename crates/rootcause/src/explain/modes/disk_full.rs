//! Disk full: no space is left, and what writes says so or stops.

use nightjar_incident::{Direction, FaultMode, ObservationKind, Signal};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let marks = &place.marks;
    let full = marks
        .signal(ObservationKind::Saturation, Signal::DiskUtilization)
        .or_else(|| marks.signal(ObservationKind::Saturation, Signal::DiskFree));
    let stated = marks.stated(FaultMode::DiskFull);
    let stalled = marks
        .of(ObservationKind::Disk)
        .find(|o| o.signal == Some(Signal::DiskOperations) && o.direction == Direction::Down);
    let fills = marks
        .signal(ObservationKind::Disk, Signal::DiskUtilization)
        .or_else(|| marks.signal(ObservationKind::Disk, Signal::DiskFree));
    let weight = match (full, &stated, stalled.or(fills)) {
        (Some(_), Some(_), _) | (Some(_), None, Some(_)) => limit::MARK_CERTAIN.value,
        (None, Some(said), Some(_)) => said.weight + limit::MARK_WEAK.value,
        (Some(_), None, None) => limit::MARK_CLEAR.value,
        (None, Some(said), None) => said.weight,
        (None, None, _) => {
            fills?;
            limit::MARK_WEAK.value
        }
    };
    Some(Fit {
        mode: FaultMode::DiskFull,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(full
            .into_iter()
            .chain(stated.map(|said| said.observation))
            .chain(stalled)
            .chain(fills)),
        reason: "no space is left to write to".to_owned(),
    })
}
