//! What isn't seen: alerts that nobody set up, telemetry that isn't collected.

use std::collections::BTreeSet;

use nightjar_incident::{Recording, Signal, signal};
use nightjar_topology::{EntityId, EntityKind};

use super::Decoy;
use crate::Recipe;
use crate::dice::{Dice, Purpose};
use crate::system::System;

/// Whether a rule on an entity exists although some alerts are missing.
pub(crate) fn is_watched(
    recipe: &Recipe,
    system: &System,
    guilty: &[EntityId],
    entity: &EntityId,
) -> bool {
    let has = |decoy| recipe.decoys.contains(&decoy);
    if has(Decoy::SilentCause) && guilty.contains(entity) {
        return false;
    }
    if has(Decoy::DistantAlerts) {
        let near = callers(system, guilty);
        let far: BTreeSet<&EntityId> = callers_of(system, &near);
        // Where nobody is further away, the callers are all there is.
        if far.is_empty() {
            return near.contains(entity) && !guilty.contains(entity);
        }
        return far.contains(entity);
    }
    true
}

fn callers(system: &System, of: &[EntityId]) -> Vec<EntityId> {
    let calls = system.calls.iter().map(|(_, call)| call);
    calls
        .filter(|call| of.contains(&system.nodes[call.to].entity.id))
        .map(|call| system.nodes[call.from].entity.id.clone())
        .collect()
}

/// The callers' callers, and theirs.
fn callers_of<'a>(system: &'a System, near: &[EntityId]) -> BTreeSet<&'a EntityId> {
    let mut far: BTreeSet<&EntityId> = BTreeSet::new();
    for at in system.order().into_iter().rev() {
        let calls = system.nodes[at].calls.iter().map(|&call| &system.calls[call]);
        let mut callees = calls.map(|call| &system.nodes[call.to].entity.id);
        if callees.any(|id| near.contains(id) || far.contains(id)) {
            far.insert(&system.nodes[at].entity.id);
        }
    }
    for id in near {
        far.remove(id);
    }
    far
}

/// Takes away what the recipe says nobody collects.
pub(crate) fn hide(recipe: &Recipe, recording: &mut Recording, guilty: &[EntityId]) {
    let mut dice = Dice::new(recipe.seed ^ 1, Purpose::Decoys);
    for decoy in &recipe.decoys {
        match decoy {
            Decoy::MissingMetric => recording.metrics.retain(|series| {
                let is_of_requests = matches!(
                    signal::of(series),
                    Signal::Requests | Signal::Errors | Signal::Latency
                );
                is_of_requests || !guilty.contains(&series.entity)
            }),
            Decoy::DarkCause => darken(recording, guilty),
            Decoy::DarkBystander => {
                let services: Vec<EntityId> = recording
                    .topology
                    .entities()
                    .filter(|e| e.kind == EntityKind::Service && !guilty.contains(&e.id))
                    .map(|e| e.id.clone())
                    .collect();
                if let Some(one) = dice.pick(&services) {
                    darken(recording, std::slice::from_ref(one));
                }
            }
            Decoy::CpuPeak
            | Decoy::NoisyNeighbour
            | Decoy::InnocentDeployment
            | Decoy::OldFailover
            | Decoy::Checkpoint
            | Decoy::RecoveredAlert
            | Decoy::SilentCause
            | Decoy::DistantAlerts => {}
        }
    }
}

/// Nothing of what they tell themselves is left; what others tell of them is.
fn darken(recording: &mut Recording, entities: &[EntityId]) {
    recording.metrics.retain(|series| !entities.contains(&series.entity));
    recording.logs.retain(|line| !entities.contains(&line.entity));
    recording.spans.retain(|span| !entities.contains(&span.entity));
}
