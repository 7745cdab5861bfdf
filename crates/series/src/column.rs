use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One series: sample times and values, in time order.
///
/// Shape: two parallel columns of equal length. Times are Unix milliseconds; values are finite or
/// `NaN` for "no value was recorded here".
///
/// Samples are shared, not copied: a clone and a cut ([`Column::between`]) cost the same whatever
/// their length, and a cut keeps the whole it was cut from in memory.
///
/// INVARIANT: times strictly increase, so one time has one value; `start..end` lies within the
/// shared samples.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(i64, Option<f64>)>", into = "Vec<(i64, Option<f64>)>")]
pub struct Column {
    shared: Arc<Samples>,
    start: usize,
    end: usize,
}

/// The samples of a column and of all its cuts.
#[derive(Debug, Default)]
struct Samples {
    times: Vec<i64>,
    values: Vec<f64>,
}

/// What had to be mended when samples became a [`Column`]; nothing is dropped in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairs {
    /// Samples that came earlier than their predecessor; they were sorted in.
    pub out_of_order: usize,
    /// Samples whose time another sample already had; the last one counts.
    pub duplicated: usize,
    /// Infinite values; kept as missing.
    pub not_finite: usize,
}

impl Repairs {
    /// Whether anything was mended at all.
    pub fn any(self) -> bool {
        self.out_of_order + self.duplicated + self.not_finite > 0
    }

    /// Adds the counts of another column.
    pub fn add(&mut self, other: Self) {
        self.out_of_order += other.out_of_order;
        self.duplicated += other.duplicated;
        self.not_finite += other.not_finite;
    }
}

impl Column {
    /// Builds a column from samples in any order: `(unix milliseconds, value)`.
    pub fn from_samples(samples: impl IntoIterator<Item = (i64, f64)>) -> (Self, Repairs) {
        let mut repairs = Repairs::default();
        let samples = samples.into_iter();
        let (least, _) = samples.size_hint();
        let mut times: Vec<i64> = Vec::with_capacity(least);
        let mut values: Vec<f64> = Vec::with_capacity(least);
        let mut last = i64::MIN;
        for (time, value) in samples {
            if time < last {
                repairs.out_of_order += 1;
            }
            last = time;
            let is_infinite = value.is_infinite();
            repairs.not_finite += usize::from(is_infinite);
            times.push(time);
            values.push(if is_infinite { f64::NAN } else { value });
        }
        if repairs.out_of_order > 0 {
            let mut pairs: Vec<(i64, f64)> = times.into_iter().zip(values).collect();
            pairs.sort_by_key(|&(time, _)| time);
            (times, values) = pairs.into_iter().unzip();
        }
        if times.windows(2).any(|pair| pair.first() == pair.last()) {
            (times, values) = without_repeats(&times, &values, &mut repairs.duplicated);
        }
        (Self::of(times, values), repairs)
    }

    /// INVARIANT: both have one length and the times strictly increase.
    fn of(times: Vec<i64>, values: Vec<f64>) -> Self {
        let end = times.len();
        Self { shared: Arc::new(Samples { times, values }), start: 0, end }
    }

    /// Number of samples, missing ones included.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Sample times, Unix milliseconds, strictly increasing.
    pub fn times(&self) -> &[i64] {
        self.shared.times.get(self.start..self.end).unwrap_or_default()
    }

    /// Values; `NaN` is "missing".
    pub fn values(&self) -> &[f64] {
        self.shared.values.get(self.start..self.end).unwrap_or_default()
    }

    /// The samples as pairs.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = (i64, f64)> + '_ {
        self.times().iter().copied().zip(self.values().iter().copied())
    }

    /// The part with `from <= time < to` (Unix milliseconds), sharing this column's samples.
    pub fn between(&self, from: i64, to: i64) -> Self {
        let rows = self.rows(from, to);
        Self {
            shared: Arc::clone(&self.shared),
            start: self.start + rows.start,
            end: self.start + rows.end,
        }
    }

    /// Where the samples with `from <= time < to` (Unix milliseconds) lie in [`Column::times`].
    pub fn rows(&self, from: i64, to: i64) -> Range<usize> {
        let times = self.times();
        let start = times.partition_point(|&time| time < from);
        start..times.partition_point(|&time| time < to).max(start)
    }

    /// The value at exactly this time (Unix milliseconds), if it was recorded.
    pub fn at(&self, time: i64) -> Option<f64> {
        let index = self.times().binary_search(&time).ok()?;
        self.values().get(index).copied().filter(|value| !value.is_nan())
    }

    /// The usual distance of two samples in milliseconds (median), if there are two.
    pub fn step(&self) -> Option<i64> {
        let times = self.times();
        let later = times.get(1..).unwrap_or_default();
        // Wrapping, which costs nothing; what wrapped is set right in the end.
        let gaps = || times.iter().zip(later).map(|(a, b)| b.wrapping_sub(*a));
        let unwrapped = |gap: i64| if gap < 0 { i64::MAX } else { gap };
        // Nearly always one distance makes up more than half of all and is the median by that: a
        // majority vote finds it without a copy (Boyer and Moore 1981).
        let half = times.len().saturating_sub(1) / 2;
        // Asked for no more votes than it takes.
        let wins = |candidate: i64| gaps().filter(|gap| *gap == candidate).nth(half).is_some();
        let first = gaps().next()?;
        if wins(first) {
            return Some(unwrapped(first));
        }
        let (mut leader, mut lead) = (first, 0_usize);
        for gap in gaps() {
            if lead == 0 {
                (leader, lead) = (gap, 1);
            } else if leader == gap {
                lead += 1;
            } else {
                lead -= 1;
            }
        }
        if wins(leader) {
            return Some(unwrapped(leader));
        }
        let mut sorted: Vec<i64> = gaps().map(unwrapped).collect();
        let middle = sorted.len() / 2;
        Some(*sorted.select_nth_unstable(middle).1)
    }

    /// Increase per sample of a cumulative counter, with resets taken as a restart from zero.
    ///
    /// The first sample has no predecessor and yields nothing. A missing value yields a missing
    /// increase, and the next increase spans the gap.
    pub fn increases(&self) -> Self {
        let (mut times, mut values) = (Vec::new(), Vec::new());
        let mut previous: Option<f64> = None;
        for (time, value) in self.samples() {
            if let Some(before) = previous {
                times.push(time);
                values.push(if value >= before { value - before } else { value });
            }
            if !value.is_nan() {
                previous = Some(value);
            }
        }
        Self::of(times, values)
    }
}

/// Columns are equal when their samples are, whatever they share; `NaN` equals nothing.
impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.times() == other.times() && self.values() == other.values()
    }
}

/// Of samples of one time the last one counts; a missing value never overwrites a present one.
fn without_repeats(times: &[i64], values: &[f64], duplicated: &mut usize) -> (Vec<i64>, Vec<f64>) {
    let mut kept: (Vec<i64>, Vec<f64>) = (Vec::new(), Vec::new());
    for (&time, &value) in times.iter().zip(values) {
        if kept.0.last() == Some(&time) {
            *duplicated += 1;
            if let Some(last) = kept.1.last_mut()
                && !value.is_nan()
            {
                *last = value;
            }
        } else {
            kept.0.push(time);
            kept.1.push(value);
        }
    }
    kept
}

impl From<Vec<(i64, Option<f64>)>> for Column {
    fn from(samples: Vec<(i64, Option<f64>)>) -> Self {
        let samples = samples.into_iter().map(|(time, value)| (time, value.unwrap_or(f64::NAN)));
        Self::from_samples(samples).0
    }
}

impl From<Column> for Vec<(i64, Option<f64>)> {
    fn from(column: Column) -> Self {
        let value = |value: f64| (!value.is_nan()).then_some(value);
        column.samples().map(|(time, v)| (time, value(v))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_in_any_order_become_one_column_and_the_mending_is_counted() {
        let (column, repairs) =
            Column::from_samples([(3, 3.0), (1, 1.0), (2, f64::INFINITY), (3, 4.0)]);
        assert_eq!(column.times(), [1, 2, 3]);
        assert_eq!(column.at(3), Some(4.0));
        assert_eq!(column.at(2), None);
        assert_eq!(repairs, Repairs { out_of_order: 1, duplicated: 1, not_finite: 1 });
    }

    #[test]
    fn a_counter_reset_is_a_restart_from_zero() {
        let (column, _) = Column::from_samples([(1, 10.0), (2, 15.0), (3, 2.0), (4, 3.0)]);
        assert_eq!(column.increases().values(), [5.0, 2.0, 1.0]);
    }

    #[test]
    fn the_step_is_the_median_distance_with_and_without_a_majority() {
        let step = |times: &[i64]| Column::from_samples(times.iter().map(|&t| (t, 1.0))).0.step();
        assert_eq!(step(&[0, 60, 120, 500, 560]), Some(60));
        assert_eq!(step(&[0, 10, 30, 60, 100]), Some(30));
        assert_eq!(step(&[0, 5]), Some(5));
        assert_eq!(step(&[7]), None);
        assert_eq!(step(&[]), None);
    }

    #[test]
    fn a_cut_of_a_cut_is_the_same_as_one_cut() {
        let (column, _) = Column::from_samples((0..10).map(|t| (t, t as f64)));
        let cut = column.between(2, 8).between(4, 20);
        assert_eq!(cut, column.between(4, 8));
        assert_eq!(cut.samples().collect::<Vec<_>>(), [(4, 4.0), (5, 5.0), (6, 6.0), (7, 7.0)]);
        assert_eq!((cut.at(4), cut.at(3)), (Some(4.0), None));
    }

    #[test]
    fn the_cut_is_half_open() {
        let (column, _) = Column::from_samples((0..5).map(|t| (t, 1.0)));
        assert_eq!(column.between(1, 3).times(), [1, 2]);
        assert!(column.between(9, 3).is_empty());
    }
}
