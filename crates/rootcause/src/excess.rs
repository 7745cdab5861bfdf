//! How much more a place costs than usual: excess seconds and excess errors, row by row.
//!
//! Excess adds up along the call graph where ratios and quantiles don't: 10 ms more on 1,000
//! requests cost a caller as much as 1 s on ten.

use nightjar_series::excursion::excursions;
use nightjar_series::{gaussian, robust};

use crate::ledger::{Ledger, Table};
use crate::thresholds as limit;

/// What is in excess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Seconds: requests × (mean latency − usual).
    Time,
    /// Failed requests: requests × (failed share − usual).
    Errors,
}

impl Kind {
    pub(crate) const BOTH: [Self; 2] = [Self::Time, Self::Errors];
}

/// The excess of one place in the rows of the window, with its uncertainty: variance per row, and
/// an offset that all rows share because the level may have drifted since the reference.
#[derive(Clone, Debug)]
pub(crate) struct Excess {
    pub(crate) kind: Kind,
    /// Excess per row: seconds or failed requests.
    pub(crate) values: Vec<f64>,
    /// Variance per row.
    pub(crate) variance: Vec<f64>,
    /// One standard deviation of the common offset, per row.
    pub(crate) offset: Vec<f64>,
    /// Requests per row.
    pub(crate) requests: Vec<f64>,
    /// The usual level: seconds, or share of requests that fail.
    pub(crate) usual: f64,
    /// Whether there was enough reference to know the usual level.
    pub(crate) known: bool,
    /// The stretch that stands out most, if any does.
    pub(crate) pulse: Option<Pulse>,
    base: Base,
}

/// A stretch of rows in which a place costs more than usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pulse {
    /// First row, from the start of the window.
    pub(crate) from: usize,
    /// Row behind the last.
    pub(crate) to: usize,
    /// Standard deviations.
    pub(crate) z: f64,
}

impl Excess {
    /// Standard deviations by which the place stands out, 0 if it doesn't.
    pub(crate) fn z(&self) -> f64 {
        self.pulse.map_or(0.0, |pulse| pulse.z)
    }

    /// Sum of the excess, negative rows included.
    pub(crate) fn total(&self) -> f64 {
        self.values.iter().sum()
    }
}

/// The excess of a table; `None` if the table doesn't measure this kind or nothing happened.
pub(crate) fn excess(ledger: &Ledger, table: &Table, kind: Kind) -> Option<Excess> {
    let column = column(table, kind)?;
    let reference = Rows::cut(ledger, table, column, &ledger.reference);
    let base = match kind {
        Kind::Time => Base::of_time(&reference),
        Kind::Errors => Base::of_errors(&reference),
    };
    Some(Excess::of(base, ledger, table, column, 0))
}

fn column(table: &Table, kind: Kind) -> Option<&[f64]> {
    match kind {
        Kind::Time => table.latency.as_deref(),
        Kind::Errors => table.errors.as_deref(),
    }
}

impl Excess {
    /// The excess over the ledger's window as it is now. `quiet` rows at its start lie before the
    /// symptom: what already deviated there is drift, not the fault.
    pub(crate) fn again(&mut self, ledger: &Ledger, table: &Table, quiet: usize) {
        if let Some(column) = column(table, self.kind) {
            *self = Self::of(self.base, ledger, table, column, quiet);
        }
    }

    fn of(base: Base, ledger: &Ledger, table: &Table, column: &[f64], quiet: usize) -> Self {
        let kind = base.kind;
        let window = Rows::cut(ledger, table, column, &ledger.window);
        let enough =
            if ledger.adjacent { limit::MIN_REFERENCE_ADJACENT } else { limit::MIN_REFERENCE };
        let known = base.samples >= enough.value;
        let mut values = Vec::with_capacity(window.requests.len());
        let mut variance = Vec::with_capacity(window.requests.len());
        // A place never seen before has no usual level: what it shows at first counts as that.
        let usual =
            if known { base.level } else { first_level(&window, kind).unwrap_or(base.level) };
        let scale = if known { base.scale } else { base.scale.max(own_noise(&window, usual)) };
        for (&r, &x) in window.requests.iter().zip(window.values) {
            let (value, var) = match kind {
                Kind::Time => {
                    let noise = r * scale * scale * base.typical;
                    if r > 0.0 && x.is_nan() {
                        (0.0, noise + (r * usual).powi(2))
                    } else if r > 0.0 {
                        (r * (x - usual), noise)
                    } else {
                        (0.0, noise)
                    }
                }
                Kind::Errors => {
                    let noise =
                        base.overdispersion * of_binomial(usual, r) + limit::ERROR_NOISE.value;
                    if r > 0.0 && x.is_nan() {
                        (0.0, noise + (r / 2.0).powi(2))
                    } else if r > 0.0 {
                        (x - usual * r, noise)
                    } else {
                        (0.0, noise)
                    }
                }
            };
            values.push(value);
            variance.push(var);
        }
        floor_variance(&mut variance, &values);
        let mut drift = base.drift;
        if !ledger.adjacent {
            drift = drift.hypot(limit::DRIFT_SHARE.value * usual);
        }
        let before = quiet.min(values.len());
        let (early, early_requests): (f64, f64) =
            (values.iter().take(before).sum(), window.requests.iter().take(before).sum());
        if early_requests > 0.0 {
            drift = drift.max(early.abs() / early_requests - 2.0 * base.scale);
        }
        if !known {
            drift = drift.max(observed_level(&window, kind));
        }
        let offset = window.requests.iter().map(|r| r * drift).collect();
        let requests = window.requests.to_vec();
        let mut excess =
            Self { kind, values, variance, offset, requests, usual, known, pulse: None, base };
        excess.pulse = best_pulse(&excess);
        excess
    }
}

/// The columns of a table in some rows.
struct Rows<'a> {
    times: &'a [i64],
    requests: &'a [f64],
    values: &'a [f64],
}

impl<'a> Rows<'a> {
    fn cut(
        ledger: &'a Ledger,
        table: &'a Table,
        column: &'a [f64],
        rows: &std::ops::Range<usize>,
    ) -> Self {
        Self {
            times: ledger.rows.get(rows.clone()).unwrap_or_default(),
            requests: table.requests.get(rows.clone()).unwrap_or_default(),
            values: column.get(rows.clone()).unwrap_or_default(),
        }
    }

    /// Requests and value of the rows that have both.
    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let pairs = self.requests.iter().zip(self.values);
        pairs.filter(|(r, x)| **r > 0.0 && !x.is_nan()).map(|(&r, &x)| (r, x))
    }
}

/// The usual level of a place and how well it is known.
#[derive(Clone, Copy, Debug)]
struct Base {
    kind: Kind,
    /// Seconds, or share of requests that fail.
    level: f64,
    /// Short-term standard deviation of the level.
    scale: f64,
    /// Standard deviation of the level from hour to hour.
    drift: f64,
    /// Variance of error counts over that of a binomial, at least 1.
    overdispersion: f64,
    /// Rows it was computed from.
    samples: f64,
    /// Requests of a usual row; for time only.
    typical: f64,
}

impl Base {
    fn of_time(rows: &Rows<'_>) -> Self {
        let values: Vec<f64> = rows.pairs().map(|(_, x)| x).collect();
        let samples = values.len() as f64;
        let values = without_old_incidents(
            values,
            |&x| x,
            |level, _| limit::OLD_INCIDENT_FLOOR.value * level,
        );
        if values.is_empty() {
            return Self {
                kind: Kind::Time,
                level: 0.0,
                scale: 0.0,
                drift: 0.0,
                overdispersion: 1.0,
                samples: 0.0,
                typical: typical(rows),
            };
        }
        let robust::Spread { low, median: level, high } = robust::spread(&values);
        let spread = high - low;
        let short = robust::short_term_sd(&values);
        let short = if short.is_nan() { 0.0 } else { short };
        let scale =
            short.max(limit::SPREAD_SHARE.value * spread).max(limit::LATENCY_FLOOR.value * level);
        let mut latencies = Vec::new();
        let hourly = hourly(rows, |here| {
            latencies.clear();
            latencies.extend(here.iter().map(|(_, x)| *x));
            robust::median(&latencies)
        });
        Self {
            kind: Kind::Time,
            level,
            scale,
            drift: deviation(&hourly),
            overdispersion: 1.0,
            samples,
            typical: typical(rows),
        }
    }

    fn of_errors(rows: &Rows<'_>) -> Self {
        let samples = rows.pairs().count() as f64;
        let mut pairs = without_old_incidents(
            rows.pairs().collect(),
            |(r, k)| k / r,
            |level, (r, _)| {
                ((of_binomial(level, *r) + limit::ERROR_NOISE.value).sqrt() / r).max(level)
            },
        );
        leave_worst_out(&mut pairs);
        let requests: f64 = pairs.iter().map(|(r, _)| r).sum();
        let failed: f64 = pairs.iter().map(|(_, k)| k).sum();
        // Half an error more: no failure seen isn't proof of none possible.
        let level = if requests > 0.0 { ((failed + 0.5) / requests).min(1.0) } else { 0.0 };
        let squares = pairs.iter().map(|(r, k)| {
            (k - level * r).powi(2) / (of_binomial(level, *r) + limit::ERROR_NOISE.value)
        });
        let mean = squares.sum::<f64>() / (pairs.len().max(1) as f64);
        let hourly = hourly(rows, |here| {
            let (r, k) = here.iter().fold((0.0, 0.0), |(r, k), (a, b)| (r + a, k + b));
            k / r
        });
        let mean_requests = if samples > 0.0 { requests / samples } else { 1.0 };
        let scale = (of_binomial(level, 1.0) / mean_requests.max(1.0) * mean.max(1.0)).sqrt();
        Self {
            kind: Kind::Errors,
            level,
            scale,
            drift: deviation(&hourly),
            overdispersion: mean.max(1.0),
            samples,
            typical: 1.0,
        }
    }
}

/// Leaves the rows with the worst share of failed requests out: a reference holds old incidents too.
/// Of rows alike the earlier ones stay.
fn leave_worst_out(pairs: &mut Vec<(f64, f64)>) {
    let count = pairs.len() as f64;
    let keep = count - (count * limit::TRIMMED_ROWS.value).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "keep lies between 0 and the number of rows"
    )]
    let keep = keep.max(1.0) as usize;
    let share = |(requests, failed): &(f64, f64)| failed / requests;
    let shares: Vec<f64> = pairs.iter().map(share).collect();
    if keep >= shares.len() {
        return;
    }
    let worst = robust::smallest_but(keep - 1, &shares);
    let mut alike = keep - shares.iter().filter(|share| **share < worst).count();
    pairs.retain(|pair| {
        let share = share(pair);
        let is_last = share == worst && alike > 0;
        alike -= usize::from(is_last);
        share < worst || is_last
    });
}

/// The rows of a short reference without an incident that lies in it. `level` is what a row shows,
/// `noise` its least standard deviation at some level.
fn without_old_incidents<T>(
    rows: Vec<T>,
    level: impl Fn(&T) -> f64,
    noise: impl Fn(f64, &T) -> f64,
) -> Vec<T> {
    if rows.len() >= limit::SHORT_REFERENCE {
        return rows;
    }
    let levels: Vec<f64> = rows.iter().map(&level).collect();
    let least = |usual: f64, row: usize| rows.get(row).map_or(0.0, |row| noise(usual, row));
    let is_old = excursions(&levels, limit::OLD_INCIDENT, least);
    rows.into_iter().zip(is_old).filter(|(_, old)| !old).map(|(row, _)| row).collect()
}

/// Variance of the number of failures among some requests: what always fails can't fail more, and hides
/// nothing.
fn of_binomial(share: f64, requests: f64) -> f64 {
    share * (1.0 - share).max(0.0) * requests
}

/// Requests of a usual row, 1 where nobody came.
fn typical(rows: &Rows<'_>) -> f64 {
    let typical = robust::median(rows.requests);
    if typical > 0.0 { typical } else { 1.0 }
}

/// One number an hour, from the requests and values of its rows with requests.
fn hourly(rows: &Rows<'_>, mut summary: impl FnMut(&[(f64, f64)]) -> f64) -> Vec<f64> {
    const HOUR: i64 = 3_600_000;
    let mut found = Vec::new();
    let mut here: Vec<(f64, f64)> = Vec::new();
    let mut end = i64::MIN;
    for ((&time, &r), &x) in rows.times.iter().zip(rows.requests).zip(rows.values) {
        if time >= end {
            if !here.is_empty() {
                found.push(summary(&here));
                here.clear();
            }
            end = (time.div_euclid(HOUR) + 1).saturating_mul(HOUR);
        }
        if r > 0.0 && !x.is_nan() {
            here.push((r, x));
        }
    }
    if !here.is_empty() {
        found.push(summary(&here));
    }
    found.retain(|value| value.is_finite());
    found
}

fn deviation(values: &[f64]) -> f64 {
    let mad = robust::mad(values);
    if mad.is_nan() { 0.0 } else { mad }
}

/// How much the latency of a place without a past swings from row to row: all that is known of its
/// noise.
fn own_noise(window: &Rows<'_>, usual: f64) -> f64 {
    let values: Vec<f64> = window.pairs().map(|(_, x)| x).collect();
    let swings = robust::short_term_sd(&values);
    let least = limit::LATENCY_FLOOR.value * usual;
    if swings.is_nan() { least } else { swings.max(least) }
}

/// The level a place shows in the first row of the window in which it has requests.
fn first_level(window: &Rows<'_>, kind: Kind) -> Option<f64> {
    let (r, x) = window.pairs().next()?;
    Some(match kind {
        Kind::Time => x,
        Kind::Errors => (x / r).clamp(0.0, 1.0),
    })
}

/// The highest level a place shows within the window: how unsure an unknown usual level is.
fn observed_level(window: &Rows<'_>, kind: Kind) -> f64 {
    window
        .pairs()
        .map(|(r, x)| match kind {
            Kind::Time => x,
            Kind::Errors => (x / r).max(0.5),
        })
        .fold(0.0, f64::max)
}

/// Keeps variances positive and within what doubles can divide by: a constant reference doesn't
/// make the next value infinitely surprising.
fn floor_variance(variance: &mut [f64], values: &[f64]) {
    let largest = values.iter().copied().fold(0.0, |a: f64, b| a.max(b.abs()));
    let floor = (largest * largest * limit::VARIANCE_FLOOR.value).max(f64::MIN_POSITIVE * 1e16);
    for var in variance {
        if var.is_nan() || *var < floor {
            *var = floor;
        }
    }
}

/// The stretch of rows with the largest matched-filter score, excess being positive in it. The
/// shape follows the traffic: a slow place costs more in busy rows.
fn best_pulse(excess: &Excess) -> Option<Pulse> {
    let found =
        gaussian::best_stretch(&excess.values, &excess.requests, &excess.variance, &excess.offset)?;
    Some(Pulse { from: found.rows.start, to: found.rows.end, z: found.z })
}
