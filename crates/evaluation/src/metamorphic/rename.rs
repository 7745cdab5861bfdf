use std::collections::BTreeSet;

use nightjar_incident::Recording;
use nightjar_topology::{EntityId, Topology};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::names::Names;

/// The recording with a random name for every entity and alias, everywhere; kinds are kept. An
/// engine that doesn't read names answers the same under the new ones.
pub fn rename(recording: &Recording, seed: u64) -> Recording {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut names = Names::default();
    let mut taken = BTreeSet::new();
    let mut fresh = || loop {
        let name = format!("n{:08x}", rng.next_u32());
        if taken.insert(name.clone()) {
            return name;
        }
    };
    for id in entities(recording) {
        if let Ok(new) = EntityId::new(fresh()) {
            names.id(id, new);
        }
    }
    for entity in recording.topology.entities() {
        for alias in &entity.aliases {
            names.text(alias, &fresh());
        }
    }
    names.apply(recording)
}

/// The recording with the first true cause and another entity of its kind and of similar degree
/// exchanged, their places in the graph with them; the expected answer follows. None if there is
/// no such entity with metrics.
pub fn swap(recording: &Recording, seed: u64) -> Option<Recording> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let topology = &recording.topology;
    let cause = &recording.expect.as_ref()?.causes.first()?.entity;
    let own = degree(topology, cause);
    let measured: BTreeSet<&EntityId> = recording.metrics.iter().map(|s| &s.entity).collect();
    let mut alike: Vec<(usize, &EntityId)> = topology
        .entities()
        .filter(|entity| entity.kind == topology.kind(cause) && entity.id != *cause)
        .filter(|entity| measured.contains(&entity.id))
        .map(|entity| (degree(topology, &entity.id).abs_diff(own), &entity.id))
        .collect();
    alike.sort();
    // One of the three nearest: with one only, every seed would give the same pair.
    let (_, other) = alike.get(..alike.len().min(3))?.choose(&mut rng)?;
    let mut names = Names::default();
    names.id(cause, (*other).clone());
    names.id(other, cause.clone());
    Some(names.apply(recording))
}

fn degree(topology: &Topology, id: &EntityId) -> usize {
    topology.dependencies(id).count() + topology.dependents(id).count()
}

/// Every entity that is spoken of.
fn entities(recording: &Recording) -> BTreeSet<&EntityId> {
    let mut found: BTreeSet<&EntityId> = recording.topology.entities().map(|e| &e.id).collect();
    for series in &recording.metrics {
        found.insert(&series.entity);
        found.extend(&series.peer);
    }
    found.extend(recording.logs.iter().map(|line| &line.entity));
    for span in &recording.spans {
        found.insert(&span.entity);
        found.extend(&span.peer);
    }
    found.extend(recording.changes.iter().flat_map(|change| &change.entities));
    for cause in recording.expect.iter().flat_map(|expect| &expect.causes) {
        found.insert(&cause.entity);
        found.extend(&cause.accept);
    }
    found
}
