//! A request's own calls: connection, attempt, time-out, retry.

use super::Engine;
use super::agenda::Event;
use super::job::Job;
use crate::frame::CallError;
use crate::number::{Micros, micros, seconds};
use crate::system::{Call, Node, RETRANSMIT_SECONDS, lost_share};
use crate::table::Ref;
use crate::telemetry::LogKind;

/// Time until a resolver says that it doesn't know a name, seconds.
const RESOLVER_SECONDS: f64 = 0.008;
/// A sender gives up waiting for longer than this; the time-out of the call comes first, mostly.
const MOST_RETRANSMIT_SECONDS: f64 = 30.0;

impl Engine<'_> {
    /// Goes on with the next call that this request makes, or answers.
    pub(super) fn next_call(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        while let Some(call) = self.current_call(job) {
            if self.traffic.chance(self.system.calls[call].share) {
                self.jobs[job].attempts = 0;
                self.attempt(job);
                return;
            }
            self.jobs[job].next_call += 1;
        }
        debug_assert!(self.nodes[at].active > 0);
        self.finish(job, Ok(()));
    }

    fn current_call(&self, job: Ref<Job>) -> Option<Ref<Call>> {
        let job = &self.jobs[job];
        self.system.nodes[job.node].calls.get(job.next_call).copied()
    }

    /// One attempt, which begins with the wait for a connection if the call needs one.
    pub(super) fn attempt(&mut self, job: Ref<Job>) {
        let Some(call) = self.current_call(job) else { return };
        self.jobs[job].attempts += 1;
        let wait = self.begin_wait(job);
        let at = self.jobs[job].node;
        let Some(pool) = self.system.nodes[at].pool.as_ref() else {
            self.send(job, call);
            return;
        };
        if !self.system.calls[call].is_pooled {
            self.send(job, call);
        } else if self.nodes[at].connections < pool.size {
            self.take_connection(job, call);
        } else {
            let timeout = micros(pool.timeout);
            self.nodes[at].pool_queue.push_back((job, wait));
            self.agenda.add(self.now + timeout, Event::PoolTimeout { job, wait });
        }
    }

    fn take_connection(&mut self, job: Ref<Job>, call: Ref<Call>) {
        let at = self.jobs[job].node;
        self.nodes[at].connections += 1;
        self.jobs[job].has_connection = true;
        self.begin_wait(job);
        self.send(job, call);
    }

    fn return_connection(&mut self, job: Ref<Job>) {
        if !self.jobs[job].has_connection {
            return;
        }
        self.jobs[job].has_connection = false;
        let at = self.jobs[job].node;
        let leaked = self.system.nodes[at].pool.as_ref().map_or(0.0, |pool| pool.leaked_share);
        if self.traffic.chance(leaked) {
            return;
        }
        self.nodes[at].connections -= 1;
        self.serve_pool(at);
    }

    /// Gives free connections to those who wait, in the order of their coming.
    pub(super) fn serve_pool(&mut self, at: Ref<Node>) {
        let Some(size) = self.system.nodes[at].pool.as_ref().map(|pool| pool.size) else { return };
        while self.nodes[at].connections < size {
            let Some((job, wait)) = self.nodes[at].pool_queue.pop_front() else { return };
            if self.jobs[job].wait == wait
                && let Some(call) = self.current_call(job)
            {
                self.take_connection(job, call);
            }
        }
    }

    pub(super) fn pool_timed_out(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        let wait = self.jobs[job].wait;
        self.nodes[at].pool_queue.retain(|&(_, other)| other != wait);
        self.nodes[at].pool_timeouts += 1.0;
        self.log(job, LogKind::PoolTimeout);
        // Without a connection a further attempt would only join the queue again.
        self.finish(job, Err(CallError::Server));
    }

    fn send(&mut self, job: Ref<Job>, call: Ref<Call>) {
        let wait = self.jobs[job].wait;
        self.jobs[job].sent = self.now;
        let parameters = &self.system.calls[call];
        let to = parameters.to;
        let timeout = micros(parameters.timeout);
        let span = self.traces.open(self.jobs[job].trace);
        self.jobs[job].client_span = span;
        let trace = self.traces.below(self.jobs[job].trace, span);
        if self.jobs[job].attempts > 1 {
            self.calls[call].retries += 1.0;
        }
        let arrival = self.now + self.delay(call);
        if let Some((error, share)) = self.system.barred(to, self.seconds_recorded())
            && self.traffic.chance(share)
        {
            self.bar(job, to, error, arrival);
            return;
        }
        let sub = self.new_job(Job { caller: Some((job, wait, call)), trace, ..Job::new(to) });
        let sub_wait = self.jobs[sub].wait;
        self.agenda.add(arrival, Event::Arrive { job: sub, wait: sub_wait });
        self.agenda.add(self.now + timeout, Event::Timeout { job, wait });
    }

    /// An attempt that ends before anything reaches the callee.
    fn bar(&mut self, job: Ref<Job>, to: Ref<Node>, error: CallError, arrival: Micros) {
        let wait = self.jobs[job].wait;
        let after = match error {
            // Whoever refuses answers, as far away as ever.
            CallError::Certificate | CallError::Quota => 2 * (arrival - self.now),
            _ => arrival - self.now + micros(self.traffic.lognormal(RESOLVER_SECONDS, 0.8)),
        };
        if error == CallError::Quota {
            self.nodes[to].throttled += 1.0;
        }
        self.agenda.add(self.now + after, Event::Reply { job, wait, outcome: Err(error) });
    }

    /// Seconds since the recording began.
    pub(super) fn seconds_recorded(&self) -> f64 {
        seconds(self.now) - seconds(self.clock.warm_up)
    }

    pub(super) fn attempt_timed_out(&mut self, job: Ref<Job>) {
        self.attempt_ended(job, Err(CallError::Timeout));
    }

    pub(super) fn attempt_ended(&mut self, job: Ref<Job>, outcome: Result<(), CallError>) {
        let Some(call) = self.current_call(job) else { return };
        let duration = seconds(self.now - self.jobs[job].sent);
        let measured = &mut self.calls[call];
        match outcome {
            Ok(()) => measured.answered.push(duration),
            Err(error) => measured.failed.entry(error).or_default().push(duration),
        }
        self.trace_attempt(job, call, outcome.is_ok());
        let wait = self.begin_wait(job);
        self.return_connection(job);
        let Err(error) = outcome else {
            self.jobs[job].next_call += 1;
            self.next_call(job);
            return;
        };
        let parameters = &self.system.calls[call];
        let attempts = self.jobs[job].attempts;
        let is_last = attempts > parameters.retries;
        let is_essential = parameters.is_essential;
        let to = parameters.to;
        if !is_last {
            let doubled = parameters.backoff * f64::from(1u32 << (attempts - 1).min(10));
            // Half of the wait is chance, so that the retries of many don't come together.
            let backoff = doubled * self.traffic.between(0.5, 1.0);
            self.log(job, LogKind::Retrying { to, error, attempts });
            self.agenda.add(self.now + micros(backoff), Event::Retry { job, wait });
            return;
        }
        self.log(job, LogKind::CallFailed { to, error, after: duration });
        if is_essential {
            self.finish(job, Err(CallError::Server));
        } else {
            self.jobs[job].next_call += 1;
            self.next_call(job);
        }
    }

    /// Time on the way in one direction.
    pub(super) fn delay(&mut self, call: Ref<Call>) -> Micros {
        let Call { delay, loss, .. } = self.system.calls[call];
        let mut time = delay * self.traffic.between(0.7, 1.3);
        let lost = lost_share(loss);
        let mut wait = RETRANSMIT_SECONDS;
        while self.traffic.chance(lost) && wait < MOST_RETRANSMIT_SECONDS {
            self.calls[call].retransmits += 1.0;
            time += wait;
            wait *= 2.0;
        }
        micros(time)
    }

    fn trace_attempt(&mut self, job: Ref<Job>, call: Ref<Call>, is_ok: bool) {
        let Job { trace, client_span, sent, .. } = self.jobs[job].clone();
        let to = &self.system.nodes[self.system.calls[call].to];
        let from = &self.system.nodes[self.jobs[job].node];
        self.traces.client(trace, client_span, from, to, sent..self.now, is_ok);
    }

    pub(super) fn trace_answer(&mut self, job: Ref<Job>, is_ok: bool) {
        let Job { trace, arrived, node, .. } = self.jobs[job].clone();
        let node: &Node = &self.system.nodes[node];
        self.traces.server(trace, node, arrived.unwrap_or(self.now)..self.now, is_ok);
    }
}
