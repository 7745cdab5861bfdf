//! Lock contention: transactions wait for each other while the processor has time.

use nightjar_incident::{FaultMode, Observation, ObservationKind, Signal};

use super::{Fit, Place, disk_is_full, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let marks = &place.marks;
    let seen: Vec<&Observation> = marks.of(ObservationKind::Locks).collect();
    let waits = marks.signal(ObservationKind::Statement, Signal::StatementLoad);
    let waits = waits.filter(|o| o.stated == Some(FaultMode::LockContention));
    let stated = marks.stated(FaultMode::LockContention);
    let said = stated.as_ref().map_or(0.0, |said| said.weight);
    let weight = match (seen.is_empty(), waits) {
        (true, None) if said == 0.0 => return None,
        (true, None) => said,
        (true, Some(_)) => limit::MARK_WEAK.value + said,
        (false, None) => limit::MARK_CLEAR.value + said,
        (false, Some(_)) => limit::MARK_CERTAIN.value + said,
    };
    // Writers that can't write hold their locks.
    let weight = if disk_is_full(place) { weight - limit::MARK_CERTAIN.value } else { weight };
    Some(Fit {
        mode: FaultMode::LockContention,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(seen.into_iter().chain(waits).chain(stated.map(|said| said.observation))),
        reason: "its transactions wait for each other's locks".to_owned(),
    })
}
