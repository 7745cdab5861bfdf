//! Times and failures of one node, from those of what it calls.

use super::Solver;
use super::load::attempts;
use crate::system::Node;
use crate::table::Ref;

/// Above this utilisation the waiting formula is left to the backlog: its pole belongs to a steady
/// state that an interval never reaches.
const MOST_STEADY: f64 = 0.97;

impl Solver<'_> {
    pub(super) fn answer(&mut self, at: Ref<Node>) {
        self.answer_calls(at);
        let node = &self.system.nodes[at];
        let carried = &self.carried[at];
        let point = &self.points[at];
        let rate = point.rate.max(1e-9);

        let admitted = node.admitted_per_second.map_or(1.0, |limit| (limit / rate).min(1.0));
        let work = node.work * carried.mood / self.speeds[at] * self.collecting(at);
        let processors = node.processors.max(1) as f64;
        let utilization = rate * admitted * work / processors;
        let wait = waiting(processors, utilization, work, node.variation);

        let pool = self.pool(at, rate);
        let calls: f64 = node
            .calls
            .iter()
            .map(|&call| self.system.calls[call].share * self.calls[call].whole_time)
            .sum();
        let held = work + wait + pool.wait + calls;
        let capacity = (processors / work).min(node.workers as f64 / held.max(1e-9));
        let room = (node.workers + node.backlog) as f64;
        let queued = carried.backlog / capacity;
        let is_full = carried.backlog >= room * 0.95 && node.consumes.is_none();
        let overflow = if is_full { (1.0 - capacity / rate).max(0.0) } else { 0.0 };
        // A consumer's backlog waits in the queue, not at the consumer.
        let queued = if node.consumes.is_some() { 0.0 } else { queued };

        let mut good = 1.0 - (node.error_share + node.defect_share).min(1.0);
        good *= 1.0 - pool.failed;
        for &call in &node.calls {
            let parameters = &self.system.calls[call];
            if parameters.is_essential {
                good *= 1.0 - parameters.share * self.calls[call].given_up;
            }
        }
        let own = work + wait + pool.wait + queued;
        let own_variance = (work * node.variation).powi(2) + wait.powi(2) + pool.wait.powi(2) / 3.0;
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
    }

    /// What each call costs its caller, from the callee's answer.
    fn answer_calls(&mut self, at: Ref<Node>) {
        for &call in &self.system.nodes[at].calls {
            let parameters = &self.system.calls[call];
            let callee = &self.points[parameters.to];
            let way = 2.0 * parameters.delay;
            let left = (parameters.timeout - way).max(1e-3);
            let timeout = tail(callee.mean, callee.variance, left);
            let failure = 1.0 - (1.0 - callee.failure) * (1.0 - timeout);
            // What is turned away is answered at once.
            let answered = callee.mean * (1.0 - callee.rejected) * (1.0 - callee.down);
            let time = (way + answered).min(parameters.timeout);
            let tries = attempts(failure, parameters.retries);
            let exponent = i32::try_from(parameters.retries + 1).unwrap_or(i32::MAX);
            let solved = &mut self.calls[call];
            solved.failure = failure;
            solved.timeout = timeout;
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
