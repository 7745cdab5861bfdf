//! Where excess comes from: probability handed down the call graph from the symptom.
//!
//! At every place the question is which explanation predicts its excess best: one of its callees,
//! times the share of the callee's excess that it can have suffered, or itself. Probability goes
//! on to the callees in that proportion; what stays is the probability that the fault starts
//! there. The model is physics, not regression: a caller's excess is `a` times the callee's with
//! `a` near the caller's share of the callee's requests and hardly above 1, so nothing needs to
//! vary in the reference for it to be known.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_series::gaussian::{log_density, log_sum_exp};
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
struct Below {
    /// The nearest places that measure this kind.
    measured: Vec<usize>,
    /// Entities on the way to them that don't, with their share of all that is below; nearer ones
    /// weigh more.
    blind: Vec<(usize, f64)>,
}

/// All places of a ledger, connected.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    index: BTreeMap<Place, usize>,
}

/// A place in excess of one kind.
pub(crate) type State = (usize, Kind);

/// How the symptoms' probability ended up.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// The symptom that most of the probability started from.
    pub(crate) symptom: State,
    /// All places that probability started from.
    pub(crate) symptoms: Vec<State>,
    /// Probability that the fault starts at a place, most probable first.
    pub(crate) roots: Vec<Root>,
}

/// A place where the fault may start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Root {
    pub(crate) node: usize,
    /// The kind of excess that carries most of the probability.
    pub(crate) kind: Kind,
    pub(crate) mass: f64,
    /// Nodes from the root up to the symptom, both included.
    pub(crate) path: Vec<usize>,
    /// Share of the symptom's excess that goes away when this place is repaired.
    pub(crate) share: f64,
}

impl Graph {
    /// Connects the ledger's places and all entities that take part in requests along the
    /// topology.
    pub(crate) fn build(ledger: &Ledger, topology: &Topology) -> Self {
        let mut graph = Self { nodes: Vec::new(), index: BTreeMap::new() };
        for (table, data) in ledger.tables.iter().enumerate() {
            let node = graph.add(data.place.clone(), Some(table));
            if let Some(node) = graph.nodes.get_mut(node) {
                node.time = excess(ledger, data, Kind::Time);
                node.errors = excess(ledger, data, Kind::Errors);
            }
        }
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

    /// The node of a measured edge.
    pub(crate) fn edge(&self, from: &EntityId, to: &EntityId) -> Option<usize> {
        self.index.get(&Place::Edge { from: from.clone(), to: to.clone() }).copied()
    }

    /// Where excess of one kind may come from: the nearest callees that measure it, and those in
    /// between that don't, nearer ones more likely, so that a gap in the telemetry neither cuts the
    /// trail nor clears anybody.
    fn below(&self, node: usize, kind: Kind) -> Below {
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

    /// Hands probability down from the symptoms, the first of which is the main one; it starts in
    /// proportion to what each costs. `strangers` says whether places that the topology doesn't
    /// connect with a symptom may explain it.
    pub(crate) fn flow(&self, ledger: &Ledger, symptoms: &[State], strangers: bool) -> Flow {
        let order = self.order(symptoms);
        let rank: BTreeMap<usize, usize> =
            order.iter().enumerate().map(|(rank, &node)| (node, rank)).collect();
        let mut mass = self.starts(symptoms);
        let mut stayed: BTreeMap<State, f64> = BTreeMap::new();
        // Who handed a state most of its probability, and how much of the sender's excess it is.
        let mut origin: BTreeMap<State, (State, f64, f64)> = BTreeMap::new();
        for &node in &order {
            for kind in Kind::BOTH {
                let here = (node, kind);
                let amount = mass.get(&here).copied().unwrap_or(0.0);
                if amount < limit::MASS_FLOOR.value {
                    continue;
                }
                let strangers = strangers && symptoms.contains(&here);
                for explanation in self.explanations(ledger, here, strangers) {
                    let part = amount * explanation.probability;
                    match explanation.by {
                        None => *stayed.entry(here).or_default() += part,
                        // A callee before its caller in the order closes a cycle: not entered.
                        Some(state) if rank.get(&state.0) > rank.get(&node) => {
                            *mass.entry(state).or_default() += part;
                            if origin.get(&state).is_none_or(|(_, most, _)| part > *most) {
                                origin.insert(state, (here, part, explanation.share));
                            }
                        }
                        Some(_) => *stayed.entry(here).or_default() += part,
                    }
                }
            }
        }
        let mut roots: BTreeMap<usize, Root> = BTreeMap::new();
        for (&(node, kind), &amount) in &stayed {
            let (path, share) = trace_back((node, kind), symptoms, &origin);
            let root = Root { node, kind, mass: amount, path, share };
            match roots.get_mut(&node) {
                None => {
                    roots.insert(node, root);
                }
                Some(known) => {
                    let total = known.mass + amount;
                    if amount > known.mass {
                        *known = root;
                    }
                    known.mass = total;
                }
            }
        }
        let mut roots: Vec<Root> = roots.into_values().collect();
        roots.sort_by(|a, b| b.mass.total_cmp(&a.mass).then(a.node.cmp(&b.node)));
        let symptom = symptoms.first().copied().unwrap_or((0, Kind::Time));
        Flow { symptom, symptoms: symptoms.to_vec(), roots }
    }

    fn starts(&self, symptoms: &[State]) -> BTreeMap<State, f64> {
        let cost = |&(node, kind): &State| {
            let excess = self.nodes.get(node).and_then(|node| node.excess(kind));
            excess.map_or(0.0, |excess| excess.total().max(0.0)) + f64::MIN_POSITIVE
        };
        // Seconds and failed requests don't add up: each kind gets its share by the number of places.
        let mut mass = BTreeMap::new();
        for kind in Kind::BOTH {
            let same: Vec<State> =
                symptoms.iter().copied().filter(|state| state.1 == kind).collect();
            let total: f64 = same.iter().map(cost).sum();
            let part = same.len() as f64 / symptoms.len() as f64;
            mass.extend(same.iter().map(|state| (*state, part * cost(state) / total)));
        }
        mass
    }

    /// Callers before callees, the symptom first, cycles broken at the first visit. Places that
    /// the symptom doesn't reach are listed too: an unseen edge may lead to any of them.
    fn order(&self, symptoms: &[State]) -> Vec<usize> {
        let mut first: Vec<usize> = symptoms.iter().map(|state| state.0).collect();
        first.dedup();
        let mut done = BTreeSet::new();
        let (mut reached, mut strangers) = (Vec::new(), Vec::new());
        for &symptom in &first {
            self.visit(symptom, &mut done, &mut reached);
        }
        for start in 0..self.nodes.len() {
            self.visit(start, &mut done, &mut strangers);
        }
        let others = strangers.into_iter().rev().chain(reached.into_iter().rev());
        let others: Vec<usize> = others.filter(|node| !first.contains(node)).collect();
        first.iter().copied().chain(others).collect()
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

    /// Depth-first, without recursion: estates may be deep.
    fn visit(&self, start: usize, done: &mut BTreeSet<usize>, postorder: &mut Vec<usize>) {
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

    /// What may explain a place's excess, with probabilities that add up to 1.
    fn explanations(&self, ledger: &Ledger, here: State, strangers: bool) -> Vec<Explanation> {
        let (index, kind) = here;
        let Some(own) = self.nodes.get(index).and_then(|node| node.excess(kind)) else {
            // Nothing is measured here: what arrived stays.
            return vec![Explanation { by: None, log_weight: 0.0, probability: 1.0, share: 1.0 }];
        };
        let free = itself(own);
        let mut found =
            vec![Explanation { by: None, log_weight: free, probability: 0.0, share: 1.0 }];
        let other = match kind {
            Kind::Time => Kind::Errors,
            Kind::Errors => Kind::Time,
        };
        let below = self.below(index, kind);
        // What a callee that measures nothing would hand on may have any form, as one's own.
        found.extend(below.blind.iter().map(|&(callee, share)| Explanation {
            by: Some((callee, kind)),
            log_weight: free + (limit::BLIND.value * share).ln(),
            probability: 0.0,
            share: 1.0,
        }));
        for &callee in &below.measured {
            let share = self.usual_share(ledger, index, callee);
            // A place first seen in the incident explains nothing: error paths call what was
            // never called before, and an unknown usual level would fit any shape.
            if let Some(theirs) = self.nodes.get(callee).and_then(|node| node.excess(kind))
                && theirs.known
            {
                let prior = standing_out(theirs, below.measured.len());
                let share = if kind == Kind::Errors { share.forgiving() } else { share };
                found.push(handed_on(own, theirs, (callee, kind), share, prior));
            }
        }
        found.extend(self.together(ledger, here, own, &below.measured));
        for &callee in &self.below(index, other).measured {
            if let Some(theirs) = self.nodes.get(callee).and_then(|node| node.excess(other))
                && theirs.known
                && theirs.z() >= limit::OWN_TEST.value
            {
                let share = Share::converted(self.usual_share(ledger, index, callee), other);
                let prior = limit::OTHER_KIND.value.ln();
                found.push(handed_on(own, theirs, (callee, other), share, prior));
            }
        }
        if strangers {
            let above = self.above(index);
            for (stranger, node) in self.nodes.iter().enumerate() {
                let known = stranger == index || below.measured.contains(&stranger);
                let Some(theirs) = node.excess(kind).filter(|_| !known) else { continue };
                if matches!(node.place, Place::Edge { .. }) || above.contains(&stranger) {
                    continue;
                }
                if theirs.known && theirs.z() >= limit::OWN_TEST.value {
                    let share = self.usual_share(ledger, index, stranger);
                    let prior = limit::UNSEEN_EDGE.value.ln();
                    found.push(handed_on(own, theirs, (stranger, kind), share, prior));
                }
            }
        }
        let weights: Vec<f64> = found.iter().map(|explanation| explanation.log_weight).collect();
        let total = log_sum_exp(&weights);
        for explanation in &mut found {
            explanation.probability =
                if total.is_finite() { (explanation.log_weight - total).exp() } else { 0.0 };
        }
        if !total.is_finite()
            && let Some(first) = found.first_mut()
        {
            first.probability = 1.0;
        }
        found
    }

    /// Several callees in trouble at once, as those of a shared database are: what none of them
    /// explains alone they may explain together. Each gets its part of the probability.
    fn together(
        &self,
        ledger: &Ledger,
        (caller, kind): State,
        own: &Excess,
        callees: &[usize],
    ) -> Vec<Explanation> {
        let troubled: Vec<(usize, f64, &Excess)> = callees
            .iter()
            .filter_map(|&callee| {
                let theirs = self.nodes.get(callee)?.excess(kind)?;
                let stands_out = theirs.known && theirs.z() >= limit::OWN_TEST.value;
                let share = self.usual_share(ledger, caller, callee).middle;
                stands_out.then_some((callee, share, theirs))
            })
            .collect();
        let Some((_, _, first)) = troubled.first().filter(|_| troubled.len() > 1) else {
            return Vec::new();
        };
        let rows = own.values.len();
        let mut sum =
            Excess { values: vec![0.0; rows], variance: vec![0.0; rows], ..(*first).clone() };
        let mut offset = vec![0.0_f64; rows];
        for (_, share, theirs) in &troubled {
            let add = |to: &mut [f64], from: &[f64], factor: f64| {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
            };
            add(&mut sum.values, &theirs.values, *share);
            add(&mut sum.variance, &theirs.variance, share * share);
            for (all, one) in offset.iter_mut().zip(&theirs.offset) {
                *all = all.hypot(share * one);
            }
        }
        sum.offset = offset;
        let all = Share { middle: 1.0, below: limit::SHARE_BELOW.value };
        let prior = limit::TOGETHER.value.ln();
        let whole = handed_on(own, &sum, (caller, kind), all, prior);
        let cost = |share: f64, theirs: &Excess| (share * theirs.total()).max(0.0);
        let total: f64 = troubled.iter().map(|(_, share, theirs)| cost(*share, theirs)).sum();
        let part = |(callee, share, theirs): &(usize, f64, &Excess)| {
            let part = if total > 0.0 { cost(*share, theirs) / total } else { 0.0 };
            Explanation {
                by: Some((*callee, kind)),
                log_weight: whole.log_weight + part.ln(),
                probability: 0.0,
                share: whole.share * part,
            }
        };
        troubled.iter().map(part).collect()
    }

    /// The share of a callee's requests that come from this caller.
    fn usual_share(&self, ledger: &Ledger, caller: usize, callee: usize) -> Share {
        let median = |node: usize| {
            let table = self.nodes.get(node)?.table(ledger)?;
            let rows = table.requests.get(ledger.window.clone())?;
            table.counted.then(|| nightjar_series::robust::median(rows))
        };
        if self.is_edge(callee) {
            // The edge is the caller's own measurement of this callee.
            return Share { middle: 1.0, below: limit::EDGE_SHARE_BELOW.value };
        }
        let middle = if self.is_edge(caller) {
            median(caller).zip(median(callee)).map(|(edge, all)| edge / all)
        } else {
            let callers = self.nodes.get(callee).map_or(&[][..], |node| &node.callers);
            let others = callers.iter().copied().filter(|&other| other != caller);
            let others: f64 = others.filter_map(median).sum();
            median(caller).map(|mine| mine / (mine + others))
        };
        let middle = middle.filter(|share| share.is_finite()).unwrap_or(1.0).clamp(1e-3, 1.0);
        Share { middle, below: limit::SHARE_BELOW.value }
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

/// One explanation of a place's excess.
struct Explanation {
    /// The place it comes from; `None` for the place itself.
    by: Option<State>,
    log_weight: f64,
    probability: f64,
    /// Share of the excess that it accounts for.
    share: f64,
}

/// What is known of the share of a callee's excess that a caller suffers: log-normal, narrow
/// above because nobody loses more than was spent.
#[derive(Clone, Copy)]
struct Share {
    middle: f64,
    below: f64,
}

impl Share {
    const STEPS: usize = 8;

    fn above(self) -> f64 {
        limit::SHARE_ABOVE.value - self.middle.ln() / 2.0
    }

    /// The share where errors are handed on: retries and fallbacks keep many from the caller.
    fn forgiving(self) -> Self {
        Self { below: self.below.max(limit::ERROR_SHARE_BELOW.value), ..self }
    }

    /// The share converted into excess of the other kind: a rate known within a factor.
    fn converted(self, from: Kind) -> Self {
        match from {
            Kind::Time => {
                Self { middle: self.middle * limit::SLOWNESS_TO_ERRORS.value, below: 1.0 }
            }
            Kind::Errors => {
                Self { middle: self.middle * limit::ERRORS_TO_SLOWNESS.value, below: 1.3 }
            }
        }
    }

    /// Values to try with their log prior, from well below the middle to just above.
    fn grid(self) -> Vec<(f64, f64)> {
        let (low, high) =
            (self.middle.ln() - 2.5 * self.below, self.middle.ln() + 2.0 * self.above());
        let mut grid: Vec<(f64, f64)> = (0..Self::STEPS)
            .map(|step| {
                let log = low + (high - low) * step as f64 / (Self::STEPS - 1) as f64;
                let sd = if log < self.middle.ln() { self.below } else { self.above() };
                (log.exp(), -0.5 * ((log - self.middle.ln()) / sd).powi(2))
            })
            .collect();
        let total = log_sum_exp(&grid.iter().map(|(_, prior)| *prior).collect::<Vec<_>>());
        for (_, prior) in &mut grid {
            *prior -= total;
        }
        grid
    }
}

fn mean_square(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64
}

/// Log density with one row possibly odd.
fn tolerant(x: &[f64], variance: &mut [f64], offsets: &[&[f64]], odd: f64) -> f64 {
    let rows = x.len();
    let mut terms = vec![(1.0 - limit::ODD_ROW.value).ln() + log_density(x, variance, offsets)];
    let weight = (limit::ODD_ROW.value / rows.max(1) as f64).ln();
    for row in 0..rows {
        let Some(slot) = variance.get_mut(row) else { continue };
        let before = *slot;
        *slot += odd;
        terms.push(weight + log_density(x, variance, offsets));
        if let Some(slot) = variance.get_mut(row) {
            *slot = before;
        }
    }
    log_sum_exp(&terms)
}

/// Log prior weight of a callee as an explanation. One that doesn't stand out by itself could hide
/// excess under its noise, but all of those together are no more likely than a few of them: a place
/// with many noisy callees isn't cleared by their number.
fn standing_out(theirs: &Excess, callees: usize) -> f64 {
    let least = limit::CALM_CALLEES.value / callees.max(1) as f64;
    let share = (theirs.z() / limit::OWN_TEST.value).powi(2);
    share.clamp(least.min(1.0), 1.0).ln()
}

/// "It starts here": excess of any form, which pays a price for each row it is free to choose.
fn itself(own: &Excess) -> f64 {
    let size = mean_square(&own.values);
    let forms = [0.5, 1.0, 2.0].map(|tau| {
        let mut variance: Vec<f64> = own.variance.iter().map(|var| var + tau * size).collect();
        tolerant(&own.values, &mut variance, &[&own.offset], 4.0 * size)
    });
    forms.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// "It comes from that callee": a share of the callee's excess, row by row.
fn handed_on(own: &Excess, theirs: &Excess, by: State, share: Share, prior: f64) -> Explanation {
    let odd = 4.0 * mean_square(&own.values);
    let mut terms = Vec::with_capacity(Share::STEPS);
    let mut best = (f64::NEG_INFINITY, 0.0);
    for (a, log_prior) in share.grid() {
        let rest: Vec<f64> =
            own.values.iter().zip(&theirs.values).map(|(e, v)| e - a * v).collect();
        let mut variance: Vec<f64> = own
            .variance
            .iter()
            .zip(&theirs.variance)
            .zip(&theirs.values)
            .map(|((u, v), e)| {
                let counts = if own.kind == Kind::Errors { a * e.abs() } else { 0.0 };
                u + a * a * v + (limit::TRANSFER_INEXACT.value * a * e).powi(2) + counts
            })
            .collect();
        let offset: Vec<f64> = theirs.offset.iter().map(|offset| a * offset).collect();
        let density = log_prior + tolerant(&rest, &mut variance, &[&own.offset, &offset], odd);
        if density > best.0 {
            best = (density, a);
        }
        terms.push(density);
    }
    let explained = best.1 * theirs.total() / own.total();
    let explained = if explained.is_finite() { explained.clamp(0.0, 1.0) } else { 0.0 };
    Explanation {
        by: Some(by),
        log_weight: prior + log_sum_exp(&terms),
        probability: 0.0,
        share: explained,
    }
}

/// The way from a root back to the symptom, and the share of the symptom's excess that it carries.
fn trace_back(
    root: State,
    symptoms: &[State],
    origin: &BTreeMap<State, (State, f64, f64)>,
) -> (Vec<usize>, f64) {
    let mut path = vec![root.0];
    let mut share = 1.0;
    let mut here = root;
    while !symptoms.contains(&here) {
        let Some(&(before, _, part)) = origin.get(&here) else { break };
        share *= part;
        if path.last() != Some(&before.0) {
            path.push(before.0);
        }
        here = before;
    }
    (path, share)
}
