//! Who depends on whom, as spans tell it.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::attributes::Attributes;
use crate::{Names, Peer, Role, Traced, owner};

/// Gathers calls from traces.
///
/// A span within a span of another entity is a call between the two. A span that calls and has no
/// span of another entity within it is a call to the peer it names. An address that leads to one
/// entity only, whenever it leads to a span, is another name of that entity; so a call to it that
/// never arrived is known to have been meant for it.
#[derive(Debug, Default)]
pub struct CallGraph {
    /// Who wrote spans, as their resources describe them.
    owners: BTreeMap<EntityId, Entity>,
    hosts: BTreeMap<EntityId, Entity>,
    runs_on: BTreeSet<(EntityId, EntityId)>,
    /// Requests between entities that both wrote spans.
    calls: BTreeSet<(EntityId, EntityId)>,
    queues: BTreeSet<Relation>,
    /// Peers as their callers describe them.
    peers: BTreeMap<EntityId, Peer>,
    /// What callers do with peers from whom no span came.
    unanswered: BTreeMap<(EntityId, EntityId), BTreeSet<RelationKind>>,
    /// Where calls to a peer arrived.
    arrived: BTreeMap<EntityId, BTreeSet<EntityId>>,
}

/// What the calls say: the topology, and which peers are entities of other names.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// Entities with their kinds, other names and relations.
    pub topology: Topology,
    renamed: BTreeMap<EntityId, EntityId>,
}

/// Other names of one entity that are kept; its pods come and go for ever.
const MOST_ALIASES: usize = 64;

/// A span among others, found by its trace and id.
type Found<'a> = ((&'a str, &'a str), &'a Traced);

impl CallGraph {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what the resources of a request say of those who wrote it. What names nobody says
    /// nothing here; the reader of its records tells.
    pub fn describe_all<'a>(
        &mut self,
        resources: impl Iterator<Item = &'a Resource>,
        names: &mut Names<'_>,
    ) {
        for resource in resources {
            if let Ok(id) = names.entity(&resource.attributes[..], &[][..] as &[KeyValue]) {
                self.describe(&id, &resource.attributes[..]);
            }
        }
    }

    /// Takes in what the resource of an entity says of it.
    pub fn describe(&mut self, id: &EntityId, resource: &(impl Attributes + ?Sized)) {
        let (entity, host) = owner::described(id, resource);
        if let Some(host) = host.filter(|host| host.id != *id) {
            self.runs_on.insert((id.clone(), host.id.clone()));
            unite(&mut self.hosts, host);
        }
        unite(&mut self.owners, entity);
    }

    /// Takes in that one entity calls another, as a source sums it up.
    pub fn relate(&mut self, from: &EntityId, to: &EntityId) {
        for id in [from, to] {
            if !self.owners.contains_key(id) {
                unite(&mut self.owners, Entity::new(id.clone(), EntityKind::Service));
            }
        }
        if from != to {
            self.calls.insert((from.clone(), to.clone()));
        }
    }

    /// Takes in the spans of some traces. A trace must come whole: a call whose other half comes
    /// later is one to a peer.
    pub fn add(&mut self, spans: &[Traced]) {
        let index = index(spans);
        let mut answered: BTreeSet<(&str, &str)> = BTreeSet::new();
        for child in spans {
            let id = &child.span.entity;
            if !self.owners.contains_key(id) {
                unite(&mut self.owners, Entity::new(id.clone(), EntityKind::Service));
            }
            let Some(parent) = parent_of(child, &index) else { continue };
            if parent.span.entity == *id {
                continue;
            }
            answered.insert((&parent.span.trace_id, &parent.span.span_id));
            self.handed_over(parent, child);
        }
        for traced in spans {
            let Some(peer) = &traced.peer else { continue };
            let from = &traced.span.entity;
            // Old libraries name the caller so in the span that answers it.
            if peer.id == *from || traced.role == Role::Server {
                continue;
            }
            let is_queue = matches!(traced.role, Role::Producer | Role::Consumer);
            if is_queue {
                self.queue(from, peer, peer.relation);
            } else if !answered.contains(&(&*traced.span.trace_id, &*traced.span.span_id)) {
                let key = (from.clone(), peer.id.clone());
                self.unanswered.entry(key).or_default().insert(peer.relation);
                self.peers.entry(peer.id.clone()).or_insert_with(|| peer.clone());
            }
        }
    }

    /// A span of one entity within a span of another.
    fn handed_over(&mut self, parent: &Traced, child: &Traced) {
        let (from, to) = (&parent.span.entity, &child.span.entity);
        if child.role == Role::Consumer || parent.role == Role::Producer {
            // A consumer that doesn't say where it got the message from got it where it was put.
            if let (Some(queue), None) = (&parent.peer, &child.peer)
                && parent.role == Role::Producer
                && queue.id != *to
            {
                self.queue(to, queue, RelationKind::Consumes);
            }
            return;
        }
        // What starts when the other is over isn't waited for. A client waits by definition; where
        // it seems not to, the clocks of two machines differ.
        if parent.role == Role::Client || child.span.start_nanos <= parent.span.end_nanos {
            self.calls.insert((from.clone(), to.clone()));
        }
        if let Some(peer) = parent.peer.as_ref().filter(|peer| peer.id != *from) {
            self.arrived.entry(peer.id.clone()).or_default().insert(to.clone());
            self.peers.entry(peer.id.clone()).or_insert_with(|| peer.clone());
        }
    }

    fn queue(&mut self, from: &EntityId, queue: &Peer, kind: RelationKind) {
        self.queues.insert(Relation { from: from.clone(), to: queue.id.clone(), kind });
        self.peers.entry(queue.id.clone()).or_insert_with(|| queue.clone());
    }

    /// What all of it says.
    pub fn finish(self) -> Calls {
        let renamed = self.renamed();
        let mut topology = Topology::default();
        let called = self.unanswered.keys().map(|(_, to)| to);
        let called: BTreeSet<&EntityId> =
            called.chain(self.queues.iter().map(|relation| &relation.to)).collect();
        for (id, peer) in &self.peers {
            match renamed.get(id) {
                Some(real) => {
                    let mut entity = Entity::new(real.clone(), EntityKind::Unknown);
                    entity.aliases.push(id.as_str().to_owned());
                    entity
                        .aliases
                        .extend(peer.addresses.iter().filter(|a| *a != id.as_str()).cloned());
                    topology.add(entity);
                }
                None if called.contains(id) => topology.add(peer.entity()),
                None => {}
            }
        }
        // Whoever wrote spans is described better by itself than by those who call it.
        self.owners.into_values().for_each(|owner| topology.add(owner));
        self.hosts.into_values().for_each(|host| topology.add(host));
        let is = |from: &EntityId, to: &EntityId, kind| Relation {
            from: from.clone(),
            to: to.clone(),
            kind,
        };
        for (from, to) in &self.calls {
            topology.relate(is(from, to, RelationKind::Calls));
        }
        for ((from, to), kinds) in &self.unanswered {
            match renamed.get(to) {
                Some(real) if real == from => {}
                Some(real) => topology.relate(is(from, real, RelationKind::Calls)),
                // Traces of another hour may have shown it answering.
                None if self.calls.contains(&(from.clone(), to.clone())) => {}
                None => topology.relate(is(from, to, strongest(kinds))),
            }
        }
        self.queues.into_iter().for_each(|relation| topology.relate(relation));
        for (from, to) in &self.runs_on {
            topology.relate(is(from, to, RelationKind::RunsOn));
        }
        Calls { topology, renamed }
    }

    /// Peers that are one entity of another name: calls to them arrived there and nowhere else, and
    /// nobody writes spans under the peer's own name.
    fn renamed(&self) -> BTreeMap<EntityId, EntityId> {
        let mut renamed = BTreeMap::new();
        for (peer, arrived) in &self.arrived {
            let mut arrived = arrived.iter();
            if let (Some(one), None) = (arrived.next(), arrived.next())
                && one != peer
                && !self.owners.contains_key(peer)
            {
                renamed.insert(peer.clone(), one.clone());
            }
        }
        renamed
    }
}

impl Calls {
    /// Gives each span that calls the peer at which its call arrived, or else the entity that its
    /// peer is another name of.
    pub fn settle(&self, spans: &mut [Traced]) {
        let index = index(spans);
        let mut arrived: BTreeMap<(&str, &str), BTreeSet<&EntityId>> = BTreeMap::new();
        for child in spans.iter().filter(|child| child.role != Role::Consumer) {
            let parent = parent_of(child, &index).filter(|parent| parent.role == Role::Client);
            if let Some(parent) = parent.filter(|p| p.span.entity != child.span.entity) {
                let key = (parent.span.trace_id.as_str(), parent.span.span_id.as_str());
                arrived.entry(key).or_default().insert(&child.span.entity);
            }
        }
        let settled: Vec<Option<EntityId>> = spans
            .iter()
            .map(|traced| {
                let key = (traced.span.trace_id.as_str(), traced.span.span_id.as_str());
                let mut there = arrived.get(&key).into_iter().flatten();
                match (there.next(), there.next(), &traced.span.peer) {
                    (Some(one), None, _) => Some((*one).clone()),
                    (_, _, Some(peer)) => self.renamed.get(peer).or(Some(peer)).cloned(),
                    (_, _, None) => None,
                }
            })
            .collect();
        for (traced, peer) in spans.iter_mut().zip(settled) {
            traced.span.peer = peer;
        }
    }
}

fn index(spans: &[Traced]) -> Vec<Found<'_>> {
    let mut index: Vec<Found<'_>> = spans
        .iter()
        .map(|traced| ((traced.span.trace_id.as_str(), traced.span.span_id.as_str()), traced))
        .collect();
    index.sort_by_key(|(ids, _)| *ids);
    index
}

fn parent_of<'a>(child: &Traced, index: &[Found<'a>]) -> Option<&'a Traced> {
    let key = (child.span.trace_id.as_str(), child.span.parent_id.as_deref()?);
    // Zipkin's libraries give both halves of a call one id; neither is within itself.
    let from = index.partition_point(|(ids, _)| *ids < key);
    let same = index.iter().skip(from).take_while(|(ids, _)| *ids == key);
    same.map(|(_, traced)| *traced).find(|traced| traced.span != child.span)
}

fn unite(entities: &mut BTreeMap<EntityId, Entity>, more: Entity) {
    let Some(known) = entities.get_mut(&more.id) else {
        entities.insert(more.id.clone(), more);
        return;
    };
    if known.kind == EntityKind::Service {
        known.kind = more.kind;
    }
    for alias in more.aliases {
        if known.aliases.len() < MOST_ALIASES && !known.aliases.contains(&alias) {
            known.aliases.push(alias);
        }
    }
    known.attributes.extend(more.attributes);
}

/// One relation for all that a caller does with a store: a pair is waited for once.
fn strongest(kinds: &BTreeSet<RelationKind>) -> RelationKind {
    let only = |kind| kinds.iter().all(|other| *other == kind);
    if only(RelationKind::Reads) {
        RelationKind::Reads
    } else if kinds.contains(&RelationKind::Writes) {
        RelationKind::Writes
    } else {
        RelationKind::Calls
    }
}
