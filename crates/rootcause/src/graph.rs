//! Places that may be in excess, connected by who waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_topology::{EntityId, Topology};

use crate::excess::{Excess, Kind, excess};
use crate::ledger::{Ledger, Place, Table};
use crate::thresholds as limit;

/// A place that may be in excess, with what it calls.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    /// Index of its table in the ledger; none for an entity that measures no requests.
    pub(crate) table: Option<usize>,
    time: Option<Excess>,
    errors: Option<Excess>,
    /// Nodes it waits for.
    pub(crate) callees: Vec<usize>,
    /// Nodes that wait for it.
    pub(crate) callers: Vec<usize>,
}

impl Node {
    pub(crate) fn excess(&self, kind: Kind) -> Option<&Excess> {
        match kind {
            Kind::Time => self.time.as_ref(),
            Kind::Errors => self.errors.as_ref(),
        }
    }

    /// Its columns.
    pub(crate) fn table<'a>(&self, ledger: &'a Ledger) -> Option<&'a Table> {
        ledger.tables.get(self.table?)
    }
}

/// What may be behind a place's excess of one kind.
#[derive(Debug, Default)]
pub(crate) struct Below {
    /// The nearest places that measure this kind.
    pub(crate) measured: Vec<usize>,
    /// Entities on the way to them that don't, with their share of all that is below; nearer ones
    /// weigh more.
    pub(crate) blind: Vec<(usize, f64)>,
}

/// All places of a ledger, connected.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    index: BTreeMap<Place, usize>,
    /// The kinds of excess that any place measures.
    kinds: Vec<Kind>,
}

/// A place in excess of one kind.
pub(crate) type State = (usize, Kind);

impl Graph {
    /// Connects the ledger's places and all entities that take part in requests along the
    /// topology.
    pub(crate) fn build(ledger: &Ledger, topology: &Topology) -> Self {
        let mut graph = Self { nodes: Vec::new(), index: BTreeMap::new(), kinds: Vec::new() };
        for (table, data) in ledger.tables.iter().enumerate() {
            let node = graph.add(data.place.clone(), Some(table));
            if let Some(node) = graph.nodes.get_mut(node) {
                node.time = excess(ledger, data, Kind::Time);
                node.errors = excess(ledger, data, Kind::Errors);
            }
        }
        let is_measured = |kind: &Kind| graph.nodes.iter().any(|node| node.excess(*kind).is_some());
        graph.kinds = Kind::BOTH.into_iter().filter(is_measured).collect();
        let requests = || topology.relations().filter(|relation| relation.kind.is_request());
        for relation in requests() {
            for id in [&relation.from, &relation.to] {
                graph.add(Place::Entity(id.clone()), None);
            }
        }
        for relation in requests() {
            let edge = graph.edge(&relation.from, &relation.to);
            let callee = edge.or_else(|| graph.entity(&relation.to));
            if let (Some(caller), Some(callee)) = (graph.entity(&relation.from), callee) {
                graph.connect(caller, callee);
            }
        }
        let edges: Vec<(usize, EntityId)> = graph
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(node, known)| match &known.place {
                Place::Edge { to, .. } => Some((node, to.clone())),
                Place::Entity(_) => None,
            })
            .collect();
        for (edge, to) in edges {
            let callee = graph.add(Place::Entity(to), None);
            graph.connect(edge, callee);
        }
        graph
    }

    /// The same places over the ledger's window as it is now, whose first rows lie before the
    /// symptom: what deviates in them is drift.
    pub(crate) fn again(mut self, ledger: &Ledger, quiet: usize) -> Self {
        for node in &mut self.nodes {
            let Some(table) = node.table(ledger) else { continue };
            for excess in [&mut node.time, &mut node.errors].into_iter().flatten() {
                excess.again(ledger, table, quiet);
            }
        }
        self
    }

    fn add(&mut self, place: Place, table: Option<usize>) -> usize {
        let next = self.nodes.len();
        let node = *self.index.entry(place.clone()).or_insert(next);
        if node == next {
            let (callees, callers) = (Vec::new(), Vec::new());
            self.nodes.push(Node { place, table, time: None, errors: None, callees, callers });
        }
        node
    }

    fn connect(&mut self, caller: usize, callee: usize) {
        let add = |list: Option<&mut Vec<usize>>, node: usize| {
            if let Some(list) = list
                && let Err(at) = list.binary_search(&node)
            {
                list.insert(at, node);
            }
        };
        add(self.nodes.get_mut(caller).map(|node| &mut node.callees), callee);
        add(self.nodes.get_mut(callee).map(|node| &mut node.callers), caller);
    }

    /// The node of an entity.
    pub(crate) fn entity(&self, id: &EntityId) -> Option<usize> {
        self.index.get(&Place::Entity(id.clone())).copied()
    }

    /// Whether a node is a measured edge.
    pub(crate) fn is_edge(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| matches!(node.place, Place::Edge { .. }))
    }

    /// Whether an entity measures its own requests.
    pub(crate) fn is_measured(&self, id: &EntityId) -> bool {
        let node = self.entity(id).and_then(|node| self.nodes.get(node));
        node.is_some_and(|node| node.table.is_some())
    }

    /// Whether any place measures this kind of excess.
    pub(crate) fn measures(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The node of a measured edge.
    pub(crate) fn edge(&self, from: &EntityId, to: &EntityId) -> Option<usize> {
        self.index.get(&Place::Edge { from: from.clone(), to: to.clone() }).copied()
    }

    /// Where excess of one kind may come from: the nearest callees that measure it, and those in
    /// between that don't, nearer ones more likely, so that a gap in the telemetry neither cuts the
    /// trail nor clears anybody.
    pub(crate) fn below(&self, node: usize, kind: Kind) -> Below {
        let mut found = Below::default();
        let mut seen = BTreeSet::from([node]);
        let mut ring: Vec<usize> =
            self.nodes.get(node).map_or_else(Vec::new, |n| n.callees.clone());
        let mut weight = 1.0;
        while !ring.is_empty() {
            let mut next = Vec::new();
            for callee in ring {
                let Some(known) = self.nodes.get(callee).filter(|_| seen.insert(callee)) else {
                    continue;
                };
                if known.excess(kind).is_some() {
                    found.measured.push(callee);
                    continue;
                }
                if matches!(known.place, Place::Entity(_)) {
                    found.blind.push((callee, weight));
                }
                next.extend(known.callees.iter().copied());
            }
            ring = next;
            weight *= limit::BLIND_DEPTH.value;
        }
        let blind: f64 = found.blind.iter().map(|(_, weight)| weight).sum();
        let total = blind + found.measured.len() as f64;
        for (_, weight) in &mut found.blind {
            *weight /= total;
        }
        found
    }

    /// How much of what a place calls doesn't measure this kind of excess, from 0 to 1.
    pub(crate) fn blindness(&self, (node, kind): State) -> f64 {
        self.below(node, kind).blind.iter().map(|(_, share)| share).sum()
    }

    /// What a place's excess speaks of when it starts there. Time that passes on an edge is the
    /// network's, unless the callee measures nothing itself: then slow network and slow callee look
    /// the same. Calls that fail on an edge without the callee noticing never reached it, mostly
    /// because it wasn't there.
    pub(crate) fn culprit(&self, node: usize, kind: Kind) -> Option<Culprit> {
        Some(match &self.nodes.get(node)?.place {
            Place::Entity(id) => Culprit::Entity(id.clone()),
            Place::Edge { from, to } if kind == Kind::Time && self.is_measured(to) => {
                Culprit::Connection { from: from.clone(), to: to.clone() }
            }
            Place::Edge { to, .. } => Culprit::Entity(to.clone()),
        })
    }

    /// The nodes that wait for a node, directly or through others, and the node itself.
    pub(crate) fn above(&self, node: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([node]);
        let mut stack = vec![node];
        while let Some(here) = stack.pop() {
            for &next in self.nodes.get(here).map_or(&[][..], |node| &node.callers) {
                if seen.insert(next) {
                    stack.push(next);
                }
            }
        }
        seen
    }

    /// The nodes that a node waits for, directly or through others, and the node itself.
    pub(crate) fn reach(&self, node: usize) -> BTreeSet<usize> {
        let mut done = BTreeSet::new();
        self.visit(node, &mut done, &mut Vec::new());
        done
    }

    /// The entity of a node; for an edge, who sends.
    pub(crate) fn entity_of(&self, node: usize) -> Option<EntityId> {
        self.nodes.get(node).map(|node| match &node.place {
            Place::Entity(id) | Place::Edge { from: id, .. } => id.clone(),
        })
    }

    /// How many entities wait for a node, directly or through others; `None` if as many as `most`.
    pub(crate) fn waiting(&self, node: usize, most: usize) -> Option<usize> {
        let mut seen = BTreeSet::from([node]);
        let mut stack = vec![node];
        let mut count = 0;
        while let Some(here) = stack.pop() {
            for &next in self.nodes.get(here).map_or(&[][..], |node| &node.callers) {
                if seen.insert(next) {
                    stack.push(next);
                    count += usize::from(!self.is_edge(next));
                }
            }
            if count >= most {
                return None;
            }
        }
        Some(count)
    }

    /// Nodes that wait for each other are one group; for each node the number of its group, those of
    /// callers being lower than those of their callees (Kosaraju's algorithm).
    pub(crate) fn groups(&self) -> Vec<usize> {
        let (mut done, mut order) = (BTreeSet::new(), Vec::new());
        for node in 0..self.nodes.len() {
            self.visit(node, &mut done, &mut order);
        }
        let mut groups: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut next = 0;
        for start in order.into_iter().rev() {
            let mut stack = vec![start];
            let before = next;
            while let Some(here) = stack.pop() {
                if let Some(group @ None) = groups.get_mut(here) {
                    *group = Some(before);
                    next = before + 1;
                    stack.extend(self.nodes.get(here).into_iter().flat_map(|node| &node.callers));
                }
            }
        }
        groups.into_iter().map(|group| group.unwrap_or(next)).collect()
    }

    /// Depth-first, without recursion: estates may be deep.
    pub(crate) fn visit(
        &self,
        start: usize,
        done: &mut BTreeSet<usize>,
        postorder: &mut Vec<usize>,
    ) {
        if !done.insert(start) {
            return;
        }
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            let callees = self.nodes.get(node).map_or(&[][..], |node| &node.callees);
            match callees.get(next) {
                Some(&callee) => {
                    stack.push((node, next + 1));
                    if done.insert(callee) {
                        stack.push((callee, 0));
                    }
                }
                None => postorder.push(node),
            }
        }
    }
}

/// Where a fault may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Culprit {
    /// An entity.
    Entity(EntityId),
    /// The way from one entity to another.
    Connection {
        /// Who sends.
        from: EntityId,
        /// Who answers.
        to: EntityId,
    },
}
