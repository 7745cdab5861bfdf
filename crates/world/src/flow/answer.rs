//! Times and failures of one node, from those of what it calls.

use nightjar_topology::RelationKind;

use super::Solver;
use super::load::attempts;
use crate::system::{Node, RETRANSMIT_SECONDS, lost_share};
use crate::table::Ref;

/// Above this utilisation the waiting formula is left to the backlog: its pole belongs to a steady
/// state that an interval never reaches.
const MOST_STEADY: f64 = 0.97;

impl Solver<'_> {
    pub(super) fn answer(&mut self, at: Ref<Node>, seconds: f64) {
        self.answer_calls(at, seconds);
        let node = &self.system.nodes[at];
        let carried = &self.carried[at];
        let point = &self.points[at];
        let rate = point.rate.max(1e-9);

        let admitted = node.admitted_per_second.map_or(1.0, |limit| (limit / rate).min(1.0));
        let weight = if point.rate > 0.0 { point.work / point.rate } else { 1.0 };
        let work = weight * node.work * carried.mood / self.speeds[at] * self.collecting(at);
        let processors = node.processors.max(1) as f64;
        let utilization = rate * admitted * work / processors;
        let wait = waiting(processors, utilization, work, node.variation);

        let pool = self.pool(at, rate);
        let calls: f64 = node
            .calls
            .iter()
            .map(|&call| self.system.calls[call].share * self.calls[call].whole_time)
            .sum();
        let (lock_wait, unlocked) = self.lock(at, rate * admitted);
        let held = work + wait + lock_wait + pool.wait + calls;
        let capacity = (processors / work).min(node.workers as f64 / held.max(1e-9));
        let room = (node.workers + node.backlog) as f64;
        let queued = carried.backlog / capacity;
        let is_full = carried.backlog >= room * 0.95 && node.consumes.is_none();
        let overflow = if is_full { (1.0 - capacity / rate).max(0.0) } else { 0.0 };
        // A consumer's backlog waits in the queue, not at the consumer.
        let queued = if node.consumes.is_some() { 0.0 } else { queued };

        let mut good = 1.0 - self.system.own_failure(at);
        good *= (1.0 - pool.failed) * (1.0 - unlocked);
        for &call in &node.calls {
            let parameters = &self.system.calls[call];
            if parameters.is_essential {
                good *= 1.0 - parameters.share * self.calls[call].given_up;
            }
        }
        let own = work + wait + lock_wait + pool.wait + queued;
        let own_variance = (work * node.variation).powi(2)
            + wait.powi(2)
            + lock_wait.powi(2)
            + pool.wait.powi(2) / 3.0;
        let mut variance = own_variance;
        for &call in &node.calls {
            let parameters = &self.system.calls[call];
            let time = self.calls[call].whole_time;
            variance += parameters.share * self.points[parameters.to].variance
                + parameters.share * (1.0 - parameters.share) * time * time;
        }

        let point = &mut self.points[at];
        point.rejected = 1.0 - admitted * (1.0 - overflow);
        point.failure = 1.0 - good * (1.0 - point.rejected) * (1.0 - point.down);
        point.own = own;
        point.own_variance = own_variance;
        point.mean = own + calls;
        point.variance = variance;
        point.capacity = capacity;
        point.utilization = utilization.min(1.0);
        point.without_connection = pool.failed;
        point.pool_uses = pool.uses;
        point.pool_capacity = pool.capacity;
        point.pool_used = pool.used;
        point.unlocked = unlocked;
        point.processing = work;
    }

    /// What each call costs its caller, from the callee's answer.
    fn answer_calls(&mut self, at: Ref<Node>, seconds: f64) {
        for &call in &self.system.nodes[at].calls {
            let parameters = &self.system.calls[call];
            let callee = &self.points[parameters.to];
            let barred = self.system.barred(parameters.to, seconds);
            let reaching = 1.0 - barred.map_or(0.0, |(_, share)| share);
            let (again, again_variance) = retransmission(parameters.loss);
            let way = 2.0 * (parameters.delay + again);
            // A statement that is more work than the others takes longer than they do.
            let average = if callee.rate > 0.0 { callee.work / callee.rate } else { 1.0 };
            let more = callee.processing * (parameters.weight / average.max(1e-9) - 1.0);
            let mean = (callee.mean + more).max(callee.mean * 0.05);
            let left = (parameters.timeout - 2.0 * parameters.delay).max(1e-3);
            let variance = callee.variance + 2.0 * again_variance;
            let timeout = tail(mean + 2.0 * again, variance, left);
            let is_write = parameters.kind == RelationKind::Writes;
            let full = is_write && self.system.nodes[parameters.to].is_full();
            let good = if full { 0.0 } else { 1.0 - callee.failure };
            let failure = 1.0 - good * (1.0 - timeout) * reaching;
            // What is turned away is answered at once.
            let answered = mean * (1.0 - callee.rejected) * (1.0 - callee.down) * reaching;
            let time = (way + answered).min(parameters.timeout);
            let tries = attempts(failure, parameters.retries);
            let exponent = i32::try_from(parameters.retries + 1).unwrap_or(i32::MAX);
            let solved = &mut self.calls[call];
            solved.failure = failure;
            solved.timeout = timeout * reaching;
            solved.barred = barred;
            solved.time = time;
            solved.whole_time = tries * time + (tries - 1.0) * parameters.backoff * 0.75;
            solved.given_up = failure.powi(exponent);
        }
    }

    fn pool(&self, at: Ref<Node>, rate: f64) -> Pooled {
        let node = &self.system.nodes[at];
        let Some(pool) = &node.pool else { return Pooled::default() };
        let pooled = node.calls.iter().filter(|&&call| self.system.calls[call].is_pooled);
        let (mut uses, mut busy) = (0.0, 0.0);
        for &call in pooled {
            let per_second = rate * self.system.calls[call].share;
            uses += per_second;
            busy += per_second * self.calls[call].whole_time;
        }
        let size = (pool.size as f64 - self.carried[at].pool_leaked).max(0.0);
        let hold = busy / uses.max(1e-9);
        let capacity = size / hold.max(1e-6);
        let steady = waiting(size.max(1.0), busy / size.max(1e-3), hold, 0.6);
        let queued = self.carried[at].pool_queue / capacity.max(1e-6);
        let wait = (steady + queued).min(pool.timeout);
        let is_late = queued >= 0.9 * pool.timeout;
        let failed = if is_late { (1.0 - capacity / uses.max(1e-9)).max(0.0) } else { 0.0 };
        Pooled { uses, capacity, wait, failed, used: busy.min(size) + self.carried[at].pool_leaked }
    }

    /// Wait for what only one request at a time may hold, and the share that gives up.
    fn lock(&self, at: Ref<Node>, rate: f64) -> (f64, f64) {
        let Some(lock) = &self.system.nodes[at].lock else { return (0.0, 0.0) };
        let load = rate * lock.share * lock.hold;
        let wait = if load < 1.0 { waiting(1.0, load, lock.hold, 0.7) } else { lock.timeout };
        let unlocked = if load > 1.0 { 1.0 - 1.0 / load } else { 0.0 };
        (lock.share * (wait.min(lock.timeout) + lock.hold), lock.share * unlocked)
    }

    /// How much longer work takes in a process short of memory.
    fn collecting(&self, at: Ref<Node>) -> f64 {
        let Some(memory) = &self.system.nodes[at].memory else { return 1.0 };
        let used = (memory.base + self.carried[at].leaked_memory) / memory.limit;
        1.0 + 3.0 * ((used - 0.85) / 0.15).clamp(0.0, 1.0)
    }

    /// Processes whose memory has reached the limit are killed as the interval begins.
    pub(super) fn kill(&mut self) {
        for at in self.system.nodes.refs() {
            let Some(memory) = &self.system.nodes[at].memory else { continue };
            let carried = &mut self.carried[at];
            let is_killed = memory.base + carried.leaked_memory > memory.limit;
            self.points[at].down = 0.0;
            if is_killed {
                carried.leaked_memory = 0.0;
                carried.backlog = 0.0;
                carried.restarts += 1.0;
                self.points[at].down = (memory.restart / self.clock.step).min(1.0);
            }
        }
    }

    /// What waits is carried to the next interval; memory grows.
    pub(super) fn advance(&mut self) {
        let step = self.clock.step;
        for at in self.system.nodes.refs() {
            if let Some(volume) = &mut self.system.nodes[at].volume {
                volume.used = (volume.used + volume.per_hour * step / 3600.0).min(1.0);
            }
            let node = &self.system.nodes[at];
            let point = &self.points[at];
            let carried = &mut self.carried[at];
            let room = match node.consumes {
                Some(_) => f64::INFINITY,
                None => (node.workers + node.backlog) as f64,
            };
            let arriving = point.rate * (1.0 - point.rejected);
            carried.backlog = grown(carried.backlog, arriving, point.capacity, step).min(room);
            if let Some(pool) = &node.pool {
                let queue = grown(carried.pool_queue, point.pool_uses, point.pool_capacity, step);
                // Nobody waits longer than the time-out.
                carried.pool_queue = queue.min(point.pool_uses * pool.timeout);
                let uses = point.pool_uses.min(point.pool_capacity);
                let leaked = carried.pool_leaked + uses * pool.leaked_share * step;
                carried.pool_leaked = leaked.min(pool.size as f64);
            }
            if node.stuck_share > 0.0
                && let Some(queue) = node.consumes
            {
                carried.stuck += self.points[queue].rate * node.stuck_share * step;
                carried.stuck_for += step;
            }
            if let Some(memory) = &node.memory {
                carried.leaked_memory += point.rate * memory.leaked_per_request * step;
            }
        }
    }
}

#[derive(Default)]
struct Pooled {
    uses: f64,
    capacity: f64,
    wait: f64,
    failed: f64,
    used: f64,
}

/// Mean and variance of the time until a message is through whose packets may be lost: each further
/// loss doubles the wait.
fn retransmission(loss: f64) -> (f64, f64) {
    let lost = lost_share(loss).min(0.45);
    if lost <= 0.0 {
        return (0.0, 0.0);
    }
    // Sum over k of lost^k (1 - lost) times the k-th total wait, (2^k - 1) x the first one.
    let mean = RETRANSMIT_SECONDS * lost / (1.0 - 2.0 * lost);
    (mean, mean * RETRANSMIT_SECONDS / lost)
}

/// A backlog after a time in which more arrives, or less, than is served.
fn grown(backlog: f64, arriving: f64, capacity: f64, seconds: f64) -> f64 {
    if capacity.is_infinite() {
        return 0.0;
    }
    (backlog + (arriving - capacity) * seconds).max(0.0)
}

/// Mean wait in an M/G/c queue (Sakasegawa 1977).
pub(super) fn waiting(servers: f64, utilization: f64, service: f64, variation: f64) -> f64 {
    let busy = utilization.clamp(0.0, MOST_STEADY);
    let crowd = busy.powf((2.0 * (servers + 1.0)).sqrt() - 1.0) / (servers * (1.0 - busy));
    crowd * service * (1.0 + variation * variation) / 2.0
}

/// Probability that a lognormal time with this mean and variance exceeds a limit.
fn tail(mean: f64, variance: f64, limit: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let spread = (1.0 + variance / (mean * mean)).ln().sqrt().max(1e-6);
    let middle = mean.ln() - spread * spread / 2.0;
    upper_normal((limit.ln() - middle) / spread)
}

/// Probability that a standard normal exceeds `z` (Abramowitz and Stegun 26.2.17, error 7.5e-8).
fn upper_normal(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper_normal(-z);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_agrees_with_the_single_server_queue() {
        // M/M/1: the wait is service x u / (1 - u).
        let wait = waiting(1.0, 0.8, 1.0, 1.0);
        assert!((wait - 4.0).abs() < 0.01, "{wait}");
    }

    #[test]
    fn waiting_explodes_near_saturation_and_vanishes_far_from_it() {
        assert!(waiting(4.0, 0.95, 0.1, 0.6) > 50.0 * waiting(4.0, 0.3, 0.1, 0.6));
    }

    #[test]
    fn the_normal_tail_is_right_at_known_points() {
        assert!((upper_normal(1.959_964) - 0.025).abs() < 1e-6);
        assert!((upper_normal(-1.0) - 0.841_344_7).abs() < 1e-6);
    }
}
