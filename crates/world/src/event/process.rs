//! The life of a process: memory, kill, restart.

use super::Engine;
use super::agenda::Event;
use crate::frame::CallError;
use crate::number::{micros, seconds};
use crate::system::{HOST_LINES_PER_SECOND, Node, POISON_SECONDS};
use crate::table::Ref;
use crate::telemetry::LogKind;

impl Engine<'_> {
    pub(super) fn memory_in_use(&self, at: Ref<Node>) -> f64 {
        let state = &self.nodes[at];
        match &self.system.nodes[at].memory {
            Some(memory) if state.is_up => {
                memory.base + memory.per_request * state.active as f64 + state.leaked
            }
            Some(_) | None => 0.0,
        }
    }

    /// Once a second the kernel looks at memory, and processors at how fast they are.
    pub(super) fn second(&mut self) {
        for at in self.system.nodes.refs() {
            self.fill_volume(at);
            self.repeat_poison(at);
            if self.logs.has_something_to_say() {
                self.logs.write(self.now, &self.system, at, LogKind::Chatter, None);
            }
            let Some(limit) = self.system.nodes[at].memory.as_ref().map(|memory| memory.limit)
            else {
                continue;
            };
            if self.memory_in_use(at) > limit {
                self.kill(at);
            } else {
                self.refresh_speed(at);
            }
        }
        for host in self.system.hosts.refs() {
            let fault_share = self.system.hosts[host].fault_share;
            if fault_share > 0.0 && self.around.chance(HOST_LINES_PER_SECOND) {
                self.logs.write_host(self.now, &self.system, host);
            }
        }
        self.agenda.add(self.now + 1_000_000, Event::Second);
    }

    fn fill_volume(&mut self, at: Ref<Node>) {
        if let Some(volume) = &mut self.system.nodes[at].volume {
            volume.used = (volume.used + volume.per_hour / 3600.0).min(1.0);
        }
    }

    /// A message that can't be worked on is tried again and again.
    fn repeat_poison(&mut self, at: Ref<Node>) {
        let node = &self.system.nodes[at];
        let is_again = seconds(self.now) % POISON_SECONDS < 1.0;
        if node.stuck_share <= 0.0 || !is_again || !self.nodes[at].is_up {
            return;
        }
        let work = self.around.lognormal(node.work, node.variation);
        self.nodes[at].failed.push(work);
        self.logs.write(self.now, &self.system, at, LogKind::Poison, None);
    }

    /// The process is killed: whoever waited for it sees the connection break.
    fn kill(&mut self, at: Ref<Node>) {
        self.account(at);
        self.logs.write(self.now, &self.system, at, LogKind::Killed, None);
        let state = &mut self.nodes[at];
        state.is_up = false;
        state.active = 0;
        state.on_processor = 0;
        state.connections = 0;
        state.leaked = 0.0;
        state.restarts += 1.0;
        state.waiting.clear();
        state.processor_queue.clear();
        state.pool_queue.clear();
        let here: Vec<_> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.wait != 0 && job.node == at && job.arrived.is_some())
            .map(|(job, _)| job)
            .collect();
        for job in here {
            self.answer(job, Err(CallError::Reset));
            let message = self.jobs[job].message.take();
            self.end_job(job);
            if let Some(message) = message {
                self.give_back(at, message);
            }
        }
        let restart = self.system.nodes[at].memory.as_ref().map_or(30.0, |memory| memory.restart);
        let back = micros(restart * self.traffic.between(0.9, 1.2));
        self.agenda.add(self.now + back, Event::Restarted { node: at });
    }

    pub(super) fn restarted(&mut self, at: Ref<Node>) {
        self.nodes[at].is_up = true;
        self.refresh_speed(at);
        self.logs.write(self.now, &self.system, at, LogKind::Started, None);
        self.take_next(at);
    }
}
