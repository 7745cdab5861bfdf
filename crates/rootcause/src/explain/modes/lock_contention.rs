//! Lock contention: transactions wait for each other while the processor has time.

use nightjar_incident::{FaultMode, Observation, ObservationKind, Signal};
use nightjar_topology::EntityKind;

use super::{Fit, Place, disk_is_full, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let marks = &place.marks;
    let seen: Vec<&Observation> = marks.of(ObservationKind::Locks).collect();
    let waits = marks.signal(ObservationKind::Statement, Signal::StatementLoad);
    let waits = waits.filter(|o| o.stated == Some(FaultMode::LockContention));
    let stated = marks.stated(FaultMode::LockContention);
    let stated = stated.or_else(|| place.caller_states(FaultMode::LockContention));
    // Who calls a database repeats what the database said: the locks are there.
    let topology = place.scene.view.case.topology;
    let is_database = |id| topology.kind(id) == EntityKind::Database;
    let repeats = !is_database(place.id)
        && topology.dependencies(place.id).any(|r| r.kind.is_request() && is_database(&r.to));
    if repeats && seen.is_empty() {
        return None;
    }
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
