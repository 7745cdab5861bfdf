//! Lines of metrics, to streams of points.

use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Statistic};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, MetricsData, NumberDataPoint, Sum,
};

use crate::columns::repairs_before;
use crate::cumulative::{self, millis};
use crate::histogram::{self, NO_VALUE};
use crate::stream::{Key, Point, Shape, Streams};
use crate::{Names, STATISTIC, Wanted, attributes, summary, unit};

const STATISTICS: [Statistic; 9] = [
    Statistic::Last,
    Statistic::Sum,
    Statistic::Count,
    Statistic::Mean,
    Statistic::Max,
    Statistic::P50,
    Statistic::P90,
    Statistic::P95,
    Statistic::P99,
];

/// Metrics as they are read, request by request.
///
/// Points of one stream may come in any order and in any number of requests; they become columns at
/// the end.
pub struct Metrics {
    streams: Streams,
    wanted: Wanted,
    samples: u64,
    most_samples: u64,
}

/// More samples than may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {most_samples} samples")]
pub struct Full {
    /// How many are allowed.
    pub most_samples: u64,
}

/// What the points of one metric share.
struct Context<'a> {
    resource: &'a [KeyValue],
    scope: &'a [KeyValue],
    metric: &'a Metric,
    /// The statistic its scope names.
    statistic: Option<Statistic>,
}

/// The stream that the point before went to: most points have the attributes of their neighbour.
#[derive(Clone, Copy)]
struct Latest<'a> {
    own: &'a [KeyValue],
    shape: Shape,
    position: usize,
    factor: f64,
}

impl Metrics {
    /// Nothing read yet. At most so many samples are read, a bucket of a histogram counting as one,
    /// whether they are wanted or not.
    pub fn new(wanted: Wanted, most_samples: u64) -> Self {
        Self { streams: Streams::default(), wanted, samples: 0, most_samples }
    }

    /// Takes one request in; `note` hears what was left out of it, with the reason.
    ///
    /// # Errors
    ///
    /// There are more samples than allowed; what came before stays.
    pub fn take(
        &mut self,
        data: &MetricsData,
        names: &mut Names<'_>,
        note: &mut dyn FnMut(String),
    ) -> Result<(), Full> {
        for of_resource in &data.resource_metrics {
            for of_scope in &of_resource.scope_metrics {
                for metric in &of_scope.metrics {
                    let resource = of_resource.resource.as_ref();
                    let resource = resource.map_or(&[][..], |resource| &resource.attributes);
                    let mut troubles = Troubles::default();
                    let scope = of_scope.scope.as_ref().map_or(&[][..], |s| &s.attributes);
                    match context(resource, scope, metric) {
                        Ok(context) => self.metric(&context, names, &mut troubles)?,
                        Err(why) => troubles.add(why),
                    }
                    troubles.note(&metric.name, note);
                }
            }
        }
        Ok(())
    }

    fn spend(&mut self, samples: u64) -> Result<(), Full> {
        self.samples = self.samples.saturating_add(samples);
        let most_samples = self.most_samples;
        if self.samples > most_samples { Err(Full { most_samples }) } else { Ok(()) }
    }

    fn metric(
        &mut self,
        context: &Context<'_>,
        names: &mut Names<'_>,
        troubles: &mut Troubles,
    ) -> Result<(), Full> {
        let mut latest: Option<Latest<'_>> = None;
        match context.metric.data.as_ref() {
            None => troubles.add(
                "a readable gauge, sum, histogram, exponentialHistogram or summary expected; left out",
            ),
            Some(Data::Gauge(gauge)) => {
                let shape = Shape::Plain(context.statistic.unwrap_or(Statistic::Last));
                if gauge.data_points.is_empty() {
                    self.empty(context, shape, names, troubles);
                }
                for wire in &gauge.data_points {
                    self.spend(1)?;
                    let point = Point::Plain(millis(wire.time_unix_nano), value(wire, troubles));
                    let at = (wire.time_unix_nano, wire.attributes.as_slice());
                    self.add(context, at, shape, point, names, &mut latest, troubles);
                }
            }
            Some(Data::Sum(sum)) => {
                let Some(shape) = shape_of_sum(sum, context) else {
                    troubles.add(NO_TEMPORALITY);
                    return Ok(());
                };
                if sum.data_points.is_empty() {
                    self.empty(context, shape, names, troubles);
                }
                for wire in &sum.data_points {
                    self.spend(1)?;
                    let (time, value) = (millis(wire.time_unix_nano), value(wire, troubles));
                    let point = match shape {
                        Shape::Counter(_) => Point::Counter(cumulative::Point {
                            time,
                            start: wire.start_time_unix_nano,
                            value,
                        }),
                        Shape::Plain(_) | Shape::Histogram { .. } | Shape::Summary => {
                            Point::Plain(time, value)
                        }
                    };
                    let at = (wire.time_unix_nano, wire.attributes.as_slice());
                    self.add(context, at, shape, point, names, &mut latest, troubles);
                }
            }
            Some(Data::Histogram(all)) => {
                let Some(cumulative) = cumulative(all.aggregation_temporality) else {
                    troubles.add(NO_TEMPORALITY);
                    return Ok(());
                };
                for wire in &all.data_points {
                    let (point, complaint) = histogram::explicit(wire);
                    self.spend(point.weight())?;
                    complaint.into_iter().for_each(|complaint| troubles.add(complaint));
                    let at = (wire.time_unix_nano, wire.attributes.as_slice());
                    let (shape, point) = (Shape::Histogram { cumulative }, Point::Histogram(point));
                    self.add(context, at, shape, point, names, &mut latest, troubles);
                }
            }
            Some(Data::ExponentialHistogram(all)) => {
                let Some(cumulative) = cumulative(all.aggregation_temporality) else {
                    troubles.add(NO_TEMPORALITY);
                    return Ok(());
                };
                for wire in &all.data_points {
                    let (point, complaint) = histogram::exponential(wire);
                    self.spend(point.weight())?;
                    complaint.into_iter().for_each(|complaint| troubles.add(complaint));
                    let at = (wire.time_unix_nano, wire.attributes.as_slice());
                    let (shape, point) = (Shape::Histogram { cumulative }, Point::Histogram(point));
                    self.add(context, at, shape, point, names, &mut latest, troubles);
                }
            }
            Some(Data::Summary(all)) => {
                for wire in &all.data_points {
                    let quantiles = u64::try_from(wire.quantile_values.len()).unwrap_or(u64::MAX);
                    self.spend(quantiles.saturating_add(1))?;
                    let (point, unknown) = summary::point(wire);
                    if unknown {
                        troubles.add("quantiles of 0.5, 0.9, 0.95, 0.99 or 1 expected; others left out");
                    }
                    let at = (wire.time_unix_nano, wire.attributes.as_slice());
                    let point = Point::Summary(point);
                    self.add(context, at, Shape::Summary, point, names, &mut latest, troubles);
                }
            }
        }
        Ok(())
    }

    /// A series of ours that holds nothing: its attributes stand in the metric's metadata. What
    /// others write without points says nothing.
    fn empty(
        &mut self,
        context: &Context<'_>,
        shape: Shape,
        names: &mut Names<'_>,
        troubles: &mut Troubles,
    ) {
        if context.statistic.is_none() {
            return;
        }
        if let Err(why) = self.position(context, &context.metric.metadata, shape, names) {
            troubles.add(format!("{why}; left out"));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call per sort of point, all alike")]
    fn add<'a>(
        &mut self,
        context: &Context<'_>,
        (nanos, own): (u64, &'a [KeyValue]),
        shape: Shape,
        point: Point,
        names: &mut Names<'_>,
        latest: &mut Option<Latest<'a>>,
        troubles: &mut Troubles,
    ) {
        if nanos == 0 {
            troubles.add("a point with its timeUnixNano expected; left out");
            return;
        }
        let shape = match (shape, statistic(own)) {
            (Shape::Plain(_), Ok(Some(named))) => Shape::Plain(named),
            (Shape::Plain(_), Err(why)) => {
                troubles.add(why);
                return;
            }
            (Shape::Plain(_) | Shape::Counter(_) | Shape::Histogram { .. } | Shape::Summary, _) => {
                shape
            }
        };
        if !self.wanted.is_at(nanos) {
            return;
        }
        let (position, factor) = match *latest {
            Some(before) if before.own == own && before.shape == shape => {
                (before.position, before.factor)
            }
            Some(_) | None => match self.position(context, own, shape, names) {
                Ok(Some(found)) => found,
                Ok(None) => return,
                Err(why) => {
                    troubles.add(format!("{why}; left out"));
                    return;
                }
            },
        };
        *latest = Some(Latest { own, shape, position, factor });
        self.streams.push(position, point, factor);
    }

    /// Where the stream of a point is, and what turns its values into the stream's unit; `None` if
    /// nobody wants it.
    fn position(
        &mut self,
        context: &Context<'_>,
        own: &[KeyValue],
        shape: Shape,
        names: &mut Names<'_>,
    ) -> Result<Option<(usize, f64)>, String> {
        let entity = names.entity(context.resource, own)?;
        if !self.wanted.is_of(&entity) {
            return Ok(None);
        }
        let name = &context.metric.name;
        // `http.client.request.duration` and its like are measured by the side that calls.
        let calls = name.split('.').any(|part| part == "client");
        // Whoever names our statistic speaks our units as well.
        let ours = context.statistic.is_some() || attributes::find(own, STATISTIC).is_some();
        let written = context.metric.unit.as_str();
        let (unit, factor) = if ours { (written, 1.0) } else { unit::ours(written) };
        let key = Key {
            entity,
            peer: names.peer_of_metric(own, context.scope, calls)?,
            name: name.clone(),
            unit: unit.to_owned(),
            attributes: attributes::all(own),
            shape,
        };
        let position = self.streams.position(key, || repairs_before(context.metric));
        Ok(Some((position, factor)))
    }

    /// The columns, in the order in which their streams first appeared; `note` hears what had to be
    /// mended.
    pub fn finish(self, note: &mut dyn FnMut(String)) -> Vec<MetricSeries> {
        self.streams.finish(note)
    }
}

/// What was wrong with the points of one metric of one line, each sort once.
#[derive(Default)]
struct Troubles(BTreeMap<String, usize>);

impl Troubles {
    fn add(&mut self, why: impl Into<String>) {
        *self.0.entry(why.into()).or_default() += 1;
    }

    fn note(self, metric: &str, note: &mut dyn FnMut(String)) {
        for (why, times) in self.0 {
            let times = if times > 1 { format!(" ({times} times)") } else { String::new() };
            note(format!("`{metric}`: {why}{times}"));
        }
    }
}

const NO_TEMPORALITY: &str =
    "aggregationTemporality 1 (delta) or 2 (cumulative) expected; left out";

fn context<'a>(
    resource: &'a [KeyValue],
    scope: &'a [KeyValue],
    metric: &'a Metric,
) -> Result<Context<'a>, String> {
    if metric.name.is_empty() {
        return Err("a metric with a name expected; left out".to_owned());
    }
    Ok(Context { resource, scope, metric, statistic: statistic(scope)? })
}

/// The statistic that attributes name, if they do.
fn statistic(attributes: &[KeyValue]) -> Result<Option<Statistic>, String> {
    let Some(label) = attributes::find(attributes, STATISTIC) else { return Ok(None) };
    match STATISTICS.into_iter().find(|statistic| statistic.label() == label) {
        Some(statistic) => Ok(Some(statistic)),
        None => Err(format!(
            "{STATISTIC}: last, sum, count, mean, max, p50, p90, p95 or p99 expected, \
             found `{label}`; left out"
        )),
    }
}

/// The value of a point; what isn't a number is missing.
fn value(point: &NumberDataPoint, troubles: &mut Troubles) -> f64 {
    match point.value {
        _ if point.flags & NO_VALUE != 0 => f64::NAN,
        Some(Value::AsDouble(value)) => value,
        Some(Value::AsInt(value)) => value as f64,
        None => {
            troubles.add("a finite number as asDouble or asInt expected; kept as missing");
            f64::NAN
        }
    }
}

fn shape_of_sum(sum: &Sum, context: &Context<'_>) -> Option<Shape> {
    let counted = sum.is_monotonic && unit::counts(unit::ours(&context.metric.unit).0);
    let statistic = if counted { Statistic::Count } else { Statistic::Sum };
    Some(match (cumulative(sum.aggregation_temporality)?, sum.is_monotonic) {
        (false, _) => Shape::Plain(context.statistic.unwrap_or(statistic)),
        (true, true) => Shape::Counter(statistic),
        // What may fall is a level, however it is summed: connections in use, messages waiting.
        (true, false) => Shape::Plain(Statistic::Last),
    })
}

fn cumulative(temporality: i32) -> Option<bool> {
    match AggregationTemporality::try_from(temporality) {
        Ok(AggregationTemporality::Delta) => Some(false),
        Ok(AggregationTemporality::Cumulative) => Some(true),
        Ok(AggregationTemporality::Unspecified) | Err(_) => None,
    }
}
