//! A second cause behind the same symptom: trouble that the leading cause can't have made.
//!
//! What is seen and would stay unexplained is asked once more where it comes from. It counts as a
//! cause of its own only on clear evidence: two faults at once are rare, and what one fault does to
//! others on detours (load, hosts, retries) is not.

use nightjar_incident::FaultMode;

use crate::attack::attack;
use crate::excess::Kind;
use crate::explain::{Scene, Suspect, normalise, path_up, suspects};
use crate::graph::State;
use crate::symptom::{felt_tops, ongoing};
use crate::thresholds as limit;

/// The second cause, if there is clear evidence of one.
pub(crate) fn second_cause(scene: &Scene<'_>, leading: &Suspect) -> Option<Suspect> {
    if !leading.decisive || !scene.symptom_shows || makes_trouble_elsewhere(leading.mode) {
        return None;
    }
    let states = unexplained(scene, leading)?;
    let (ledger, graph) = scene.view.requests?;
    let flow = graph.flow(ledger, &states, false);
    let starts = states.iter().filter_map(|state| graph.entity_of(state.0)).collect();
    let again = Scene::new(scene.view, Some(graph), Some(&flow), scene.observations, true, starts);
    let mut ranked = suspects(&again);
    attack(&again, &mut ranked);
    normalise(&mut ranked);
    let mut second = ranked.into_iter().next()?;
    let is_clear = second.decisive && second.confidence >= limit::SECOND_CAUSE.value;
    if !is_clear || second.entity() == leading.entity() || makes_trouble_elsewhere(second.mode) {
        return None;
    }
    second
        .reasons
        .push("the leading cause can't have made this: nothing there needs it".to_owned());
    second.share_explained = None;
    second.path = path_up(scene, second.entity()).unwrap_or(second.path);
    Some(second)
}

/// Whether a fault reaches others than those who wait for the place.
fn makes_trouble_elsewhere(mode: FaultMode) -> bool {
    matches!(
        mode,
        FaultMode::TrafficSurge
            | FaultMode::RetryStorm
            | FaultMode::BadHost
            | FaultMode::DnsFailure
            | FaultMode::CertificateExpired
    )
}

/// Where the symptom needs a place in trouble that neither needs the leading cause nor is needed by
/// it; those that no other of them waits for.
fn unexplained(scene: &Scene<'_>, leading: &Suspect) -> Option<Vec<State>> {
    let (graph, flow) = (scene.graph?, scene.flow?);
    let cause = graph.entity(leading.entity()).or(leading.node)?;
    let (above, below) = (graph.above(cause), graph.reach(cause));
    let needed = graph.reach(flow.symptom.0);
    let states = (0..graph.nodes.len())
        .filter(|node| needed.contains(node) && !above.contains(node) && !below.contains(node))
        .filter(|node| !graph.is_edge(*node))
        .flat_map(|node| Kind::BOTH.map(|kind| (node, kind)));
    let loud = ongoing(graph, states.collect(), limit::SECOND_CAUSE_Z.value);
    let tops = felt_tops(graph, &loud);
    (!tops.is_empty()).then_some(tops)
}
