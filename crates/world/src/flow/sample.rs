//! Draws what an interval's measurements would have been, around the solved means.
//!
//! Callers and callees count the same requests, and a callee's odd minute is its callers' too.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_topology::EntityKind;

use super::Solver;
use crate::frame::{CallError, CallFrame, Frame, HostFrame, NodeFrame, Summary};
use crate::system::{Call, Node};
use crate::table::{Ref, Table};

/// Requests counted at a node, and their mean time as it came out.
#[derive(Clone, Copy, Default)]
struct Seen {
    count: f64,
    mean: f64,
}

impl Solver<'_> {
    pub(super) fn sample(&mut self) -> Frame {
        let (counts, attempts) = self.counts();
        let mut seen = counts.map(|&count| Seen { count, mean: 0.0 });
        let mut frame = Frame {
            nodes: self.system.nodes.map(|_| NodeFrame::default()),
            calls: self.system.calls.map(|_| CallFrame::default()),
            hosts: Table::default(),
        };
        for place in (0..self.order.len()).rev() {
            let Some(&at) = self.order.get(place) else { continue };
            let mut mean = self.own_time(at, seen[at].count);
            for index in 0..self.system.nodes[at].calls.len() {
                let Some(&call) = self.system.nodes[at].calls.get(index) else { continue };
                let callee = seen[self.system.calls[call].to];
                let (sampled, time) = self.sample_call(call, attempts[call], callee.mean);
                frame.calls[call] = sampled;
                mean += time * attempts[call] / seen[at].count.max(1.0);
            }
            seen[at].mean = mean;
            frame.nodes[at] = self.sample_node(at, seen[at]);
        }
        self.sample_hosts(&mut frame);
        frame
    }

    /// Requests of each node and attempts of each call within the interval.
    fn counts(&mut self) -> (Table<Node, f64>, Table<Call, f64>) {
        let step = self.clock.step;
        let mut counts = self.system.nodes.map(|_| 0.0);
        let mut attempts = self.system.calls.map(|_| 0.0);
        let entrances: BTreeSet<Ref<Node>> =
            self.system.streams.iter().map(|stream| stream.to).collect();
        for at in entrances {
            // What its callers send is drawn at the callers.
            let callers: f64 = self.incoming[at].iter().map(|&call| self.calls[call].rate).sum();
            let outside = (self.points[at].rate - callers).max(0.0);
            counts[at] += self.traffic.poisson(outside * step);
        }
        for place in 0..self.order.len() {
            let Some(&at) = self.order.get(place) else { continue };
            if let Some(queue) = self.system.nodes[at].consumes {
                let most = self.points[at].capacity * step;
                counts[at] = counts[queue].min(most.round());
            }
            for &call in &self.system.nodes[at].calls {
                let rate = self.points[at].rate.max(1e-9);
                let per_request = self.calls[call].rate / rate;
                let mean = counts[at] * per_request;
                // A share of a known number varies less than a Poisson count.
                let spread = (mean * (1.0 - per_request).clamp(0.02, 1.0)).sqrt();
                let drawn = if mean < 30.0 && per_request < 0.9 {
                    self.traffic.poisson(mean)
                } else {
                    (mean + spread * self.traffic.normal()).round().max(0.0)
                };
                attempts[call] = drawn;
                counts[self.system.calls[call].to] += drawn;
            }
        }
        (counts, attempts)
    }

    fn own_time(&mut self, at: Ref<Node>, count: f64) -> f64 {
        let point = &self.points[at];
        let spread = point.own_variance.sqrt() / count.max(1.0).sqrt();
        (point.own + spread * self.traffic.normal()).max(point.own * 0.2)
    }

    /// The measured attempts, and the time of one of them on average.
    fn sample_call(&mut self, at: Ref<Call>, count: f64, callee: f64) -> (CallFrame, f64) {
        let solved = self.calls[at].clone();
        let parameters = &self.system.calls[at];
        let (to, way, limit) = (parameters.to, 2.0 * parameters.delay, parameters.timeout);
        let variance = self.points[to].variance;
        let rejected = self.points[to].rejected.max(self.points[to].down);
        let answered_time = (way + callee).min(limit);
        let timeouts = self.part(count, solved.timeout);
        let other = self.part(
            count - timeouts,
            1.0 - (1.0 - solved.failure) / (1.0 - solved.timeout).max(1e-9),
        );
        let answered = count - timeouts - other;
        let mut failed = BTreeMap::new();
        let mut add = |error: CallError, count: f64, mean: f64| {
            if count > 0.0 {
                failed.insert(error, summary(count, mean, variance));
            }
        };
        add(CallError::Timeout, timeouts, limit);
        let is_limited = self.system.nodes[to].admitted_per_second.is_some();
        let down = self.points[to].down;
        let turned_away = if self.points[to].failure > 0.0 {
            (rejected / self.points[to].failure).min(1.0)
        } else {
            0.0
        };
        let quick = (other * turned_away).round();
        let error = if down > 0.0 {
            CallError::Refused
        } else if is_limited {
            CallError::Throttled
        } else {
            CallError::Overloaded
        };
        add(error, quick, way);
        add(CallError::Server, other - quick, answered_time);
        let time = if count > 0.0 {
            (timeouts * limit + quick * way + (count - timeouts - quick) * answered_time) / count
        } else {
            0.0
        };
        (CallFrame { answered: summary(answered, answered_time, variance), failed }, time)
    }

    /// How many of a number belong to a share of it.
    fn part(&mut self, count: f64, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        if count <= 0.0 || share <= 1e-12 {
            return 0.0;
        }
        if share < 0.5 {
            let mean = count * share;
            let drawn = if mean < 30.0 {
                self.traffic.poisson(mean)
            } else {
                (mean + (mean * (1.0 - share)).sqrt() * self.traffic.normal()).round()
            };
            return drawn.clamp(0.0, count);
        }
        count - self.part(count, 1.0 - share)
    }

    fn sample_node(&mut self, at: Ref<Node>, seen: Seen) -> NodeFrame {
        let point = self.points[at].clone();
        let step = self.clock.step;
        // A process that is down counts nothing; what a table turned away it didn't work on.
        let arrived = (seen.count * (1.0 - point.down)).round();
        let node_failure = 1.0 - (1.0 - point.failure) / (1.0 - point.down).max(1e-9);
        let failed = self.part(arrived, node_failure);
        // What is turned away is answered at once.
        let quick = (point.rejected / node_failure.max(1e-9)).min(1.0);
        let carried = &self.carried[at];
        let node = &self.system.nodes[at];
        let consumer = self.consumers[at].map(|consumer| &self.carried[consumer]);
        let depth = consumer.map_or(0.0, |consumer| consumer.backlog.floor());
        let age = self.consumers[at]
            .map_or(0.0, |consumer| depth / self.points[consumer].capacity.max(1e-9));
        let throttled = (seen.count * point.rejected).round();
        let held = node.memory.as_ref().map_or(0.0, |memory| {
            memory.base + carried.leaked_memory + memory.per_request * point.rate * point.mean
        });
        let is_limited = node.admitted_per_second.is_some() || node.kind() == EntityKind::Function;
        NodeFrame {
            answered: summary(arrived - failed, seen.mean, point.variance),
            failed: summary(failed, seen.mean * (1.0 - quick), point.variance),
            processor: (point.utilization * self.speeds[at]
                + node.hog / node.processors.max(1) as f64)
                .min(1.0),
            memory: held.min(node.memory.as_ref().map_or(0.0, |memory| memory.limit)),
            restarts: carried.restarts,
            pool_used: point.pool_used.round(),
            pool_pending: carried.pool_queue.floor(),
            pool_timeouts: (seen.count * point.without_connection).round(),
            pool_limit: node.pool.as_ref().map_or(0.0, |pool| pool.size as f64),
            throttled: if is_limited { throttled } else { 0.0 },
            admitted: (seen.count - throttled) / step,
            admitted_limit: node.admitted_per_second.unwrap_or(0.0),
            queue_depth: depth,
            queue_age: age,
        }
    }

    fn sample_hosts(&mut self, frame: &mut Frame) {
        let mut busy = self.system.hosts.map(|host| host.neighbour);
        for (at, node) in self.system.nodes.iter() {
            if let Some(host) = node.host {
                busy[host] += frame.nodes[at].processor * node.processors as f64;
            }
        }
        for at in self.system.hosts.refs() {
            let grown = self.system.hosts[at].disk_per_hour * self.clock.step / 3600.0;
            let host = &mut self.system.hosts[at];
            host.disk = (host.disk + self.traffic.lognormal(grown, 0.3)).min(1.0);
            let noise = 1.0 + 0.02 * self.traffic.normal();
            let processor = (busy[at] / host.processors * noise).clamp(0.0, 1.0);
            frame.hosts.push(HostFrame { processor, disk: host.disk });
        }
    }
}

/// A lognormal's quantiles about a mean.
fn summary(count: f64, mean: f64, variance: f64) -> Summary {
    if count <= 0.0 || mean <= 0.0 {
        return Summary { count: count.max(0.0), ..Summary::default() };
    }
    let spread = (1.0 + variance / (mean * mean)).ln().sqrt();
    let middle = mean.ln() - spread * spread / 2.0;
    let at = |z: f64| (middle + spread * z).exp();
    Summary { count, mean, p50: at(0.0), p95: at(1.645), p99: at(2.326) }
}
