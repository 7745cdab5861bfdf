//! Traffic surge: more requests than usual enter and everything below follows.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind};

use super::{Scene, Suspect};
use crate::flow::Culprit;
use crate::thresholds as limit;

/// The surge as an explanation of the suspects whose own traffic rose with it. The suspect is the
/// entrance: where requests rose although nobody who calls it sends more.
pub(super) fn judge(scene: &Scene<'_>, suspects: &[Suspect]) -> Vec<Suspect> {
    let rose: Vec<&Observation> = scene
        .observations
        .iter()
        .filter(|o| o.kind == ObservationKind::Traffic && o.direction == Direction::Up)
        .collect();
    let topology = scene.view.case.topology;
    let mut found = Vec::new();
    for entrance in &rose {
        let callers = topology
            .dependents(&entrance.entity)
            .filter(|relation| relation.kind.is_request())
            .filter(|relation| scene.graph.is_some_and(|graph| graph.is_measured(&relation.from)));
        // A measured caller that sends no more means retries or a loop below: not from outside.
        if callers.count() > 0 {
            continue;
        }
        let ratio = |o: &Observation| o.seen / o.usual.max(1.0);
        let below: Vec<&Suspect> = suspects
            .iter()
            .filter(|suspect| {
                let followed = rose.iter().find(|o| o.entity == *suspect.entity());
                let reached = suspect.entity() == &entrance.entity
                    || topology.path(&entrance.entity, suspect.entity()).is_some();
                let level =
                    |o: &&Observation| ratio(o) >= limit::SURGE_FOLLOWS.value * ratio(entrance);
                reached && followed.is_some_and(level)
            })
            .collect();
        let Some(strained) = below.iter().max_by(|a, b| a.score.total_cmp(&b.score)) else {
            continue;
        };
        let mut support = strained.support.clone();
        support.push(entrance.id.clone());
        support.sort();
        support.dedup();
        let mut path = vec![entrance.entity.clone()];
        path.extend(strained.path.iter().rev().filter(|id| **id != entrance.entity).cloned());
        found.push(Suspect {
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
        });
    }
    found
}
