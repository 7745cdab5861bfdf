//! One grid of rows for the columns of many collectors, and columns put on it.

use nightjar_incident::MetricSeries;
use nightjar_series::Column;

/// The grid: which row a time belongs to.
pub(super) struct Grid {
    pub(super) step: i64,
    phase: i64,
}

impl Grid {
    /// The step is the usual distance of samples; the phase puts them in the middle of their
    /// row, so that a collector's jitter doesn't move a sample into the neighbouring one.
    pub(super) fn of(columns: &[&Column]) -> Option<Self> {
        let mut steps: Vec<i64> = columns.iter().filter_map(|column| column.step()).collect();
        steps.sort_unstable();
        let step = steps.get(steps.len() / 2).copied().filter(|&step| step > 0)?;
        let mut offsets: Vec<i64> = columns
            .iter()
            .filter_map(|column| column.times().last())
            .map(|time| time.rem_euclid(step))
            .collect();
        offsets.sort_unstable();
        let phase = offsets.get(offsets.len() / 2).copied().unwrap_or(0) - step / 2;
        Some(Self { step, phase })
    }

    fn bucket(&self, time: i64) -> i64 {
        time.saturating_sub(self.phase).div_euclid(self.step)
    }

    /// The buckets of times in their order; a division only where a bucket isn't the one before
    /// or the next.
    fn buckets<'a>(&'a self, times: &'a [i64]) -> impl Iterator<Item = (i64, i64)> + 'a {
        let (mut bucket, mut end) = (0, i64::MIN);
        times.iter().map(move |&time| {
            let next = end.saturating_add(self.step);
            if time >= end && time < next && end != i64::MIN {
                (bucket, end) = (bucket + 1, next);
            } else if time >= end || end == i64::MIN {
                bucket = self.bucket(time);
                end = bucket.saturating_add(1).saturating_mul(self.step);
                end = end.saturating_add(self.phase);
            }
            (time, bucket)
        })
    }

    /// The buckets that any column has samples in between two times, and the first time in each.
    ///
    /// Columns of one estate mostly share their times, and else their buckets, so each is merged into
    /// what is known with one walk over both.
    pub(super) fn rows(&self, columns: &[&Column], from: i64, to: i64) -> (Vec<i64>, Vec<i64>) {
        let mut known: Vec<(i64, i64)> = Vec::new();
        let mut fresh: Vec<(i64, i64)> = Vec::new();
        let mut last: &[i64] = &[];
        for column in columns {
            let times = column.times().get(column.rows(from, to)).unwrap_or_default();
            if times == last {
                continue;
            }
            last = times;
            let mut row = 0;
            for (time, bucket) in self.buckets(times) {
                while known.get(row).is_some_and(|&(key, _)| key < bucket) {
                    row += 1;
                }
                match known.get_mut(row) {
                    Some((key, first)) if *key == bucket => *first = time.min(*first),
                    Some(_) | None if fresh.last().is_none_or(|&(key, _)| key != bucket) => {
                        fresh.push((bucket, time));
                    }
                    Some(_) | None => {}
                }
            }
            // Few columns bring buckets that none before had; all of these are sorted in at once.
            if fresh.len() > known.len() {
                merge(&mut known, &mut fresh);
            }
        }
        merge(&mut known, &mut fresh);
        known.into_iter().unzip()
    }
}

/// Takes fresh buckets in; of several times of one bucket the first counts.
fn merge(known: &mut Vec<(i64, i64)>, fresh: &mut Vec<(i64, i64)>) {
    known.append(fresh);
    known.sort_unstable();
    known.dedup_by_key(|(bucket, _)| *bucket);
}

/// Puts columns on the grid. Neighbouring columns mostly share their times: where the samples of one
/// belong is remembered for the next.
pub(super) struct Spread<'a> {
    grid: &'a Grid,
    pub(super) keys: &'a [i64],
    times: &'a [i64],
    /// The row of each of these times; none where the grid has no row for it.
    rows: Vec<Option<usize>>,
    /// Whether these are all rows of the grid, in their order.
    is_whole: bool,
}

impl<'a> Spread<'a> {
    pub(super) fn new(grid: &'a Grid, keys: &'a [i64]) -> Self {
        Self { grid, keys, times: &[], rows: Vec::new(), is_whole: keys.is_empty() }
    }

    /// A column's values by row; two samples in one row: the later one counts.
    pub(super) fn of(&mut self, series: &'a MetricSeries) -> Vec<f64> {
        let column = &series.column;
        if column.times() != self.times {
            self.place(column.times());
        }
        if self.is_whole {
            return column.values().to_vec();
        }
        let mut values = vec![f64::NAN; self.keys.len()];
        for (row, &value) in self.rows.iter().zip(column.values()) {
            if let Some(slot) = row.and_then(|row| values.get_mut(row))
                && !value.is_nan()
            {
                *slot = value;
            }
        }
        values
    }

    fn place(&mut self, times: &'a [i64]) {
        self.times = times;
        self.rows.clear();
        let mut row = 0;
        for (_, bucket) in self.grid.buckets(times) {
            while self.keys.get(row).is_some_and(|&key| key < bucket) {
                row += 1;
            }
            self.rows.push((self.keys.get(row) == Some(&bucket)).then_some(row));
        }
        self.is_whole = self.rows.iter().copied().eq((0..self.keys.len()).map(Some));
    }

    pub(super) fn sum(
        &mut self,
        series: impl Iterator<Item = &'a MetricSeries>,
    ) -> Option<Vec<f64>> {
        let mut total: Option<Vec<f64>> = None;
        for one in series {
            let values = self.of(one);
            total = Some(match total {
                Some(total) => total.iter().zip(&values).map(|(&a, &b)| add(a, b)).collect(),
                None => values,
            });
        }
        total
    }
}

/// The sum of what is there of two values.
pub(super) fn add(a: f64, b: f64) -> f64 {
    match (a.is_nan(), b.is_nan()) {
        (true, _) => b,
        (false, true) => a,
        (false, false) => a + b,
    }
}
