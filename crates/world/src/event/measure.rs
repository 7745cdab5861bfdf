use std::collections::{BTreeMap, VecDeque};

use super::Engine;
use super::agenda::Event;
use super::job::{Job, Message};
use crate::frame::{CallError, CallFrame, Frame, HostFrame, NodeFrame, Summary};
use crate::number::{Micros, micros, seconds};
use crate::system::Node;
use crate::table::Ref;

/// What a node is doing, and what was counted since the last sample.
#[derive(Clone, Debug)]
pub(super) struct NodeState {
    pub(super) is_up: bool,
    pub(super) active: usize,
    pub(super) waiting: VecDeque<(Ref<Job>, u64)>,
    pub(super) on_processor: usize,
    pub(super) processor_queue: VecDeque<(Ref<Job>, u64)>,
    pub(super) speed: f64,
    /// Speed without garbage collection, which uses the processor too.
    pub(super) processor_speed: f64,
    /// How this minute's work compares with the usual: caches, data, other tenants.
    pub(super) mood: f64,
    pub(super) accounted: Micros,
    /// Processor seconds.
    pub(super) busy: f64,
    pub(super) connections: usize,
    pub(super) pool_queue: VecDeque<(Ref<Job>, u64)>,
    pub(super) pool_timeouts: f64,
    pub(super) leaked: f64,
    pub(super) restarts: f64,
    /// Requests it may admit at once, and when that was true.
    pub(super) allowance: f64,
    pub(super) allowance_at: Micros,
    pub(super) admitted: f64,
    pub(super) throttled: f64,
    pub(super) messages: VecDeque<Message>,
    /// Messages behind one that can't be worked on, and when the first of them came.
    pub(super) stuck: f64,
    pub(super) stuck_since: Option<Micros>,
    pub(super) is_locked: bool,
    pub(super) lock_queue: VecDeque<(Ref<Job>, u64)>,
    pub(super) deadlocks: f64,
    pub(super) rows: f64,
    pub(super) answered: Vec<f64>,
    pub(super) failed: Vec<f64>,
}

impl NodeState {
    pub(super) fn new(node: &Node) -> Self {
        Self {
            is_up: true,
            active: 0,
            waiting: VecDeque::new(),
            on_processor: 0,
            processor_queue: VecDeque::new(),
            speed: 1.0,
            processor_speed: 1.0,
            mood: 1.0,
            accounted: 0,
            busy: 0.0,
            connections: 0,
            pool_queue: VecDeque::new(),
            pool_timeouts: 0.0,
            leaked: 0.0,
            restarts: 0.0,
            allowance: node.admitted_per_second.unwrap_or(0.0),
            allowance_at: 0,
            admitted: 0.0,
            throttled: 0.0,
            messages: VecDeque::new(),
            stuck: 0.0,
            stuck_since: None,
            is_locked: false,
            lock_queue: VecDeque::new(),
            deadlocks: 0.0,
            rows: 0.0,
            answered: Vec::new(),
            failed: Vec::new(),
        }
    }
}

/// Durations of attempts since the last sample.
#[derive(Clone, Debug, Default)]
pub(super) struct CallState {
    pub(super) answered: Vec<f64>,
    pub(super) failed: BTreeMap<CallError, Vec<f64>>,
    pub(super) retransmits: f64,
    pub(super) retries: f64,
}

impl Engine<'_> {
    /// Takes a sample; the one at the end of the warm-up is thrown away.
    pub(super) fn step(&mut self) {
        for at in self.system.nodes.refs() {
            self.account(at);
        }
        let frame = self.frame();
        if self.now > self.clock.warm_up {
            self.frames.push(frame);
        }
        for state in self.nodes.rows_mut() {
            // Minutes differ by some percent and resemble their neighbours.
            let moved = 0.025 * self.system.noise * self.traffic.normal();
            state.mood = (1.0 + 0.6 * (state.mood - 1.0) + moved).max(0.2);
        }
        self.logs.step();
        self.agenda.add(self.now + micros(self.clock.step), Event::Step);
    }

    fn frame(&mut self) -> Frame {
        let mut frame = Frame::default();
        for host in self.system.hosts.refs() {
            let grown = self.system.hosts[host].disk_per_hour * self.clock.step / 3600.0;
            let disk = self.system.hosts[host].disk + self.traffic.lognormal(grown, 0.3);
            self.system.hosts[host].disk = disk.min(1.0);
            let processor = self.host_use(host, self.clock.step);
            let machine = &self.system.hosts[host];
            frame.hosts.push(HostFrame::of(machine, processor, self.clock.step, &mut self.around));
        }
        for at in self.system.nodes.refs() {
            let sample = self.node_frame(at);
            frame.nodes.push(sample);
        }
        for state in self.calls.rows_mut() {
            let answered = Summary::of(&mut state.answered);
            state.answered.clear();
            let failed = std::mem::take(&mut state.failed);
            let failed = failed.into_iter().map(|(error, mut all)| (error, Summary::of(&mut all)));
            let retransmits = std::mem::take(&mut state.retransmits);
            let retries = std::mem::take(&mut state.retries);
            frame.calls.push(CallFrame {
                answered,
                failed: failed.collect(),
                retransmits,
                retries,
            });
        }
        frame
    }

    fn node_frame(&mut self, at: Ref<Node>) -> NodeFrame {
        let memory = self.memory_in_use(at);
        let node = &self.system.nodes[at];
        let state = &mut self.nodes[at];
        let processors = node.processors.max(1) as f64;
        let oldest = state.messages.front().map(|message| message.published);
        let oldest = [oldest, state.stuck_since].into_iter().flatten().min();
        let frame = NodeFrame {
            answered: Summary::of(&mut state.answered),
            failed: Summary::of(&mut state.failed),
            processor: ((state.busy / self.clock.step + node.hog + node.idle_work) / processors)
                .min(1.0),
            memory,
            restarts: state.restarts,
            pool_used: state.connections as f64,
            pool_pending: state.pool_queue.len() as f64,
            pool_timeouts: state.pool_timeouts,
            pool_limit: node.pool.as_ref().map_or(0.0, |pool| pool.size as f64),
            throttled: state.throttled,
            admitted: state.admitted / self.clock.step,
            admitted_limit: node.admitted_per_second.unwrap_or(0.0),
            queue_depth: state.messages.len() as f64 + state.stuck,
            queue_age: oldest.map_or(0.0, |published| seconds(self.now - published)),
            inside: state.active as f64,
            lock_waiting: state.lock_queue.len() as f64,
            deadlocks: state.deadlocks,
            rows: state.rows,
            volume: node.volume.as_ref().map_or(0.0, |volume| volume.used.min(1.0)),
        };
        state.answered.clear();
        state.failed.clear();
        state.busy = 0.0;
        state.pool_timeouts = 0.0;
        state.throttled = 0.0;
        state.deadlocks = 0.0;
        state.rows = 0.0;
        state.admitted = 0.0;
        frame
    }
}
