//! Traffic surge: more requests than usual enter and everything below follows.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind};
use nightjar_series::shift::shift;
use nightjar_topology::{EntityId, RelationKind};

use super::{Scene, Suspect};
use crate::graph::Culprit;
use crate::ledger::Ledger;
use crate::thresholds as limit;

/// The surge as an explanation of the suspects whose own traffic rose with it. The suspect is the
/// entrance: where requests rose and those who call it don't send as many more.
pub(super) fn judge(scene: &Scene<'_>, suspects: &[Suspect]) -> Vec<Suspect> {
    let rose: Vec<&Observation> = scene
        .observations
        .iter()
        .filter(|o| o.kind == ObservationKind::Traffic && o.direction == Direction::Up)
        .collect();
    let entrances = rose.iter().filter(|o| comes_from_outside(scene, o, &rose));
    entrances.filter_map(|entrance| from(scene, entrance, &rose, suspects)).collect()
}

fn ratio(observation: &Observation) -> f64 {
    observation.seen / observation.usual.max(1.0)
}

/// Whether the requests that an entity got more don't come from a caller that is watched. Edges
/// that count what they send tell best; without them a caller whose own requests rose as much is
/// taken to have sent them, and one whose requests didn't to repeat its own.
fn comes_from_outside(scene: &Scene<'_>, at: &Observation, rose: &[&Observation]) -> bool {
    let (Some(graph), Some((ledger, _))) = (scene.graph, scene.view.requests) else { return false };
    let Some(node) = graph.entity(&at.entity).and_then(|node| graph.nodes.get(node)) else {
        return false;
    };
    let sent: Vec<f64> =
        node.callers.iter().filter_map(|&caller| growth(scene, ledger, caller)).collect();
    if !sent.is_empty() {
        return sent.iter().sum::<f64>() < limit::SENT_SHARE.value * (at.seen - at.usual);
    }
    let topology = scene.view.case.topology;
    // Who empties a queue gets what others put there.
    if topology.dependencies(&at.entity).any(|relation| relation.kind == RelationKind::Consumes) {
        return false;
    }
    let callers = topology.dependents(&at.entity);
    let mut measured = callers
        .filter(|relation| relation.kind.is_request() && graph.is_measured(&relation.from))
        .peekable();
    measured.peek().is_none() && !rose.is_empty()
}

/// How many more requests a row an edge sends, by its own count.
fn growth(scene: &Scene<'_>, ledger: &Ledger, edge: usize) -> Option<f64> {
    let graph = scene.graph.filter(|graph| graph.is_edge(edge))?;
    let table = graph.nodes.get(edge)?.table(ledger)?;
    if !table.counted || table.inferred {
        return None;
    }
    let rows = |range: &std::ops::Range<usize>| table.requests.get(range.clone());
    let shift = shift(rows(&ledger.reference)?, rows(&ledger.window)?, 1.0)?;
    Some(shift.seen - shift.usual)
}

/// Whether an entity gets more requests in about the same proportion as the entrance; one that
/// doesn't count its requests, or turns some of them away, gets what its callers get.
fn follows(
    scene: &Scene<'_>,
    id: &EntityId,
    entrance: &Observation,
    rose: &[&Observation],
) -> bool {
    let level = (limit::SURGE_FOLLOWS.value * ratio(entrance)).min(limit::SURGE_SURELY.value);
    let as_much = |id: &EntityId| rose.iter().any(|o| o.entity == *id && ratio(o) >= level);
    let refuses = scene
        .observations
        .iter()
        .any(|o| o.entity == *id && o.kind == ObservationKind::Throttling && o.is_abnormal());
    if scene.is_measured(id) && !refuses {
        return as_much(id);
    }
    let mut callers =
        scene.view.case.topology.dependents(id).filter(|relation| relation.kind.is_request());
    callers.any(|relation| as_much(&relation.from))
}

fn from(
    scene: &Scene<'_>,
    entrance: &Observation,
    rose: &[&Observation],
    suspects: &[Suspect],
) -> Option<Suspect> {
    let topology = scene.view.case.topology;
    let strained = suspects
        .iter()
        .filter(|suspect| {
            let reached = suspect.entity() == &entrance.entity
                || topology.path(&entrance.entity, suspect.entity()).is_some();
            reached && follows(scene, suspect.entity(), entrance, rose)
        })
        .max_by(|a, b| a.score.total_cmp(&b.score))?;
    let mut support = strained.support.clone();
    support.push(entrance.id.clone());
    support.sort();
    support.dedup();
    let mut path = vec![entrance.entity.clone()];
    path.extend(strained.path.iter().rev().filter(|id| **id != entrance.entity).cloned());
    Some(Suspect {
        culprit: Culprit::Entity(entrance.entity.clone()),
        mode: FaultMode::TrafficSurge,
        trigger: None,
        support,
        against: Vec::new(),
        score: strained.score + limit::MARK_CLEAR.value,
        decisive: true,
        node: strained.node,
        share_explained: strained.share_explained,
        path,
        reasons: vec![format!(
            "requests rose at the entrance and `{}`, which strains first, got more in proportion",
            strained.entity()
        )],
        confidence: 0.0,
    })
}
