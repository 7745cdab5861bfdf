//! Observations of single signals.

use super::{Threshold, number};

pub(crate) const TRAFFIC_Z: Threshold = number(
    "TRAFFIC_Z",
    4.0,
    "standard deviations",
    "traffic swings by itself; 4 of its own swings is rarer than the number of places watched",
);
pub(crate) const TRAFFIC_RATIO: Threshold = number(
    "TRAFFIC_RATIO",
    1.5,
    "of the usual requests",
    "capacity is planned with at least a third of headroom; less can't hurt",
);
pub(crate) const GAUGE_Z: Threshold = number(
    "GAUGE_Z",
    4.0,
    "standard deviations",
    "with some hundred gauges watched, 4 is passed by chance once in a hundred investigations",
);
pub(crate) const RESTART_Z: Threshold = number(
    "RESTART_Z",
    3.0,
    "standard deviations",
    "one restart of a process that never restarted before scores 3.2, and is news",
);
pub(crate) const UTILISATION_FLOOR: Threshold = number(
    "UTILISATION_FLOOR",
    0.02,
    "share of the limit",
    "two points of CPU or memory are noise of the scheduler",
);
pub(crate) const UTILISATION_FACTOR: Threshold = number(
    "UTILISATION_FACTOR",
    1.3,
    "of the usual share",
    "less than a third more of a resource explains no incident",
);
pub(crate) const MEMORY_FLOOR: Threshold = number(
    "MEMORY_FLOOR",
    0.05,
    "of the usual memory",
    "garbage collection and caches move memory by some per cent",
);
pub(crate) const MEMORY_FACTOR: Threshold = number(
    "MEMORY_FACTOR",
    2.0,
    "of the usual memory",
    "where no limit is told, only twice as much stands out from caches and warm-up",
);
pub(crate) const STALE_MINUTES: Threshold = number(
    "STALE_MINUTES",
    4.0,
    "minutes before the symptom",
    "what was back to normal by then belongs to an earlier incident; later, queues and time-outs may carry it on",
);
pub(crate) const MEMORY_NEAR_LIMIT: Threshold = number(
    "MEMORY_NEAR_LIMIT",
    0.85,
    "of the limit",
    "collectors start to fight for memory from about here",
);
pub(crate) const POOL_FLOOR: Threshold =
    number("POOL_FLOOR", 0.5, "connections", "half a connection is an average, not a move");
pub(crate) const POOL_FULL: Threshold = number(
    "POOL_FULL",
    0.95,
    "of the limit",
    "sampled once a minute, a pool that is always full shows a connection less now and then",
);
pub(crate) const POOL_HELD: Threshold = number(
    "POOL_HELD",
    0.5,
    "of the connections in use",
    "the usual use times how much longer each is held, both averages of a minute, is known within a factor of two",
);
pub(crate) const BACKLOG_FACTOR: Threshold =
    number("BACKLOG_FACTOR", 2.0, "of the usual backlog", "queues double without anyone noticing");
pub(crate) const TAIL_FACTOR: Threshold = number(
    "TAIL_FACTOR",
    2.0,
    "of the usual quantile",
    "high quantiles rest on few requests and swing by half; twice as much is felt",
);
pub(crate) const TAIL_REQUESTS: Threshold = number(
    "TAIL_REQUESTS",
    10.0,
    "requests beyond the quantile within the window",
    "a quantile of fewer is the time of single requests",
);
pub(crate) const STEADY_SHARE: Threshold =
    number("STEADY_SHARE", 0.9, "of the last 60 samples", "only what came regularly can be missed");
pub(crate) const SILENT_STEPS: Threshold =
    number("SILENT_STEPS", 3.0, "samples", "one or two late samples happen in every collector");
pub(crate) const CHANGE_LOOKBACK: Threshold = number(
    "CHANGE_LOOKBACK",
    120.0,
    "minutes before the symptom",
    "most faulty changes show within minutes; slow ones (leaks, expiries) within two hours",
);
pub(crate) const GAP_SHARE: Threshold = number(
    "GAP_SHARE",
    0.3,
    "of the usual gap",
    "quantiles of caller and callee are taken over different requests; a third of the gap is that",
);
pub(crate) const GAP_DRIFT: Threshold = number(
    "GAP_DRIFT",
    0.05,
    "of the callee's usual latency",
    "what caller and callee measure drifts apart by some per cent without anything on the way",
);
pub(crate) const GAP_FLOOR: Threshold = number(
    "GAP_FLOOR",
    0.001,
    "seconds",
    "a millisecond is the resolution of most latency histograms",
);
pub(crate) const LINES_IN_BUNCHES: Threshold = number(
    "LINES_IN_BUNCHES",
    2.0,
    "variance over mean",
    "one event writes a line or two more often than not",
);
pub(crate) const LOG_Z: Threshold =
    number("LOG_Z", 4.0, "standard deviations", "for warnings and errors; as for gauges");
pub(crate) const LOG_Z_INFO: Threshold = number(
    "LOG_Z_INFO",
    8.0,
    "standard deviations",
    "informational lines change with the mix of requests; they must change a lot to count",
);
pub(crate) const OWN_TIME_FACTOR: Threshold = number(
    "OWN_TIME_FACTOR",
    1.5,
    "of the usual own time",
    "sampled traces see few requests; half more is beyond their mix",
);
pub(crate) const FEW_CALLS: Threshold = number(
    "FEW_CALLS",
    5.0,
    "calls or lines",
    "three or four of anything are chance or one user's trouble, whatever the statistic says",
);
pub(crate) const TIMEOUT_SPREAD: Threshold = number(
    "TIMEOUT_SPREAD",
    0.02,
    "of the time limit",
    "timers are exact to some milliseconds, and giving up takes some more",
);
pub(crate) const TIMEOUT_SHARE: Threshold = number(
    "TIMEOUT_SHARE",
    0.8,
    "of the failed calls",
    "some fail for other reasons meanwhile; most must end at the limit for it to be one",
);
pub(crate) const TIMEOUT_SECONDS: Threshold = number(
    "TIMEOUT_SECONDS",
    0.1,
    "seconds",
    "hardly anybody gives up sooner; equally long failures below that are refusals",
);
/// Rows before the symptom that belong to the window: the freshest base, and room for what
/// preceded it.
pub(crate) const LEAD_ROWS: usize = 3;
/// Log observations kept, loudest first: a reader can't follow more.
pub(crate) const MAX_LOG_OBSERVATIONS: usize = 40;
/// Spans on each side of the onset below which a median says little.
pub(crate) const MIN_SPANS: usize = 8;
