use std::collections::BTreeSet;

use nightjar_topology::{EntityId, Topology};

/// The entities worth looking at for some symptoms, nearest first: what they depend on, directly
/// or through others, then what depends on them, then what surrounds those.
pub(crate) fn scope(topology: &Topology, symptoms: &[EntityId], most: usize) -> Vec<EntityId> {
    let mut ranked: Vec<(usize, EntityId)> = Vec::new();
    for symptom in symptoms.iter().filter(|id| topology.entity(id).is_some()) {
        ranked.push((0, symptom.clone()));
        ranked.extend(topology.suppliers(symptom).into_iter().map(|(id, hops)| (hops, id)));
        let above = topology.blast_radius(symptom, |_| true);
        ranked.extend(above.into_iter().map(|(id, hops)| (hops + 1, id)));
        // What shares a dependency with the symptom may have worn it out.
        ranked.extend(topology.neighbourhood(symptom, 3).into_iter().map(|(id, h)| (h + 2, id)));
    }
    ranked.sort();
    let mut seen = BTreeSet::new();
    let mut found: Vec<EntityId> = Vec::new();
    for (_, id) in ranked {
        if seen.insert(id.clone()) {
            found.push(id);
        }
    }
    found.truncate(most);
    found
}
