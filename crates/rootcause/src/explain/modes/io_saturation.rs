//! Disk input and output saturated: operations queue and take long; a busy processor and slow
//! statements follow from it.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind, Signal};

use super::{Fit, Place, disk_is_full, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let marks = &place.marks;
    let disk = |signal: Signal| {
        marks
            .of(ObservationKind::Disk)
            .find(|o| o.signal == Some(signal) && o.direction == Direction::Up)
    };
    let spent = marks.signal(ObservationKind::Disk, Signal::BurstCredit);
    let waits = marks.signal(ObservationKind::Statement, Signal::StatementLoad);
    let waits = waits.filter(|o| o.stated == Some(FaultMode::IoSaturation));
    let stated = marks.stated(FaultMode::IoSaturation);
    // That operations wait or take long is the fault; that there are many only makes it likely.
    let suffers: Vec<&Observation> =
        [disk(Signal::DiskQueue), disk(Signal::DiskLatency), spent].into_iter().flatten().collect();
    let busy: Vec<&Observation> = [disk(Signal::DiskOperations), disk(Signal::Checkpoints), waits]
        .into_iter()
        .flatten()
        .collect();
    let said = stated.as_ref().map_or(0.0, |said| said.weight);
    let weight = match (suffers.len(), busy.is_empty()) {
        (0, true) if said == 0.0 => return None,
        (0, _) => said.max(limit::MARK_WEAK.value),
        (1, true) => limit::MARK_WEAK.value + said,
        (1, false) => limit::MARK_CLEAR.value + said,
        (_, _) => limit::MARK_CERTAIN.value + said,
    };
    let weight = if disk_is_full(place) { weight - limit::MARK_CERTAIN.value } else { weight };
    Some(Fit {
        mode: FaultMode::IoSaturation,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(suffers.into_iter().chain(busy).chain(stated.map(|said| said.observation))),
        reason: "its work waits for the disk".to_owned(),
    })
}
