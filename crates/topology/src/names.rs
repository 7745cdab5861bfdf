//! Who is who in several snapshots: each source calls things by names of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::{Entity, EntityId, EntityKind, Relation, Topology};

/// What the entities of several snapshots are called in common, and what each source calls them.
///
/// Two entities of different snapshots are one if a name of the one is a name of the other, letter case
/// aside, and their kinds don't speak against it. Within a snapshot nothing is united: its source knows
/// better. A name that two entities of one snapshot carry as an alias tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// For each snapshot what is called otherwise in common: by its own name.
    parts: Vec<BTreeMap<EntityId, EntityId>>,
    /// The same the other way round.
    locals: Vec<BTreeMap<EntityId, EntityId>>,
    /// What is known of those that have another name somewhere: kind and all names.
    known: BTreeMap<EntityId, Entity>,
}

impl Names {
    /// Compares snapshots.
    pub fn of(snapshots: &[&Topology]) -> Self {
        let mut groups = Groups::new(snapshots);
        for nodes in by_name(&groups.nodes).into_values() {
            let mut nodes = nodes.into_iter();
            let Some(first) = nodes.next() else { continue };
            nodes.for_each(|node| groups.unite(first, node));
        }
        let mut names = Self {
            parts: vec![BTreeMap::new(); snapshots.len()],
            locals: vec![BTreeMap::new(); snapshots.len()],
            known: BTreeMap::new(),
        };
        for group in groups.found() {
            let Some(common) = common_id(&group) else { continue };
            let mut known = Entity::new(common.clone(), EntityKind::Unknown);
            for node in &group {
                if rank(node.entity.kind) > rank(known.kind) {
                    known.kind = node.entity.kind;
                }
                let aliases = node.entity.aliases.iter().map(String::as_str);
                for name in std::iter::once(node.entity.id.as_str()).chain(aliases) {
                    if name != common.as_str() && !known.aliases.iter().any(|known| known == name) {
                        known.aliases.push(name.to_owned());
                    }
                }
                let tables = (names.parts.get_mut(node.part), names.locals.get_mut(node.part));
                if let (Some(part), Some(locals)) = tables
                    && node.entity.id != common
                {
                    part.insert(node.entity.id.clone(), common.clone());
                    locals.insert(common.clone(), node.entity.id.clone());
                }
            }
            names.known.insert(common, known);
        }
        names
    }

    /// What an entity of a snapshot is called in common.
    pub fn common(&self, part: usize, id: &EntityId) -> EntityId {
        let known = self.parts.get(part).and_then(|part| part.get(id));
        known.unwrap_or(id).clone()
    }

    /// What the source of a snapshot calls an entity.
    pub fn local(&self, part: usize, common: &EntityId) -> EntityId {
        let known = self.locals.get(part).and_then(|part| part.get(common));
        known.unwrap_or(common).clone()
    }

    /// Whether a source calls everything as it is called in common.
    pub fn is_plain(&self, part: usize) -> bool {
        self.parts.get(part).is_none_or(BTreeMap::is_empty)
    }

    /// A snapshot in common names, with what the others know of its entities' kinds and names.
    #[must_use]
    pub fn translated(&self, part: usize, snapshot: &Topology) -> Topology {
        let mut topology = Topology::default();
        for entity in snapshot.entities() {
            let mut entity = Entity { id: self.common(part, &entity.id), ..entity.clone() };
            if let Some(known) = self.known.get(&entity.id) {
                entity.kind = known.kind;
                entity.aliases.clone_from(&known.aliases);
            }
            topology.add(entity);
        }
        for relation in snapshot.relations() {
            let (from, to) = (self.common(part, &relation.from), self.common(part, &relation.to));
            topology.relate(Relation { from, to, kind: relation.kind });
        }
        topology
    }
}

/// An entity of a snapshot.
#[derive(Clone, Copy)]
struct Node<'a> {
    part: usize,
    entity: &'a Entity,
}

/// Which nodes are one: each points to another of its group, or to itself.
struct Groups<'a> {
    nodes: Vec<Node<'a>>,
    parents: Vec<usize>,
    /// By the node that stands for a group: which snapshots it has an entity of, and its most telling kind.
    told: BTreeMap<usize, (BTreeSet<usize>, EntityKind)>,
}

impl<'a> Groups<'a> {
    fn new(snapshots: &[&'a Topology]) -> Self {
        let mut nodes = Vec::new();
        for (part, snapshot) in snapshots.iter().enumerate() {
            nodes.extend(snapshot.entities().map(|entity| Node { part, entity }));
        }
        let told = nodes.iter().enumerate();
        let told = told.map(|(at, node)| (at, (BTreeSet::from([node.part]), node.entity.kind)));
        Self { parents: (0..nodes.len()).collect(), told: told.collect(), nodes }
    }

    fn stands_for(&self, mut node: usize) -> usize {
        while let Some(&parent) = self.parents.get(node).filter(|parent| **parent != node) {
            node = parent;
        }
        node
    }

    /// Makes one of two groups, unless a snapshot tells them apart or their kinds do.
    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.stands_for(one), self.stands_for(other));
        let (Some((parts, kind)), Some((more, other_kind))) =
            (self.told.get(&one), self.told.get(&other))
        else {
            return;
        };
        if one == other || !parts.is_disjoint(more) || !may_be_one(*kind, *other_kind) {
            return;
        }
        let kind = if rank(*other_kind) > rank(*kind) { *other_kind } else { *kind };
        let parts = parts.union(more).copied().collect();
        self.told.remove(&other);
        self.told.insert(one, (parts, kind));
        if let Some(parent) = self.parents.get_mut(other) {
            *parent = one;
        }
    }

    /// The groups with more than one entity.
    fn found(&self) -> impl Iterator<Item = Vec<Node<'a>>> {
        let mut groups: BTreeMap<usize, Vec<Node<'a>>> = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            groups.entry(self.stands_for(at)).or_default().push(*node);
        }
        groups.into_values().filter(|group| group.len() > 1)
    }
}

/// The nodes of a snapshot that carry a name.
#[derive(Default)]
struct Bearers {
    by_id: Vec<usize>,
    by_alias: Vec<usize>,
}

/// The nodes that carry each name: of a snapshot the one that has it as its id, or else the only one that
/// has it as an alias.
fn by_name(nodes: &[Node<'_>]) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, BTreeMap<usize, Bearers>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        let mut names = BTreeSet::new();
        let id = node.entity.id.as_str().to_lowercase();
        names.extend(node.entity.aliases.iter().map(|alias| alias.to_lowercase()));
        names.remove(&id);
        found.entry(id).or_default().entry(node.part).or_default().by_id.push(at);
        for name in names {
            found.entry(name).or_default().entry(node.part).or_default().by_alias.push(at);
        }
    }
    let only = |bearers: Bearers| match (&*bearers.by_id, &*bearers.by_alias) {
        ([only], _) | ([], [only]) => Some(*only),
        _ => None,
    };
    found
        .into_iter()
        .map(|(name, parts)| (name, parts.into_values().filter_map(only).collect()))
        .collect()
}

/// How much a kind tells.
fn rank(kind: EntityKind) -> u8 {
    match kind {
        EntityKind::Unknown => 0,
        // What one source sees as outside another may know from within.
        EntityKind::External => 1,
        EntityKind::Client => 2,
        EntityKind::Service => 3,
        _ => 4,
    }
}

/// Whether one thing may be seen as both kinds.
fn may_be_one(one: EntityKind, other: EntityKind) -> bool {
    use EntityKind::{Cache, Client, Database, External, Gateway, Queue, Service, Unknown};
    one == other
        || matches!((one, other), (Unknown | External, _) | (_, Unknown | External))
        || matches!((one, other), (Service, Gateway | Client) | (Gateway | Client, Service))
        // Redis is any of these, as it is used.
        || matches!((one, other), (Database | Cache | Queue, Database | Cache | Queue))
}

/// The name that a group is called by: no address if there is another, what most call it, and then the
/// first.
fn common_id(group: &[Node<'_>]) -> Option<EntityId> {
    let mut votes: BTreeMap<&EntityId, (usize, usize)> = BTreeMap::new();
    for node in group {
        let (count, first) = votes.entry(&node.entity.id).or_insert((0, node.part));
        *count += 1;
        *first = (*first).min(node.part);
    }
    let best = votes.into_iter().min_by_key(|(id, (count, first))| {
        (is_address(id.as_str()), std::cmp::Reverse(*count), *first, (*id).clone())
    });
    best.map(|(id, _)| id.clone())
}

/// Whether a name is where something listens rather than what it is.
fn is_address(name: &str) -> bool {
    let port = |text: &str| text.parse::<u16>().is_ok();
    let host = match name.rsplit_once(':') {
        Some((host, text)) if port(text) => return !host.is_empty(),
        _ => name,
    };
    host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RelationKind;

    fn id(text: &str) -> EntityId {
        EntityId::new(text).unwrap()
    }

    fn snapshot(entities: &[(&str, EntityKind, &[&str])], calls: &[(&str, &str)]) -> Topology {
        let mut topology = Topology::default();
        for (name, kind, aliases) in entities {
            let mut entity = Entity::new(id(name), *kind);
            entity.aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
            topology.add(entity);
        }
        for (from, to) in calls {
            let (from, to) = (id(from), id(to));
            topology.relate(Relation { from, to, kind: RelationKind::Calls });
        }
        topology
    }

    #[test]
    fn an_address_in_one_source_is_a_name_in_another() {
        let traces = snapshot(
            &[
                ("orders", EntityKind::Service, &[]),
                ("10.0.0.7:5432", EntityKind::External, &["shopdb"]),
            ],
            &[("orders", "10.0.0.7:5432")],
        );
        let database = snapshot(&[("orders-db", EntityKind::Database, &["10.0.0.7:5432"])], &[]);
        let metrics = snapshot(
            &[("Orders", EntityKind::Unknown, &[]), ("pg", EntityKind::Database, &["shopdb"])],
            &[],
        );
        let names = Names::of(&[&traces, &database, &metrics]);
        let common = id("orders-db");
        assert_eq!(names.common(0, &id("10.0.0.7:5432")), common);
        assert_eq!(names.common(2, &id("pg")), common);
        assert_eq!(names.local(0, &common), id("10.0.0.7:5432"));
        assert_eq!(names.local(1, &common), common);
        assert_eq!(names.common(2, &id("Orders")), id("orders"));
        let mut all = names.translated(0, &traces);
        all.merge(names.translated(1, &database));
        all.merge(names.translated(2, &metrics));
        assert_eq!(all.len(), 2);
        let database = all.entity(&common).unwrap();
        assert_eq!(database.kind, EntityKind::Database);
        assert_eq!(database.aliases, ["10.0.0.7:5432", "shopdb", "pg"]);
        assert_eq!(all.dependencies(&id("orders")).next().unwrap().to, common);
        assert_eq!(all.entity(&id("orders")).unwrap().kind, EntityKind::Service);
    }

    #[test]
    fn what_a_source_tells_apart_stays_apart() {
        let apart = snapshot(
            &[
                ("a", EntityKind::Service, &["10.0.0.1", "x"]),
                ("b", EntityKind::Service, &["10.0.0.1"]),
            ],
            &[],
        );
        // Its address is that of two; its other names are those of each.
        let other = snapshot(&[("c", EntityKind::Service, &["10.0.0.1"])], &[]);
        assert_eq!(Names::of(&[&apart, &other]).common(1, &id("c")), id("c"));
        let both = snapshot(&[("c", EntityKind::Service, &["a", "b"])], &[]);
        let names = Names::of(&[&apart, &both]);
        assert_eq!(names.common(1, &id("c")), id("a"));
        assert_eq!(names.common(0, &id("b")), id("b"));
        // A host isn't the service that runs on it.
        let host = snapshot(&[("h", EntityKind::Host, &["x"])], &[]);
        assert_eq!(Names::of(&[&apart, &host]).common(1, &id("h")), id("h"));
    }

    #[test]
    fn one_source_keeps_its_words() {
        let one = snapshot(&[("a", EntityKind::Service, &["b"]), ("b", EntityKind::Pod, &[])], &[]);
        let names = Names::of(&[&one]);
        assert!(names.is_plain(0));
        assert_eq!(names.translated(0, &one), one);
        assert!(Names::default().is_plain(7));
    }
}
