//! Who calls whom, by shape.

use nightjar_topology::RelationKind;

use super::Builder;
use super::parts::plain;
use crate::system::{Call, Node};
use crate::table::Ref;

/// Edge services that one request from outside needs, on average.
const CALLS_OF_GATEWAY: f64 = 1.6;
/// Services that one hub calls.
const SPOKES: usize = 5;
/// Services in a chain.
const LINKS: usize = 4;
/// Services that share a database.
const SHARING: usize = 5;
/// How far ahead a service of a mesh looks for services to call.
const HORIZON: usize = 6;

impl Builder<'_> {
    /// Everyone in a layer is called by someone of the layer above; some call more.
    pub(super) fn layered(&mut self, gateways: &[Ref<Node>], everyone: &[Ref<Node>]) {
        // 10 services make 4 layers, 10,000 make 7.
        let depth = 3 + usize::try_from(everyone.len().max(1).ilog10()).unwrap_or(3);
        let mut layers: Vec<Vec<Ref<Node>>> = vec![Vec::new(); depth];
        for (number, &at) in everyone.iter().enumerate() {
            // The first ones fill a layer each, so that none is empty.
            let drawn = self.draw(depth);
            let layer = if number < depth { number } else { drawn };
            if let Some(layer) = layers.get_mut(layer) {
                layer.push(at);
            }
        }
        self.connect_gateways(gateways, layers.first().map_or(&[], Vec::as_slice));
        for pair in layers.windows(2) {
            if let [above, below] = pair {
                self.connect(above, below);
            }
        }
        for (layer, members) in layers.iter().enumerate() {
            for &at in members {
                self.furnish(at, layer as f64 / depth as f64);
            }
        }
    }

    /// A few hubs behind the gateway call many services with data of their own.
    pub(super) fn hub(&mut self, gateways: &[Ref<Node>], everyone: &[Ref<Node>]) {
        let (hubs, spokes) = everyone.split_at(everyone.len().div_ceil(SPOKES + 1));
        self.connect_gateways(gateways, hubs);
        for (number, &to) in spokes.iter().enumerate() {
            if let Some(&from) = hubs.get(number % hubs.len().max(1)) {
                self.ask(from, to, 0.35, 0.9);
            }
            // Some are needed by another hub too.
            if let Some(&other) = self.dice.pick(hubs)
                && self.dice.chance(0.3)
            {
                self.ask(other, to, 0.2, 0.6);
            }
            self.furnish(to, 0.6);
        }
    }

    /// Chains of services behind the gateway; some links are queues.
    pub(super) fn chain(&mut self, gateways: &[Ref<Node>], everyone: &[Ref<Node>]) {
        let chains: Vec<&[Ref<Node>]> = everyone.chunks(LINKS).collect();
        let heads: Vec<Ref<Node>> =
            chains.iter().filter_map(|chain| chain.first().copied()).collect();
        self.connect_gateways(gateways, &heads);
        for chain in chains {
            for pair in chain.windows(2) {
                if let [from, to] = *pair {
                    if self.dice.chance(0.25) {
                        let queue = self.queue(from);
                        self.system.nodes[to].consumes = Some(queue);
                    } else {
                        self.ask(from, to, 0.7, 1.0);
                    }
                }
            }
            for (place, &at) in chain.iter().enumerate() {
                self.furnish(at, place as f64 / LINKS as f64);
            }
        }
    }

    /// Two layers of services that keep their data in the same few databases.
    pub(super) fn shared_data(&mut self, gateways: &[Ref<Node>], everyone: &[Ref<Node>]) {
        let (above, below) = everyone.split_at(everyone.len().div_ceil(3));
        self.connect_gateways(gateways, above);
        self.connect(above, below);
        let mut databases = Vec::new();
        for group in below.chunks(SHARING) {
            if let Some(&first) = group.first() {
                databases.push(self.database(first));
            }
        }
        for (number, &at) in below.iter().enumerate() {
            let Some(&database) = databases.get(number / SHARING) else { continue };
            let is_writing = self.dice.chance(0.5);
            let kind = if is_writing { RelationKind::Writes } else { RelationKind::Reads };
            let share = self.dice.between(0.6, 1.0);
            self.store(at, database, kind, share);
            if self.dice.chance(0.15) {
                self.cache(at);
            }
        }
        for &at in above {
            if self.dice.chance(0.3) {
                self.table(at);
            }
        }
    }

    /// Everyone may call the few that come after it in an order of chance.
    pub(super) fn mesh(&mut self, gateways: &[Ref<Node>], everyone: &[Ref<Node>]) {
        let first = everyone.len().div_ceil(4);
        self.connect_gateways(gateways, everyone.get(..first).unwrap_or(everyone));
        for (place, &to) in everyone.iter().enumerate().skip(first) {
            let near = everyone.get(place.saturating_sub(HORIZON)..place).unwrap_or(&[]);
            let mut callers: Vec<Ref<Node>> = Vec::new();
            for _ in 0..1 + self.draw(3) {
                if let Some(&from) = self.dice.pick(near)
                    && !callers.contains(&from)
                {
                    callers.push(from);
                    self.ask(from, to, 0.25, 0.95);
                }
            }
        }
        for (place, &at) in everyone.iter().enumerate() {
            self.furnish(at, place as f64 / everyone.len() as f64);
        }
    }

    fn connect_gateways(&mut self, gateways: &[Ref<Node>], edge: &[Ref<Node>]) {
        for (number, &to) in edge.iter().enumerate() {
            let Some(&from) = gateways.get(number % gateways.len().max(1)) else { continue };
            let siblings = edge.len().div_ceil(gateways.len().max(1)) as f64;
            let share = (CALLS_OF_GATEWAY / siblings).min(1.0);
            self.call(from, to, Call { share, timeout: 12.0, ..plain(from, to) });
        }
    }

    fn connect(&mut self, above: &[Ref<Node>], below: &[Ref<Node>]) {
        for &to in below {
            let callers = 1 + self.dice.below(3);
            let mut chosen: Vec<Ref<Node>> = Vec::new();
            for _ in 0..callers {
                let Some(&from) = self.dice.pick(above) else { continue };
                if chosen.contains(&from) {
                    continue;
                }
                chosen.push(from);
                self.ask(from, to, 0.2, 0.9);
            }
        }
    }

    /// One service calls another for a share of its requests, half of them with one retry.
    fn ask(&mut self, from: Ref<Node>, to: Ref<Node>, low: f64, high: f64) {
        let share = self.dice.between(low, high);
        let retries = u32::from(self.dice.chance(0.5));
        self.call(from, to, Call { share, retries, ..plain(from, to) });
    }
}
