//! The event simulation: every request is followed from its arrival to its answer.
//!
//! A request takes one of its node's workers, then a processor, then makes its node's calls one
//! after the other, each waiting for a pooled connection where it needs one, and frees the worker
//! with its answer. Time-outs, retries, full queues, restarts and throttling are events like any
//! other; nothing here knows which fault is being simulated.

mod agenda;
mod call;
mod job;
mod measure;
mod process;
mod queue;
mod serve;

use nightjar_incident::{LogRecord, Span};

use self::agenda::{Agenda, Event};
use self::job::Job;
use self::measure::{CallState, NodeState};
use crate::dice::{Dice, Purpose};
use crate::frame::Frame;
use crate::number::{Micros, micros, seconds};
use crate::system::{Call, Host, Node, System};
use crate::table::{Ref, Table};
use crate::telemetry::{Clock, LogKind, LogWriter, TraceWriter};

/// A change of parameters at a time.
pub(crate) struct Edit {
    /// Seconds since the recording began.
    pub(crate) at: f64,
    pub(crate) apply: Box<dyn Fn(&mut System)>,
}

/// What a run yields.
pub(crate) struct Measured {
    pub(crate) frames: Vec<Frame>,
    pub(crate) logs: Vec<LogRecord>,
    pub(crate) spans: Vec<Span>,
}

/// Runs a system, with edits in time order.
pub(crate) fn run(system: System, edits: &[Edit], clock: &Clock, seed: u64) -> Measured {
    let mut engine = Engine::new(system, edits, clock, seed);
    while let Some((at, event)) = engine.agenda.next() {
        if at > clock.end() {
            break;
        }
        engine.now = at;
        engine.happen(event);
    }
    Measured { frames: engine.frames, logs: engine.logs.finish(), spans: engine.traces.finish() }
}

struct Engine<'a> {
    system: System,
    edits: &'a [Edit],
    clock: &'a Clock,
    now: Micros,
    agenda: Agenda,
    jobs: Table<Job, Job>,
    free: Vec<Ref<Job>>,
    /// Numbers the waits of jobs; never reused, so an answer that comes too late fits nobody.
    waits: u64,
    nodes: Table<Node, NodeState>,
    calls: Table<Call, CallState>,
    /// Which node takes messages off a queue.
    consumers: Table<Node, Option<Ref<Node>>>,
    frames: Vec<Frame>,
    traffic: Dice,
    logs: LogWriter,
    traces: TraceWriter,
}

impl<'a> Engine<'a> {
    fn new(system: System, edits: &'a [Edit], clock: &'a Clock, seed: u64) -> Self {
        let mut consumers = system.nodes.map(|_| None);
        for (at, node) in system.nodes.iter() {
            if let Some(queue) = node.consumes {
                consumers[queue] = Some(at);
            }
        }
        let mut agenda = Agenda::default();
        for stream in 0..system.streams.len() {
            agenda.add(0, Event::Request { stream });
        }
        for (edit, at) in edits.iter().enumerate() {
            agenda.add(clock.warm_up + micros(at.at), Event::Edit { edit });
        }
        agenda.add(0, Event::Second);
        agenda.add(clock.warm_up, Event::Step);
        let rate: f64 = system.streams.iter().map(|stream| stream.per_second).sum();
        Self {
            now: 0,
            agenda,
            jobs: Table::default(),
            free: Vec::new(),
            waits: 0,
            nodes: system.nodes.map(NodeState::new),
            calls: system.calls.map(|_| CallState::default()),
            consumers,
            frames: Vec::new(),
            traffic: Dice::new(seed, Purpose::Traffic),
            logs: LogWriter::new(clock.clone(), seed),
            traces: TraceWriter::new(clock.clone(), seed, rate),
            system,
            edits,
            clock,
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Request { stream } => self.request(stream),
            Event::Arrive { job, wait } => {
                if self.jobs[job].wait == wait {
                    self.arrive(job);
                }
            }
            Event::Worked { job, wait } => {
                if self.jobs[job].wait == wait {
                    self.worked(job);
                }
            }
            Event::Reply { job, wait, outcome } => {
                if self.jobs[job].wait == wait {
                    self.attempt_ended(job, outcome);
                }
            }
            Event::Timeout { job, wait } => {
                if self.jobs[job].wait == wait {
                    self.attempt_timed_out(job);
                }
            }
            Event::Retry { job, wait } => {
                if self.jobs[job].wait == wait {
                    self.attempt(job);
                }
            }
            Event::PoolTimeout { job, wait } => {
                if self.jobs[job].wait == wait {
                    self.pool_timed_out(job);
                }
            }
            Event::Redeliver { queue, message } => {
                self.nodes[queue].messages.push_back(message);
                self.dispatch(queue);
            }
            Event::Restarted { node } => self.restarted(node),
            Event::Second => self.second(),
            Event::Step => self.step(),
            Event::Edit { edit } => self.edit(edit),
        }
    }

    /// A request from outside, and the time of the next one.
    fn request(&mut self, stream: usize) {
        let Some(parameters) = self.system.streams.get(stream) else { return };
        let rate = parameters.rate_at(seconds(self.now)).max(1e-6);
        let to = parameters.to;
        let next = self.now + micros(self.traffic.exponential(1.0 / rate));
        self.agenda.add(next, Event::Request { stream });
        let trace = self.traces.begin();
        let job = self.new_job(Job { trace, ..Job::new(to) });
        self.arrive(job);
    }

    fn edit(&mut self, edit: usize) {
        let Some(edit) = self.edits.get(edit) else { return };
        let before = self.system.clone();
        (edit.apply)(&mut self.system);
        for stream in before.streams.len()..self.system.streams.len() {
            self.agenda.add(self.now, Event::Request { stream });
        }
        for at in self.system.nodes.refs() {
            let (old, new) = (&before.nodes[at], &self.system.nodes[at]);
            let size = |node: &Node| node.pool.as_ref().map(|pool| pool.size);
            if (old.version != new.version || size(old) != size(new)) && new.is_instrumented() {
                self.logs.write(self.now, &self.system, at, LogKind::Started, None);
            }
        }
        for at in self.system.nodes.refs() {
            self.refresh_speed(at);
            self.start_waiting(at);
            self.serve_pool(at);
        }
    }

    /// Integrates processor use up to now; called before it changes.
    fn account(&mut self, at: Ref<Node>) {
        let state = &mut self.nodes[at];
        let passed = seconds(self.now - state.accounted);
        state.busy += state.on_processor as f64 * state.processor_speed * passed;
        state.accounted = self.now;
    }

    fn refresh_speed(&mut self, at: Ref<Node>) {
        self.account(at);
        let speed = self.system.speed(at);
        let memory = self.memory_in_use(at);
        let collecting = match &self.system.nodes[at].memory {
            // A process short of memory spends its time collecting garbage.
            Some(limits) => 1.0 + 3.0 * ((memory / limits.limit - 0.85) / 0.15).clamp(0.0, 1.0),
            None => 1.0,
        };
        self.nodes[at].processor_speed = speed;
        self.nodes[at].speed = speed / collecting;
    }

    fn host_use(&self, host: Ref<Host>, step: f64) -> f64 {
        let guests: f64 = self
            .system
            .nodes
            .iter()
            .filter(|(_, node)| node.host == Some(host))
            .map(|(at, node)| self.nodes[at].busy / step + node.hog)
            .sum();
        let host = &self.system.hosts[host];
        ((host.neighbour + guests) / host.processors).min(1.0)
    }
}
