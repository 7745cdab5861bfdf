//! What operations do differently, as evidence of where a fault is.
//!
//! A wrong answer deep down makes everybody above write other lines and make other calls, and often
//! more so than the one at fault. So a change counts little where something needed by the changed
//! one changed as well. And who is called more or less often than usual gets other requests, and goes
//! other ways because of that.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Observation, ObservationKind, Signal};
use nightjar_topology::{EntityId, Topology};

use crate::operations::Finding;
use crate::thresholds as limit;

/// Log odds that an entity's own behaviour changed, against chance, with what changed below taken
/// into account; entities whose operations are as usual don't appear.
pub(super) fn changed(
    observations: &[Observation],
    topology: &Topology,
    findings: &[Finding],
) -> BTreeMap<EntityId, f64> {
    let mut called: BTreeMap<&EntityId, f64> = BTreeMap::new();
    for finding in findings {
        if let Some(id) = &finding.called {
            let known = called.entry(id).or_default();
            *known = known.max(finding.z.abs());
        }
    }
    let asked_otherwise = |observation: &Observation| match observation.signal {
        // An exception is one whatever was asked for.
        Some(Signal::Errors) => 1.0,
        Some(_) | None => left_by(called.get(&observation.entity).copied().unwrap_or(0.0)),
    };
    let mut z: BTreeMap<&EntityId, f64> = BTreeMap::new();
    // What is only said of an entity doesn't excuse those who need it.
    let mut own: BTreeMap<&EntityId, f64> = BTreeMap::new();
    for observation in observations.iter().filter(|o| tells(o)) {
        let left = observation.z * asked_otherwise(observation);
        let known = z.entry(&observation.entity).or_default();
        *known = known.max(left);
        if observation.peer.is_none() {
            let known = own.entry(&observation.entity).or_default();
            *known = known.max(left);
        }
    }
    // Who says that something it calls is the trouble goes other ways because of that.
    let mut tells_of: BTreeMap<&EntityId, f64> = BTreeMap::new();
    for observation in observations.iter().filter(|o| tells(o)) {
        if let Some(teller) = &observation.peer {
            let known = tells_of.entry(teller).or_default();
            *known = known.max(observation.z / limit::HEARSAY.value);
        }
    }
    let explained = |id: &EntityId| {
        let below = needed_by(topology, id);
        let changed = below.iter().filter_map(|id| own.get(id));
        let best = changed.chain(tells_of.get(id)).copied().fold(0.0, f64::max);
        left_by(best)
    };
    z.iter().map(|(id, z)| ((*id).clone(), log_odds(z * explained(id)))).collect()
}

/// What is left of a change where something else changed by so many standard deviations.
fn left_by(z: f64) -> f64 {
    let strayed = (z - limit::CHANGED_BELOW_Z.value) / limit::CHANGED_BELOW_SPREAD.value;
    1.0 - limit::EXPLAINED_AWAY.value / (1.0 + (-strayed).exp())
}

/// Whether an observation is about what an operation does.
pub(super) fn tells(observation: &Observation) -> bool {
    matches!(observation.kind, ObservationKind::LogMix | ObservationKind::Calls)
        && observation.is_abnormal()
}

/// From standard deviations to log odds against the largest deviation that chance alone brings.
pub(super) fn log_odds(z: f64) -> f64 {
    let chance = limit::MIX_CHANCE_Z.value;
    ((z * z.abs() - chance * chance) / 2.0).min(limit::MIX_CAP.value)
}

/// Everything an entity's requests may reach.
fn needed_by(topology: &Topology, id: &EntityId) -> BTreeSet<EntityId> {
    let mut seen = BTreeSet::new();
    let mut open = vec![id.clone()];
    while let Some(here) = open.pop() {
        for relation in topology.dependencies(&here).filter(|relation| relation.kind.is_request()) {
            if relation.to != *id && seen.insert(relation.to.clone()) {
                open.push(relation.to.clone());
            }
        }
    }
    seen
}
