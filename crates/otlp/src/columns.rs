//! Columns, to lines of metrics.

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::Repairs;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, MetricsData, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};

use crate::histogram::NO_VALUE;
use crate::{PEER, STATISTIC, Unwritable, attributes};

/// Most points on one line that we write, so that a line stays far below the reader's limit.
const POINTS_PER_LINE: usize = 5_000;

/// Keys in a metric's metadata under which repairs made before the writing are kept.
const OUT_OF_ORDER: &str = "nightjar.out_of_order";
const DUPLICATED: &str = "nightjar.duplicated";
const NOT_FINITE: &str = "nightjar.not_finite";

/// The lines of a file that hold one series.
///
/// # Errors
///
/// OTLP has no sample before 1970.
pub fn lines_of_series(
    series: &MetricSeries,
) -> impl Iterator<Item = Result<MetricsData, Unwritable>> + '_ {
    let (times, values) = (series.column.times(), series.column.values());
    let chunks = times.chunks(POINTS_PER_LINE).zip(values.chunks(POINTS_PER_LINE));
    // That a series exists and holds nothing is worth a line as well.
    let empty = times.is_empty().then_some((&[][..], &[][..]));
    chunks.chain(empty).map(move |(times, values)| line_of_chunk(series, times, values))
}

fn line_of_chunk(
    series: &MetricSeries,
    times: &[i64],
    values: &[f64],
) -> Result<MetricsData, Unwritable> {
    let own: Vec<KeyValue> =
        series.attributes.iter().map(|(key, value)| attributes::attribute(key, value)).collect();
    let mut points = Vec::with_capacity(times.len());
    for (&time, &value) in times.iter().zip(values) {
        let nanos = u64::try_from(time).ok().and_then(|time| time.checked_mul(1_000_000));
        let nanos = nanos.filter(|nanos| *nanos > 0).ok_or_else(|| {
            Unwritable(format!(
                "`{}` of `{}`: OTLP has no sample at {time} ms of Unix time",
                series.name, series.entity
            ))
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
    let mut metadata = metadata(series.repairs);
    if times.is_empty() {
        // Without points the attributes have no other place.
        metadata.extend(own);
    }
    let metric = Metric {
        name: series.name.clone(),
        unit: series.unit.clone(),
        metadata,
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

/// Repairs that were made before the capsule was written.
pub(crate) fn repairs_before(metric: &Metric) -> Repairs {
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
