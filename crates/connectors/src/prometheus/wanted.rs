//! From a row of the table of metrics to PromQL: what is asked for one column of each entity.

use std::collections::BTreeSet;

use nightjar_incident::Statistic;
use nightjar_incident::signal::{Combine, Instrument, Make, Row, Signal};

use super::estate::{Group, exposed};
use super::promql::{demand, is_none_of, is_one_of, lately, seconds, select};

/// Some entities' columns of one row.
#[derive(Clone)]
pub(super) struct Wanted<'a> {
    pub(super) row: &'static Row,
    pub(super) group: &'a Group<'a>,
    /// What selects the entities, without the name of the metric.
    pub(super) matchers: Vec<String>,
}

/// What of a row is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// The column as the row makes it; of a histogram its mean.
    Made,
    /// How many a histogram counted.
    Count,
    /// A quantile of a histogram.
    Quantile(f64, Statistic),
}

impl<'a> Wanted<'a> {
    /// The columns of these values of the group's label; all of them without a choice.
    pub(super) fn new(
        row: &'static Row,
        group: &'a Group<'a>,
        values: Option<&[&str]>,
        more: &[String],
    ) -> Self {
        let mut matchers = vec![match values {
            Some(values) => is_one_of(group.label, values.iter().copied()),
            None => is_none_of(group.label, [""]),
        }];
        matchers.extend(group.better.iter().map(|label| is_one_of(label, [""])));
        if !group.without_jobs.is_empty() {
            matchers.push(is_none_of("job", group.without_jobs.iter().map(String::as_str)));
        }
        matchers.extend(more.iter().cloned());
        Self { row, group, matchers }
    }

    /// The labels by which columns are told apart.
    pub(super) fn by(&self) -> Vec<&'a str> {
        let mut by: Vec<&'a str> = vec![self.group.label];
        let peer = self.row.owner.peer.iter().copied();
        let port = self.row.owner.peer.contains(&"server_address").then_some("server_port");
        for label in self.row.attributes().chain(peer).chain(port) {
            if !by.contains(&label) {
                by.push(label);
            }
        }
        by
    }

    /// What is asked of the row, where the names that are there allow it.
    pub(super) fn parts(&self, names: &BTreeSet<String>) -> Vec<Part> {
        let is_latency = self.row.signal == Signal::Latency;
        match self.row.instrument {
            Instrument::Histogram | Instrument::Summary if is_latency => {
                let mut parts = vec![Part::Count, Part::Made];
                if names.contains(&format!("{}_bucket", self.row.name)) {
                    parts.push(Part::Quantile(0.5, Statistic::P50));
                    parts.push(Part::Quantile(0.95, Statistic::P95));
                    parts.push(Part::Quantile(0.99, Statistic::P99));
                }
                parts
            }
            _ => vec![Part::Made],
        }
    }

    /// The selector of a metric of these entities, with what the row demands of labels.
    pub(super) fn selector(&self, name: &str) -> String {
        self.selector_with(name, self.row.only)
    }

    fn selector_with(&self, name: &str, only: &[nightjar_incident::signal::Label]) -> String {
        let only = only.iter().map(demand);
        let matchers: Vec<String> = self.matchers.iter().cloned().chain(only).collect();
        select(name, &matchers)
    }

    /// What tells these columns from all others.
    pub(super) fn key(&self) -> String {
        format!("{} by {}", self.selector(&exposed(self.row)), self.by().join(","))
    }

    /// How many columns there are, or were lately.
    pub(super) fn count(&self, ago: [i64; 2]) -> String {
        let found = lately(&self.selector(&exposed(self.row)), ago);
        format!("count(count by ({}) ({found}))", self.by().join(","))
    }

    /// The columns, each value over `range` seconds before its time.
    pub(super) fn expression(&self, part: Part, range: i64) -> String {
        let by = self.by().join(",");
        let name = self.row.name;
        let over = |name: &str| format!("{}[{}]", self.selector(name), seconds(range));
        let rate = |name: &str| format!("sum by ({by}) (rate({}))", over(name));
        let combined =
            |inner: String| format!("{} by ({by}) ({inner})", aggregate(self.row.combine));
        let factor = |expression: String| match self.row.factor() {
            1.0 => expression,
            factor => format!("{factor} * {expression}"),
        };
        match (part, self.row.instrument, self.row.make) {
            (Part::Count, _, _) => {
                format!("sum by ({by}) (increase({}))", over(&format!("{name}_count")))
            }
            (Part::Quantile(share, _), _, _) => {
                let buckets = over(&format!("{name}_bucket"));
                let rates = format!("sum by ({by},le) (rate({buckets}))");
                factor(format!("histogram_quantile({share}, {rates})"))
            }
            (Part::Made, Instrument::Histogram | Instrument::Summary, _) => {
                let (sum, count) = (format!("{name}_sum"), format!("{name}_count"));
                factor(format!("{} / {}", rate(&sum), rate(&count)))
            }
            (Part::Made, _, Make::AsIs | Make::Changes) => match self.row.signal {
                // No limit is told as nothing or less.
                Signal::MemoryLimit | Signal::PoolLimit => {
                    format!("{} > 0", combined(self.selector(name)))
                }
                _ => combined(self.selector(name)),
            },
            (Part::Made, _, Make::Times(_)) => factor(combined(self.selector(name))),
            (Part::Made, _, Make::Increase) => format!("sum by ({by}) (increase({}))", over(name)),
            (Part::Made, _, Make::Rate) => combined(format!("rate({})", over(name))),
            (Part::Made, _, Make::Busy) => {
                format!("1 - {}", combined(format!("rate({})", over(name))))
            }
            (Part::Made, Instrument::Counter, Make::ShareOf(whole)) => {
                let whole = self.selector_with(whole.name, &with(self.row.only, whole.only));
                format!("{} / {}", rate(name), combined(whole))
            }
            (Part::Made, _, Make::ShareOf(whole)) => {
                let whole = self.selector_with(whole.name, &with(self.row.only, whole.only));
                format!("{} / {}", combined(self.selector(name)), combined(whole))
            }
            (Part::Made, _, Make::MissingFrom(whole)) => {
                let whole = self.selector_with(whole.name, &with(self.row.only, whole.only));
                format!("1 - {} / {}", combined(self.selector(name)), combined(whole))
            }
            (Part::Made, _, Make::PerEach(count)) => match self.row.signal {
                // Where nothing holds it back, no periods are counted.
                Signal::CpuThrottling => {
                    format!("{} / ({} > 0) or {}", rate(name), rate(count), rate(name))
                }
                _ => format!("{} / {}", rate(name), rate(count)),
            },
            (Part::Made, _, Make::TimeUntil) => {
                format!("{} - time()", combined(self.selector(name)))
            }
        }
    }
}

/// What both demand; each demand once.
fn with(
    a: &[nightjar_incident::signal::Label],
    b: &[nightjar_incident::signal::Label],
) -> Vec<nightjar_incident::signal::Label> {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|label| !a.contains(label)));
    all
}

pub(super) fn aggregate(combine: Combine) -> &'static str {
    match combine {
        Combine::Sum => "sum",
        Combine::Mean => "avg",
        Combine::Max => "max",
        Combine::Min => "min",
    }
}
