//! What the symptom needs, directly or through others.

use std::collections::BTreeMap;

use nightjar_topology::{EntityId, EntityKind, RelationKind};

use super::Scene;

/// Everything a fault can reach the symptom from: for each place the next one on the shortest way up
/// to a start, and how many steps that is.
pub(super) struct Suppliers<'a>(pub(super) BTreeMap<&'a EntityId, (Option<&'a EntityId>, usize)>);

impl<'a> Suppliers<'a> {
    pub(super) fn of(scene: &Scene<'a>, starts: &'a [EntityId]) -> Self {
        let topology = scene.view.case.topology;
        let mut found: BTreeMap<&EntityId, (Option<&EntityId>, usize)> =
            starts.iter().map(|start| (start, (None, 0))).collect();
        let mut queue: std::collections::VecDeque<&EntityId> = starts.iter().collect();
        while let Some(here) = queue.pop_front() {
            let steps = found.get(here).map_or(0, |(_, steps)| *steps);
            let down = topology.dependencies(here).map(|r| (&r.to, r.kind));
            // A queue waits for those who empty it, and a workload is its pods.
            let others = topology.dependents(here).filter(|r| {
                r.kind == RelationKind::Consumes
                    || (r.kind == RelationKind::BelongsTo
                        && topology.kind(&r.from) == EntityKind::Pod)
            });
            for (next, kind) in down.chain(others.map(|r| (&r.from, RelationKind::Calls))) {
                let travels = kind.is_request() || kind == RelationKind::RunsOn;
                if travels && !found.contains_key(next) {
                    found.insert(next, (Some(here), steps + 1));
                    queue.push_back(next);
                }
            }
        }
        Self(found)
    }

    /// The way from a place up to a start; none if there isn't any.
    pub(super) fn path(&self, from: &EntityId) -> Option<Vec<EntityId>> {
        let mut next = Some(self.0.get_key_value(from)?.0);
        let mut path = Vec::new();
        while let Some(&here) = next.as_ref() {
            path.push((*here).clone());
            next = self.0.get(here).and_then(|(above, _)| above.as_ref());
        }
        Some(path)
    }
}
