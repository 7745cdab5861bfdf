//! How probable a place is at the least, by what was, or couldn't be, seen of it.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Observation, ObservationKind, Signal};
use nightjar_topology::{EntityId, RelationKind};

use super::Scene;
use super::candidates::Candidate;
use super::spared::speaks_for_itself;
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
    floor(scene, candidate, all)
        .max(at_the_door(culprit, all))
        .max(as_told(scene, culprit, all))
        .max(as_starved(scene, culprit, all))
        .max(down_as_alerted(scene, culprit))
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

/// Who is said to be down by an alert, and doesn't answer, is what the alert is about.
fn down_as_alerted(scene: &Scene<'_>, culprit: &Culprit) -> f64 {
    let Culprit::Entity(id) = culprit else { return 0.0 };
    let mut symptoms = scene.view.case.symptoms.iter();
    let is_alerted = symptoms.any(|s| s.entity == *id && s.signal == Some(Signal::Up));
    let mut observations = scene.observations.iter();
    let is_down = observations.any(|o| {
        o.kind == ObservationKind::Missing && o.signal == Some(Signal::Up) && o.entity == *id
    });
    if is_alerted && is_down { limit::DOWN_AS_ALERTED.value } else { 0.0 }
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

/// A program without processor time is late to take the answers it gets: whoever it calls seems slow to it. Of what
/// those are suspected who measure nothing themselves, and of the ways to them, it is suspected itself. So it is where
/// several that serve others as usual seem slow to it alone.
fn as_starved(scene: &Scene<'_>, culprit: &Culprit, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = culprit else { return 0.0 };
    let topology = scene.view.case.topology;
    let called: BTreeSet<&EntityId> =
        topology.dependencies(id).filter(|r| r.kind.is_request()).map(|r| &r.to).collect();
    let alone = || {
        let suspected = called.iter().filter(|to| {
            let way = Culprit::Connection { from: id.clone(), to: (**to).clone() };
            let place = Culprit::Entity((**to).clone());
            all.contains_key(&way) || all.contains_key(&place)
        });
        let of_others = suspected
            .filter(|to| scene.spared.get(**to).is_some_and(|spared| spared != id))
            .filter(|to| is_slow_to(scene, id, to));
        of_others.count() > 1
    };
    if !(scene.starved.contains(id) || alone()) {
        return 0.0;
    }
    let waits = all.values().filter(|candidate| match &candidate.culprit {
        Culprit::Entity(to) => called.contains(to) && !speaks_for_itself(scene, to),
        Culprit::Connection { from, .. } => from == id,
    });
    waits.map(|candidate| candidate.mass).sum()
}

/// Whether a caller finds it slower or failing.
fn is_slow_to(scene: &Scene<'_>, from: &EntityId, to: &EntityId) -> bool {
    scene.observations.iter().any(|o| {
        matches!(o.kind, ObservationKind::Latency | ObservationKind::Errors)
            && o.is_abnormal()
            && o.z >= limit::OWN_TEST.value
            && o.entity == *from
            && o.peer.as_ref() == Some(to)
    })
}

/// Who has no processor time left.
pub(super) fn starved(observations: &[Observation]) -> BTreeSet<&EntityId> {
    let is_short = |o: &&Observation| match o.signal {
        Some(Signal::CpuThrottling) => true,
        Some(Signal::CpuUtilization) => {
            o.seen >= limit::CPU_FULL.value && o.seen - o.usual >= limit::CPU_RISE.value
        }
        Some(_) | None => false,
    };
    let own = observations.iter().filter(|o| o.kind == ObservationKind::Saturation);
    own.filter(is_short).filter(|o| o.peer.is_none()).map(|o| &o.entity).collect()
}
