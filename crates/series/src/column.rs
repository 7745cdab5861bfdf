use serde::{Deserialize, Serialize};

/// One series: sample times and values, in time order.
///
/// Shape: two parallel columns of equal length. Times are Unix milliseconds; values are finite or
/// `NaN` for "no value was recorded here".
///
/// INVARIANT: times strictly increase, so one time has one value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(i64, Option<f64>)>", into = "Vec<(i64, Option<f64>)>")]
pub struct Column {
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
        let mut pairs: Vec<(i64, f64)> = Vec::new();
        for (time, value) in samples {
            if let Some(&(last, _)) = pairs.last()
                && time < last
            {
                repairs.out_of_order += 1;
            }
            let value = if value.is_infinite() {
                repairs.not_finite += 1;
                f64::NAN
            } else {
                value
            };
            pairs.push((time, value));
        }
        if repairs.out_of_order > 0 {
            pairs.sort_by_key(|&(time, _)| time);
        }
        let mut column = Self {
            times: Vec::with_capacity(pairs.len()),
            values: Vec::with_capacity(pairs.len()),
        };
        for (time, value) in pairs {
            if column.times.last() == Some(&time) {
                repairs.duplicated += 1;
                // A missing value never overwrites a present one.
                if let Some(last) = column.values.last_mut()
                    && !value.is_nan()
                {
                    *last = value;
                }
            } else {
                column.times.push(time);
                column.values.push(value);
            }
        }
        (column, repairs)
    }

    /// Number of samples, missing ones included.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Sample times, Unix milliseconds, strictly increasing.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Values; `NaN` is "missing".
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The samples as pairs.
    pub fn samples(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        self.times.iter().copied().zip(self.values.iter().copied())
    }

    /// The part with `from <= time < to` (Unix milliseconds).
    pub fn between(&self, from: i64, to: i64) -> Self {
        let start = self.times.partition_point(|&time| time < from);
        let end = self.times.partition_point(|&time| time < to).max(start);
        Self {
            times: self.times.get(start..end).unwrap_or_default().to_vec(),
            values: self.values.get(start..end).unwrap_or_default().to_vec(),
        }
    }

    /// The value at exactly this time (Unix milliseconds), if it was recorded.
    pub fn at(&self, time: i64) -> Option<f64> {
        let index = self.times.binary_search(&time).ok()?;
        self.values.get(index).copied().filter(|value| !value.is_nan())
    }

    /// The usual distance of two samples in milliseconds (median), if there are two.
    pub fn step(&self) -> Option<i64> {
        let mut gaps: Vec<i64> =
            self.times.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
        if gaps.is_empty() {
            return None;
        }
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).copied()
    }

    /// Increase per sample of a cumulative counter, with resets taken as a restart from zero.
    ///
    /// The first sample has no predecessor and yields nothing. A missing value yields a missing
    /// increase, and the next increase spans the gap.
    pub fn increases(&self) -> Self {
        let mut out = Self::default();
        let mut previous: Option<f64> = None;
        for (time, value) in self.samples() {
            if let Some(before) = previous {
                out.times.push(time);
                let increase = if value >= before { value - before } else { value };
                out.values.push(increase);
            }
            if !value.is_nan() {
                previous = Some(value);
            }
        }
        out
    }
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
    fn the_cut_is_half_open() {
        let (column, _) = Column::from_samples((0..5).map(|t| (t, 1.0)));
        assert_eq!(column.between(1, 3).times(), [1, 2]);
        assert!(column.between(9, 3).is_empty());
    }
}
