use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightjar_incident::{Recording, Signal, signal};
use nightjar_series::Column;
use nightjar_topology::{EntityId, Topology};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The recording with the level of each entity's latency and traffic moved by up to `most` (0.2
/// is a fifth) from an instant on, as it moves between days. Nothing is wrong because of it.
pub fn drift(recording: &Recording, since: Timestamp, most: f64, seed: u64) -> Recording {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let since = since.as_millisecond();
    let mut factors: BTreeMap<(EntityId, Signal), f64> = BTreeMap::new();
    let mut new = recording.clone();
    for series in &mut new.metrics {
        let signal = match signal::of(series) {
            Signal::Latency => Signal::Latency,
            // Failed requests move with all of them, so that their share stays.
            Signal::Requests | Signal::Errors => Signal::Requests,
            _ => continue,
        };
        let key = (series.entity.clone(), signal);
        let factor =
            *factors.entry(key).or_insert_with(|| 1.0 + most * rng.random_range(-1.0..1.0));
        let moved = series.column.samples().map(|(time, value)| {
            let factor = if time < since { 1.0 } else { factor };
            let is_count = signal == Signal::Requests;
            (time, if is_count { (value * factor).round() } else { value * factor })
        });
        series.column = Column::from_samples(moved).0;
    }
    new
}

/// How much of a topology isn't seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holes {
    /// Share of the relations.
    pub relations: f64,
    /// Share of the entities, their telemetry included.
    pub entities: f64,
}

/// The recording with parts unseen, as where instrumentation has holes. What is at fault and the
/// entities in `keep`, such as what alarmed, stay.
pub fn thin(recording: &Recording, keep: &[&EntityId], holes: Holes, seed: u64) -> Recording {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let causes = recording.expect.iter().flat_map(|expect| &expect.causes);
    let kept: BTreeSet<&EntityId> =
        causes.map(|cause| &cause.entity).chain(keep.iter().copied()).collect();
    let mut gone: BTreeSet<EntityId> = BTreeSet::new();
    let mut topology = Topology::default();
    for entity in recording.topology.entities() {
        if !kept.contains(&entity.id) && rng.random_range(0.0..1.0) < holes.entities {
            gone.insert(entity.id.clone());
        } else {
            topology.add(entity.clone());
        }
    }
    for relation in recording.topology.relations() {
        let is_seen = !gone.contains(&relation.from) && !gone.contains(&relation.to);
        if rng.random_range(0.0..1.0) >= holes.relations && is_seen {
            topology.relate(relation.clone());
        }
    }
    let mut new = Recording { topology, ..recording.clone() };
    let is_gone = |id: &EntityId| gone.contains(id);
    new.metrics.retain(|s| !is_gone(&s.entity) && !s.peer.as_ref().is_some_and(is_gone));
    new.logs.retain(|line| !is_gone(&line.entity));
    new.spans.retain(|span| !is_gone(&span.entity));
    new
}
