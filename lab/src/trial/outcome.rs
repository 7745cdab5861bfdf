//! How a run went, as a line of `lab/results.jsonl`.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use super::nightjar::Told;
use super::truth::{Ranked, Truth};
use crate::stack::tell;

/// Entities that a line names.
const NAMED: usize = 5;

/// What was seen beside Nightjar.
pub(crate) struct Seen {
    /// From the injection to the first alert.
    pub(crate) seconds_to_alert: Option<f64>,
    /// All alerts that fired.
    pub(crate) alerts: Vec<String>,
}

/// One line.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    /// The commit that was tried; with a `+` where the working tree differs from it.
    commit: String,
    at: Timestamp,
    fault: String,
    run: u32,
    /// `entity/fault_mode`.
    expected: String,
    /// `cause_found`, `no_incident`, `not_found`; none where nobody was asked, or nothing was said.
    verdict: Option<String>,
    /// `provisional` or `final`.
    stage: Option<String>,
    ranked: Vec<Ranked>,
    /// The place of the right entity, counted from 1.
    rank: Option<usize>,
    /// Whether the fault mode given for it is right.
    mode_is_right: Option<bool>,
    alerts: Vec<String>,
    /// Incidents that were opened; more than one means alerts were not seen to belong together.
    incidents: usize,
    seconds_to_alert: Option<f64>,
    /// From the alert to the first verdict, and to the final one.
    seconds_to_first: Option<f64>,
    seconds_to_final: Option<f64>,
    #[serde(skip)]
    is_healthy: bool,
}

impl Outcome {
    pub(crate) fn new(
        commit: String,
        fault: &str,
        run: u32,
        truth: &Truth,
        seen: Seen,
        told: Option<Told>,
    ) -> Self {
        let told = told.unwrap_or_default();
        Self {
            commit,
            at: Timestamp::now(),
            fault: fault.to_owned(),
            run,
            expected: truth.label(),
            rank: truth.rank(&told.ranked),
            mode_is_right: truth.is_mode_right(&told.ranked),
            verdict: told.verdict,
            stage: told.stage,
            ranked: told.ranked.into_iter().take(NAMED).collect(),
            alerts: seen.alerts,
            incidents: told.incidents,
            seconds_to_alert: seen.seconds_to_alert.map(tenth),
            seconds_to_first: told.seconds_to_first.map(tenth),
            seconds_to_final: told.seconds_to_final.map(tenth),
            is_healthy: truth.is_healthy(),
        }
    }

    /// The cause first and claimed; where nothing is wrong, nothing claimed. Where nobody was asked, an alert.
    pub(crate) fn is_right(&self) -> bool {
        match self.verdict.as_deref() {
            Some("cause_found") => self.rank == Some(1),
            Some(_) => self.is_healthy,
            None => self.incidents == 0 && self.seconds_to_alert.is_some(),
        }
    }

    /// One line for people.
    pub(crate) fn tell(&self) {
        let seconds = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} s"))
        };
        let first = self
            .ranked
            .first()
            .map_or_else(|| "-".to_owned(), |one| format!("{}/{}", one.entity, one.fault_mode));
        let rank = self.rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        tell(&format!(
            "{}, run {}: expected {}, {} {}, first {first}, rank {rank}; alert {}, first verdict {}, final {}",
            self.fault,
            self.run,
            self.expected,
            self.stage.as_deref().unwrap_or("no"),
            self.verdict.as_deref().unwrap_or("verdict"),
            seconds(self.seconds_to_alert),
            seconds(self.seconds_to_first),
            seconds(self.seconds_to_final),
        ));
    }

    /// Adds the line to the file.
    pub(crate) fn append(&self, results: &Path) -> anyhow::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(results);
        let file = file.as_mut().map_err(|error| anyhow::anyhow!("{error}"));
        let file = file.with_context(|| format!("cannot write `{}`", results.display()))?;
        Ok(writeln!(file, "{}", serde_json::to_string(self)?)?)
    }
}

fn tenth(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

/// The commit of the working folder.
pub(crate) fn commit(root: &Path) -> String {
    let git = |words: &[&str]| {
        let output = Command::new("git").current_dir(root).args(words).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let id = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    // The results themselves don't make it another state.
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!lab/results.jsonl"]);
    if changed.is_some_and(|changed| !changed.is_empty()) { format!("{id}+") } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Option<&str>, rank: Option<usize>, is_healthy: bool) -> Outcome {
        Outcome {
            commit: String::new(),
            at: Timestamp::UNIX_EPOCH,
            fault: String::new(),
            run: 1,
            expected: String::new(),
            verdict: verdict.map(str::to_owned),
            stage: None,
            ranked: Vec::new(),
            rank,
            mode_is_right: None,
            alerts: Vec::new(),
            incidents: 1,
            seconds_to_alert: Some(1.0),
            seconds_to_first: None,
            seconds_to_final: None,
            is_healthy,
        }
    }

    #[test]
    fn right_is_the_cause_first_and_silence_where_nothing_is_wrong() {
        assert!(outcome(Some("cause_found"), Some(1), false).is_right());
        assert!(!outcome(Some("cause_found"), Some(2), false).is_right());
        assert!(!outcome(Some("not_found"), Some(1), false).is_right());
        assert!(!outcome(Some("cause_found"), None, true).is_right());
        assert!(outcome(Some("no_incident"), None, true).is_right());
        assert!(outcome(Some("not_found"), None, true).is_right());
        assert!(!outcome(None, None, false).is_right());
    }
}
