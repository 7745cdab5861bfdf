//! From samples of an answer to columns.

use std::collections::BTreeMap;

use nightjar_incident::signal::{Make, Signal};
use nightjar_incident::{MetricSeries, Statistic, Window};
use nightjar_series::Column;
use nightjar_topology::{EntityId, Topology};

use super::answer::{Sample, Series};
use super::batch::TAG;
use super::naming::name_of;
use super::relations::peer;
use super::wanted::{Part, Wanted};

/// What tells one column from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    entity: EntityId,
    peer: Option<EntityId>,
    attributes: BTreeMap<String, String>,
    /// The row and the part.
    number: usize,
}

/// Columns while their samples come in, in several answers.
#[derive(Default)]
pub(super) struct Columns {
    samples: BTreeMap<Key, Vec<(i64, f64)>>,
}

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Takes in a series that answers the expression of that number. Whose label says nothing is left out.
    pub(super) fn take(
        &mut self,
        number: usize,
        wanted: &Wanted<'_>,
        series: Series,
        topology: &Topology,
        window: Window,
    ) {
        let Some(value) = series.metric.get(wanted.group.label) else { return };
        let known = wanted.group.values.get(value).cloned();
        let Some(entity) = known.or_else(|| name_of(wanted.group.label, value)) else { return };
        let owner = wanted.row.owner;
        let other = peer(owner, &series.metric, topology);
        let mut attributes = BTreeMap::new();
        for (label, told) in &series.metric {
            let is_known = label == TAG
                || label == wanted.group.label
                || label == "server_port"
                || owner.peer.contains(&label.as_str());
            if !is_known && !told.is_empty() {
                attributes.insert(label.clone(), told.clone());
            }
        }
        // Two labels may name one entity; their columns stay apart.
        if entity.as_str() != value {
            attributes.insert(wanted.group.label.to_owned(), value.clone());
        }
        let (from, to) = (window.from.as_millisecond(), window.to.as_millisecond());
        let all = series.values.into_iter().chain(series.value);
        let samples = all.map(|sample: Sample| (sample.millis(), sample.value()));
        let key = Key { entity, peer: other, attributes, number };
        let within = samples.filter(|(at, _)| (from..to).contains(at));
        self.samples.entry(key).or_default().extend(within);
    }

    /// The columns, at most so many.
    pub(super) fn made(self, parts: &[(Wanted<'_>, Part)], most: usize) -> Vec<MetricSeries> {
        let mut made = Vec::new();
        for (key, samples) in self.samples {
            let Some((wanted, part)) = parts.get(key.number) else { continue };
            if samples.is_empty() || made.len() >= most {
                continue;
            }
            let row = wanted.row;
            let (statistic, unit) = match part {
                Part::Made => (row.statistic(), row.made_unit()),
                Part::Count if row.signal == Signal::Latency => {
                    (Statistic::Count, Signal::Requests.unit())
                }
                Part::Count => (Statistic::Count, "1"),
                Part::Quantile(_, statistic) => (*statistic, row.made_unit()),
            };
            let (column, repairs) = Column::from_samples(samples);
            let column = if row.make == Make::Changes { starts(&column) } else { column };
            made.push(MetricSeries {
                entity: key.entity,
                peer: key.peer,
                name: row.name.to_owned(),
                statistic,
                unit: unit.to_owned(),
                attributes: key.attributes,
                column,
                repairs,
            });
        }
        made
    }
}

/// By how much a time of start has to move to be another start: clocks are adjusted, seconds.
const ANOTHER: f64 = 3.0;

/// How often a time of start became another until then.
fn starts(column: &Column) -> Column {
    let mut last: Option<f64> = None;
    let mut count = 0.0;
    let counted = column.samples().map(|(at, value)| {
        if !value.is_nan() {
            count += f64::from(last.is_some_and(|last| (value - last).abs() > ANOTHER));
            last = Some(value);
        }
        (at, count)
    });
    Column::from_samples(counted.collect::<Vec<_>>()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_time_of_start_is_a_start() {
        let samples = [(0, 100.0), (1, 101.0), (2, f64::NAN), (3, 900.0), (4, 900.0), (5, 950.0)];
        let starts = starts(&Column::from_samples(samples).0);
        assert_eq!(starts.values(), [0.0, 0.0, 0.0, 1.0, 1.0, 2.0]);
    }
}
