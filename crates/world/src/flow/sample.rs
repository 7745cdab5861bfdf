//! Draws what an interval's measurements would have been, around the solved means.
//!
//! Callers and callees count the same requests, and a callee's odd minute is its callers' too.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_topology::{EntityKind, RelationKind};

use super::Solver;
use super::load::attempts;
use crate::frame::{CallError, CallFrame, Frame, HostFrame, NodeFrame, Summary};
use crate::system::{Call, Node, POISON_SECONDS, ROWS, lost_share};
use crate::table::{Ref, Table};

/// Deadlocks in an interval for each session that waits for a lock.
const DEADLOCKS_PER_WAITING: f64 = 0.3;

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
        let (to, limit) = (parameters.to, parameters.timeout);
        let way = 2.0 * parameters.delay;
        let callee = callee + (solved.time - way - self.points[to].mean).max(0.0);
        let variance = self.points[to].variance;
        let rejected = self.points[to].rejected.max(self.points[to].down);
        let answered_time = (way + callee).min(limit);
        let barred = self.part(count, solved.barred.map_or(0.0, |(_, share)| share));
        let reaching = solved.barred.map_or(1.0, |(_, share)| 1.0 - share).max(1e-9);
        let timeouts = self.part(count - barred, solved.timeout / reaching);
        let good = (1.0 - solved.failure) / reaching / (1.0 - solved.timeout / reaching).max(1e-9);
        let other = self.part(count - barred - timeouts, 1.0 - good);
        let answered = count - barred - timeouts - other;
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
        let rest = other - quick;
        let error = self.own_error(at);
        add(error, rest, answered_time);
        let whole = barred * way
            + timeouts * limit
            + quick * way
            + (count - barred - timeouts - quick) * answered_time;
        let time = if count > 0.0 { whole / count } else { 0.0 };
        if let Some((error, _)) = solved.barred {
            failed.insert(error, summary(barred, way, way * way / 4.0));
        }
        let lost = lost_share(self.system.calls[at].loss);
        let retransmits = self.around.poisson(2.0 * count * lost / (1.0 - lost).max(0.1));
        let tried = attempts(solved.failure, self.system.calls[at].retries);
        let retries = (count * (1.0 - 1.0 / tried)).round();
        let answered = summary(answered, answered_time, variance);
        (CallFrame { answered, failed, retransmits, retries }, time)
    }

    /// How what a callee fails at is seen by the caller.
    fn own_error(&self, at: Ref<Call>) -> CallError {
        let call = &self.system.calls[at];
        let callee = &self.system.nodes[call.to];
        if call.kind == RelationKind::Writes && callee.is_full() {
            CallError::NoSpace
        } else if self.points[call.to].unlocked > 0.0 {
            CallError::LockTimeout
        } else {
            CallError::Server
        }
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
        // A message that can't be worked on is tried again and again.
        let poison =
            if self.system.nodes[at].stuck_share > 0.0 { step / POISON_SECONDS } else { 0.0 };
        // What is turned away is answered at once.
        let quick = (point.rejected / node_failure.max(1e-9)).min(1.0);
        let carried = &self.carried[at];
        let node = &self.system.nodes[at];
        let consumer = self.consumers[at].map(|consumer| &self.carried[consumer]);
        let waiting = consumer.map_or(0.0, |consumer| consumer.backlog.floor());
        let age = self.consumers[at]
            .map_or(0.0, |consumer| waiting / self.points[consumer].capacity.max(1e-9))
            .max(consumer.map_or(0.0, |consumer| consumer.stuck_for));
        let depth = waiting + consumer.map_or(0.0, |consumer| consumer.stuck.floor());
        let lock = node.lock.as_ref().map_or(0.0, |lock| lock.share * lock.hold);
        let inside = self.around.poisson(point.rate * point.own);
        let lock_load = (point.rate * lock).min(1.0);
        let lock_waiting = if lock_load > 0.8 { point.rate * point.own * lock_load } else { 0.0 };
        let deadlocks = self.around.poisson(lock_waiting * DEADLOCKS_PER_WAITING);
        let rows = self.around.lognormal(point.work * step * ROWS, 0.05);
        let throttled = (seen.count * point.rejected).round();
        let held = node.memory.as_ref().map_or(0.0, |memory| {
            memory.base + carried.leaked_memory + memory.per_request * point.rate * point.mean
        });
        let is_limited = node.admitted_per_second.is_some() || node.kind() == EntityKind::Function;
        NodeFrame {
            answered: summary(arrived - failed, seen.mean, point.variance),
            failed: summary(failed + poison.floor(), seen.mean * (1.0 - quick), point.variance),
            processor: (point.utilization * self.speeds[at]
                + (node.hog + node.idle_work) / node.processors.max(1) as f64)
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
            inside,
            lock_waiting: lock_waiting.floor(),
            deadlocks,
            rows,
            volume: node.volume.as_ref().map_or(0.0, |volume| volume.used),
        }
    }

    fn sample_hosts(&mut self, frame: &mut Frame) {
        let mut busy = self.system.hosts.map(|host| host.neighbour + host.idle_work);
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
            let machine = &self.system.hosts[at];
            frame.hosts.push(HostFrame::of(machine, processor, self.clock.step, &mut self.around));
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
