//! Consumers fall behind: a queue grows though no more is put into it.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind};
use nightjar_topology::RelationKind;

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let topology = place.scene.view.case.topology;
    let queues: Vec<_> = topology
        .dependencies(place.id)
        .filter(|relation| relation.kind == RelationKind::Consumes)
        .map(|relation| &relation.to)
        .collect();
    let at = |o: &&Observation| queues.contains(&&o.entity) && o.is_abnormal();
    let seen = place.scene.observations.iter();
    let waiting: Vec<&Observation> =
        seen.clone().filter(at).filter(|o| o.kind == ObservationKind::Backlog).collect();
    if waiting.is_empty() {
        return None;
    }
    // Who puts more into the queue than before has filled it.
    let publishers: Vec<_> = queues
        .iter()
        .flat_map(|queue| topology.dependents(queue))
        .filter(|relation| relation.kind == RelationKind::Publishes)
        .map(|relation| &relation.from)
        .collect();
    let more = seen
        .filter(|o| o.kind == ObservationKind::Traffic && o.direction == Direction::Up)
        .any(|o| queues.contains(&&o.entity) || publishers.contains(&&o.entity));
    let errors: Vec<&Observation> = place.marks.of(ObservationKind::Logs).take(3).collect();
    let told = if errors.is_empty() { 0.0 } else { limit::MARK_WEAK.value };
    let surge = if more { limit::MARK_CLEAR.value } else { 0.0 };
    let weight = limit::MARK_CLEAR.value + told - surge;
    Some(Fit {
        mode: FaultMode::ConsumerLag,
        weight,
        decisive: !more,
        support: ids(waiting.into_iter().chain(errors)),
        reason: "its queue grows though no more is put into it".to_owned(),
    })
}
