//! Why tasks wait, told when somebody looks: the place in the queue changes with every job that ends.

use jiff::Timestamp;
use nightjar_store::{Space, TaskRecord, TaskStatus, Waiting};

use crate::Result;

/// What waits in a space at a moment.
pub struct Waits(Waiting);

/// Looks at the queue of a space, once for all its tasks.
pub async fn waits(space: &Space, now: Timestamp) -> Result<Waits> {
    Ok(Waits(space.waiting(now).await?))
}

impl Waits {
    /// Why a task stands where it stands, with what it waits for.
    pub fn reason(&self, task: &TaskRecord) -> Option<String> {
        let investigation = task.investigation.as_deref();
        let told = match task.status {
            TaskStatus::PendingTriage | TaskStatus::PendingStart => {
                investigation.and_then(|investigation| self.of(investigation))
            }
            TaskStatus::Completed => {
                investigation.and_then(|investigation| self.next_look(investigation))
            }
            TaskStatus::Linked
            | TaskStatus::InProgress
            | TaskStatus::PendingCustomerApproval
            | TaskStatus::Failed
            | TaskStatus::TimedOut
            | TaskStatus::Canceled
            | TaskStatus::Skipped
            | TaskStatus::Waiting => None,
        };
        let kept = task.reason.clone();
        match (kept, told) {
            (Some(kept), Some(told)) => Some(format!("{kept}; {told}")),
            (kept, told) => kept.or(told),
        }
    }

    /// Why the next look of an investigation that has a verdict is put off, if it is.
    pub fn next_look(&self, investigation: &str) -> Option<String> {
        self.held(investigation).map(|held| format!("the next look is {held}"))
    }

    /// What an investigation waits for, if it does.
    pub fn of(&self, investigation: &str) -> Option<String> {
        let Waiting { running, most_running, turns, is_more, .. } = &self.0;
        let before = match turns.get(investigation) {
            Some(0) => "it is next".to_owned(),
            Some(before) => format!("{before} before it"),
            None => {
                let held = self.held(investigation);
                return held.or_else(|| {
                    is_more
                        .then(|| format!("waits for a worker: {} or more before it", Waiting::MOST))
                });
            }
        };
        Some(match running >= most_running {
            true => format!(
                "waits for a worker: {running} of {most_running} investigations are running, {before}"
            ),
            false => format!("waits for a worker: {before}"),
        })
    }

    fn held(&self, investigation: &str) -> Option<String> {
        let (reason, until) = self.0.held.get(investigation)?;
        Some(format!("put off until {until}: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_waits_says_what_for() {
        let turns = BTreeMap::from([("inv-1".into(), 0), ("inv-2".into(), 3)]);
        let until: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let held = BTreeMap::from([("inv-3".into(), ("no budget".into(), until))]);
        let waiting = Waiting { running: 4, most_running: 4, turns, is_more: false, held };
        let waits = Waits(waiting.clone());
        let full = "waits for a worker: 4 of 4 investigations are running";
        assert_eq!(waits.of("inv-2").unwrap(), format!("{full}, 3 before it"));
        assert_eq!(waits.of("inv-1").unwrap(), format!("{full}, it is next"));
        assert_eq!(waits.of("inv-3").unwrap(), "put off until 2026-11-24T00:00:00Z: no budget");
        assert_eq!(waits.of("inv-4"), None);
        let waits = Waits(Waiting { running: 1, is_more: true, ..waiting });
        assert_eq!(waits.of("inv-2").unwrap(), "waits for a worker: 3 before it");
        assert_eq!(waits.of("inv-4").unwrap(), "waits for a worker: 1000 or more before it");
    }
}
