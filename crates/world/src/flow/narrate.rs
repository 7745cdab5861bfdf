//! Lines and spans of an interval that was solved, not followed.

use nightjar_topology::{EntityKind, RelationKind};

use super::Solver;
use crate::frame::Frame;
use crate::number::{Micros, micros, whole};
use crate::system::{HOST_LINES_PER_SECOND, Node, SLOW_WEIGHT};
use crate::table::Ref;
use crate::telemetry::{DatabaseLine, LogKind, Place};

/// Ordinary lines are thinned out in estates with more services than this.
const TALKATIVE_SERVICES: f64 = 200.0;
/// Lines of one kind of trouble, one node and one interval; fewer in large estates.
const MOST_LINES: f64 = 6.0;
/// Traces per second; as the event simulation keeps.
const TRACES_PER_SECOND: f64 = 0.15;
/// Spans of one trace: a deep estate would make a forest of it.
const MOST_SPANS: usize = 60;

impl Solver<'_> {
    pub(super) fn narrate(&mut self, begin: f64, frame: &Frame) {
        for at in self.system.nodes.refs() {
            if self.system.nodes[at].is_instrumented() {
                self.lines(at, begin, frame);
            } else if self.system.nodes[at].kind() == EntityKind::Database {
                self.database_lines(at, begin, frame);
            }
        }
        for host in self.system.hosts.refs() {
            if self.system.hosts[host].fault_share > 0.0 {
                for _ in 0..whole(self.around.poisson(HOST_LINES_PER_SECOND * self.clock.step)) {
                    let time = self.moment(begin);
                    self.logs.write_host(time, &self.system, host);
                }
            }
        }
        for _ in 0..whole(TRACES_PER_SECOND * self.clock.step) {
            self.trace(begin);
        }
    }

    fn lines(&mut self, at: Ref<Node>, begin: f64, frame: &Frame) {
        let sampled = &frame.nodes[at];
        let quiet = (TALKATIVE_SERVICES / self.system.nodes.len() as f64).min(1.0);
        let ordinary = self.traffic.poisson(sampled.answered.count / 50.0 * quiet);
        let mean = sampled.answered.mean;
        for _ in 0..whole(ordinary) {
            let kind = LogKind::Answered { duration: mean, is_ok: true };
            let time = self.moment(begin);
            self.logs.write_sampled(time, &self.system, at, kind);
        }
        let node = &self.system.nodes[at];
        let host = node.host.map(|host| self.system.hosts[host].fault_share).unwrap_or(0.0);
        let own = self.system.own_failure(at);
        let mut troubles: Vec<(LogKind, f64)> = vec![
            (LogKind::Chatter, 0.05 * self.clock.step * quiet),
            (LogKind::PoolTimeout, sampled.pool_timeouts),
        ];
        let all = sampled.answered.count + sampled.failed.count;
        if own > 0.0 {
            troubles.push((LogKind::Defect, all * node.defect_share));
            troubles.push((LogKind::OrdinaryError, all * node.error_share));
            troubles.push((LogKind::Misconfigured, all * node.misconfigured_share));
            troubles.push((LogKind::HostError, all * host));
        }
        if node.stuck_share > 0.0 {
            troubles.push((LogKind::Poison, sampled.failed.count));
        }
        if self.points[at].down > 0.0 {
            troubles.push((LogKind::Killed, f64::INFINITY));
        }
        for &call in &node.calls {
            let to = self.system.calls[call].to;
            for (&error, summary) in &frame.calls[call].failed {
                let kind = LogKind::CallFailed { to, error, after: summary.mean };
                troubles.push((kind, summary.count));
            }
        }
        let most = whole(MOST_LINES * quiet).max(1);
        for (kind, mean) in troubles {
            // Infinity stands for "exactly once".
            let count = if mean.is_infinite() { 1 } else { whole(self.traffic.poisson(mean)) };
            for _ in 0..count.min(most) {
                let time = self.moment(begin);
                self.logs.write(time, &self.system, at, kind, None);
            }
        }
    }

    /// What a database writes into its own log.
    fn database_lines(&mut self, at: Ref<Node>, begin: f64, frame: &Frame) {
        let sampled = &frame.nodes[at];
        let mut troubles = vec![
            (DatabaseLine::Deadlock, sampled.deadlocks),
            (DatabaseLine::LockTimeout, sampled.failed.count * self.points[at].unlocked),
            (DatabaseLine::LockWait, sampled.lock_waiting),
        ];
        for &call in &self.incoming[at] {
            let parameters = &self.system.calls[call];
            let count = frame.calls[call].answered.count;
            let failed: f64 = frame.calls[call].failed.values().map(|all| all.count).sum();
            if parameters.weight >= SLOW_WEIGHT {
                let (from, duration) = (parameters.from, frame.calls[call].answered.mean);
                troubles.push((DatabaseLine::SlowStatement { from, duration }, count));
            }
            if parameters.kind == RelationKind::Writes && self.system.nodes[at].is_full() {
                troubles.push((DatabaseLine::NoSpace, failed));
            }
        }
        for (line, mean) in troubles {
            for _ in 0..whole(self.traffic.poisson(mean)).min(whole(MOST_LINES)) {
                let time = self.moment(begin);
                self.logs.write(time, &self.system, at, LogKind::Database(line), None);
            }
        }
    }

    fn moment(&mut self, begin: f64) -> Micros {
        self.clock.warm_up + micros(begin + self.clock.step * self.traffic.share())
    }

    /// One request followed from the outside, with times drawn from the solved ones.
    fn trace(&mut self, begin: f64) {
        let total: f64 = self.system.streams.iter().map(|stream| stream.per_second).sum();
        let mut pick = self.traffic.share() * total;
        let mut entrance = None;
        for stream in &self.system.streams {
            entrance = Some(stream.to);
            pick -= stream.per_second;
            if pick < 0.0 {
                break;
            }
        }
        let Some(entrance) = entrance else { return };
        let place = Some(self.traces.begin_always());
        let time = self.moment(begin);
        let mut spans = 0;
        self.follow(entrance, place, time, &mut spans);
    }

    /// The request at one node; answers when it ended and whether well.
    fn follow(
        &mut self,
        at: Ref<Node>,
        place: Option<Place>,
        begin: Micros,
        spans: &mut usize,
    ) -> (Micros, bool) {
        *spans += 1;
        let point = self.points[at].clone();
        if self.traffic.chance(point.rejected) || self.traffic.chance(point.down) {
            return (begin, false);
        }
        let spread = point.own_variance.sqrt() / point.own.max(1e-9);
        let mut now = begin + micros(self.traffic.lognormal(point.own, spread.min(3.0)));
        let node = &self.system.nodes[at];
        let own = self.system.own_failure(at).max(self.points[at].unlocked);
        let mut is_ok = !self.traffic.chance(own) && !self.traffic.chance(point.without_connection);
        for call in node.calls.clone() {
            if !is_ok || *spans >= MOST_SPANS {
                break;
            }
            let parameters = self.system.calls[call].clone();
            if !self.traffic.chance(parameters.share) {
                continue;
            }
            let delay = micros(parameters.delay);
            let barred = self.calls[call].barred.map_or(0.0, |(_, share)| share);
            for _ in 0..=parameters.retries {
                let client = self.traces.open(place);
                let below = self.traces.below(place, client);
                let (end, is_answered) = if self.traffic.chance(barred) {
                    (now + delay, false)
                } else {
                    self.follow(parameters.to, below, now + delay, spans)
                };
                let limit = now + micros(parameters.timeout);
                let is_good = is_answered && end + delay < limit;
                let end = (end + delay).min(limit);
                let (from, to) = (&self.system.nodes[at], &self.system.nodes[parameters.to]);
                self.traces.client(place, client, from, to, now..end, is_good);
                now = end;
                is_ok = is_good || !parameters.is_essential;
                if is_good {
                    break;
                }
                now += micros(self.traffic.lognormal(parameters.backoff, 0.3));
            }
        }
        self.traces.server(place, &self.system.nodes[at], begin..now, is_ok);
        (now, is_ok)
    }
}
