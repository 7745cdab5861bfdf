//! The questions of the HTTP API, one function each.

use jiff::Timestamp;
use nightjar_connect::{BadConfig, Error};
use nightjar_incident::Window;
use serde::de::DeserializeOwned;

use super::answer::{Alerts, Build, Envelope, Found, Rules};
use crate::http::{Ask, Door, Http};
use crate::limits::Allowance;

/// The API of one server.
pub(super) struct Api {
    door: Door,
}

/// The times at which a range is looked at: Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) step: i64,
}

impl Grid {
    /// The multiples of a step within a window.
    pub(super) fn within(window: Window, step: i64) -> Option<Self> {
        let (from, to) = (window.from.as_millisecond(), window.to.as_millisecond());
        let first = from.div_euclid(1000) + i64::from(from.rem_euclid(1000) > 0);
        let first =
            first.div_euclid(step) * step + if first.rem_euclid(step) > 0 { step } else { 0 };
        let last = (to - 1).div_euclid(1000).div_euclid(step) * step;
        (first <= last).then_some(Self { first, last, step })
    }

    /// How many times that are.
    pub(super) fn points(self) -> usize {
        usize::try_from((self.last - self.first) / self.step + 1).unwrap_or(0)
    }
}

impl Api {
    pub(super) fn new(http: &Http) -> Result<Self, BadConfig> {
        Ok(Self { door: Door::new(http)? })
    }

    pub(super) fn allowance(&self) -> Allowance {
        self.door.allowance()
    }

    async fn open<T: DeserializeOwned>(
        &self,
        ask: Ask<'_>,
        told: &str,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
    ) -> Result<T, Error> {
        let answer: Envelope<T> = self.door.json(&ask, allowance).await?;
        let (data, warnings) = answer.open(told)?;
        for warning in warnings {
            if !notes.contains(&warning) {
                notes.push(warning);
            }
        }
        Ok(data)
    }

    /// A query at one moment.
    pub(super) async fn instant(
        &self,
        query: &str,
        at: Timestamp,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
    ) -> Result<Found, Error> {
        let fields = [("query", query.to_owned()), ("time", seconds(at))];
        let ask = Ask::form(&["api", "v1", "query"], &fields).told(query);
        self.open(ask, query, allowance, notes).await
    }

    /// A query at the server's own moment.
    pub(super) async fn now(
        &self,
        query: &str,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
    ) -> Result<Found, Error> {
        let ask = Ask::form(&["api", "v1", "query"], &[("query", query.to_owned())]).told(query);
        self.open(ask, query, allowance, notes).await
    }

    /// A query over a range.
    pub(super) async fn range(
        &self,
        query: &str,
        grid: Grid,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
    ) -> Result<Found, Error> {
        let fields = [
            ("query", query.to_owned()),
            ("start", grid.first.to_string()),
            ("end", grid.last.to_string()),
            ("step", grid.step.to_string()),
        ];
        let ask = Ask::form(&["api", "v1", "query_range"], &fields).told(query);
        self.open(ask, query, allowance, notes).await
    }

    /// The names of metrics that a selector finds within a window.
    pub(super) async fn names(
        &self,
        selector: &str,
        window: Window,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>, Error> {
        let ask = Ask::get(&["api", "v1", "label", "__name__", "values"])
            .param("match[]", selector)
            .param("start", seconds(window.from))
            .param("end", seconds(window.to))
            .told("names of metrics");
        self.open(ask, "names of metrics", allowance, notes).await
    }

    /// Alerts that are pending or firing now.
    pub(super) async fn alerts(&self, allowance: &mut Allowance) -> Result<Alerts, Error> {
        let told = "alerts that fire";
        let ask = Ask::get(&["api", "v1", "alerts"]).told(told);
        self.open(ask, told, allowance, &mut Vec::new()).await
    }

    /// Rules of alerts.
    pub(super) async fn rules(&self, allowance: &mut Allowance) -> Result<Rules, Error> {
        let told = "rules of alerts";
        let ask = Ask::get(&["api", "v1", "rules"]).param("type", "alert").told(told);
        self.open(ask, told, allowance, &mut Vec::new()).await
    }

    /// What the server says it is.
    pub(super) async fn build(&self, allowance: &mut Allowance) -> Result<Build, Error> {
        let told = "buildinfo";
        let ask = Ask::get(&["api", "v1", "status", "buildinfo"]).told(told);
        self.open(ask, told, allowance, &mut Vec::new()).await
    }
}

/// A time as the API takes it.
fn seconds(at: Timestamp) -> String {
    format!("{:.3}", at.as_millisecond() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_lies_within_its_window() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let grid = |from, to, step| Grid::within(Window { from: at(from), to: at(to) }, step);
        assert_eq!(grid(1, 120_001, 60), Some(Grid { first: 60, last: 120, step: 60 }));
        // The end isn't within.
        assert_eq!(grid(0, 120_000, 60), Some(Grid { first: 0, last: 60, step: 60 }));
        assert_eq!(grid(1, 60_000, 60), None);
        assert_eq!(grid(0, 60_001, 60).unwrap().points(), 2);
    }
}
