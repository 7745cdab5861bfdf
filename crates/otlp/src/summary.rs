//! Summaries, to columns of count, mean and the quantiles they carry.

use nightjar_incident::Statistic;
use opentelemetry_proto::tonic::metrics::v1::SummaryDataPoint;

use crate::Columns;
use crate::cumulative::{self, millis};
use crate::histogram::NO_VALUE;

/// One point of a summary.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// Unix milliseconds.
    pub(crate) time: i64,
    start: u64,
    count: f64,
    sum: f64,
    quantiles: Vec<(Statistic, f64)>,
    /// Turns values into our unit.
    pub(crate) factor: f64,
}

/// A point, and whether it carries quantiles we have no word for.
pub(crate) fn point(wire: &SummaryDataPoint) -> (Point, bool) {
    let missing = wire.flags & NO_VALUE != 0;
    let value = |value: f64| if missing { f64::NAN } else { value };
    let mut unknown = false;
    let mut quantiles = Vec::new();
    for found in &wire.quantile_values {
        match statistic(found.quantile) {
            Some(statistic) => quantiles.push((statistic, value(found.value))),
            // The smallest value is part of nearly all summaries and nobody asks for it.
            None => unknown |= found.quantile != 0.0,
        }
    }
    let point = Point {
        time: millis(wire.time_unix_nano),
        start: wire.start_time_unix_nano,
        count: value(wire.count as f64),
        sum: value(wire.sum),
        quantiles,
        factor: 1.0,
    };
    (point, unknown)
}

/// The columns of points in time order, and how often the summary began anew. Count and sum of a
/// summary run since its start; its quantiles are of the moment.
pub(crate) fn columns(points: &[Point]) -> (Columns, usize) {
    let counter = |value: &dyn Fn(&Point) -> f64| {
        let point = |p: &Point| cumulative::Point { time: p.time, start: p.start, value: value(p) };
        cumulative::increases(&points.iter().map(point).collect::<Vec<_>>())
    };
    let (counts, resets) = counter(&|point| point.count);
    let (sums, _) = counter(&|point| point.factor * point.sum);
    let mean = |(&(time, count), &(_, sum)): (&(i64, f64), &(i64, f64))| {
        (time, if count > 0.0 { sum / count } else { f64::NAN })
    };
    let means = counts.iter().zip(&sums).map(mean).collect();
    let mut out = vec![(Statistic::Count, counts), (Statistic::Mean, means)];
    for wanted in [Statistic::P50, Statistic::P90, Statistic::P95, Statistic::P99, Statistic::Max] {
        let value = |point: &Point| {
            let found = point.quantiles.iter().find(|(found, _)| *found == wanted)?;
            Some((point.time, point.factor * found.1))
        };
        let column: Vec<(i64, f64)> = points.iter().filter_map(value).collect();
        if !column.is_empty() {
            out.push((wanted, column));
        }
    }
    (out, resets)
}

fn statistic(quantile: f64) -> Option<Statistic> {
    // Written as decimals by every exporter, so they are the same floats here.
    [
        (0.5, Statistic::P50),
        (0.9, Statistic::P90),
        (0.95, Statistic::P95),
        (0.99, Statistic::P99),
        (1.0, Statistic::Max),
    ]
    .into_iter()
    .find(|(known, _)| *known == quantile)
    .map(|(_, statistic)| statistic)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;

    use super::*;

    #[test]
    fn a_summary_becomes_increases_and_the_quantiles_we_know() {
        let wire = |time: u64, count, sum, p50| SummaryDataPoint {
            time_unix_nano: time * 1_000_000,
            count,
            sum,
            quantile_values: vec![
                ValueAtQuantile { quantile: 0.5, value: p50 },
                ValueAtQuantile { quantile: 0.75, value: 9.0 },
            ],
            ..SummaryDataPoint::default()
        };
        let points: Vec<(Point, bool)> =
            [wire(1, 4, 8.0, 2.0), wire(2, 6, 9.0, 0.5)].iter().map(point).collect();
        assert!(points.iter().all(|(_, unknown)| *unknown));
        let scaled = |(point, _)| Point { factor: 10.0, ..point };
        let points: Vec<Point> = points.into_iter().map(scaled).collect();
        let (found, resets) = columns(&points);
        assert_eq!(resets, 0);
        assert_eq!(
            found,
            [
                (Statistic::Count, vec![(2, 2.0)]),
                (Statistic::Mean, vec![(2, 5.0)]),
                (Statistic::P50, vec![(1, 20.0), (2, 5.0)]),
            ]
        );
    }
}
