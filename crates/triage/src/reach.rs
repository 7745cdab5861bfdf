use std::collections::{BTreeMap, VecDeque};

use nightjar_topology::RelationKind;

use crate::graph::{Graph, Road, Spot, Way};
use crate::policy::Policy;

/// How an entity was reached.
pub(crate) struct Step {
    /// Relations from the start.
    pub(crate) hops: usize,
    /// What the chain is worth less for leading through crowds or groupings.
    pub(crate) discount: f64,
    /// The relation it was reached over; `None` for the start.
    over: Option<Road>,
}

/// Everything a chain of dependencies leads to from one entity in one direction. One walk per
/// alerting entity serves all comparisons with it.
pub(crate) struct Reach {
    way: Way,
    steps: BTreeMap<Spot, Step>,
}

impl Reach {
    /// At most this many entities are reached. What is as near as thousands of others is near by
    /// chance, and one busy hub mustn't make every alert walk the whole estate.
    const MOST: usize = 2_000;

    pub(crate) fn walk(graph: &Graph, start: Spot, way: Way, policy: &Policy) -> Self {
        let mut steps = BTreeMap::from([(start, Step { hops: 0, discount: 0.0, over: None })]);
        let mut queue = VecDeque::from([(start, 0_usize, 0.0)]);
        while let Some((here, hops, discount)) = queue.pop_front() {
            // A region holds everything: it may be reached, but nothing is reached through it.
            let is_end = hops > 0 && graph.is_grouping(here);
            if hops == policy.max_hops || is_end {
                continue;
            }
            let is_crowd = hops > 0 && graph.roads(here, way).len() > policy.crowd;
            let through = if is_crowd { policy.through_crowd } else { 0.0 };
            for road in graph.roads(here, way) {
                let there = road.far_end(way);
                if steps.contains_key(&there) {
                    continue;
                }
                if steps.len() == Self::MOST {
                    return Self { way, steps };
                }
                let discount = discount + through + grouped(graph, *road, policy);
                steps.insert(there, Step { hops: hops + 1, discount, over: Some(*road) });
                queue.push_back((there, hops + 1, discount));
            }
        }
        Self { way, steps }
    }

    pub(crate) fn step(&self, spot: Spot) -> Option<&Step> {
        self.steps.get(&spot)
    }

    /// The chain to an entity as people read it: `cart calls carts-table`, or
    /// `front depends on carts-table over cart`.
    pub(crate) fn sentence(&self, to: Spot, graph: &Graph) -> Option<String> {
        let last = self.steps.get(&to)?.over?;
        let mut between: Vec<Spot> = Vec::new();
        let mut at = last.near_end(self.way);
        while let Some(over) = self.steps.get(&at).and_then(|step| step.over) {
            between.push(at);
            at = over.near_end(self.way);
        }
        if between.is_empty() {
            let (from, to) = (graph.id(last.from), graph.id(last.to));
            return Some(format!("{from} {} {to}", last.kind.label()));
        }
        let (from, to) = match self.way {
            Way::Down => {
                between.reverse();
                (at, to)
            }
            Way::Up => (to, at),
        };
        let names: Vec<&str> = between.into_iter().map(|spot| graph.id(spot).as_str()).collect();
        let (from, to) = (graph.id(from), graph.id(to));
        Some(format!("{from} depends on {to} over {}", names.join(", ")))
    }
}

/// What a single relation takes off: being one of many on a host, or part of a grouping.
fn grouped(graph: &Graph, road: Road, policy: &Policy) -> f64 {
    let hosted = road.kind == RelationKind::RunsOn && graph.dependents(road.to) > policy.crowd;
    let apart = hosted || graph.is_grouping(road.from) || graph.is_grouping(road.to);
    if apart { policy.grouping } else { 0.0 }
}
