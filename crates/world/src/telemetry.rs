//! Measures, lines and spans under the names the outside world uses.

mod detail;
mod failure;
mod host;
mod line;
mod log;
mod metric;
mod postgres;
mod trace;

use jiff::{SignedDuration, Timestamp};

use crate::number::{Micros, micros};

pub(crate) use log::{DatabaseLine, LogKind, LogWriter};
pub(crate) use metric::metrics;
pub(crate) use trace::{Place, TraceWriter};

/// How simulated time maps to the times of the recording.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// When the recording begins.
    pub(crate) start: Timestamp,
    /// Time before it, in which queues and caches fill.
    pub(crate) warm_up: Micros,
    /// Seconds from one sample to the next.
    pub(crate) step: f64,
    pub(crate) steps: u32,
}

impl Clock {
    pub(crate) fn end(&self) -> Micros {
        self.warm_up + micros(self.step * f64::from(self.steps))
    }

    pub(crate) fn is_recorded(&self, at: Micros) -> bool {
        at >= self.warm_up && at < self.end()
    }

    /// Unix nanoseconds of a simulated instant.
    pub(crate) fn nanos(&self, at: Micros) -> i64 {
        let start = self.start.as_microsecond();
        let at = i64::try_from(at).expect("invariant: a recording is shorter than a century");
        let warm_up = i64::try_from(self.warm_up).expect("invariant: the warm-up is minutes");
        (start + at - warm_up) * 1000
    }

    pub(crate) fn timestamp(&self, at: Micros) -> Timestamp {
        self.start + SignedDuration::from_nanos(self.nanos(at))
            - SignedDuration::from_micros(self.start.as_microsecond())
    }

    /// The time that a sample bears: the beginning of its interval.
    pub(crate) fn sample_millis(&self, index: usize) -> i64 {
        let step = i64::try_from(micros(self.step) / 1000).expect("invariant: a step is minutes");
        let index = i64::try_from(index).expect("invariant: there are few samples");
        self.start.as_millisecond() + step * index
    }
}
