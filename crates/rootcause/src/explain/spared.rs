//! Who is served as usual by a place that others find slow or failing: then the place isn't at fault.

use std::collections::BTreeMap;

use nightjar_topology::EntityId;

use super::Scene;
use crate::excess::{Excess, Kind};
use crate::graph::{Graph, Node};
use crate::ledger::Place;
use crate::thresholds as limit;

/// Places that don't measure themselves what the symptom is about, each with a caller who gets answers as usual while
/// others don't. The place is what they have in common; what hurts the others is theirs, or on their way.
pub(super) fn all(graph: &Graph, kind: Kind) -> BTreeMap<EntityId, EntityId> {
    let silent = graph.nodes.iter().filter(|node| !is_known(node, kind));
    let spared = silent.filter_map(|node| match &node.place {
        Place::Entity(id) => Some((id.clone(), spared_by(graph, node, kind)?)),
        Place::Edge { .. } => None,
    });
    spared.collect()
}

fn is_known(node: &Node, kind: Kind) -> bool {
    node.excess(kind).is_some_and(|excess| excess.known)
}

/// Whether a place measures itself what the symptom is about, and its usual is known.
pub(super) fn speaks_for_itself(scene: &Scene<'_>, id: &EntityId) -> bool {
    let Some((graph, flow)) = scene.graph.zip(scene.flow) else { return false };
    let node = graph.entity(id).and_then(|node| graph.nodes.get(node));
    node.is_some_and(|node| is_known(node, flow.symptom.1))
}

fn spared_by(graph: &Graph, node: &Node, kind: Kind) -> Option<EntityId> {
    let edges = node.callers.iter().copied().filter(|&caller| graph.is_edge(caller));
    let known = edges.filter_map(|edge| {
        let excess = graph.nodes.get(edge)?.excess(kind)?;
        excess.known.then_some((edge, excess))
    });
    let known: Vec<(usize, &Excess)> = known.collect();
    let requests = |excess: &Excess| excess.requests.iter().sum::<f64>();
    let loud = known.iter().filter(|(_, excess)| excess.z() >= limit::OWN_TEST.value);
    let worst = loud.map(|(_, excess)| excess.total() / requests(excess).max(1.0));
    let worst = worst.fold(0.0, f64::max);
    let spared = known.into_iter().find(|(_, excess)| {
        let due = worst * requests(excess);
        let noise =
            excess.variance.iter().sum::<f64>().sqrt() + excess.offset.iter().sum::<f64>().abs();
        excess.total() < limit::SPARED.value * due && due > limit::OWN_TEST.value * noise
    });
    graph.entity_of(spared?.0)
}
