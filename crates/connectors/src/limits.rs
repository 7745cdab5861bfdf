use std::time::Duration;

use nightjar_connect::BadConfig;
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
