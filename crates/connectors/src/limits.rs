use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nightjar_connect::{BadConfig, ErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::Instant;

/// How much a system is asked for at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// The longest a question may take, with everything that is asked for it, seconds.
    #[schemars(range(min = 1, max = 120))]
    pub(crate) seconds: u64,
    /// Requests at the same time.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) concurrency: u32,
    /// Requests per second, over all questions.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) requests_per_second: u32,
    /// The most that is read for one question, megabytes (10⁶ bytes).
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) megabytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 10, concurrency: 4, requests_per_second: 50, megabytes: 32 }
    }
}

impl Limits {
    /// # Errors
    /// With the first limit that is out of its range.
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        for (name, value, most) in [
            ("seconds", self.seconds, 120),
            ("concurrency", u64::from(self.concurrency), 64),
            ("requests_per_second", u64::from(self.requests_per_second), 1000),
            ("megabytes", self.megabytes, 1024),
        ] {
            if value == 0 || value > most {
                let reason = format!("a number from 1 to {most} is expected");
                return Err(BadConfig::field(format!("limits.{name}"), reason));
            }
        }
        Ok(())
    }

    /// How long a question may take.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How many requests may be under way at the same time.
    pub(crate) fn at_once(&self) -> usize {
        usize::try_from(self.concurrency).unwrap_or(1)
    }

    /// What one question may use.
    pub(crate) fn allowance(&self) -> Allowance {
        // The answer still has to be put together, and whoever guards the question ends it at its time.
        let until = Instant::now() + self.time().mul_f64(0.9);
        Allowance {
            until,
            bytes: usize::try_from(self.megabytes * 1_000_000).unwrap_or(usize::MAX),
        }
    }
}

/// What is left for one question: everything that is asked for it takes from the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// When there is no time left.
    pub(crate) until: Instant,
    /// How many more bytes may be read.
    pub(crate) bytes: usize,
}

impl Allowance {
    /// Whether one more page may be asked for; where not, what came so far is the answer, with a word about
    /// what is missing.
    pub(crate) fn is_left(&self) -> bool {
        self.bytes > 0 && Instant::now() < self.until
    }
}

/// An allowance from which requests take that are under way at the same time: a clone takes from the same.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    until: Instant,
    bytes: Arc<AtomicUsize>,
    /// How much of it may be taken through this one.
    most: usize,
}

impl Shared {
    pub(crate) fn new(allowance: Allowance) -> Self {
        let Allowance { until, bytes } = allowance;
        Self { until, bytes: Arc::new(AtomicUsize::new(bytes)), most: usize::MAX }
    }

    /// The same, of which no more than that may be taken: whoever wants more fails alone.
    pub(crate) fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// How many more bytes may be read.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// What is used up, if something is: then nothing more is asked for the question.
    pub(crate) fn used_up(&self) -> Option<ErrorKind> {
        match (self.bytes(), Instant::now() < self.until) {
            (0, _) => Some(ErrorKind::TooLarge),
            (_, false) => Some(ErrorKind::Timeout),
            (_, true) => None,
        }
    }
}

/// Where a request takes its time and the bytes of its answer from.
pub(crate) trait Takes: Send {
    /// When there is no time left.
    fn until(&self) -> Instant;

    /// Takes so many bytes. Whether there were as many; where not, nothing more is to be taken.
    fn take(&mut self, bytes: usize) -> bool;
}

impl Takes for Allowance {
    fn until(&self) -> Instant {
        self.until
    }

    fn take(&mut self, bytes: usize) -> bool {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

impl Takes for Shared {
    fn until(&self) -> Instant {
        self.until
    }

    fn take(&mut self, bytes: usize) -> bool {
        let Some(most) = self.most.checked_sub(bytes) else { return false };
        self.most = most;
        let fewer = |left: usize| left.checked_sub(bytes);
        let is_taken = self.bytes.fetch_update(Relaxed, Relaxed, fewer).is_ok();
        if !is_taken {
            self.bytes.store(0, Relaxed);
        }
        is_taken
    }
}
