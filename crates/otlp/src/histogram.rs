//! Histograms, to columns of count, mean and quantiles.

use std::collections::BTreeMap;

use nightjar_incident::Statistic;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as Wire;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint};

use crate::Columns;
use crate::cumulative::{millis, restarted};

/// One point of a histogram.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// Unix milliseconds.
    pub(crate) time: i64,
    /// Since when it counts, Unix nanoseconds.
    start: u64,
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    buckets: Buckets,
    /// No value was recorded here.
    missing: bool,
    /// Turns values into our unit; the same sort of thing may be measured in `ms` and in `s`.
    pub(crate) factor: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Buckets {
    /// Count and sum are all there is.
    None,
    /// `counts` has one more than `bounds`.
    Explicit {
        bounds: Vec<f64>,
        counts: Vec<u64>,
    },
    Exponential(Exponential),
}

/// Bucket `i` holds values above `base^i` up to `base^(i+1)`, base being `2^(2^-scale)`.
#[derive(Clone, Debug, PartialEq)]
struct Exponential {
    scale: i32,
    zero: u64,
    threshold: f64,
    positive: BTreeMap<i64, u64>,
    negative: BTreeMap<i64, u64>,
}

/// A stretch of values and how many lie in it.
struct Stretch {
    from: f64,
    to: f64,
    count: u64,
}

/// The quantiles that become columns.
const QUANTILES: [(Statistic, f64); 4] =
    [(Statistic::P50, 0.5), (Statistic::P90, 0.9), (Statistic::P95, 0.95), (Statistic::P99, 0.99)];

/// Bit of `flags`: no value was recorded.
pub(crate) const NO_VALUE: u32 = 1;

/// A point with explicit buckets, and a complaint if the buckets can't be used.
pub(crate) fn explicit(point: &HistogramDataPoint) -> (Point, Option<&'static str>) {
    let (bounds, counts) = (&point.explicit_bounds, &point.bucket_counts);
    let rising = bounds.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let total = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let (buckets, complaint) = if bounds.is_empty() && counts.len() <= 1 {
        (Buckets::None, None)
    } else if counts.len() != bounds.len() + 1 {
        (Buckets::None, Some("one bucket more than bounds expected; only count and mean are kept"))
    } else if !rising || !bounds.iter().all(|bound| bound.is_finite()) {
        (Buckets::None, Some("rising finite bounds expected; only count and mean are kept"))
    } else if total != point.count {
        (
            Buckets::None,
            Some("buckets that add up to the count expected; only count and mean are kept"),
        )
    } else {
        (Buckets::Explicit { bounds: bounds.clone(), counts: counts.clone() }, None)
    };
    let point = Point {
        time: millis(point.time_unix_nano),
        start: point.start_time_unix_nano,
        count: point.count,
        sum: point.sum,
        min: point.min,
        max: point.max,
        buckets,
        missing: point.flags & NO_VALUE != 0,
        factor: 1.0,
    };
    (point, complaint)
}

/// A point with exponential buckets, and a complaint if the buckets can't be used.
pub(crate) fn exponential(point: &ExponentialHistogramDataPoint) -> (Point, Option<&'static str>) {
    let side = |wire: Option<&Wire>| {
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        let wire = wire.into_iter().flat_map(|w| (i64::from(w.offset)..).zip(&w.bucket_counts));
        for (index, &count) in wire.filter(|(_, count)| **count > 0) {
            counts.insert(index, count);
        }
        counts
    };
    let all = Exponential {
        scale: point.scale,
        zero: point.zero_count,
        threshold: point.zero_threshold,
        positive: side(point.positive.as_ref()),
        negative: side(point.negative.as_ref()),
    };
    // The specification's range of scales is -10 to 20.
    let (buckets, complaint) = if !(-10..=20).contains(&point.scale) {
        (Buckets::None, Some("a scale from -10 to 20 expected; only count and mean are kept"))
    } else if all.total() != point.count {
        (
            Buckets::None,
            Some("buckets that add up to the count expected; only count and mean are kept"),
        )
    } else {
        (Buckets::Exponential(all), None)
    };
    let point = Point {
        time: millis(point.time_unix_nano),
        start: point.start_time_unix_nano,
        count: point.count,
        sum: point.sum,
        min: point.min,
        max: point.max,
        buckets,
        missing: point.flags & NO_VALUE != 0,
        factor: 1.0,
    };
    (point, complaint)
}

/// Points since a start to points per interval, and how often the histogram began anew. As with
/// counters, the first point yields nothing.
pub(crate) fn increases(points: Vec<Point>) -> (Vec<Point>, usize) {
    let mut resets = 0;
    let mut before: Option<Point> = None;
    let mut out = Vec::with_capacity(points.len());
    for point in points {
        if point.missing {
            out.push(point);
            continue;
        }
        if let Some(before) = &before {
            let increase = if restarted(point.start, before.start, before.time)
                || point.factor != before.factor
            {
                None
            } else {
                point.since(before)
            };
            resets += usize::from(increase.is_none());
            out.push(increase.unwrap_or_else(|| point.clone()));
        }
        before = Some(point);
    }
    (out, resets)
}

/// The columns that points per interval become.
pub(crate) fn columns(points: &[Point]) -> Columns {
    let column = |statistic, value: &dyn Fn(&Point) -> f64| {
        let value = |point: &Point| if point.missing { f64::NAN } else { value(point) };
        (statistic, points.iter().map(|point| (point.time, value(point))).collect::<Vec<_>>())
    };
    let mut out = vec![column(Statistic::Count, &|point| point.count as f64)];
    if points.iter().any(|point| point.sum.is_some()) {
        let mean = |point: &Point| match point.sum {
            Some(sum) if point.count > 0 => point.factor * sum / point.count as f64,
            Some(_) | None => f64::NAN,
        };
        out.push(column(Statistic::Mean, &mean));
    }
    if points.iter().any(|point| point.max.is_some()) {
        let max = |point: &Point| point.factor * point.max.unwrap_or(f64::NAN);
        out.push(column(Statistic::Max, &max));
    }
    if points.iter().any(|point| point.buckets != Buckets::None) {
        let stretches: Vec<Vec<Stretch>> = points.iter().map(Point::stretches).collect();
        for (statistic, q) in QUANTILES {
            let values = points.iter().zip(&stretches).map(|(point, stretches)| {
                let value = if point.missing { f64::NAN } else { point.quantile(stretches, q) };
                (point.time, point.factor * value)
            });
            out.push((statistic, values.collect()));
        }
    }
    out
}

impl Point {
    /// How many numbers it holds, for the budget.
    pub(crate) fn weight(&self) -> u64 {
        let buckets = match &self.buckets {
            Buckets::None => 0,
            Buckets::Explicit { counts, .. } => 2 * counts.len(),
            Buckets::Exponential(all) => 2 * (all.positive.len() + all.negative.len()),
        };
        u64::try_from(buckets).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// What came since an earlier point; `None` if it began anew.
    fn since(&self, before: &Self) -> Option<Self> {
        let buckets = match (&self.buckets, &before.buckets) {
            (
                Buckets::Explicit { bounds, counts },
                Buckets::Explicit { bounds: bounds_before, counts: counts_before },
            ) if bounds == bounds_before => {
                let pairs = counts.iter().zip(counts_before);
                let counts: Option<Vec<u64>> = pairs.map(|(a, b)| a.checked_sub(*b)).collect();
                Buckets::Explicit { bounds: bounds.clone(), counts: counts? }
            }
            (Buckets::Exponential(all), Buckets::Exponential(before)) => {
                Buckets::Exponential(all.since(before)?)
            }
            // Other bounds than before: the counts can be compared all the same.
            (Buckets::None | Buckets::Explicit { .. } | Buckets::Exponential(_), _) => {
                Buckets::None
            }
        };
        let sum = match (self.sum, before.sum) {
            (Some(sum), Some(before)) => Some(sum - before),
            (Some(_) | None, _) => None,
        };
        Some(Self {
            count: self.count.checked_sub(before.count)?,
            sum,
            // The extremes since the start tell nothing of the interval.
            min: None,
            max: None,
            buckets,
            ..*self
        })
    }

    /// The buckets as stretches of values in rising order.
    fn stretches(&self) -> Vec<Stretch> {
        match &self.buckets {
            Buckets::None => Vec::new(),
            Buckets::Explicit { bounds, counts } => {
                let first = bounds.first().copied().unwrap_or(f64::NAN);
                let last = bounds.last().copied().unwrap_or(f64::NAN);
                // Below the first bound lies what is at least zero, as nearly all measures are;
                // above the last one nobody knows, so its own bound stands for it.
                let lowest = self.min.unwrap_or(if first > 0.0 { 0.0 } else { first });
                let highest = self.max.unwrap_or(last);
                let lower = [lowest.min(first)].into_iter().chain(bounds.iter().copied());
                let upper = bounds.iter().copied().chain([highest.max(last)]);
                let all = lower.zip(upper).zip(counts);
                all.map(|((from, to), &count)| Stretch { from, to, count }).collect()
            }
            Buckets::Exponential(all) => all.stretches(),
        }
    }

    /// The `q`-quantile by linear interpolation within the bucket it falls into.
    fn quantile(&self, stretches: &[Stretch], q: f64) -> f64 {
        let total: u64 = stretches.iter().fold(0, |sum, s| sum.saturating_add(s.count));
        let mut left = q * total as f64;
        for stretch in stretches.iter().filter(|stretch| stretch.count > 0) {
            let count = stretch.count as f64;
            if left <= count {
                let value = stretch.from + (stretch.to - stretch.from) * (left / count);
                let value = self.min.map_or(value, |min| value.max(min));
                return self.max.map_or(value, |max| value.min(max));
            }
            left -= count;
        }
        // Rounding may leave a trace beyond the last bucket.
        stretches.iter().rev().find(|s| s.count > 0).map_or(f64::NAN, |stretch| stretch.to)
    }
}

impl Exponential {
    fn total(&self) -> u64 {
        let sides = self.positive.values().chain(self.negative.values());
        sides.fold(self.zero, |sum, count| sum.saturating_add(*count))
    }

    fn since(&self, before: &Self) -> Option<Self> {
        // A histogram halves its resolution when its range grows; compare at the coarser one.
        let scale = self.scale.min(before.scale);
        let (now, before) = (self.at_scale(scale), before.at_scale(scale));
        let side = |now: &BTreeMap<i64, u64>, before: &BTreeMap<i64, u64>| {
            let gone = before.keys().any(|index| !now.contains_key(index));
            let rest = now.iter().map(|(&index, &count)| {
                Some((index, count.checked_sub(before.get(&index).copied().unwrap_or(0))?))
            });
            if gone { None } else { rest.collect::<Option<BTreeMap<i64, u64>>>() }
        };
        Some(Self {
            scale,
            zero: now.zero.checked_sub(before.zero)?,
            threshold: now.threshold,
            positive: side(&now.positive, &before.positive)?,
            negative: side(&now.negative, &before.negative)?,
        })
    }

    fn at_scale(&self, scale: i32) -> Self {
        let shift = self.scale.saturating_sub(scale).clamp(0, 31);
        let side = |counts: &BTreeMap<i64, u64>| {
            let mut out: BTreeMap<i64, u64> = BTreeMap::new();
            for (index, count) in counts {
                let merged = out.entry(index >> shift).or_default();
                *merged = merged.saturating_add(*count);
            }
            out
        };
        Self {
            scale,
            positive: side(&self.positive),
            negative: side(&self.negative),
            zero: self.zero,
            threshold: self.threshold,
        }
    }

    fn stretches(&self) -> Vec<Stretch> {
        let width = f64::from(-self.scale).exp2();
        let bound = |index: i64| (index as f64 * width).exp2();
        let mut out = Vec::with_capacity(self.positive.len() + self.negative.len() + 1);
        for (&index, &count) in self.negative.iter().rev() {
            out.push(Stretch { from: -bound(index + 1), to: -bound(index), count });
        }
        out.push(Stretch { from: -self.threshold, to: self.threshold, count: self.zero });
        for (&index, &count) in &self.positive {
            out.push(Stretch { from: bound(index), to: bound(index + 1), count });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time: u64, bounds: &[f64], counts: &[u64], sum: f64) -> Point {
        let wire = HistogramDataPoint {
            time_unix_nano: time * 1_000_000,
            count: counts.iter().sum(),
            sum: Some(sum),
            bucket_counts: counts.to_vec(),
            explicit_bounds: bounds.to_vec(),
            ..HistogramDataPoint::default()
        };
        let (point, complaint) = explicit(&wire);
        assert_eq!(complaint, None);
        point
    }

    fn check(points: &[Point], statistic: Statistic, expected: &[(i64, f64)]) {
        let columns = columns(points);
        let (_, found) = columns.iter().find(|(found, _)| *found == statistic).unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.0, expected.0);
            assert!((found.1 - expected.1).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn quantiles_are_interpolated_within_their_bucket() {
        let points = [point(1, &[1.0, 2.0], &[5, 5, 0], 10.0)];
        check(&points, Statistic::Count, &[(1, 10.0)]);
        check(&points, Statistic::Mean, &[(1, 1.0)]);
        check(&points, Statistic::P50, &[(1, 1.0)]);
        check(&points, Statistic::P90, &[(1, 1.8)]);
    }

    #[test]
    fn what_lies_above_the_last_bound_is_said_to_lie_at_it() {
        check(&[point(1, &[1.0, 2.0], &[0, 0, 7], 99.0)], Statistic::P50, &[(1, 2.0)]);
    }

    #[test]
    fn a_cumulative_histogram_becomes_its_increases() {
        let points = vec![
            point(1, &[1.0], &[5, 5], 10.0),
            point(2, &[1.0], &[9, 5], 12.0),
            point(3, &[1.0], &[1, 0], 0.5),
        ];
        let (points, resets) = increases(points);
        assert_eq!(resets, 1);
        check(&points, Statistic::Count, &[(2, 4.0), (3, 1.0)]);
        check(&points, Statistic::Mean, &[(2, 0.5), (3, 0.5)]);
        check(&points, Statistic::P50, &[(2, 0.5), (3, 0.5)]);
    }

    fn exponential_point(time: u64, scale: i32, offset: i32, counts: &[u64]) -> Point {
        let wire = ExponentialHistogramDataPoint {
            time_unix_nano: time * 1_000_000,
            count: counts.iter().sum(),
            scale,
            positive: Some(Wire { offset, bucket_counts: counts.to_vec() }),
            ..ExponentialHistogramDataPoint::default()
        };
        let (point, complaint) = exponential(&wire);
        assert_eq!(complaint, None);
        point
    }

    #[test]
    fn exponential_buckets_are_compared_at_the_coarser_scale() {
        // At scale 1 buckets 0 and 1 cover 1 to 2, which is bucket 0 at scale 0.
        let points = vec![exponential_point(1, 1, 0, &[3, 2]), exponential_point(2, 0, 0, &[9, 0])];
        let (points, resets) = increases(points);
        assert_eq!(resets, 0);
        check(&points, Statistic::Count, &[(2, 4.0)]);
        check(&points, Statistic::P50, &[(2, 1.5)]);
    }

    #[test]
    fn buckets_that_contradict_the_count_are_not_used() {
        let wire = HistogramDataPoint {
            time_unix_nano: 1,
            count: 5,
            bucket_counts: vec![u64::MAX, 7],
            explicit_bounds: vec![1.0],
            ..HistogramDataPoint::default()
        };
        let (point, complaint) = explicit(&wire);
        assert!(complaint.is_some());
        assert_eq!(columns(&[point]).len(), 1);
    }
}
