//! How far a column is from what it used to be, as PromQL.
//!
//! The score is |recent mean − reference mean| / (standard deviation of the reference + floor). A gauge's
//! deviation is measured; a counter's follows from how many events a rate stands for (Poisson), which asks
//! for no second pass over the samples. The floor is a share of the reference, so that steady columns
//! don't win by a hair.

use nightjar_incident::signal::{Instrument, Make};

use super::promql::seconds;
use super::wanted::{Part, Wanted};

/// What is compared with what, seconds back from the moment of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    /// How long the trouble lasts, as far as is known.
    pub(super) recent: i64,
    /// How long before that is looked at.
    pub(super) reference: i64,
}

/// Scores below this are no news: a column passes three deviations of its own every now and then.
const NOTABLE: f64 = 3.0;

/// The least change that counts as one, as a share of the reference.
const FLOOR: f64 = 0.05;

impl Wanted<'_> {
    /// How far each column is from its reference; the largest `most` of them.
    pub(super) fn score(&self, part: Part, compared: Compared, most: usize) -> String {
        let by = self.by().join(",");
        let Compared { recent, reference } = compared;
        let now = |name: &str| format!("{}[{}]", self.selector(name), seconds(recent));
        let before = |name: &str| {
            format!("{}[{}] offset {}", self.selector(name), seconds(reference), seconds(recent))
        };
        let name = self.row.name;
        let summed = |what: String| format!("sum by ({by}) ({what})");
        // By how much two means differ, by what they usually differ by.
        let counted = |name: &str| {
            let (a, b) =
                (summed(format!("rate({})", now(name))), summed(format!("rate({})", before(name))));
            format!("abs({a} - {b}) / (({b} / {recent}) ^ 0.5 + {FLOOR} * {b} + 1 / {recent})")
        };
        let by_ratio = |above: &str, below: &str| {
            let ratio = |range: &dyn Fn(&str) -> String| {
                let part = |name: &str| summed(format!("rate({})", range(name)));
                format!("({} / {})", part(above), part(below))
            };
            let (a, b) = (ratio(&now), ratio(&before));
            format!("abs({a} - {b}) / (2 * {FLOOR} * abs({b}) + 1e-9)")
        };
        let score = match (self.row.instrument, self.row.make) {
            (_, _) if part == Part::Count => counted(&format!("{name}_count")),
            (Instrument::Histogram | Instrument::Summary, _) => {
                by_ratio(&format!("{name}_sum"), &format!("{name}_count"))
            }
            (_, Make::PerEach(count)) => by_ratio(name, count),
            (Instrument::Counter, Make::Increase | Make::Rate | Make::Busy | Make::ShareOf(_)) => {
                counted(name)
            }
            (_, _) => {
                let (a, b) = (now(name), before(name));
                format!(
                    "max by ({by}) (abs(avg_over_time({a}) - avg_over_time({b})) \
                     / (stddev_over_time({b}) + {FLOOR} * abs(avg_over_time({b})) + 1e-9))"
                )
            }
        };
        format!("topk({most}, {score} > {NOTABLE})")
    }
}
