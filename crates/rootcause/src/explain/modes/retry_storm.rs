//! Retry storm: a caller that was just changed asks again and again, while it gets no more requests
//! itself.

use nightjar_incident::{ChangeKind, Direction, FaultMode, Observation, ObservationKind};
use nightjar_topology::EntityId;

use super::{Fit, Place, ids, is_code, triggers};
use crate::thresholds as limit;

/// Fits the caller and the callee: the one sends too much, the other drowns in it. Retries multiply
/// requests in other incidents as well; it takes a change of the caller to make them the cause.
pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let topology = place.scene.view.case.topology;
    let to =
        topology.dependencies(place.id).map(|relation| (place.id, &relation.to, relation.kind));
    let from =
        topology.dependents(place.id).map(|relation| (&relation.from, place.id, relation.kind));
    let multiplied = to
        .chain(from)
        .filter(|(_, _, kind)| kind.is_request())
        .find_map(|(caller, callee, _)| repeated(place, caller, callee))?;
    Some(Fit {
        mode: FaultMode::RetryStorm,
        weight: limit::MARK_CERTAIN.value + limit::MARK_WEAK.value,
        decisive: true,
        support: ids([multiplied]),
        reason: "its requests multiplied while its caller, changed shortly before, got no more"
            .to_owned(),
    })
}

/// What multiplied at the callee, if a change of the caller explains it.
fn repeated<'a>(
    place: &Place<'a>,
    caller: &EntityId,
    callee: &EntityId,
) -> Option<&'a Observation> {
    let traffic = |id: &EntityId| {
        let mut all = place.scene.observations.iter();
        all.find(|o| {
            o.entity == *id && o.kind == ObservationKind::Traffic && o.direction == Direction::Up
        })
    };
    let times = |o: &Observation| o.seen / o.usual.max(1.0);
    let at_callee = traffic(callee).filter(|o| times(o) >= limit::RETRY_TIMES.value)?;
    let at_caller = traffic(caller).map_or(1.0, times);
    let just_changed = |id: &EntityId| {
        triggers(place.scene, id).into_iter().any(|(change, weight)| {
            weight >= limit::MARK_CLEAR.value
                && (change.kind == ChangeKind::Configuration || is_code(change.kind))
        })
    };
    // A callee that was changed itself explains its trouble, and the retries with it.
    let changed = just_changed(caller) && !just_changed(callee);
    (changed && times(at_callee) >= limit::RETRY_TIMES.value * at_caller).then_some(at_callee)
}
