//! Gives everything the size its traffic needs.

use nightjar_topology::EntityKind;

use super::Builder;
use crate::number::whole;

/// Processor time of one request at one service, seconds; more would be a batch job.
const MOST_WORK: f64 = 0.05;
/// Connections of one pool in use on average, at most.
const MOST_CONNECTIONS: f64 = 3.0;
/// Requests per second that one processor is meant for.
const REQUESTS_PER_PROCESSOR: f64 = 60.0;
/// Requests a worker finishes per second, at least.
const REQUESTS_PER_WORKER: f64 = 1.5;

impl Builder<'_> {
    /// Utilisations between 5 and 35 %.
    pub(super) fn size(&mut self) {
        let rates = self.system.rates();
        for at in self.system.nodes.refs() {
            let rate = rates[at].max(0.01);
            let utilization = self.dice.between(0.05, 0.35);
            let node = &mut self.system.nodes[at];
            match node.kind() {
                EntityKind::Service => {
                    // A small service gets one processor, a busy one two, one of a large site more.
                    let busy = whole((rate / REQUESTS_PER_PROCESSOR).ceil()).max(2);
                    node.processors = if rate < 3.0 { 1 } else { busy };
                    let work = utilization * node.processors as f64 / rate;
                    node.work = work.clamp(0.002, MOST_WORK);
                    node.workers = node.workers.max(whole(rate / REQUESTS_PER_WORKER));
                    node.backlog = node.backlog.max(2 * node.workers);
                }
                EntityKind::Database => {
                    let in_use = MOST_CONNECTIONS * (utilization / 0.35);
                    node.work = (in_use / rate).clamp(0.02, 0.35);
                    node.processors = whole((rate * node.work * 4.0).ceil()).max(8);
                }
                EntityKind::Table => node.admitted_per_second = Some((rate * 4.0).ceil().max(5.0)),
                _ => {}
            }
        }
        self.fit_hosts();
        self.fit_pools();
    }

    /// Hosts have a processor for each that their guests may use, and some to spare.
    fn fit_hosts(&mut self) {
        let mut guests = self.system.hosts.map(|_| 0.0);
        for (_, node) in self.system.nodes.iter() {
            if let Some(host) = node.host {
                guests[host] += node.processors as f64;
            }
        }
        for at in self.system.hosts.refs() {
            let host = &mut self.system.hosts[at];
            let needed = guests[at] + host.neighbour + 1.0;
            while host.processors < needed {
                host.processors *= 2.0;
            }
        }
    }

    fn fit_pools(&mut self) {
        let rates = self.system.rates();
        for at in self.system.nodes.refs() {
            let rate = rates[at];
            let held: f64 = self.system.nodes[at]
                .calls
                .iter()
                .map(|&call| &self.system.calls[call])
                .filter(|call| call.is_pooled)
                .map(|call| {
                    rate * call.share * (self.system.nodes[call.to].work + 2.0 * call.delay)
                })
                .sum();
            if let Some(pool) = &mut self.system.nodes[at].pool {
                pool.size = whole((held * 5.0).ceil()).max(6);
            }
        }
    }
}
