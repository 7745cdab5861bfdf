//! Who is served as usual by a place that others find slow or failing: then the place isn't at fault.

use nightjar_topology::EntityId;

use super::Scene;
use crate::excess::{Excess, Kind};
use crate::graph::Graph;
use crate::thresholds as limit;

/// A caller of a place that doesn't measure itself what the symptom is about, who gets answers as usual while others
/// don't. The place is what they have in common; what hurts the others is theirs, or on their way.
pub(crate) fn spared_caller(scene: &Scene<'_>, id: &EntityId) -> Option<EntityId> {
    let (graph, flow) = scene.graph.zip(scene.flow)?;
    if speaks_for_itself(scene, id) {
        return None;
    }
    spared_in(graph, id, flow.symptom.1)
}

/// Whether a place measures itself what the symptom is about, and its usual is known.
pub(super) fn speaks_for_itself(scene: &Scene<'_>, id: &EntityId) -> bool {
    let Some((graph, flow)) = scene.graph.zip(scene.flow) else { return false };
    let node = graph.entity(id).and_then(|node| graph.nodes.get(node));
    node.and_then(|node| node.excess(flow.symptom.1)).is_some_and(|excess| excess.known)
}

fn spared_in(graph: &Graph, id: &EntityId, kind: Kind) -> Option<EntityId> {
    let node = graph.entity(id).and_then(|node| graph.nodes.get(node))?;
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
