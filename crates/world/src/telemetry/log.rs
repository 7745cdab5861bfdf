use std::collections::BTreeMap;

use nightjar_incident::LogRecord;
use nightjar_topology::EntityKind;

use super::{Clock, host, line};
use crate::dice::{Dice, Purpose};
use crate::frame::CallError;
use crate::number::Micros;
use crate::system::{Host, Node, System};
use crate::table::Ref;

/// One ordinary request in so many leaves a line.
const ANSWERED_SHARE: f64 = 1.0 / 50.0;
/// Lines a node's background work leaves, for each second.
const CHATTER_PER_SECOND: f64 = 0.05;
/// Lines of one kind and one node per interval; a real logging library limits floods as well.
const LINES_PER_STEP: u32 = 40;

/// Something a node writes a line about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LogKind {
    Answered { duration: f64, is_ok: bool },
    OrdinaryError,
    Defect,
    Retrying { to: Ref<Node>, error: CallError, attempts: u32 },
    CallFailed { to: Ref<Node>, error: CallError, after: f64 },
    PoolTimeout,
    Overloaded,
    Killed,
    Started,
    Chatter,
    Misconfigured,
    HostError,
    Poison,
    Database(DatabaseLine),
}

/// Something a database server writes into its own log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DatabaseLine {
    NoSpace,
    LockWait,
    LockTimeout,
    Deadlock,
    SlowStatement { from: Ref<Node>, duration: f64 },
    Checkpoint,
    Failover,
}

impl LogKind {
    /// For counting lines of a kind.
    fn number(self) -> u8 {
        match self {
            Self::Answered { .. } => 0,
            Self::OrdinaryError => 1,
            Self::Defect => 2,
            Self::Retrying { .. } => 3,
            Self::CallFailed { .. } => 4,
            Self::PoolTimeout => 5,
            Self::Overloaded => 6,
            Self::Killed => 7,
            Self::Started => 8,
            Self::Chatter => 9,
            Self::Misconfigured => 10,
            Self::HostError => 11,
            Self::Poison => 12,
            Self::Database(DatabaseLine::NoSpace) => 13,
            Self::Database(DatabaseLine::LockWait) => 14,
            Self::Database(DatabaseLine::LockTimeout) => 15,
            Self::Database(DatabaseLine::Deadlock) => 16,
            Self::Database(DatabaseLine::SlowStatement { .. }) => 17,
            Self::Database(DatabaseLine::Checkpoint) => 18,
            Self::Database(DatabaseLine::Failover) => 19,
        }
    }
}

/// Writes the lines of all nodes.
pub(crate) struct LogWriter {
    clock: Clock,
    dice: Dice,
    written: BTreeMap<(Ref<Node>, u8), u32>,
    lines: Vec<LogRecord>,
}

impl LogWriter {
    pub(crate) fn new(clock: Clock, seed: u64) -> Self {
        let dice = Dice::new(seed, Purpose::Logs);
        Self { clock, dice, written: BTreeMap::new(), lines: Vec::new() }
    }

    /// An interval is over: the limit counts anew.
    pub(crate) fn step(&mut self) {
        self.written.clear();
    }

    /// Whether a node's background work leaves a line this second.
    pub(crate) fn has_something_to_say(&mut self) -> bool {
        self.dice.chance(CHATTER_PER_SECOND)
    }

    /// Writes what there is to say, unless it isn't sampled or there was too much of it.
    pub(crate) fn write(
        &mut self,
        at: Micros,
        system: &System,
        node: Ref<Node>,
        kind: LogKind,
        ids: Option<(String, String)>,
    ) {
        let who = &system.nodes[node];
        let has_logs = match who.kind() {
            EntityKind::Service | EntityKind::Function => true,
            EntityKind::Database => matches!(kind, LogKind::Database(_)),
            _ => false,
        };
        if !has_logs || !self.clock.is_recorded(at) {
            return;
        }
        if matches!(kind, LogKind::Answered { .. }) && !self.dice.chance(ANSWERED_SHARE) {
            return;
        }
        self.write_line(at, system, node, kind, ids);
    }

    /// Writes what the kernel of a machine says that isn't well.
    pub(crate) fn write_host(&mut self, at: Micros, system: &System, host: Ref<Host>) {
        if !self.clock.is_recorded(at) {
            return;
        }
        let (severity, body) = host::render(&mut self.dice);
        let at = self.clock.timestamp(at);
        let entity = system.hosts[host].entity.id.clone();
        self.lines.push(LogRecord { at, entity, severity, body, trace_id: None, span_id: None });
    }

    /// Writes of an ordinary request that was sampled already.
    pub(crate) fn write_sampled(
        &mut self,
        at: Micros,
        system: &System,
        node: Ref<Node>,
        kind: LogKind,
    ) {
        self.write_line(at, system, node, kind, None);
    }

    fn write_line(
        &mut self,
        at: Micros,
        system: &System,
        node: Ref<Node>,
        kind: LogKind,
        ids: Option<(String, String)>,
    ) {
        let who = &system.nodes[node];
        let written = self.written.entry((node, kind.number())).or_default();
        *written += 1;
        if *written > LINES_PER_STEP {
            return;
        }
        let (severity, body) = line::render(kind, system, node, &mut self.dice);
        let (trace_id, span_id) = ids.unzip();
        let at = self.clock.timestamp(at);
        self.lines.push(LogRecord {
            at,
            entity: who.entity.id.clone(),
            severity,
            body,
            trace_id,
            span_id,
        });
    }

    /// All lines in time order.
    pub(crate) fn finish(self) -> Vec<LogRecord> {
        let mut lines = self.lines;
        lines.sort_by_key(|line| line.at);
        lines
    }
}
