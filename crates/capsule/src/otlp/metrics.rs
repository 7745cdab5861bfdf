//! Metrics, to and from columns.

use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::{Column, Repairs};
use nightjar_topology::EntityId;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, MetricsData, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::cumulative::{self, in_order, millis};
use super::histogram::{self, NO_VALUE};
use super::{Names, PEER, STATISTIC, attributes, summary, unit};
use crate::Error;
use crate::limits::Budget;
use crate::lines;
use crate::notes::Notes;

/// Most points on one line that we write, so that a line stays far below the reader's limit.
const POINTS_PER_LINE: usize = 5_000;

/// Keys in a metric's metadata under which repairs made before the writing are kept.
const OUT_OF_ORDER: &str = "nightjar.out_of_order";
const DUPLICATED: &str = "nightjar.duplicated";
const NOT_FINITE: &str = "nightjar.not_finite";

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

/// Metrics as they are read, line by line.
#[derive(Default)]
pub(crate) struct MetricsIn {
    streams: Vec<(Key, Stream)>,
    index: BTreeMap<Key, usize>,
}

/// What makes points one stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    entity: EntityId,
    peer: Option<EntityId>,
    name: String,
    /// Ours.
    unit: String,
    attributes: BTreeMap<String, String>,
    shape: Shape,
}

/// What sort of points a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Plain(Statistic),
    Counter(Statistic),
    Histogram { cumulative: bool },
    Summary,
}

struct Stream {
    /// Turns values into our unit.
    factor: f64,
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
enum Point {
    Plain(i64, f64),
    Counter(cumulative::Point),
    Histogram(histogram::Point),
    Summary(summary::Point),
}

/// What the points of one metric share.
struct Context<'a> {
    resource: Option<&'a Resource>,
    scope: &'a [KeyValue],
    metric: &'a Metric,
    /// The statistic its scope names.
    statistic: Option<Statistic>,
}

/// The stream that the point before went to: most points have the attributes of their neighbour.
type Latest<'a> = Option<(&'a [KeyValue], Shape, usize)>;

impl MetricsIn {
    /// Takes one line of the file.
    pub(crate) fn take(
        &mut self,
        line: u64,
        text: &str,
        names: &mut Names<'_>,
        budget: &mut Budget,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let data: MetricsData = match parse(text) {
            Ok(data) => data,
            Err(why) => {
                notes.at(line, why);
                return Ok(());
            }
        };
        for of_resource in &data.resource_metrics {
            for of_scope in &of_resource.scope_metrics {
                for metric in &of_scope.metrics {
                    let resource = of_resource.resource.as_ref();
                    let mut troubles = Troubles::default();
                    let scope = of_scope.scope.as_ref().map_or(&[][..], |s| &s.attributes);
                    match context(resource, scope, metric) {
                        Ok(context) => {
                            self.metric(&context, names, budget, notes.file(), &mut troubles)?;
                        }
                        Err(why) => troubles.add(why),
                    }
                    troubles.note(line, &metric.name, notes);
                }
            }
        }
        Ok(())
    }

    fn metric(
        &mut self,
        context: &Context<'_>,
        names: &mut Names<'_>,
        budget: &mut Budget,
        file: &str,
        troubles: &mut Troubles,
    ) -> Result<(), Error> {
        let mut latest: Latest<'_> = None;
        match context.metric.data.as_ref() {
            None => troubles.add(
                "a readable gauge, sum, histogram, exponentialHistogram or summary expected; left out",
            ),
            Some(Data::Gauge(gauge)) => {
                let shape = Shape::Plain(context.statistic.unwrap_or(Statistic::Last));
                for wire in &gauge.data_points {
                    budget.samples(file, 1)?;
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
                for wire in &sum.data_points {
                    budget.samples(file, 1)?;
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
                    budget.samples(file, point.weight())?;
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
                    budget.samples(file, point.weight())?;
                    complaint.into_iter().for_each(|complaint| troubles.add(complaint));
                    let at = (wire.time_unix_nano, wire.attributes.as_slice());
                    let (shape, point) = (Shape::Histogram { cumulative }, Point::Histogram(point));
                    self.add(context, at, shape, point, names, &mut latest, troubles);
                }
            }
            Some(Data::Summary(all)) => {
                for wire in &all.data_points {
                    let quantiles = u64::try_from(wire.quantile_values.len()).unwrap_or(u64::MAX);
                    budget.samples(file, quantiles.saturating_add(1))?;
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

    #[expect(clippy::too_many_arguments, reason = "one call per sort of point, all alike")]
    fn add<'a>(
        &mut self,
        context: &Context<'_>,
        (nanos, own): (u64, &'a [KeyValue]),
        shape: Shape,
        point: Point,
        names: &mut Names<'_>,
        latest: &mut Latest<'a>,
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
        let position = match *latest {
            Some((same, same_shape, position)) if same == own && same_shape == shape => position,
            Some(_) | None => match self.position(context, own, shape, names) {
                Ok(position) => position,
                Err(why) => {
                    troubles.add(format!("{why}; left out"));
                    return;
                }
            },
        };
        *latest = Some((own, shape, position));
        let Some((_, stream)) = self.streams.get_mut(position) else { return };
        match (&mut stream.points, point) {
            (Points::Plain(points), Point::Plain(time, value)) => {
                points.push((time, stream.factor * value));
            }
            (Points::Counter(points), Point::Counter(point)) => points.push(point),
            (Points::Histogram(points), Point::Histogram(point)) => points.push(point),
            (Points::Summary(points), Point::Summary(point)) => points.push(point),
            // INVARIANT: the shape is part of the key, so a stream has points of one sort.
            (
                Points::Plain(_) | Points::Counter(_) | Points::Histogram(_) | Points::Summary(_),
                _,
            ) => {}
        }
    }

    fn position(
        &mut self,
        context: &Context<'_>,
        own: &[KeyValue],
        shape: Shape,
        names: &mut Names<'_>,
    ) -> Result<usize, String> {
        let name = &context.metric.name;
        // `http.client.request.duration` and its like are measured by the side that calls.
        let calls = name.split('.').any(|part| part == "client");
        // Whoever names our statistic speaks our units as well.
        let ours = context.statistic.is_some() || attributes::find(own, STATISTIC).is_some();
        let written = context.metric.unit.as_str();
        let (unit, factor) = if ours { (written, 1.0) } else { unit::ours(written) };
        let key = Key {
            entity: names.entity(context.resource, own)?,
            peer: names.peer(own, context.scope, calls)?,
            name: name.clone(),
            unit: unit.to_owned(),
            attributes: attributes::all(own),
            shape,
        };
        if let Some(&position) = self.index.get(&key) {
            return Ok(position);
        }
        let points = match shape {
            Shape::Plain(_) => Points::Plain(Vec::new()),
            Shape::Counter(_) => Points::Counter(Vec::new()),
            Shape::Histogram { .. } => Points::Histogram(Vec::new()),
            Shape::Summary => Points::Summary(Vec::new()),
        };
        let repairs = repairs_before(context.metric);
        let position = self.streams.len();
        self.streams.push((key.clone(), Stream { factor, repairs, points }));
        self.index.insert(key, position);
        Ok(position)
    }

    /// The columns, in the order in which their streams first appeared.
    pub(crate) fn finish(self, notes: &mut Notes) -> Vec<MetricSeries> {
        drop(self.index);
        let mut all = Vec::new();
        for (key, stream) in self.streams {
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
                notes.whole(format!("`{}` of `{}`: {}", key.name, key.entity, said.join("; ")));
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
        let factor = stream.factor;
        match (stream.points, self.key.shape) {
            (Points::Plain(samples), Shape::Plain(statistic)) => {
                self.column(statistic, samples, stream.repairs);
            }
            (Points::Counter(mut points), Shape::Counter(statistic)) => {
                self.repairs.add(in_order(&mut points, |point| point.time));
                let (samples, resets) = cumulative::increases(&points);
                self.resets = resets;
                let samples = samples.into_iter().map(|(time, value)| (time, factor * value));
                self.column(statistic, samples, self.repairs);
            }
            (Points::Histogram(mut points), Shape::Histogram { cumulative }) => {
                self.repairs.add(in_order(&mut points, |point| point.time));
                if cumulative {
                    (points, self.resets) = histogram::increases(points);
                }
                for (statistic, samples) in histogram::columns(&points, factor) {
                    self.column(statistic, samples, self.repairs);
                }
            }
            (Points::Summary(mut points), Shape::Summary) => {
                self.repairs.add(in_order(&mut points, |point| point.time));
                let (columns, resets) = summary::columns(&points, factor);
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
        if column.is_empty() {
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

/// What was wrong with the points of one metric of one line, each sort once.
#[derive(Default)]
struct Troubles(BTreeMap<String, usize>);

impl Troubles {
    fn add(&mut self, why: impl Into<String>) {
        *self.0.entry(why.into()).or_default() += 1;
    }

    fn note(self, line: u64, metric: &str, notes: &mut Notes) {
        for (why, times) in self.0 {
            let times = if times > 1 { format!(" ({times} times)") } else { String::new() };
            notes.at(line, format!("`{metric}`: {why}{times}"));
        }
    }
}

const NO_TEMPORALITY: &str =
    "aggregationTemporality 1 (delta) or 2 (cumulative) expected; left out";

/// Floats that JSON has no number for. The types of the crate take them for some fields only, and
/// for the others drop the whole metric; as absent values they are understood.
fn parse(text: &str) -> Result<MetricsData, String> {
    let expected = "one object {\"resourceMetrics\": […]}";
    if !text.contains("\"NaN\"") && !text.contains("Infinity\"") {
        return lines::parse(text, expected);
    }
    let mut value: serde_json::Value = lines::parse(text, expected)?;
    drop_special_floats(&mut value);
    serde_json::from_value(value).map_err(|error| format!("{expected} expected, found: {error}"))
}

fn drop_special_floats(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|key, value| {
                let float = matches!(key.as_str(), "asDouble" | "sum" | "min" | "max");
                let special = matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"));
                !(float && special)
            });
            fields.values_mut().for_each(drop_special_floats);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(drop_special_floats),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

fn context<'a>(
    resource: Option<&'a Resource>,
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

/// Repairs that were made before the capsule was written.
fn repairs_before(metric: &Metric) -> Repairs {
    let count = |key| {
        let text = attributes::find(&metric.metadata, key);
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    Repairs {
        out_of_order: count(OUT_OF_ORDER),
        duplicated: count(DUPLICATED),
        not_finite: count(NOT_FINITE),
    }
}

/// The lines that hold one series.
pub(crate) fn lines_of_series(
    series: &MetricSeries,
) -> impl Iterator<Item = Result<MetricsData, Error>> + '_ {
    let (times, values) = (series.column.times(), series.column.values());
    let chunks = times.chunks(POINTS_PER_LINE).zip(values.chunks(POINTS_PER_LINE));
    chunks.map(move |(times, values)| line_of_chunk(series, times, values))
}

fn line_of_chunk(
    series: &MetricSeries,
    times: &[i64],
    values: &[f64],
) -> Result<MetricsData, Error> {
    let own: Vec<KeyValue> =
        series.attributes.iter().map(|(key, value)| attributes::attribute(key, value)).collect();
    let mut points = Vec::with_capacity(times.len());
    for (&time, &value) in times.iter().zip(values) {
        let nanos = u64::try_from(time).ok().and_then(|time| time.checked_mul(1_000_000));
        let nanos = nanos.filter(|nanos| *nanos > 0).ok_or_else(|| Error::Unwritable {
            what: format!(
                "`{}` of `{}`: OTLP has no sample at {time} ms of Unix time",
                series.name, series.entity
            ),
        })?;
        points.push(NumberDataPoint {
            attributes: own.clone(),
            time_unix_nano: nanos,
            flags: if value.is_nan() { NO_VALUE } else { 0 },
            value: (!value.is_nan()).then_some(Value::AsDouble(value)),
            ..NumberDataPoint::default()
        });
    }
    let data = match series.statistic {
        Statistic::Sum | Statistic::Count => Data::Sum(Sum {
            data_points: points,
            aggregation_temporality: AggregationTemporality::Delta.into(),
            is_monotonic: !values.iter().any(|value| *value < 0.0),
        }),
        Statistic::Last
        | Statistic::Mean
        | Statistic::Max
        | Statistic::P50
        | Statistic::P90
        | Statistic::P95
        | Statistic::P99 => Data::Gauge(Gauge { data_points: points }),
    };
    let mut of_scope = vec![attributes::attribute(STATISTIC, series.statistic.label())];
    of_scope.extend(series.peer.as_ref().map(|p| attributes::attribute(PEER, p.as_str())));
    let metric = Metric {
        name: series.name.clone(),
        unit: series.unit.clone(),
        metadata: metadata(series.repairs),
        data: Some(data),
        ..Metric::default()
    };
    let scope: InstrumentationScope = attributes::scope(of_scope);
    let scope = ScopeMetrics { scope: Some(scope), metrics: vec![metric], ..Default::default() };
    Ok(MetricsData {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(attributes::resource(series.entity.as_str())),
            scope_metrics: vec![scope],
            ..ResourceMetrics::default()
        }],
    })
}

fn metadata(repairs: Repairs) -> Vec<KeyValue> {
    let all = [
        (OUT_OF_ORDER, repairs.out_of_order),
        (DUPLICATED, repairs.duplicated),
        (NOT_FINITE, repairs.not_finite),
    ];
    let made = all.into_iter().filter(|(_, count)| *count > 0);
    made.map(|(key, count)| attributes::number(key, i64::try_from(count).unwrap_or(i64::MAX)))
        .collect()
}
