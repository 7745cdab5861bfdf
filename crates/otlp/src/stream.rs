//! Streams of points, gathered over lines and turned into columns at the end.

use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::{Column, Repairs};
use nightjar_topology::EntityId;

use crate::cumulative::{self, in_order};
use crate::{histogram, summary};

/// Streams in the order in which they first appeared.
#[derive(Default)]
pub(crate) struct Streams {
    list: Vec<(Key, Stream)>,
    index: BTreeMap<Key, usize>,
}

/// What makes points one stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) entity: EntityId,
    pub(crate) peer: Option<EntityId>,
    pub(crate) name: String,
    /// Ours.
    pub(crate) unit: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) shape: Shape,
}

/// What sort of points a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    Plain(Statistic),
    Counter(Statistic),
    Histogram { cumulative: bool },
    Summary,
}

struct Stream {
    repairs: Repairs,
    points: Points,
}

enum Points {
    Plain(Vec<(i64, f64)>),
    Counter(Vec<cumulative::Point>),
    Histogram(Vec<histogram::Point>),
    Summary(Vec<summary::Point>),
}

/// A point of any sort on its way into its stream.
pub(crate) enum Point {
    Plain(i64, f64),
    Counter(cumulative::Point),
    Histogram(histogram::Point),
    Summary(summary::Point),
}

impl Streams {
    /// Where the stream of this key is; it begins here if it is new.
    pub(crate) fn position(&mut self, key: Key, repairs: impl FnOnce() -> Repairs) -> usize {
        if let Some(&position) = self.index.get(&key) {
            return position;
        }
        let points = match key.shape {
            Shape::Plain(_) => Points::Plain(Vec::new()),
            Shape::Counter(_) => Points::Counter(Vec::new()),
            Shape::Histogram { .. } => Points::Histogram(Vec::new()),
            Shape::Summary => Points::Summary(Vec::new()),
        };
        let position = self.list.len();
        self.list.push((key.clone(), Stream { repairs: repairs(), points }));
        self.index.insert(key, position);
        position
    }

    /// Adds a point; its values are in the unit of the stream once multiplied by `factor`.
    pub(crate) fn push(&mut self, position: usize, point: Point, factor: f64) {
        let Some((_, stream)) = self.list.get_mut(position) else { return };
        match (&mut stream.points, point) {
            (Points::Plain(points), Point::Plain(time, value)) => {
                points.push((time, factor * value));
            }
            (Points::Counter(points), Point::Counter(point)) => {
                points.push(cumulative::Point { value: factor * point.value, ..point });
            }
            (Points::Histogram(points), Point::Histogram(mut point)) => {
                point.factor = factor;
                points.push(point);
            }
            (Points::Summary(points), Point::Summary(mut point)) => {
                point.factor = factor;
                points.push(point);
            }
            // INVARIANT: the shape is part of the key, so a stream has points of one sort.
            (
                Points::Plain(_) | Points::Counter(_) | Points::Histogram(_) | Points::Summary(_),
                _,
            ) => {}
        }
    }

    /// The columns, in the order in which their streams first appeared.
    pub(crate) fn finish(self, note: &mut dyn FnMut(String)) -> Vec<MetricSeries> {
        drop(self.index);
        let mut all = Vec::new();
        for (key, stream) in self.list {
            let mut found =
                Finished { key: &key, repairs: Repairs::default(), resets: 0, out: &mut all };
            found.finish(stream);
            let Finished { repairs, resets, .. } = found;
            let mut said = Vec::new();
            for (count, what) in [
                (repairs.out_of_order, "samples out of order were sorted in"),
                (
                    repairs.duplicated,
                    "samples with the time of another were dropped, the last counts",
                ),
                (repairs.not_finite, "infinite values are kept as missing"),
                (resets, "counter resets were taken as restarts"),
            ] {
                if count > 0 {
                    said.push(format!("{count} {what}"));
                }
            }
            if !said.is_empty() {
                note(format!("`{}` of `{}`: {}", key.name, key.entity, said.join("; ")));
            }
        }
        all
    }
}

/// A stream on its way to its columns.
struct Finished<'a> {
    key: &'a Key,
    repairs: Repairs,
    resets: usize,
    out: &'a mut Vec<MetricSeries>,
}

impl Finished<'_> {
    fn finish(&mut self, stream: Stream) {
        match (stream.points, self.key.shape) {
            (Points::Plain(samples), Shape::Plain(statistic)) => {
                self.column(statistic, samples, stream.repairs);
            }
            (Points::Counter(mut points), Shape::Counter(statistic)) => {
                self.repairs.add(in_order(&mut points, |point| point.time));
                let (samples, resets) = cumulative::increases(&points);
                self.resets = resets;
                self.column(statistic, samples, self.repairs);
            }
            (Points::Histogram(mut points), Shape::Histogram { cumulative }) => {
                self.repairs.add(in_order(&mut points, |point| point.time));
                if cumulative {
                    (points, self.resets) = histogram::increases(points);
                }
                for (statistic, samples) in histogram::columns(&points) {
                    self.column(statistic, samples, self.repairs);
                }
            }
            (Points::Summary(mut points), Shape::Summary) => {
                self.repairs.add(in_order(&mut points, |point| point.time));
                let (columns, resets) = summary::columns(&points);
                self.resets = resets;
                for (statistic, samples) in columns {
                    self.column(statistic, samples, self.repairs);
                }
            }
            // INVARIANT: the shape is part of the key, so a stream has points of one sort.
            (
                Points::Plain(_) | Points::Counter(_) | Points::Histogram(_) | Points::Summary(_),
                _,
            ) => {}
        }
    }

    fn column(
        &mut self,
        statistic: Statistic,
        samples: impl IntoIterator<Item = (i64, f64)>,
        mut repairs: Repairs,
    ) {
        let (column, more) = Column::from_samples(samples);
        self.repairs.add(more);
        repairs.add(more);
        // Only a column that was written as empty is one; a lone first point of a counter isn't.
        if column.is_empty() && !matches!(self.key.shape, Shape::Plain(_)) {
            return;
        }
        let counted = statistic == Statistic::Count
            && matches!(self.key.shape, Shape::Histogram { .. } | Shape::Summary);
        self.out.push(MetricSeries {
            entity: self.key.entity.clone(),
            peer: self.key.peer.clone(),
            name: self.key.name.clone(),
            statistic,
            // How many there were has no unit, whatever was measured of each.
            unit: if counted { "1".to_owned() } else { self.key.unit.clone() },
            attributes: self.key.attributes.clone(),
            column,
            repairs,
        });
    }
}
