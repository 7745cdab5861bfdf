//! What an execution has cost so far, held against the budgets of its space.

use jiff::Timestamp;
use nightjar_agent::{Left, Place, Spent as Asked};
use nightjar_incident::{ExecutionId, IncidentId};
use nightjar_store::{Error, Space, Spent};

use crate::budgets::{Budgets, Used};
use crate::worker::Clock;

/// Measures executions, one after the other.
#[derive(Default)]
pub(crate) struct Meter {
    budgets: Budgets,
    /// Whether a person asked for it: then what earlier executions of the incident have cost doesn't count
    /// against the incident's budget.
    is_asked: bool,
    running: Option<Running>,
}

struct Running {
    chain: String,
    /// Since when, by the clock. After a crash that is when it was taken up again: how long nobody worked
    /// on it isn't known.
    began: Timestamp,
    /// What earlier executions of its incident have cost, once that was looked up.
    before: Option<Spent>,
    /// What it has asked, once it is through.
    asked: Option<Asked>,
}

impl Meter {
    pub(crate) fn new(budgets: Budgets, is_asked: bool) -> Self {
        Self { budgets, is_asked, running: None }
    }

    /// Notes that an execution is at work.
    pub(crate) fn begin(&mut self, chain: &str, now: Timestamp) {
        if self.running.as_ref().is_none_or(|running| running.chain != chain) {
            let (before, asked) = (None, None);
            self.running = Some(Running { chain: chain.to_owned(), began: now, before, asked });
        }
    }

    /// What an execution that is at work may still ask. What others of the space spend at the same time
    /// counts as soon as they have ended.
    pub(crate) async fn left(
        &mut self,
        space: &Space,
        at: &Place<'_>,
        asked: Asked,
        now: Timestamp,
    ) -> Result<Left, Error> {
        let Some(running) = self.running.as_mut().filter(|_| !self.budgets.is_empty()) else {
            return Ok(Left::Enough);
        };
        let before = match running.before {
            Some(before) => before,
            None if self.is_asked => Spent::default(),
            None => space.spent_on(&incident(at.chain)).await?,
        };
        running.before = Some(before);
        let own = running.spent(asked, now);
        let mut lately = space.spent_lately(now).await?;
        (lately.day, lately.month) = (lately.day.and(own), lately.month.and(own));
        Ok(self.budgets.left(&Used { investigation: before.and(own), lately }))
    }

    /// Notes what an execution has asked that is through.
    pub(crate) fn end(&mut self, execution: &ExecutionId, asked: Asked, clock: &Clock) {
        if self.running.as_ref().is_none_or(|running| running.chain != execution.as_str()) {
            // All of it was stored but for the state it ended with.
            self.begin(execution.as_str(), clock());
        }
        if let Some(running) = &mut self.running {
            running.asked = Some(asked);
        }
    }

    /// What the execution has cost that has just ended, and the time it is; told once.
    pub(crate) fn take(&mut self, clock: &Clock) -> Option<(Spent, Timestamp)> {
        let running = self.running.as_mut()?;
        let asked = running.asked.take()?;
        let now = clock();
        Some((running.spent(asked, now), now))
    }
}

impl Running {
    fn spent(&self, asked: Asked, now: Timestamp) -> Spent {
        let micros = now.duration_since(self.began).as_micros();
        Spent {
            queries: asked.queries,
            bytes: asked.bytes,
            // A clock that was set back has told nothing.
            micros: u64::try_from(micros).unwrap_or(0),
        }
    }
}

/// The incident of an execution's chain: `inc-1-1/exec-2` is about `inc-1-1`.
fn incident(chain: &str) -> IncidentId {
    IncidentId::new(chain.split_once('/').map_or(chain, |(incident, _)| incident))
}
