//! What was measured in one interval, before it gets names.

use std::collections::BTreeMap;

use nightjar_series::robust;

use crate::dice::Dice;
use crate::system::{Call, Host, Node};
use crate::table::Table;

/// One interval of the whole system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) nodes: Table<Node, NodeFrame>,
    pub(crate) calls: Table<Call, CallFrame>,
    pub(crate) hosts: Table<Host, HostFrame>,
}

/// One interval of one host; shares of the whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HostFrame {
    pub(crate) processor: f64,
    pub(crate) disk: f64,
    /// Disk operations that wait, and network errors.
    pub(crate) pending_operations: f64,
    pub(crate) network_errors: f64,
}

/// One interval of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeFrame {
    pub(crate) answered: Summary,
    pub(crate) failed: Summary,
    /// Processor use, share of the limit.
    pub(crate) processor: f64,
    pub(crate) memory: f64,
    /// Since the beginning.
    pub(crate) restarts: f64,
    pub(crate) pool_used: f64,
    pub(crate) pool_pending: f64,
    pub(crate) pool_timeouts: f64,
    pub(crate) pool_limit: f64,
    /// Requests turned away because of a limit.
    pub(crate) throttled: f64,
    pub(crate) admitted: f64,
    pub(crate) admitted_limit: f64,
    pub(crate) queue_depth: f64,
    pub(crate) queue_age: f64,
    /// Requests inside, those among them that wait for a lock, and deadlocks.
    pub(crate) inside: f64,
    pub(crate) lock_waiting: f64,
    pub(crate) deadlocks: f64,
    /// Rows that its requests looked at.
    pub(crate) rows: f64,
    /// Share of its disk that is full.
    pub(crate) volume: f64,
}

/// One interval of the requests one node sends to another, as the sender sees them.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallFrame {
    pub(crate) answered: Summary,
    pub(crate) failed: BTreeMap<CallError, Summary>,
    /// Packets sent again, and attempts after the first.
    pub(crate) retransmits: f64,
    pub(crate) retries: f64,
}

/// How an attempt to call something ended badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallError {
    Timeout,
    Refused,
    Reset,
    Overloaded,
    Throttled,
    Server,
    Dns,
    Certificate,
    Quota,
    NoSpace,
    Deadlock,
    LockTimeout,
}

impl CallError {
    /// The value of `error.type`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Refused => "connection_refused",
            Self::Reset => "connection_reset",
            Self::Overloaded => "503",
            Self::Throttled => "throttled",
            Self::Server => "500",
            Self::Dns => "java.net.UnknownHostException",
            Self::Certificate => "javax.net.ssl.SSLHandshakeException",
            Self::Quota => "429",
            // SQLSTATE: disk_full, deadlock_detected, lock_not_available.
            Self::NoSpace => "53100",
            Self::Deadlock => "40P01",
            Self::LockTimeout => "55P03",
        }
    }
}

impl HostFrame {
    /// What a machine shows of how it is: disks that are well have next to nothing waiting.
    pub(crate) fn of(host: &Host, processor: f64, step: f64, dice: &mut Dice) -> Self {
        let ill = 1.0 - host.health;
        let pending_operations = dice.lognormal(0.4 + 24.0 * ill, 0.5);
        let network_errors = dice.poisson(0.003 * step + 0.4 * step * ill);
        Self { processor, disk: host.disk, pending_operations, network_errors }
    }
}

/// Number and durations (seconds) of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub(crate) count: f64,
    pub(crate) mean: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
}

impl Summary {
    /// Of single durations; their order doesn't matter.
    pub(crate) fn of(durations: &mut [f64]) -> Self {
        if durations.is_empty() {
            return Self::default();
        }
        durations.sort_unstable_by(f64::total_cmp);
        let count = durations.len() as f64;
        Self {
            count,
            mean: durations.iter().sum::<f64>() / count,
            p50: robust::quantile_sorted(durations, 0.5),
            p95: robust::quantile_sorted(durations, 0.95),
            p99: robust::quantile_sorted(durations, 0.99),
        }
    }
}
