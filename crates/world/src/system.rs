//! The parameters of a simulated application: what a fault may change.

use std::collections::VecDeque;

use nightjar_topology::{Entity, EntityKind, Relation, RelationKind, Topology};

use crate::frame::CallError;
use crate::table::{Ref, Table};

/// How long a connection is used before it is renewed, seconds, and the share that is renewed at all.
const CONNECTION_SECONDS: f64 = 60.0;
const MOST_RENEWED: f64 = 0.97;

/// Everything that is set about an application. How it behaves follows from this and from chance.
///
/// INVARIANT: calls and consumed queues form no cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct System {
    pub(crate) nodes: Table<Node, Node>,
    pub(crate) calls: Table<Call, Call>,
    pub(crate) hosts: Table<Host, Host>,
    pub(crate) streams: Vec<Stream>,
    /// How much minutes differ from each other; 1 is ordinary.
    pub(crate) noise: f64,
    /// What stands in the topology and takes no part in the simulation: users, batch hosts.
    pub(crate) bystanders: Vec<Entity>,
}

/// One thing that answers requests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) entity: Entity,
    pub(crate) host: Option<Ref<Host>>,
    /// Requests worked on at a time; each holds its worker until it is answered.
    pub(crate) workers: usize,
    /// Requests that may wait for a worker; more are turned away.
    pub(crate) backlog: usize,
    /// Processors; each serves one request at a time.
    pub(crate) processors: usize,
    /// Processor time per request, seconds.
    pub(crate) work: f64,
    /// Coefficient of variation of the work.
    pub(crate) variation: f64,
    /// Processors that something else than requests keeps busy.
    pub(crate) hog: f64,
    /// Processors that work without urgency keeps busy; it gives way to requests.
    pub(crate) idle_work: f64,
    /// Share of requests that fail by the node's own doing.
    pub(crate) error_share: f64,
    /// Share of requests that meet a defect of the release that runs.
    pub(crate) defect_share: f64,
    /// Share of requests that need a setting that is wrong.
    pub(crate) misconfigured_share: f64,
    /// Share of attempts that end before they reach it, and how.
    pub(crate) barred: Option<(CallError, f64)>,
    /// When its certificate ends, seconds since the beginning of the recording.
    pub(crate) certificate_ends: Option<f64>,
    /// What only one request at a time may hold.
    pub(crate) lock: Option<Lock>,
    /// What it writes to.
    pub(crate) volume: Option<Volume>,
    /// Share of messages that wait behind one that can't be worked on.
    pub(crate) stuck_share: f64,
    /// What it is asked to do, as traces and logs name it.
    pub(crate) operation: String,
    /// The release that runs.
    pub(crate) version: String,
    /// The pool through which its pooled calls go.
    pub(crate) pool: Option<Pool>,
    /// Requests per second that are admitted; more are turned away at once.
    pub(crate) admitted_per_second: Option<f64>,
    pub(crate) memory: Option<Memory>,
    /// What it calls for each request, in this order.
    pub(crate) calls: Vec<Ref<Call>>,
    /// The queue it takes its work from, if it isn't called.
    pub(crate) consumes: Option<Ref<Node>>,
}

/// Connections a node keeps to something it calls.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pool {
    pub(crate) size: usize,
    /// How long a request waits for a connection, seconds.
    pub(crate) timeout: f64,
    /// Share of uses after which the connection isn't given back.
    pub(crate) leaked_share: f64,
}

/// Rows or tables that a share of the requests needs for themselves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lock {
    pub(crate) share: f64,
    /// How long one request keeps it, seconds.
    pub(crate) hold: f64,
    /// How long a request waits for it, seconds.
    pub(crate) timeout: f64,
}

/// A disk of a node's own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Volume {
    pub(crate) bytes: f64,
    /// Share that is full, and how much is added in an hour. What is full can't be written to.
    pub(crate) used: f64,
    pub(crate) per_hour: f64,
}

/// What a process needs of memory, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Memory {
    pub(crate) limit: f64,
    pub(crate) base: f64,
    /// Held while a request is worked on.
    pub(crate) per_request: f64,
    /// Never given back, for each request.
    pub(crate) leaked_per_request: f64,
    /// Time from a kill until requests are answered again, seconds.
    pub(crate) restart: f64,
}

/// A request one node sends to another for a share of its own requests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) from: Ref<Node>,
    pub(crate) to: Ref<Node>,
    pub(crate) kind: RelationKind,
    pub(crate) share: f64,
    /// Time on the way, each direction, seconds.
    pub(crate) delay: f64,
    /// Share of packets that are lost on the way.
    pub(crate) loss: f64,
    /// Work that the callee has with this request, compared with an ordinary one.
    pub(crate) weight: f64,
    /// How long the caller waits for an answer, seconds.
    pub(crate) timeout: f64,
    /// Attempts after the first.
    pub(crate) retries: u32,
    /// Wait before the first further attempt, seconds; doubled for each one more.
    pub(crate) backoff: f64,
    /// Whether it needs a connection of the caller's pool.
    pub(crate) is_pooled: bool,
    /// Whether the caller fails when it fails.
    pub(crate) is_essential: bool,
}

/// Wait until a lost packet is sent again, seconds, doubled for each further time: Linux's least
/// retransmission time-out.
pub(crate) const RETRANSMIT_SECONDS: f64 = 0.2;
/// Packets of one message, on average.
const PACKETS: i32 = 3;

/// Share of messages of which a packet is lost.
pub(crate) fn lost_share(loss: f64) -> f64 {
    1.0 - (1.0 - loss).powi(PACKETS)
}

/// Rows that an ordinary statement looks at.
pub(crate) const ROWS: f64 = 40.0;
/// A statement that is so many times the ordinary work is written down
/// (`log_min_duration_statement`).
pub(crate) const SLOW_WEIGHT: f64 = 2.0;
/// Time between two attempts at a message that can't be worked on, seconds.
pub(crate) const POISON_SECONDS: f64 = 5.0;
/// Lines a kernel writes about hardware that fails, for each second.
pub(crate) const HOST_LINES_PER_SECOND: f64 = 0.05;

/// A machine that nodes run on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Host {
    pub(crate) entity: Entity,
    pub(crate) processors: f64,
    /// Processors that processes outside the application keep busy.
    pub(crate) neighbour: f64,
    /// Processors that work without urgency keeps busy; it gives way to all other.
    pub(crate) idle_work: f64,
    /// Share of the disk that is full, and how much is added in an hour.
    pub(crate) disk: f64,
    pub(crate) disk_per_hour: f64,
    /// How fast everything goes, compared with a machine that is well.
    pub(crate) health: f64,
    /// Share of its guests' requests that fail because of it.
    pub(crate) fault_share: f64,
}

/// Requests from outside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stream {
    pub(crate) to: Ref<Node>,
    pub(crate) per_second: f64,
    /// Size of the slow drift, share of the rate.
    pub(crate) drift: f64,
    /// Period of the drift, seconds, and where in it the recording begins (0 to 1).
    pub(crate) period: f64,
    pub(crate) phase: f64,
    pub(crate) season: Option<Season>,
}

/// How requests follow the hours of the day and the days of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Season {
    /// Size of the daily curve, share of the rate.
    pub(crate) amplitude: f64,
    /// Seconds from Monday's midnight (UTC) to the beginning of the recording.
    pub(crate) begin: f64,
}

/// Most requests come in the afternoon.
const BUSIEST_HOUR: f64 = 15.0;
const DAY_SECONDS: f64 = 86_400.0;

impl Season {
    /// The rate compared with its average.
    fn factor(self, seconds: f64) -> f64 {
        let days = (self.begin + seconds) / DAY_SECONDS;
        let turn = std::f64::consts::TAU * (days - BUSIEST_HOUR / 24.0);
        let is_weekend = days.rem_euclid(7.0) >= 5.0;
        // As much as nights fall below the average, weekends fall below the week by half.
        let week = if is_weekend { 1.0 - self.amplitude / 2.0 } else { 1.0 };
        week * (1.0 + self.amplitude * turn.cos())
    }
}

impl Stream {
    /// The rate at a time in seconds since the beginning.
    pub(crate) fn rate_at(&self, seconds: f64) -> f64 {
        let turn = std::f64::consts::TAU * (seconds / self.period + self.phase);
        let season = self.season.map_or(1.0, |season| season.factor(seconds));
        self.per_second * (1.0 + self.drift * turn.sin()) * season
    }
}

impl Node {
    /// A node of a kind with middling settings; the application says what differs.
    pub(crate) fn new(entity: Entity) -> Self {
        Self {
            host: None,
            workers: 32,
            backlog: 128,
            processors: 2,
            work: 0.01,
            variation: 0.6,
            hog: 0.0,
            idle_work: 0.0,
            error_share: 0.0,
            defect_share: 0.0,
            misconfigured_share: 0.0,
            barred: None,
            certificate_ends: None,
            lock: None,
            volume: None,
            stuck_share: 0.0,
            operation: format!("POST /{}", entity.id),
            version: "1.0.0".into(),
            pool: None,
            admitted_per_second: None,
            memory: None,
            calls: Vec::new(),
            consumes: None,
            entity,
        }
    }

    pub(crate) fn kind(&self) -> EntityKind {
        self.entity.kind
    }

    /// Whether its process was started anew to become this from what it was.
    pub(crate) fn is_restarted_after(&self, old: &Self) -> bool {
        let size = |node: &Self| node.pool.as_ref().map(|pool| pool.size);
        let is_set_anew = self.misconfigured_share != old.misconfigured_share;
        let is_other = self.version != old.version || size(self) != size(old) || is_set_anew;
        self.is_instrumented() && is_other
    }

    /// Whether nothing more can be written to its disk.
    pub(crate) fn is_full(&self) -> bool {
        self.volume.as_ref().is_some_and(|volume| volume.used >= 1.0)
    }

    /// Whether it tells of its own requests; the others are seen only by their callers.
    pub(crate) fn is_instrumented(&self) -> bool {
        matches!(self.kind(), EntityKind::Gateway | EntityKind::Service | EntityKind::Function)
    }
}

impl System {
    pub(crate) fn node(&self, id: &str) -> Option<Ref<Node>> {
        self.nodes.iter().find(|(_, node)| node.entity.id.as_str() == id).map(|(at, _)| at)
    }

    pub(crate) fn add_call(&mut self, call: Call) -> Ref<Call> {
        let from = call.from;
        let at = self.calls.push(call);
        self.nodes[from].calls.push(at);
        at
    }

    /// Requests per second at each node, retries and failures aside.
    pub(crate) fn rates(&self) -> Table<Node, f64> {
        let mut rates = self.nodes.map(|_| 0.0);
        for stream in &self.streams {
            rates[stream.to] += stream.per_second;
        }
        for at in self.order() {
            let node = &self.nodes[at];
            if let Some(queue) = node.consumes {
                rates[at] += rates[queue];
            }
            for &call in &node.calls {
                let call = &self.calls[call];
                rates[call.to] += rates[at] * call.share;
            }
        }
        rates
    }

    /// Seconds until each node answers when nothing has to wait.
    pub(crate) fn times(&self) -> Table<Node, f64> {
        let mut times = self.nodes.map(|node| node.work);
        for at in self.order().into_iter().rev() {
            for &call in &self.nodes[at].calls {
                let call = &self.calls[call];
                let time = call.share * (times[call.to] + 2.0 * call.delay);
                times[at] += time;
            }
        }
        times
    }

    /// The calls that end at each node.
    pub(crate) fn incoming(&self) -> Table<Node, Vec<Ref<Call>>> {
        let mut incoming = self.nodes.map(|_| Vec::new());
        for (at, call) in self.calls.iter() {
            incoming[call.to].push(at);
        }
        incoming
    }

    /// The nodes, callers before what they call and queues before their consumers.
    pub(crate) fn order(&self) -> Vec<Ref<Node>> {
        let mut callers = self.nodes.map(|_| 0usize);
        let mut consumers = self.nodes.map(|_| Vec::new());
        for (_, call) in self.calls.iter() {
            callers[call.to] += 1;
        }
        for (at, node) in self.nodes.iter() {
            if let Some(queue) = node.consumes {
                callers[at] += 1;
                consumers[queue].push(at);
            }
        }
        let mut ready: VecDeque<Ref<Node>> =
            self.nodes.refs().filter(|&at| callers[at] == 0).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(at) = ready.pop_front() {
            order.push(at);
            let called = self.nodes[at].calls.iter().map(|&call| self.calls[call].to);
            for to in called.chain(consumers[at].iter().copied()) {
                callers[to] -= 1;
                if callers[to] == 0 {
                    ready.push_back(to);
                }
            }
        }
        order
    }

    /// Share of attempts that end before they reach a node, and how, at a time in seconds since the
    /// beginning of the recording.
    pub(crate) fn barred(&self, at: Ref<Node>, seconds: f64) -> Option<(CallError, f64)> {
        let node = &self.nodes[at];
        let ended = node.certificate_ends.map_or(0.0, |end| seconds - end);
        if ended > 0.0 {
            // Connections that were open before are used for a while.
            let renewed = 1.0 - (-ended / CONNECTION_SECONDS).exp();
            return Some((CallError::Certificate, renewed * MOST_RENEWED));
        }
        node.barred
    }

    /// Share of a node's requests that fail by the doing of itself or its host.
    pub(crate) fn own_failure(&self, at: Ref<Node>) -> f64 {
        let node = &self.nodes[at];
        let host = node.host.map_or(0.0, |host| self.hosts[host].fault_share);
        let good = [node.error_share, node.defect_share, node.misconfigured_share, host];
        1.0 - good.iter().map(|share| (1.0 - share).max(0.0)).product::<f64>()
    }

    /// How fast a node's processors run, as a share of their usual speed, by what its own hog
    /// leaves.
    pub(crate) fn own_speed(&self, at: Ref<Node>) -> f64 {
        let node = &self.nodes[at];
        1.0 - (node.hog / node.processors.max(1) as f64).clamp(0.0, 0.98)
    }

    /// What each host's neighbours leave to the application, as a share of what it may use.
    pub(crate) fn host_speeds(&self) -> Table<Host, f64> {
        let mut guests = self.hosts.map(|_| 0.0);
        for (_, node) in self.nodes.iter() {
            if let Some(host) = node.host {
                guests[host] += node.processors as f64;
            }
        }
        let mut speeds = self.hosts.map(|_| 1.0);
        for (at, host) in self.hosts.iter() {
            let left = host.processors - host.neighbour;
            speeds[at] = host.health * (left / f64::max(guests[at], 1.0)).clamp(0.02, 1.0);
        }
        speeds
    }

    /// The topology as an inventory would show it.
    pub(crate) fn topology(&self) -> Topology {
        let mut topology = Topology::default();
        for entity in &self.bystanders {
            topology.add(entity.clone());
        }
        for (_, host) in self.hosts.iter() {
            topology.add(host.entity.clone());
        }
        for (_, node) in self.nodes.iter() {
            let mut entity = node.entity.clone();
            if node.is_instrumented() {
                entity.attributes.insert("service.version".into(), node.version.clone());
            }
            topology.add(entity);
        }
        let mut relate = |from: &Entity, to: &Entity, kind| {
            topology.relate(Relation { from: from.id.clone(), to: to.id.clone(), kind });
        };
        for (_, call) in self.calls.iter() {
            relate(&self.nodes[call.from].entity, &self.nodes[call.to].entity, call.kind);
        }
        for (_, node) in self.nodes.iter() {
            if let Some(host) = node.host {
                relate(&node.entity, &self.hosts[host].entity, RelationKind::RunsOn);
            }
            if let Some(queue) = node.consumes {
                relate(&node.entity, &self.nodes[queue].entity, RelationKind::Consumes);
            }
        }
        for client in self.bystanders.iter().filter(|e| e.kind == EntityKind::Client) {
            for stream in &self.streams {
                relate(client, &self.nodes[stream.to].entity, RelationKind::Calls);
            }
        }
        topology
    }
}
