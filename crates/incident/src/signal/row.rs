use nightjar_topology::EntityKind;

use super::Signal;
use crate::{MetricSeries, Statistic};

/// One row: which metric means what, whose it is, and how the signal's unit is made from it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name its source gives it. A histogram or summary without `_bucket`, `_sum`, `_count`.
    pub name: &'static str,
    /// How the source counts.
    pub instrument: Instrument,
    /// Only with these labels.
    pub only: &'static [Label],
    /// What it measures.
    pub signal: Signal,
    /// The unit the source gives it in (UCUM).
    pub unit: &'static str,
    /// How a column of the signal is made.
    pub make: Make,
    /// How several columns of one entity become one, where `keep` doesn't tell them apart.
    pub combine: Combine,
    /// Labels that tell columns of one entity apart, beside those of `failing`.
    pub keep: &'static [&'static str],
    /// Which labels say that the requests counted here failed; one is enough.
    pub failing: &'static [Label],
    /// Whose metric it is.
    pub owner: &'static Owner,
}

/// How a source counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// A total that only grows, until it starts again from zero.
    Counter,
    /// A level.
    Gauge,
    /// Counts by bucket, with sum and count.
    Histogram,
    /// Sum and count, at times with quantiles.
    Summary,
    /// The amount of each interval, as CloudWatch and delta sums of OpenTelemetry give it.
    Interval,
}

/// How a column of the signal is made from what the source holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Make {
    /// As it is. A counter stays a total, which is how restarts and deadlocks are read.
    AsIs,
    /// A level times this, to come to the signal's unit.
    Times(f64),
    /// A counter's increase within the interval.
    Increase,
    /// A counter's increase by the second.
    Rate,
    /// One less the mean rate of a counter of idle seconds.
    Busy,
    /// As a share of another metric of the same entity: a level, or a counter's rate.
    ShareOf(Whole),
    /// What is missing from another metric of the same entity, as a share of that.
    MissingFrom(Whole),
    /// The rate of a counter by the rate of another: seconds by operation.
    PerEach(&'static str),
    /// A time stamp in Unix seconds: what is left until then.
    TimeUntil,
    /// How often a level became another: starts, by the time of the start.
    Changes,
}

/// Another metric of the same entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its name.
    pub name: &'static str,
    /// Only with these labels.
    pub only: &'static [Label],
}

/// How several columns of one entity become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The highest.
    Max,
    /// The lowest.
    Min,
}

/// What a label has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

/// Which values of a label are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Any that begins so: `5` for 500 to 599.
    Begins(&'static str),
    /// None of these; a label that is missing is empty.
    NoneOf(&'static [&'static str]),
}

/// Whose a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// What that entity is.
    pub kind: EntityKind,
    /// The labels that name it, most telling first.
    pub labels: &'static [&'static str],
    /// The labels that name the other end, most telling first: these metrics are about the
    /// requests the entity sends. Empty for all others.
    pub peer: &'static [&'static str],
}

impl Value {
    /// Whether it is this; a label that is missing is empty.
    pub fn holds(self, value: &str) -> bool {
        match self {
            Self::OneOf(values) => values.contains(&value),
            Self::Begins(start) => value.starts_with(start),
            Self::NoneOf(values) => !values.contains(&value),
        }
    }
}

impl Label {
    /// Whether a metric with these labels is meant.
    pub fn holds<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.value.holds(label(self.name).unwrap_or_default())
    }
}

impl Owner {
    /// The label that names the entity, with the entity's name: the most telling one that is there.
    pub fn name<'a>(
        &self,
        label: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<(&'static str, &'a str)> {
        first(self.labels, label)
    }

    /// The label that names the other end, with its name.
    pub fn peer<'a>(
        &self,
        label: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<(&'static str, &'a str)> {
        first(self.peer, label)
    }
}

fn first<'a>(
    labels: &'static [&'static str],
    label: impl Fn(&str) -> Option<&'a str>,
) -> Option<(&'static str, &'a str)> {
    let there = |name: &&'static str| Some((*name, label(name).filter(|value| !value.is_empty())?));
    labels.iter().find_map(there)
}

impl Row {
    pub(super) const fn new(
        name: &'static str,
        instrument: Instrument,
        signal: Signal,
        unit: &'static str,
    ) -> Self {
        Self {
            name,
            instrument,
            only: &[],
            signal,
            unit,
            make: Make::AsIs,
            combine: Combine::Sum,
            keep: &[],
            failing: &[],
            owner: &super::owner::SERVICE,
        }
    }

    pub(super) const fn of(self, owner: &'static Owner) -> Self {
        Self { owner, ..self }
    }

    pub(super) const fn only(self, only: &'static [Label]) -> Self {
        Self { only, ..self }
    }

    pub(super) const fn make(self, make: Make) -> Self {
        Self { make, ..self }
    }

    pub(super) const fn combine(self, combine: Combine) -> Self {
        Self { combine, ..self }
    }

    pub(super) const fn keep(self, keep: &'static [&'static str]) -> Self {
        Self { keep, ..self }
    }

    pub(super) const fn failing(self, failing: &'static [Label]) -> Self {
        Self { failing, ..self }
    }

    /// The unit of the columns that are made by this row.
    pub fn made_unit(&self) -> &'static str {
        match (self.signal, self.make) {
            (Signal::Other, Make::ShareOf(_) | Make::MissingFrom(_) | Make::Busy) => "1",
            (Signal::Other, _) => self.unit,
            (signal, _) => signal.unit(),
        }
    }

    /// What takes the source's unit to the signal's, for sums and quantiles of histograms and for levels.
    pub fn factor(&self) -> f64 {
        match (self.make, self.instrument, self.unit, self.made_unit()) {
            (Make::Times(factor), _, _, _) => factor,
            (_, Instrument::Histogram | Instrument::Summary, "ms", "s") => 1e-3,
            (_, Instrument::Histogram | Instrument::Summary, "us", "s") => 1e-6,
            (_, _, _, _) => 1.0,
        }
    }

    /// Whether a series is one of this row's columns.
    ///
    /// What a column is made from has the same name as the column, so those that are made are told by
    /// their unit, and increases of a counter from its total by their statistic.
    pub(super) fn fits(&self, series: &MetricSeries) -> bool {
        let label = |name: &str| series.attributes.get(name).map(String::as_str);
        self.name == series.name
            && self.only.iter().all(|only| only.holds(label))
            && self.fits_unit(series)
    }

    fn fits_unit(&self, series: &MetricSeries) -> bool {
        match (self.instrument, self.make) {
            (Instrument::Counter, Make::Increase) => {
                matches!(series.statistic, Statistic::Sum | Statistic::Count)
            }
            (Instrument::Histogram | Instrument::Summary, _) => {
                self.unit == self.made_unit()
                    || series.statistic == Statistic::Count
                    || series.unit == self.made_unit()
            }
            (_, Make::AsIs | Make::Increase) => true,
            (_, _) => series.unit == self.made_unit(),
        }
    }

    /// What a value of a column says of its interval; of a histogram, what its mean says.
    pub fn statistic(&self) -> Statistic {
        match (self.instrument, self.make) {
            (Instrument::Histogram | Instrument::Summary, _) => Statistic::Mean,
            (Instrument::Interval, _) => Statistic::Sum,
            // Requests split by what became of them stand beside each other.
            (_, Make::Increase) if !self.failing.is_empty() => Statistic::Count,
            (_, Make::Increase) => Statistic::Sum,
            (_, Make::Rate | Make::Busy | Make::PerEach(_)) => Statistic::Mean,
            (Instrument::Counter, Make::ShareOf(_)) => Statistic::Mean,
            (_, _) => Statistic::Last,
        }
    }

    /// The labels that columns of this row keep as attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        let failing = self.failing.iter().map(|label| label.name);
        failing.chain(self.keep.iter().copied()).chain(self.only.iter().map(|only| only.name))
    }
}
