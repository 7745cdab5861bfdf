use std::collections::BTreeMap;

use nightjar_topology::{EntityId, Relation, RelationKind, Topology};

use crate::locate::is_grouping;

/// The place of an entity among all entities of a topology in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot(usize);

/// Along the dependencies or against them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To what the entity needs.
    Down,
    /// To what needs the entity.
    Up,
}

impl Way {
    pub(crate) fn back(self) -> Self {
        match self {
            Way::Down => Way::Up,
            Way::Up => Way::Down,
        }
    }
}

/// A relation that faults travel along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Road {
    pub(crate) from: Spot,
    pub(crate) to: Spot,
    pub(crate) kind: RelationKind,
}

impl Road {
    pub(crate) fn far_end(self, way: Way) -> Spot {
        match way {
            Way::Down => self.to,
            Way::Up => self.from,
        }
    }

    pub(crate) fn near_end(self, way: Way) -> Spot {
        self.far_end(way.back())
    }
}

/// A topology as the walks of triage need it: entities by number, since a storm compares them
/// millions of times and comparing names would be most of the work.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    id: EntityId,
    is_grouping: bool,
    down: Vec<Road>,
    up: Vec<Road>,
    /// How many relations of any kind lead to it.
    dependents: usize,
    /// What it runs on, belongs to or is deployed by, itself aside.
    places: Vec<Spot>,
}

impl Graph {
    pub(crate) fn new(topology: &Topology) -> Self {
        let spots: BTreeMap<&EntityId, Spot> = topology
            .entities()
            .enumerate()
            .map(|(number, entity)| (&entity.id, Spot(number)))
            .collect();
        let spot = |id: &EntityId| spots.get(id).copied();
        let road = |relation: &Relation| {
            Some(Road { from: spot(&relation.from)?, to: spot(&relation.to)?, kind: relation.kind })
        };
        let nodes = topology.entities().map(|entity| {
            let id = &entity.id;
            let down = topology.dependencies(id).filter_map(road);
            let up = topology.dependents(id).filter_map(road);
            let places = topology.dependencies(id).filter(|relation| is_placing(relation.kind));
            Node {
                id: id.clone(),
                is_grouping: is_grouping(entity.kind),
                down: down.filter(|road| travels(road.kind)).collect(),
                up: up.filter(|road| travels(road.kind)).collect(),
                dependents: topology.dependents(id).count(),
                places: places
                    .filter(|relation| relation.to != *id)
                    .filter_map(|relation| spot(&relation.to))
                    .collect(),
            }
        });
        Self { nodes: nodes.collect() }
    }

    /// The entity of exactly this id.
    pub(crate) fn spot(&self, id: &str) -> Option<Spot> {
        self.nodes.binary_search_by(|node| node.id.as_str().cmp(id)).ok().map(Spot)
    }

    pub(crate) fn id(&self, spot: Spot) -> &EntityId {
        &self.node(spot).id
    }

    pub(crate) fn is_grouping(&self, spot: Spot) -> bool {
        self.node(spot).is_grouping
    }

    /// How many relations of any kind lead to it.
    pub(crate) fn dependents(&self, spot: Spot) -> usize {
        self.node(spot).dependents
    }

    /// Relations that lead on from an entity and that faults travel along.
    pub(crate) fn roads(&self, spot: Spot, way: Way) -> &[Road] {
        let node = self.node(spot);
        match way {
            Way::Down => &node.down,
            Way::Up => &node.up,
        }
    }

    /// Whether no relation is known that faults travel along.
    pub(crate) fn is_isolated(&self, spot: Spot) -> bool {
        self.roads(spot, Way::Down).is_empty() && self.roads(spot, Way::Up).is_empty()
    }

    /// The entities without the places (hosts, groups) of others among them: an alert of a
    /// service that also names its host isn't about everything on the host.
    pub(crate) fn specific(&self, entities: &[Spot]) -> Vec<Spot> {
        let places: Vec<Spot> =
            entities.iter().flat_map(|spot| self.node(*spot).places.iter().copied()).collect();
        let specific: Vec<Spot> =
            entities.iter().copied().filter(|spot| !places.contains(spot)).collect();
        // Two that belong to each other would both go.
        if specific.is_empty() { entities.to_vec() } else { specific }
    }

    fn node(&self, spot: Spot) -> &Node {
        self.nodes.get(spot.0).expect("invariant: a spot is of the graph that gave it")
    }
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

fn is_placing(kind: RelationKind) -> bool {
    match kind {
        RelationKind::RunsOn | RelationKind::BelongsTo | RelationKind::DeployedBy => true,
        RelationKind::Calls
        | RelationKind::Reads
        | RelationKind::Writes
        | RelationKind::Publishes
        | RelationKind::Consumes => false,
    }
}
