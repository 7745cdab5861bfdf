//! The flow simulation: for estates too large to follow every request.
//!
//! Each interval is solved as a network of queues: requests flow down with their retries, times
//! and failures come back up, what can't be served waits for the next interval. Waiting follows
//! Sakasegawa's approximation of the M/G/c queue (1977, Annals of the Institute of Statistical
//! Mathematics 29) below saturation and a fluid backlog above it. The parameters are those of the
//! event simulation; counts and durations are then drawn around the solved means.

mod answer;
mod load;
mod narrate;
mod sample;

use crate::dice::{Dice, Purpose};
use crate::event::{Edit, Measured};
use crate::frame::{CallError, Frame};
use crate::number::micros;
use crate::system::{Call, Node, System};
use crate::table::{Ref, Table};
use crate::telemetry::{Clock, LogKind, LogWriter, TraceWriter};

/// Rounds of load and answer within an interval; retries settle in two, the third is for safety.
const ROUNDS: usize = 3;

/// What an interval looks like at a node.
#[derive(Clone, Debug)]
struct Point {
    /// Requests per second that arrive, retries included.
    rate: f64,
    /// The same, each counted by its work compared with an ordinary one.
    work: f64,
    /// Time at the node itself, waiting included, seconds; its variance.
    own: f64,
    own_variance: f64,
    /// Time until the answer, seconds; its variance.
    mean: f64,
    variance: f64,
    /// Shares of requests: failed for any reason, turned away, failed for want of a connection,
    /// arrived while the process was down.
    failure: f64,
    rejected: f64,
    without_connection: f64,
    down: f64,
    /// Requests per second it can serve.
    capacity: f64,
    utilization: f64,
    /// Uses of the pool per second, and how many it can serve.
    pool_uses: f64,
    pool_capacity: f64,
    pool_used: f64,
    /// Share of requests that wait for a lock in vain, and time at the processor alone, seconds.
    unlocked: f64,
    processing: f64,
}

/// What an interval looks like for a call.
#[derive(Clone, Debug, Default)]
struct CallPoint {
    /// Attempts per second.
    rate: f64,
    /// Share of attempts that fail, and of those that time out.
    failure: f64,
    timeout: f64,
    /// Share of attempts that end before they reach the callee, and how.
    barred: Option<(CallError, f64)>,
    /// Time of an attempt, and of all attempts for one request, seconds.
    time: f64,
    whole_time: f64,
    /// Share of requests for which every attempt fails.
    given_up: f64,
}

/// What a node carries from one interval to the next.
#[derive(Clone, Debug)]
struct Carried {
    /// Requests that wait.
    backlog: f64,
    pool_queue: f64,
    /// Connections never given back.
    pool_leaked: f64,
    leaked_memory: f64,
    restarts: f64,
    mood: f64,
    node: Node,
    /// Messages behind one that can't be worked on, and for how long, seconds.
    stuck: f64,
    stuck_for: f64,
}

struct Solver<'a> {
    system: System,
    clock: &'a Clock,
    order: Vec<Ref<Node>>,
    points: Table<Node, Point>,
    calls: Table<Call, CallPoint>,
    carried: Table<Node, Carried>,
    consumers: Table<Node, Option<Ref<Node>>>,
    speeds: Table<Node, f64>,
    /// The calls that end at a node.
    incoming: Table<Node, Vec<Ref<Call>>>,
    traffic: Dice,
    around: Dice,
    logs: LogWriter,
    traces: TraceWriter,
}

/// Runs a system, with edits in time order; an edit in the first half of an interval takes effect
/// with it, one in the second half with the next.
pub(crate) fn run(system: System, edits: &[Edit], clock: &Clock, seed: u64) -> Measured {
    let rate: f64 = system.streams.iter().map(|stream| stream.per_second).sum();
    let carried = |node: &Node| Carried {
        backlog: 0.0,
        pool_queue: 0.0,
        pool_leaked: 0.0,
        leaked_memory: 0.0,
        restarts: 0.0,
        mood: 1.0,
        node: node.clone(),
        stuck: 0.0,
        stuck_for: 0.0,
    };
    let mut consumers = system.nodes.map(|_| None);
    for (at, node) in system.nodes.iter() {
        if let Some(queue) = node.consumes {
            consumers[queue] = Some(at);
        }
    }
    let mut solver = Solver {
        incoming: system.incoming(),
        clock,
        order: system.order(),
        points: system.nodes.map(Point::new),
        calls: system.calls.map(|_| CallPoint::default()),
        carried: system.nodes.map(carried),
        consumers,
        speeds: system.nodes.map(|_| 1.0),
        traffic: Dice::new(seed, Purpose::Traffic),
        around: Dice::new(seed, Purpose::Hosts),
        logs: LogWriter::new(clock.clone(), seed),
        traces: TraceWriter::new(clock.clone(), seed, rate),
        system,
    };
    let mut frames = Vec::new();
    let mut edits = edits.iter().peekable();
    for step in 0..clock.steps {
        let begin = f64::from(step) * clock.step;
        while let Some(edit) = edits.next_if(|edit| edit.at < begin + clock.step / 2.0) {
            (edit.apply)(&mut solver.system);
            if let Some((at, kind)) = edit.says {
                let time = clock.warm_up + micros(edit.at.max(0.0));
                solver.logs.write(time, &solver.system, at, kind, None);
            }
        }
        frames.push(solver.step(begin));
    }
    Measured { frames, logs: solver.logs.finish(), spans: solver.traces.finish() }
}

impl Point {
    fn new(node: &Node) -> Self {
        Self {
            rate: 0.0,
            work: 0.0,
            own: node.work,
            own_variance: 0.0,
            mean: node.work,
            variance: 0.0,
            failure: 0.0,
            rejected: 0.0,
            without_connection: 0.0,
            down: 0.0,
            capacity: f64::INFINITY,
            utilization: 0.0,
            pool_uses: 0.0,
            pool_capacity: f64::INFINITY,
            pool_used: 0.0,
            unlocked: 0.0,
            processing: node.work,
        }
    }
}

impl Solver<'_> {
    fn step(&mut self, begin: f64) -> Frame {
        self.announce(begin);
        self.refresh_speeds();
        self.kill();
        for _ in 0..ROUNDS {
            self.load(begin + self.clock.step / 2.0);
            for place in (0..self.order.len()).rev() {
                if let Some(&at) = self.order.get(place) {
                    self.answer(at, begin + self.clock.step / 2.0);
                }
            }
        }
        self.advance();
        let frame = self.sample();
        self.narrate(begin, &frame);
        for carried in self.carried.rows_mut() {
            let moved = 0.025 * self.system.noise * self.traffic.normal();
            carried.mood = (1.0 + 0.6 * (carried.mood - 1.0) + moved).max(0.2);
        }
        self.logs.step();
        frame
    }

    /// Processes that were started anew by an edit say so.
    fn announce(&mut self, begin: f64) {
        let at_micros = self.clock.warm_up + micros(begin);
        for at in self.system.nodes.refs() {
            let node = &self.system.nodes[at];
            let known = &mut self.carried[at];
            let is_new = node.is_restarted_after(&known.node);
            known.node.clone_from(node);
            if is_new {
                self.logs.write(at_micros, &self.system, at, LogKind::Started, None);
            }
        }
    }

    fn refresh_speeds(&mut self) {
        let hosts = self.system.host_speeds();
        for (at, node) in self.system.nodes.iter() {
            let own = self.system.own_speed(at);
            self.speeds[at] = own * node.host.map_or(1.0, |host| hosts[host]);
        }
    }
}
