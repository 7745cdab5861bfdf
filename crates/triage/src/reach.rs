use std::collections::{BTreeMap, VecDeque};

use nightjar_topology::{EntityId, Relation, RelationKind, Topology};

use crate::locate::is_grouping;
use crate::policy::Policy;

/// Along the dependencies or against them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To what the entity needs.
    Down,
    /// To what needs the entity.
    Up,
}

/// How an entity was reached.
pub(crate) struct Step<'a> {
    /// Relations from the start.
    pub(crate) hops: usize,
    /// What the chain is worth less for leading through crowds or groupings.
    pub(crate) discount: f64,
    /// The relation it was reached over; `None` for the start.
    over: Option<&'a Relation>,
}

/// Everything a chain of dependencies leads to from one entity in one direction. One walk per
/// alerting entity serves all comparisons with it.
pub(crate) struct Reach<'a> {
    way: Way,
    steps: BTreeMap<&'a EntityId, Step<'a>>,
}

impl<'a> Reach<'a> {
    /// At most this many entities are reached. What is as near as thousands of others is near by
    /// chance, and one busy hub mustn't make every alert walk the whole estate.
    const MOST: usize = 2_000;

    pub(crate) fn walk(
        topology: &'a Topology,
        start: &'a EntityId,
        way: Way,
        policy: &Policy,
    ) -> Self {
        let mut steps = BTreeMap::from([(start, Step { hops: 0, discount: 0.0, over: None })]);
        let mut queue = VecDeque::from([(start, 0_usize, 0.0)]);
        while let Some((here, hops, discount)) = queue.pop_front() {
            // A region holds everything: it may be reached, but nothing is reached through it.
            let is_end = hops > 0 && is_grouping(topology.kind(here));
            if hops == policy.max_hops || is_end {
                continue;
            }
            let is_crowd = hops > 0 && next(topology, here, way).count() > policy.crowd;
            let through = if is_crowd { policy.through_crowd } else { 0.0 };
            for relation in next(topology, here, way) {
                let there = far_end(relation, way);
                if steps.contains_key(there) {
                    continue;
                }
                if steps.len() == Self::MOST {
                    return Self { way, steps };
                }
                let discount = discount + through + grouped(topology, relation, policy);
                steps.insert(there, Step { hops: hops + 1, discount, over: Some(relation) });
                queue.push_back((there, hops + 1, discount));
            }
        }
        Self { way, steps }
    }

    pub(crate) fn step(&self, id: &EntityId) -> Option<&Step<'a>> {
        self.steps.get(id)
    }

    /// The chain to an entity as people read it: `cart calls carts-table`, or
    /// `front depends on carts-table over cart`.
    pub(crate) fn sentence(&self, to: &EntityId) -> Option<String> {
        let last = self.steps.get(to)?.over?;
        let mut between: Vec<&EntityId> = Vec::new();
        let mut at = near_end(last, self.way);
        while let Some(over) = self.steps.get(at).and_then(|step| step.over) {
            between.push(at);
            at = near_end(over, self.way);
        }
        if between.is_empty() {
            return Some(format!("{} {} {}", last.from, last.kind.label(), last.to));
        }
        let (from, to) = match self.way {
            Way::Down => {
                between.reverse();
                (at, to)
            }
            Way::Up => (to, at),
        };
        let names: Vec<&str> = between.into_iter().map(EntityId::as_str).collect();
        Some(format!("{from} depends on {to} over {}", names.join(", ")))
    }
}

/// Relations that lead on from an entity and that faults travel along.
pub(crate) fn next<'a>(
    topology: &'a Topology,
    id: &EntityId,
    way: Way,
) -> impl Iterator<Item = &'a Relation> {
    let (down, up) = match way {
        Way::Down => (Some(topology.dependencies(id)), None),
        Way::Up => (None, Some(topology.dependents(id))),
    };
    let all = down.into_iter().flatten().chain(up.into_iter().flatten());
    all.filter(|relation| travels(relation.kind))
}

/// Whether trouble of one end shows at the other. Being filed under the same stack or deployed by
/// the same pipeline carries nothing.
fn travels(kind: RelationKind) -> bool {
    match kind {
        RelationKind::Calls
        | RelationKind::Reads
        | RelationKind::Writes
        | RelationKind::Publishes
        | RelationKind::Consumes
        | RelationKind::RunsOn => true,
        RelationKind::BelongsTo | RelationKind::DeployedBy => false,
    }
}

/// What a single relation takes off: being one of many on a host, or part of a grouping.
fn grouped(topology: &Topology, relation: &Relation, policy: &Policy) -> f64 {
    let grouping = |id: &EntityId| is_grouping(topology.kind(id));
    let hosted = relation.kind == RelationKind::RunsOn
        && topology.dependents(&relation.to).take(policy.crowd + 1).count() > policy.crowd;
    let apart = hosted || grouping(&relation.from) || grouping(&relation.to);
    if apart { policy.grouping } else { 0.0 }
}

pub(crate) fn far_end(relation: &Relation, way: Way) -> &EntityId {
    match way {
        Way::Down => &relation.to,
        Way::Up => &relation.from,
    }
}

fn near_end(relation: &Relation, way: Way) -> &EntityId {
    match way {
        Way::Down => &relation.from,
        Way::Up => &relation.to,
    }
}

/// Whether the topology knows no relation of the entity that faults travel along.
pub(crate) fn is_isolated(topology: &Topology, id: &EntityId) -> bool {
    next(topology, id, Way::Down).next().is_none() && next(topology, id, Way::Up).next().is_none()
}
