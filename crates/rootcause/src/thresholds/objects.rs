//! Objects and limits, and what systems state themselves.

use super::{Threshold, number};

pub(crate) const SHORT_RECORD: Threshold = number(
    "SHORT_RECORD",
    15.0,
    "samples",
    "a reference shorter than a quarter of an hour of minutes may lie within the fault already; then the record's own beginning is the usual",
);
pub(crate) const DISK_FULL: Threshold = number(
    "DISK_FULL",
    0.95,
    "share of the whole",
    "file systems keep up to a twentieth for themselves; programs fail to write from about here",
);
pub(crate) const DISK_FILLS: Threshold = number(
    "DISK_FILLS",
    60.0,
    "minutes until full",
    "nobody frees a disk faster than within an hour",
);
pub(crate) const DISK_QUEUE: Threshold = number(
    "DISK_QUEUE",
    2.0,
    "waiting operations",
    "one operation in flight is a disk at work; more than two wait for each other",
);
pub(crate) const DISK_LATENCY: Threshold = number(
    "DISK_LATENCY",
    0.005,
    "seconds",
    "solid-state volumes answer within a millisecond or two; five are felt by a database",
);
pub(crate) const DISK_FACTOR: Threshold = number(
    "DISK_FACTOR",
    3.0,
    "of the usual",
    "batch work doubles what a disk does without anyone noticing",
);
pub(crate) const DISK_BUSY: Threshold = number(
    "DISK_BUSY",
    100.0,
    "operations a second",
    "a single hard disk and the smallest volumes sold do as many; below that nothing waits for the disk",
);
pub(crate) const DISK_STALLED: Threshold = number(
    "DISK_STALLED",
    0.1,
    "of the usual operations",
    "a database that writes a tenth of what it did has stopped writing",
);
pub(crate) const CREDIT_SPENT: Threshold = number(
    "CREDIT_SPENT",
    0.1,
    "share of the burst credit",
    "below a tenth a volume or processor is held to its baseline within minutes",
);
pub(crate) const LAG_NOTABLE: Threshold = number(
    "LAG_NOTABLE",
    30.0,
    "seconds",
    "replicas are commonly some seconds behind; half a minute is seen by those who read them",
);
pub(crate) const WAL_FACTOR: Threshold = number(
    "WAL_FACTOR",
    3.0,
    "of the usual log volume",
    "a replica applies the log with one process; it keeps up with about twice the usual",
);
pub(crate) const LOCKS_FACTOR: Threshold = number(
    "LOCKS_FACTOR",
    3.0,
    "of the usual waits for locks",
    "short waits for locks are part of any transaction",
);
pub(crate) const DEADLOCK_Z: Threshold =
    number("DEADLOCK_Z", 3.0, "standard deviations", "deadlocks are rare; as for restarts");
pub(crate) const STATEMENT_SHARE: Threshold = number(
    "STATEMENT_SHARE",
    0.5,
    "of the database's load",
    "a statement that takes half of the database by itself decides how the others fare",
);
pub(crate) const STATEMENT_LOAD: Threshold = number(
    "STATEMENT_LOAD",
    1.0,
    "sessions at a time",
    "less than one session at work at any time keeps no processor busy",
);
pub(crate) const CERTIFICATE_SOON: Threshold = number(
    "CERTIFICATE_SOON",
    259_200.0,
    "seconds",
    "three days: what should have been renewed a month before",
);
pub(crate) const QUOTA_FULL: Threshold = number(
    "QUOTA_FULL",
    0.99,
    "of the quota",
    "quotas are counted in whole units; the last one is refused",
);
pub(crate) const TREND_Z: Threshold = number(
    "TREND_Z",
    4.0,
    "standard deviations",
    "as for gauges; what resembles its neighbour in time passes more easily, so it must be steady as well",
);
pub(crate) const TREND_TAU: Threshold = number(
    "TREND_TAU",
    0.7,
    "of all pairs, in order beyond chance",
    "a step reaches 0.5 and a ramp over half of the time 0.75; a climb is hardly ever interrupted",
);
pub(crate) const DRIFT_RISE: Threshold = number(
    "DRIFT_RISE",
    1.5,
    "of the level at its beginning",
    "levels move by a third from one hour to another; half more in one direction is felt sooner or later",
);
pub(crate) const HEADROOM_RISE: Threshold = number(
    "HEADROOM_RISE",
    0.2,
    "of the room that was left",
    "less is the daily coming and going of caches and files",
);
pub(crate) const HEADROOM_SOON: Threshold = number(
    "HEADROOM_SOON",
    24.0,
    "hours to the limit",
    "whoever is on call today has to know; later ones are for the week's planning",
);
pub(crate) const PACKET_FACTOR: Threshold = number(
    "PACKET_FACTOR",
    3.0,
    "of the usual packet errors",
    "some segments are sent again in every network",
);
pub(crate) const STATED_STALE: Threshold = number(
    "STATED_STALE",
    30.0,
    "minutes",
    "the slowest repetition of a platform is five minutes; what wasn't said for six of them is over",
);
pub(crate) const STATED_RATE: Threshold = number(
    "STATED_RATE",
    3.0,
    "of the earlier rate",
    "a phrase that was always there is no news; bunches of lines double by chance",
);
pub(crate) const STATED_LINES: Threshold = number(
    "STATED_LINES",
    2.0,
    "lines",
    "one line may be an echo of somebody's input; two with a severity of their own hardly are",
);
pub(crate) const POOL_WELL: Threshold = number(
    "POOL_WELL",
    0.8,
    "of the limit, or of the most seen",
    "a fifth of the connections free again: nobody waits for one",
);
