use jiff::Timestamp;
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

use crate::{EvidenceId, FaultMode, ObservationId, Signal};

/// One abnormal, or notably normal, fact computed from evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Its id.
    pub id: ObservationId,
    /// Whose fact.
    pub entity: EntityId,
    /// The other end, where it is about what `entity` sees of `peer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<EntityId>,
    /// Which test found it.
    pub kind: ObservationKind,
    /// What was measured, if one signal was.
    pub signal: Option<Signal>,
    /// What is wrong in the system's own words, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<FaultMode>,
    /// Which way it went.
    pub direction: Direction,
    /// Since when.
    pub onset: Option<Onset>,
    /// What was usual, in `unit`.
    pub usual: f64,
    /// What was seen, in `unit`.
    pub seen: f64,
    /// The unit in UCUM.
    pub unit: String,
    /// How surprising, in standard deviations of the usual (or the equivalent of a tail
    /// probability); 0 for a notably normal fact.
    pub z: f64,
    /// One sentence for people; names and numbers of the monitored systems are untrusted text.
    pub summary: String,
    /// What it was computed from.
    pub evidence: Vec<EvidenceId>,
}

impl Observation {
    /// Whether the fact is a deviation, not a notable calm.
    pub fn is_abnormal(&self) -> bool {
        self.direction != Direction::Steady
    }
}

/// Which way a signal went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More than usual.
    Up,
    /// Less than usual.
    Down,
    /// Wasn't there before.
    Appeared,
    /// Was there before.
    Vanished,
    /// As usual, which speaks against something.
    Steady,
}

/// When a deviation began, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// Best estimate.
    pub at: Timestamp,
    /// Earliest it may have been.
    pub earliest: Timestamp,
    /// Latest it may have been.
    pub latest: Timestamp,
}

/// Which test found an observation. One file of `rootcause/src/observe` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationKind {
    /// Requests take longer: excess time at the entity.
    Latency,
    /// Requests fail: excess errors at the entity.
    Errors,
    /// Traffic rose or fell.
    Traffic,
    /// A resource nears its limit: CPU, memory, pool, disk.
    Saturation,
    /// The provider turned requests away.
    Throttling,
    /// Work piles up before the entity.
    Backlog,
    /// The entity restarted or was killed.
    Restart,
    /// The caller sees more time on an edge than the callee spends.
    NetworkGap,
    /// Lines of a kind never seen before, or many more of a known kind.
    Logs,
    /// An operation writes other lines per call than it used to.
    LogMix,
    /// An operation makes other calls than it used to: more, fewer, new ones.
    Calls,
    /// Spans failing first at the entity, or its own time growing.
    Spans,
    /// A change took effect shortly before.
    Change,
    /// Telemetry that used to come stopped.
    Missing,
    /// A program or the platform names the fault in well-known words.
    Stated,
    /// Work waits for the disk, or the disk does more than it can.
    Disk,
    /// Sessions wait for each other's locks.
    Locks,
    /// A replica is behind what was written, or much more is written than usual.
    Replication,
    /// Fewer replicas run, or are ready, than are wanted.
    Replicas,
    /// One statement takes much of a database's time.
    Statement,
    /// A certificate is about to end, or has ended.
    Expiry,
    /// The slowest requests take longer while most don't.
    Tail,
    /// A gauge nears its limit slowly.
    Headroom,
    /// A level rose steadily before, without a step.
    Drift,
    /// Calls are made again after they failed.
    Retries,
    /// Calls end at a time limit.
    Timeouts,
    /// Errors are logged in a burst.
    Burst,
    /// A program throws where it didn't.
    StackTrace,
}

impl ObservationKind {
    /// The kind as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Errors => "errors",
            Self::Traffic => "traffic",
            Self::Saturation => "saturation",
            Self::Throttling => "throttling",
            Self::Backlog => "backlog",
            Self::Restart => "restart",
            Self::NetworkGap => "network gap",
            Self::Logs => "logs",
            Self::LogMix => "log mix",
            Self::Calls => "calls",
            Self::Spans => "spans",
            Self::Change => "change",
            Self::Missing => "missing telemetry",
            Self::Stated => "stated fault",
            Self::Disk => "disk",
            Self::Locks => "locks",
            Self::Replication => "replication",
            Self::Replicas => "replicas",
            Self::Statement => "statement",
            Self::Expiry => "expiry",
            Self::Tail => "slowest requests",
            Self::Headroom => "headroom",
            Self::Drift => "drift",
            Self::Retries => "retries",
            Self::Timeouts => "time-outs",
            Self::Burst => "error burst",
            Self::StackTrace => "stack trace",
        }
    }
}
