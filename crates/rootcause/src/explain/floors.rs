//! How probable a place is at the least, by what was, or couldn't be, seen of it.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::ObservationKind;
use nightjar_topology::{EntityId, RelationKind};

use super::Scene;
use super::candidates::Candidate;
use crate::excess::Kind;
use crate::graph::Culprit;
use crate::thresholds as limit;

/// How probable a place is at the least.
pub(super) fn least(
    scene: &Scene<'_>,
    candidate: &Candidate,
    all: &BTreeMap<Culprit, Candidate>,
) -> f64 {
    let culprit = &candidate.culprit;
    floor(scene, candidate, all).max(at_the_door(culprit, all)).max(as_told(scene, culprit, all))
}

/// What those who call a place say of it in well-known words is believed as often as not: of what
/// they are suspected themselves, half goes to it.
fn as_told(scene: &Scene<'_>, culprit: &Culprit, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = culprit else { return 0.0 };
    let said = scene.observations.iter().filter(|o| {
        o.kind == ObservationKind::Stated && o.is_abnormal() && o.peer.as_ref() == Some(id)
    });
    let tellers: BTreeSet<&EntityId> = said.map(|o| &o.entity).collect();
    let masses = tellers.into_iter().filter_map(|id| all.get(&Culprit::Entity(id.clone())));
    masses.map(|teller| teller.mass).sum::<f64>() * limit::DOOR_SHARE.value
}

/// How probable a place is at the least, by what its telemetry could have shown.
fn floor(scene: &Scene<'_>, candidate: &Candidate, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = &candidate.culprit else { return limit::FLOOR_UNSEEN.value };
    let measured = candidate.node.and_then(|node| scene.graph?.nodes.get(node)).is_some_and(|n| {
        Kind::BOTH.into_iter().any(|kind| n.excess(kind).is_some_and(|excess| excess.known))
    });
    if measured {
        return limit::FLOOR_CALM.value;
    }
    // A host suffers in silence: what runs on it shows for it.
    let hosted = scene.view.case.topology.dependents(id);
    let hosted = hosted.filter(|relation| relation.kind == RelationKind::RunsOn);
    let carried: f64 = hosted
        .filter_map(|relation| all.get(&Culprit::Entity(relation.from.clone())))
        .map(|service| service.mass)
        .sum();
    (carried * limit::HOST_SHARE.value).max(limit::FLOOR_UNSEEN.value)
}

/// What the way to a place is suspected of, the place itself may have done: it may be slow to
/// accept a request that it then answers fast.
fn at_the_door(culprit: &Culprit, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = culprit else { return 0.0 };
    let ways = all.values().filter(
        |candidate| matches!(&candidate.culprit, Culprit::Connection { to, .. } if to == id),
    );
    ways.map(|way| way.mass).sum::<f64>() * limit::DOOR_SHARE.value
}
