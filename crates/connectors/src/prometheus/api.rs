//! The questions of the HTTP API, one function each.

use futures::StreamExt as _;
use futures::stream::BoxStream;
use jiff::Timestamp;
use nightjar_connect::{BadConfig, Error};
use nightjar_incident::Window;
use serde::de::DeserializeOwned;

use super::answer::{Alerts, Build, Envelope, Found, Rules, Series};
use crate::beside::beside;
use crate::http::{Ask, Door, Http};
use crate::limits::Shared;

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

/// An expression with the time it is about.
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) time: Time,
}

/// When an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// Once, at that moment.
    At(Timestamp),
    /// Once, at the server's own moment.
    Now,
    /// At all times of a grid.
    Over(Grid),
}

/// What was answered, with what the server wants to be known of it.
pub(super) struct Told<T> {
    pub(super) data: T,
    pub(super) warnings: Vec<String>,
}

impl Api {
    pub(super) fn new(http: &Http) -> Result<Self, BadConfig> {
        Ok(Self { door: Door::new(http)? })
    }

    /// What one question may use.
    pub(super) fn allowance(&self) -> Shared {
        Shared::new(self.door.allowance())
    }

    async fn open<T: DeserializeOwned>(
        &self,
        ask: Ask<'_>,
        told: &str,
        mut allowance: Shared,
    ) -> Result<Told<T>, Error> {
        let answer: Envelope<T> = self.door.json(&ask, &mut allowance).await?;
        let (data, warnings) = answer.open(told)?;
        Ok(Told { data, warnings })
    }

    /// The series that an expression finds.
    pub(super) async fn find(
        &self,
        expression: Expression,
        allowance: Shared,
    ) -> Result<Told<Vec<Series>>, Error> {
        let Expression { text, time } = &expression;
        let mut fields = vec![("query", text.clone())];
        let path = match time {
            Time::Now => "query",
            Time::At(at) => {
                fields.push(("time", seconds(*at)));
                "query"
            }
            Time::Over(Grid { first, last, step }) => {
                fields.push(("start", first.to_string()));
                fields.push(("end", last.to_string()));
                fields.push(("step", step.to_string()));
                "query_range"
            }
        };
        let ask = Ask::form(&["api", "v1", path], &fields).told(text);
        let Told { data, warnings } = self.open::<Found>(ask, text, allowance).await?;
        Ok(Told { data: data.result, warnings })
    }

    /// The same for many expressions, at most so many beside each other; answered in their order.
    pub(super) fn find_all<'a>(
        &'a self,
        expressions: Vec<Expression>,
        at_once: usize,
        allowance: Shared,
    ) -> BoxStream<'a, Result<Told<Vec<Series>>, Error>> {
        let at_once = at_once.min(self.door.at_once());
        beside(expressions, at_once, allowance, |one, allowance| self.find(one, allowance)).boxed()
    }

    /// The names of metrics that a selector finds within a window.
    pub(super) async fn names(
        &self,
        selector: &str,
        window: Window,
        allowance: Shared,
    ) -> Result<Told<Vec<String>>, Error> {
        let ask = Ask::get(&["api", "v1", "label", "__name__", "values"])
            .param("match[]", selector)
            .param("start", seconds(window.from))
            .param("end", seconds(window.to))
            .told("names of metrics");
        self.open(ask, "names of metrics", allowance).await
    }

    /// Alerts that are pending or firing now.
    pub(super) async fn alerts(&self, allowance: Shared) -> Result<Alerts, Error> {
        let told = "alerts that fire";
        let ask = Ask::get(&["api", "v1", "alerts"]).told(told);
        Ok(self.open(ask, told, allowance).await?.data)
    }

    /// Rules of alerts.
    pub(super) async fn rules(&self, allowance: Shared) -> Result<Rules, Error> {
        let told = "rules of alerts";
        let ask = Ask::get(&["api", "v1", "rules"]).param("type", "alert").told(told);
        Ok(self.open(ask, told, allowance).await?.data)
    }

    /// What the server says it is.
    pub(super) async fn build(&self, allowance: Shared) -> Result<Build, Error> {
        let told = "buildinfo";
        let ask = Ask::get(&["api", "v1", "status", "buildinfo"]).told(told);
        Ok(self.open(ask, told, allowance).await?.data)
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
