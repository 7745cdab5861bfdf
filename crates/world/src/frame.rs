//! What was measured in one interval, before it gets names.

use std::collections::BTreeMap;

use nightjar_series::robust;

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
}

/// One interval of the requests one node sends to another, as the sender sees them.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallFrame {
    pub(crate) answered: Summary,
    pub(crate) failed: BTreeMap<CallError, Summary>,
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
        }
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
