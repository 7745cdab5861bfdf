use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{Entity, EntityId, EntityKind, Relation, RelationKind};

/// A snapshot of entities and relations, in a fixed order.
///
/// INVARIANT: both ends of every relation are entities; no relation stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Plain", into = "Plain")]
pub struct Topology {
    entities: BTreeMap<EntityId, Entity>,
    relations: BTreeSet<Relation>,
    outgoing: BTreeMap<EntityId, Vec<Relation>>,
    incoming: BTreeMap<EntityId, Vec<Relation>>,
}

/// The form on disk and on the wire.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Plain {
    #[serde(default)]
    entities: Vec<Entity>,
    #[serde(default)]
    relations: Vec<Relation>,
}

impl From<Plain> for Topology {
    fn from(plain: Plain) -> Self {
        let mut topology = Self::default();
        for entity in plain.entities {
            topology.add(entity);
        }
        for relation in plain.relations {
            topology.relate(relation);
        }
        topology
    }
}

impl From<Topology> for Plain {
    fn from(topology: Topology) -> Self {
        Self {
            entities: topology.entities.into_values().collect(),
            relations: topology.relations.into_iter().collect(),
        }
    }
}

/// What changed between two snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Entities only the later one has.
    pub appeared: Vec<EntityId>,
    /// Entities only the earlier one has.
    pub disappeared: Vec<EntityId>,
    /// Relations only the later one has.
    pub connected: Vec<Relation>,
    /// Relations only the earlier one has.
    pub disconnected: Vec<Relation>,
}

impl Topology {
    /// Adds an entity, or merges it into the one of the same id: aliases and attributes are
    /// united, the later attribute wins, a known kind replaces an unknown one.
    pub fn add(&mut self, entity: Entity) {
        let Some(known) = self.entities.get_mut(&entity.id) else {
            self.entities.insert(entity.id.clone(), entity);
            return;
        };
        if entity.kind != EntityKind::Unknown {
            known.kind = entity.kind;
        }
        for alias in entity.aliases {
            if !known.aliases.contains(&alias) {
                known.aliases.push(alias);
            }
        }
        known.attributes.extend(entity.attributes);
    }

    /// Adds a relation; an end that nobody described yet becomes an entity of unknown kind.
    pub fn relate(&mut self, relation: Relation) {
        for end in [&relation.from, &relation.to] {
            if !self.entities.contains_key(end) {
                self.add(Entity::new(end.clone(), EntityKind::Unknown));
            }
        }
        if self.relations.insert(relation.clone()) {
            let outgoing = self.outgoing.entry(relation.from.clone()).or_default();
            insert_in_order(outgoing, relation.clone());
            insert_in_order(self.incoming.entry(relation.to.clone()).or_default(), relation);
        }
    }

    /// Unites two snapshots, `other` being the later one.
    pub fn merge(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        for entity in other.entities.into_values() {
            self.add(entity);
        }
        for relation in other.relations {
            self.relate(relation);
        }
    }

    /// What has to happen to `earlier` to become this snapshot.
    pub fn difference(&self, earlier: &Self) -> Difference {
        let only = |a: &Self, b: &Self| {
            a.entities.keys().filter(|id| !b.entities.contains_key(*id)).cloned().collect()
        };
        Difference {
            appeared: only(self, earlier),
            disappeared: only(earlier, self),
            connected: self.relations.difference(&earlier.relations).cloned().collect(),
            disconnected: earlier.relations.difference(&self.relations).cloned().collect(),
        }
    }

    /// The entity of this id.
    pub fn entity(&self, id: &EntityId) -> Option<&Entity> {
        self.entities.get(id)
    }

    /// What the entity of this id is; unknown if there is none.
    pub fn kind(&self, id: &EntityId) -> EntityKind {
        self.entities.get(id).map_or(EntityKind::Unknown, |entity| entity.kind)
    }

    /// The entity an outside name speaks of: its id, or else one of its aliases, letter case
    /// aside. A name that fits two entities fits none: guessing would blame a stranger.
    pub fn resolve(&self, name: &str) -> Option<&Entity> {
        let exact = self.entities.values().find(|entity| entity.id.as_str() == name);
        if exact.is_some() {
            return exact;
        }
        let fits = |entity: &&Entity| {
            entity.id.as_str().eq_ignore_ascii_case(name)
                || entity.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        };
        let mut found = self.entities.values().filter(fits);
        match (found.next(), found.next()) {
            (Some(entity), None) => Some(entity),
            (None | Some(_), _) => None,
        }
    }

    /// All entities by id.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    /// All relations in order.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.iter()
    }

    /// Number of entities.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// What the entity depends on directly.
    pub fn dependencies(&self, id: &EntityId) -> impl Iterator<Item = &Relation> {
        self.outgoing.get(id).into_iter().flatten()
    }

    /// What depends on the entity directly.
    pub fn dependents(&self, id: &EntityId) -> impl Iterator<Item = &Relation> {
        self.incoming.get(id).into_iter().flatten()
    }

    /// Entities that a fault of `id` can reach, with their distance in relations, nearest first:
    /// everything that depends on it directly or through others along relations of the kinds that
    /// `travels` lets through.
    pub fn blast_radius(
        &self,
        id: &EntityId,
        travels: impl Fn(RelationKind) -> bool,
    ) -> Vec<(EntityId, usize)> {
        self.walk(id, usize::MAX, |here| {
            self.dependents(here).filter(|r| travels(r.kind)).map(|r| &r.from).collect()
        })
    }

    /// Entities that `id` depends on directly or through others, with their distance.
    pub fn suppliers(&self, id: &EntityId) -> Vec<(EntityId, usize)> {
        self.walk(id, usize::MAX, |here| self.dependencies(here).map(|r| &r.to).collect())
    }

    /// Everything within `hops` relations of `id` in either direction, nearest first, without
    /// `id` itself.
    pub fn neighbourhood(&self, id: &EntityId, hops: usize) -> Vec<(EntityId, usize)> {
        self.walk(id, hops, |here| {
            let down = self.dependencies(here).map(|r| &r.to);
            down.chain(self.dependents(here).map(|r| &r.from)).collect()
        })
    }

    /// Number of relations between two entities, direction aside, up to `most`.
    pub fn distance(&self, a: &EntityId, b: &EntityId, most: usize) -> Option<usize> {
        if a == b {
            return Some(0);
        }
        self.neighbourhood(a, most).into_iter().find(|(id, _)| id == b).map(|(_, hops)| hops)
    }

    /// The shortest chain of dependencies from `from` down to `to`, both included.
    pub fn path(&self, from: &EntityId, to: &EntityId) -> Option<Vec<EntityId>> {
        let mut came_from: BTreeMap<&EntityId, &EntityId> = BTreeMap::new();
        let (from, _) = self.entities.get_key_value(from)?;
        let mut queue = VecDeque::from([from]);
        while let Some(here) = queue.pop_front() {
            if here == to {
                let mut path = vec![here.clone()];
                let mut at = here;
                while let Some(before) = came_from.get(at) {
                    path.push((*before).clone());
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            for relation in self.dependencies(here) {
                if &relation.to != from && !came_from.contains_key(&relation.to) {
                    came_from.insert(&relation.to, here);
                    queue.push_back(&relation.to);
                }
            }
        }
        None
    }

    /// Breadth-first walk; cycles end by themselves since nothing is entered twice.
    fn walk<'a>(
        &'a self,
        start: &EntityId,
        hops: usize,
        next: impl Fn(&EntityId) -> Vec<&'a EntityId>,
    ) -> Vec<(EntityId, usize)> {
        let Some((start, _)) = self.entities.get_key_value(start) else { return Vec::new() };
        let mut seen = BTreeSet::from([start]);
        let mut found: Vec<(EntityId, usize)> = Vec::new();
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((here, distance)) = queue.pop_front() {
            if distance == hops {
                continue;
            }
            for id in next(here) {
                if seen.insert(id) {
                    found.push((id.clone(), distance + 1));
                    queue.push_back((id, distance + 1));
                }
            }
        }
        found
    }
}

/// Keeps the order of relations free of the order in which they became known, so that equal
/// snapshots are walked equally.
fn insert_in_order(relations: &mut Vec<Relation>, relation: Relation) {
    let place = relations.partition_point(|known| *known < relation);
    relations.insert(place, relation);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> EntityId {
        EntityId::new(text).unwrap()
    }

    fn topology(calls: &[(&str, &str)]) -> Topology {
        let mut topology = Topology::default();
        for (from, to) in calls {
            let kind = RelationKind::Calls;
            topology.relate(Relation { from: id(from), to: id(to), kind });
        }
        topology
    }

    #[test]
    fn snapshots_are_equal_whatever_the_order_in_which_relations_became_known() {
        let calls = [("a", "c"), ("b", "c"), ("a", "b")];
        let mut reversed = calls;
        reversed.reverse();
        assert_eq!(topology(&calls), topology(&reversed));
    }

    #[test]
    fn the_blast_radius_climbs_to_the_callers_and_ends_in_a_cycle() {
        let topology = topology(&[("a", "b"), ("b", "c"), ("c", "b"), ("d", "c")]);
        let reach = topology.blast_radius(&id("c"), |_| true);
        assert_eq!(reach, [(id("b"), 1), (id("d"), 1), (id("a"), 2)]);
    }

    #[test]
    fn the_path_is_the_shortest_one() {
        let topology = topology(&[("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")]);
        assert_eq!(topology.path(&id("a"), &id("c")), Some(vec![id("a"), id("c")]));
        assert_eq!(topology.path(&id("a"), &id("a")), Some(vec![id("a")]));
        assert_eq!(topology.path(&id("c"), &id("z")), None);
    }

    #[test]
    fn a_name_that_fits_two_entities_fits_none() {
        let mut topology = topology(&[("api", "db")]);
        for name in ["x", "y"] {
            let mut entity = Entity::new(id(name), EntityKind::Service);
            entity.aliases.push("shared".into());
            topology.add(entity);
        }
        assert!(topology.resolve("shared").is_none());
        assert_eq!(topology.resolve("API").map(|e| e.id.as_str()), Some("api"));
    }

    #[test]
    fn an_unknown_entity_has_no_neighbours() {
        assert!(topology(&[("a", "b")]).neighbourhood(&id("nobody"), 3).is_empty());
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let topology = topology(&[("a", "b"), ("b", "a")]);
        let text = serde_json::to_string(&topology).unwrap();
        assert_eq!(serde_json::from_str::<Topology>(&text).unwrap(), topology);
    }
}
