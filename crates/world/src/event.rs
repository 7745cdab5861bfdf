//! The event simulation: every request is followed from its arrival to its answer.
//!
//! A request takes one of its node's workers, then a processor, then makes its node's calls one
//! after the other, each waiting for a pooled connection where it needs one, and frees the worker
//! with its answer. Time-outs, retries, full queues, restarts and throttling are events like any
//! other; nothing here knows which fault is being simulated.

mod agenda;
mod call;
mod job;
mod lock;
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
    /// What a node writes into its log about it.
    pub(crate) says: Option<(Ref<Node>, LogKind)>,
}

impl Edit {
    /// An edit of which nobody writes.
    pub(crate) fn silent(at: f64, apply: impl Fn(&mut System) + 'static) -> Self {
        Self { at, apply: Box::new(apply), says: None }
    }
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
    while let Some((at, event)) = engine.next() {
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
    host_speeds: Table<Host, f64>,
    calls: Table<Call, CallState>,
    /// Which node takes messages off a queue.
    consumers: Table<Node, Option<Ref<Node>>>,
    frames: Vec<Frame>,
    traffic: Dice,
    around: Dice,
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
            host_speeds: system.host_speeds(),
            calls: system.calls.map(|_| CallState::default()),
            consumers,
            frames: Vec::new(),
            traffic: Dice::new(seed, Purpose::Traffic),
            around: Dice::new(seed, Purpose::Hosts),
            logs: LogWriter::new(clock.clone(), seed),
            traces: TraceWriter::new(clock.clone(), seed, rate),
            system,
            edits,
            clock,
        }
    }

    fn next(&mut self) -> Option<(Micros, Event)> {
        let jobs = &self.jobs;
        let concerns =
            |event: &Event| event.wait().is_none_or(|(job, wait)| jobs[job].wait == wait);
        self.agenda.next(concerns)
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
            Event::Unlocked { job, wait } => {
                if self.jobs[job].wait == wait {
                    self.unlocked(job);
                }
            }
            Event::LockTimeout { job, wait, error } => {
                if self.jobs[job].wait == wait {
                    self.lock_timed_out(job, error);
                }
            }
            Event::Redeliver { queue, message } => {
                self.nodes[queue].messages.push_back(*message);
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
        if let Some((at, kind)) = edit.says {
            self.logs.write(self.now, &self.system, at, kind, None);
        }
        for stream in before.streams.len()..self.system.streams.len() {
            self.agenda.add(self.now, Event::Request { stream });
        }
        for at in self.system.nodes.refs() {
            let (old, new) = (&before.nodes[at], &self.system.nodes[at]);
            if new.is_restarted_after(old) {
                self.logs.write(self.now, &self.system, at, LogKind::Started, None);
            }
        }
        self.host_speeds = self.system.host_speeds();
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
        let node = &self.system.nodes[at];
        let host = node.host.map_or(1.0, |host| self.host_speeds[host]);
        let speed = self.system.own_speed(at) * host;
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
            .map(|(at, node)| self.nodes[at].busy / step + node.hog + node.idle_work)
            .sum();
        let host = &self.system.hosts[host];
        ((host.neighbour + host.idle_work + guests) / host.processors).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightjar_topology::{EntityId, EntityKind, RelationKind};

    use super::*;
    use crate::flow;
    use crate::system::{Memory, Pool, Stream};

    fn node(name: &str) -> Node {
        let id = EntityId::new(name).unwrap();
        Node::new(nightjar_topology::Entity::new(id, EntityKind::Service))
    }

    fn clock(step: f64, steps: u32) -> Clock {
        Clock { start: Timestamp::UNIX_EPOCH, warm_up: micros(120.0), step, steps }
    }

    /// One node that is asked so often.
    fn alone(node: Node, per_second: f64) -> System {
        let mut system = System::default();
        let to = system.nodes.push(node);
        system.streams.push(Stream {
            to,
            per_second,
            drift: 0.0,
            period: 1.0,
            phase: 0.0,
            season: None,
        });
        system
    }

    /// A caller and what it calls.
    fn pair(caller: Node, callee: Node, per_second: f64, retries: u32) -> System {
        let mut system = alone(caller, per_second);
        let from = Ref::new(0);
        let to = system.nodes.push(callee);
        system.add_call(Call {
            from,
            to,
            kind: RelationKind::Calls,
            share: 1.0,
            delay: 0.001,
            timeout: 10.0,
            retries,
            backoff: 0.05,
            loss: 0.0,
            weight: 1.0,
            is_pooled: true,
            is_essential: true,
        });
        system
    }

    fn mean_time(frames: &[Frame], at: usize) -> f64 {
        let (mut time, mut count) = (0.0, 0.0);
        for frame in frames {
            let answered = frame.nodes[Ref::new(at)].answered;
            time += answered.count * answered.mean;
            count += answered.count;
        }
        time / count
    }

    fn rate(frames: &[Frame], at: usize, step: f64) -> f64 {
        let count = |frame: &Frame| {
            let frame = &frame.nodes[Ref::new(at)];
            frame.answered.count + frame.failed.count
        };
        frames.iter().map(count).sum::<f64>() / (frames.len() as f64 * step)
    }

    #[test]
    fn requests_inside_are_arrivals_times_time_inside() {
        // Memory counts the requests inside: one byte each (Little's law, L = lambda W).
        let memory = Memory {
            limit: 1e12,
            base: 0.0,
            per_request: 1.0,
            leaked_per_request: 0.0,
            restart: 1.0,
        };
        let work = 0.08;
        let node = Node { workers: 1000, work, memory: Some(memory), ..node("a") };
        let measured = run(alone(node, 18.0), &[], &clock(1.0, 4000), 1);
        let frames = &measured.frames;
        let inside =
            frames.iter().map(|f| f.nodes[Ref::new(0)].memory).sum::<f64>() / frames.len() as f64;
        let expected = rate(frames, 0, 1.0) * mean_time(frames, 0);
        assert!((inside / expected - 1.0).abs() < 0.05, "{inside} {expected}");
    }

    #[test]
    fn a_single_server_waits_as_the_theory_says() {
        // M/G/1 (Pollaczek and Khinchine): wait = u s (1 + cv^2) / (2 (1 - u)).
        let node = Node { processors: 1, workers: 1000, work: 0.05, variation: 0.5, ..node("a") };
        let measured = run(alone(node, 14.0), &[], &clock(60.0, 120), 3);
        let expected = 0.05 + 0.7 * 0.05 * 1.25 / (2.0 * 0.3);
        let found = mean_time(&measured.frames, 0);
        assert!((found / expected - 1.0).abs() < 0.12, "{found} {expected}");
    }

    #[test]
    fn latency_explodes_near_saturation() {
        let at = |per_second| {
            let node = Node { workers: 1000, work: 0.05, ..node("a") };
            mean_time(&run(alone(node, per_second), &[], &clock(60.0, 20), 1).frames, 0)
        };
        let (calm, full) = (at(8.0), at(39.2));
        assert!(full > 5.0 * calm, "{calm} {full}");
    }

    #[test]
    fn a_pool_at_its_limit_makes_requests_wait_though_the_callee_is_calm() {
        let callee = Node { work: 0.1, processors: 100, workers: 100, ..node("b") };
        let with_pool = |size| {
            let pool = Some(Pool { size, timeout: 5.0, leaked_share: 0.0 });
            let caller = Node { work: 0.001, pool, workers: 200, ..node("a") };
            let frames =
                run(pair(caller, callee.clone(), 18.0, 0), &[], &clock(60.0, 10), 1).frames;
            (mean_time(&frames, 0), mean_time(&frames, 1))
        };
        let ((wide, same), (narrow, still)) = (with_pool(20), with_pool(2));
        assert!(narrow > 3.0 * wide, "{wide} {narrow}");
        assert!((still / same - 1.0).abs() < 0.1, "{same} {still}");
    }

    #[test]
    fn retries_amplify_the_load_of_a_failing_callee() {
        let callee = Node { error_share: 0.6, ..node("b") };
        let load = |retries| {
            let system = pair(node("a"), callee.clone(), 10.0, retries);
            rate(&run(system, &[], &clock(60.0, 10), 1).frames, 1, 60.0)
        };
        let (once, thrice) = (load(0), load(2));
        // 1 + 0.6 + 0.36 attempts for each request.
        assert!((thrice / once - 1.96).abs() < 0.15, "{once} {thrice}");
    }

    #[test]
    fn the_flow_simulation_agrees_with_this_one_where_both_can_be_run() {
        let callee = Node { work: 0.06, processors: 2, error_share: 0.02, ..node("b") };
        let pool = Some(Pool { size: 20, timeout: 5.0, leaked_share: 0.0 });
        let caller = Node { work: 0.01, pool, workers: 200, ..node("a") };
        let system = pair(caller, callee, 20.0, 1);
        let clock = clock(60.0, 30);
        let followed = run(system.clone(), &[], &clock, 1).frames;
        let solved = flow::run(system, &[], &clock, 1).frames;
        for at in [0, 1] {
            let (a, b) = (mean_time(&followed, at), mean_time(&solved, at));
            assert!((a / b - 1.0).abs() < 0.15, "time of {at}: {a} {b}");
            let (a, b) = (rate(&followed, at, 60.0), rate(&solved, at, 60.0));
            assert!((a / b - 1.0).abs() < 0.04, "rate of {at}: {a} {b}");
        }
    }
}
