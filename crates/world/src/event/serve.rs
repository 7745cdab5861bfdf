//! A request at its node: admission, worker, processor, answer.

use nightjar_topology::{EntityKind, RelationKind};

use super::Engine;
use super::agenda::Event;
use super::job::Job;
use crate::frame::CallError;
use crate::number::{micros, seconds};
use crate::system::{Node, ROWS, SLOW_WEIGHT};
use crate::table::Ref;
use crate::telemetry::{DatabaseLine, LogKind};

/// Requests of these many seconds may be admitted at once after a quiet time (DynamoDB keeps up
/// to 300 seconds of unused capacity; a small part of it keeps a fault visible within minutes).
const BURST_SECONDS: f64 = 5.0;

impl Engine<'_> {
    pub(super) fn arrive(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        self.jobs[job].arrived = Some(self.now);
        if !self.nodes[at].is_up {
            self.turn_away(job, CallError::Refused);
            return;
        }
        if !self.admits(at) {
            self.nodes[at].throttled += 1.0;
            self.turn_away(job, CallError::Throttled);
            return;
        }
        let node = &self.system.nodes[at];
        let state = &mut self.nodes[at];
        if state.active < node.workers {
            self.start(job);
        } else if state.waiting.len() < node.backlog {
            state.waiting.push_back((job, self.jobs[job].wait));
        } else if node.kind() == EntityKind::Function {
            state.throttled += 1.0;
            self.turn_away(job, CallError::Throttled);
        } else {
            self.logs.write(self.now, &self.system, at, LogKind::Overloaded, None);
            self.nodes[at].failed.push(0.0);
            self.turn_away(job, CallError::Overloaded);
        }
    }

    /// Takes from the allowance of a node with a limited throughput (a token bucket).
    fn admits(&mut self, at: Ref<Node>) -> bool {
        let Some(limit) = self.system.nodes[at].admitted_per_second else { return true };
        let state = &mut self.nodes[at];
        let earned = limit * seconds(self.now - state.allowance_at);
        state.allowance = (state.allowance + earned).min(limit * BURST_SECONDS);
        state.allowance_at = self.now;
        if state.allowance < 1.0 {
            return false;
        }
        state.allowance -= 1.0;
        state.admitted += 1.0;
        true
    }

    /// Answers without working on it.
    fn turn_away(&mut self, job: Ref<Job>, error: CallError) {
        self.answer(job, Err(error));
        let message = self.jobs[job].message.take();
        let at = self.jobs[job].node;
        self.end_job(job);
        if let Some(message) = message {
            self.give_back(at, message);
        }
    }

    pub(super) fn start_waiting(&mut self, at: Ref<Node>) {
        while self.nodes[at].is_up && self.nodes[at].active < self.system.nodes[at].workers {
            let Some((job, wait)) = self.nodes[at].waiting.pop_front() else { return };
            if self.jobs[job].wait == wait {
                self.start(job);
            }
        }
    }

    pub(super) fn start(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        self.nodes[at].active += 1;
        self.jobs[job].is_active = true;
        let wait = self.begin_wait(job);
        if self.nodes[at].on_processor < self.system.nodes[at].processors {
            self.work(job);
        } else {
            self.nodes[at].processor_queue.push_back((job, wait));
        }
    }

    fn work(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        self.account(at);
        let node = &self.system.nodes[at];
        let weight =
            self.jobs[job].caller.map_or(1.0, |(_, _, call)| self.system.calls[call].weight);
        let mean = weight * node.work * self.nodes[at].mood / self.nodes[at].speed;
        let duration = self.traffic.lognormal(mean, node.variation);
        self.nodes[at].rows += ROWS * weight;
        self.nodes[at].on_processor += 1;
        self.jobs[job].is_on_processor = true;
        let wait = self.jobs[job].wait;
        self.agenda.add(self.now + micros(duration), Event::Worked { job, wait });
    }

    pub(super) fn worked(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        self.leave_processor(job);
        let node = &self.system.nodes[at];
        let on_faulty_host = node.host.map_or(0.0, |host| self.system.hosts[host].fault_share);
        let call = self.jobs[job].caller.map(|(_, _, call)| &self.system.calls[call]);
        let is_write = call.is_some_and(|call| call.kind == RelationKind::Writes);
        if let Some(call) = call
            && call.weight >= SLOW_WEIGHT
        {
            let (from, since) = (call.from, self.jobs[job].arrived.unwrap_or(self.now));
            let duration = seconds(self.now - since);
            self.log(job, LogKind::Database(DatabaseLine::SlowStatement { from, duration }));
        }
        let node = &self.system.nodes[at];
        if is_write && node.is_full() {
            self.log(job, LogKind::Database(DatabaseLine::NoSpace));
            self.finish(job, Err(CallError::NoSpace));
        } else if self.traffic.chance(on_faulty_host) {
            self.log(job, LogKind::HostError);
            self.finish(job, Err(CallError::Server));
        } else if self.traffic.chance(node.misconfigured_share) {
            self.log(job, LogKind::Misconfigured);
            self.finish(job, Err(CallError::Server));
        } else if self.traffic.chance(node.defect_share) {
            self.log(job, LogKind::Defect);
            self.finish(job, Err(CallError::Server));
        } else if self.traffic.chance(node.error_share) {
            self.log(job, LogKind::OrdinaryError);
            self.finish(job, Err(CallError::Server));
        } else {
            self.lock_and_go_on(job);
        }
    }

    fn leave_processor(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        self.account(at);
        self.jobs[job].is_on_processor = false;
        self.nodes[at].on_processor -= 1;
        while self.nodes[at].on_processor < self.system.nodes[at].processors {
            let Some((next, wait)) = self.nodes[at].processor_queue.pop_front() else { break };
            if self.jobs[next].wait == wait {
                self.work(next);
            }
        }
    }

    /// The request is over: measures, tells the caller, frees the worker.
    pub(super) fn finish(&mut self, job: Ref<Job>, outcome: Result<(), CallError>) {
        let at = self.jobs[job].node;
        let arrived = self.jobs[job].arrived.unwrap_or(self.now);
        let duration = seconds(self.now - arrived);
        let state = &mut self.nodes[at];
        state.active -= 1;
        match outcome {
            Ok(()) => state.answered.push(duration),
            Err(_) => state.failed.push(duration),
        }
        if let Some(memory) = &self.system.nodes[at].memory {
            state.leaked += memory.leaked_per_request;
        }
        self.log(job, LogKind::Answered { duration, is_ok: outcome.is_ok() });
        self.trace_answer(job, outcome.is_ok());
        self.answer(job, outcome);
        let message = self.jobs[job].message.take();
        self.end_job(job);
        match (message, outcome) {
            (Some(message), Err(_)) => self.give_back(at, message),
            (Some(_), Ok(())) => self.take_next(at),
            (None, _) => self.start_waiting(at),
        }
    }

    /// Sends the outcome on its way to whoever waits for it.
    pub(super) fn answer(&mut self, job: Ref<Job>, outcome: Result<(), CallError>) {
        let at = self.jobs[job].node;
        if outcome.is_ok() && self.system.nodes[at].kind() == EntityKind::Queue {
            let trace = self.jobs[job].trace;
            self.publish(at, trace);
        }
        let Some((caller, wait, call)) = self.jobs[job].caller else { return };
        let delay = self.delay(call);
        self.agenda.add(self.now + delay, Event::Reply { job: caller, wait, outcome });
    }

    pub(super) fn log(&mut self, job: Ref<Job>, kind: LogKind) {
        let trace = self.jobs[job].trace;
        self.logs.write(self.now, &self.system, self.jobs[job].node, kind, self.traces.ids(trace));
    }
}
