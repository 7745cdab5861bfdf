//! How much more a place costs than usual: excess seconds and excess errors, row by row.
//!
//! Excess adds up along the call graph where ratios and quantiles don't: 10 ms more on 1,000
//! requests cost a caller as much as 1 s on ten.

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
///
/// `quiet` rows at the start of the window lie before the symptom: what already deviated there is
/// drift, not the fault.
pub(crate) fn excess(ledger: &Ledger, table: &Table, kind: Kind, quiet: usize) -> Option<Excess> {
    let column = match kind {
        Kind::Time => table.latency.as_ref()?,
        Kind::Errors => table.errors.as_ref()?,
    };
    let reference = Rows::cut(ledger, table, column, &ledger.reference);
    let window = Rows::cut(ledger, table, column, &ledger.window);
    let base = match kind {
        Kind::Time => Base::of_time(&reference),
        Kind::Errors => Base::of_errors(&reference),
    };
    let enough = if ledger.adjacent { limit::MIN_REFERENCE_ADJACENT } else { limit::MIN_REFERENCE };
    let known = base.samples >= enough.value;
    let typical = robust::median(&reference.requests);
    let typical = if typical > 0.0 { typical } else { 1.0 };
    let mut values = Vec::with_capacity(window.requests.len());
    let mut variance = Vec::with_capacity(window.requests.len());
    // A place never seen before has no usual level: what it shows at first counts as that.
    let usual = if known { base.level } else { first_level(&window, kind).unwrap_or(base.level) };
    for (&r, &x) in window.requests.iter().zip(&window.values) {
        let (value, var) = match kind {
            Kind::Time => {
                let noise = r * base.scale * base.scale * typical;
                if r > 0.0 && x.is_nan() {
                    (0.0, noise + (r * usual).powi(2))
                } else if r > 0.0 {
                    (r * (x - usual), noise)
                } else {
                    (0.0, noise)
                }
            }
            Kind::Errors => {
                let noise = base.overdispersion * usual * r + limit::ERROR_NOISE.value;
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
    let offset: Vec<f64> = window.requests.iter().map(|r| r * drift).collect();
    let mut excess = Excess {
        kind,
        values,
        variance,
        offset,
        requests: window.requests,
        usual,
        known,
        pulse: None,
    };
    excess.pulse = best_pulse(&excess);
    Some(excess)
}

/// The columns of a table in some rows.
struct Rows {
    times: Vec<i64>,
    requests: Vec<f64>,
    values: Vec<f64>,
}

impl Rows {
    fn cut(ledger: &Ledger, table: &Table, column: &[f64], rows: &std::ops::Range<usize>) -> Self {
        Self {
            times: ledger.rows.get(rows.clone()).unwrap_or_default().to_vec(),
            requests: table.requests.get(rows.clone()).unwrap_or_default().to_vec(),
            values: column.get(rows.clone()).unwrap_or_default().to_vec(),
        }
    }
}

/// The usual level of a place and how well it is known.
struct Base {
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
}

impl Base {
    fn of_time(rows: &Rows) -> Self {
        let values: Vec<f64> = rows
            .requests
            .iter()
            .zip(&rows.values)
            .filter(|(r, x)| **r > 0.0 && !x.is_nan())
            .map(|(_, &x)| x)
            .collect();
        if values.is_empty() {
            return Self { level: 0.0, scale: 0.0, drift: 0.0, overdispersion: 1.0, samples: 0.0 };
        }
        let level = robust::median(&values);
        let spread = robust::quantile(&values, 0.95) - robust::quantile(&values, 0.05);
        let short = robust::short_term_sd(&values);
        let short = if short.is_nan() { 0.0 } else { short };
        let scale =
            short.max(limit::SPREAD_SHARE.value * spread).max(limit::LATENCY_FLOOR.value * level);
        let hourly = hourly(rows, |here| robust::median(&here.map(|(_, x)| x).collect::<Vec<_>>()));
        let samples = values.len() as f64;
        Self { level, scale, drift: deviation(&hourly), overdispersion: 1.0, samples }
    }

    fn of_errors(rows: &Rows) -> Self {
        let mut pairs: Vec<(f64, f64)> = rows
            .requests
            .iter()
            .zip(&rows.values)
            .filter(|(r, k)| **r > 0.0 && !k.is_nan())
            .map(|(&r, &k)| (r, k))
            .collect();
        let samples = pairs.len() as f64;
        // The worst rows are left out: a reference holds old incidents too.
        pairs.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
        let keep = samples - (samples * limit::TRIMMED_ROWS.value).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "keep lies between 0 and the number of rows"
        )]
        pairs.truncate(keep.max(1.0) as usize);
        let requests: f64 = pairs.iter().map(|(r, _)| r).sum();
        let failed: f64 = pairs.iter().map(|(_, k)| k).sum();
        // Half an error more: no failure seen isn't proof of none possible.
        let level = if requests > 0.0 { ((failed + 0.5) / requests).min(1.0) } else { 0.0 };
        let squares: Vec<f64> = pairs
            .iter()
            .map(|(r, k)| (k - level * r).powi(2) / (level * r + limit::ERROR_NOISE.value))
            .collect();
        let mean = squares.iter().sum::<f64>() / (squares.len().max(1) as f64);
        let hourly = hourly(rows, |here| {
            let (r, k) = here.fold((0.0, 0.0), |(r, k), (a, b)| (r + a, k + b));
            k / r
        });
        let typical = if samples > 0.0 { requests / samples } else { 1.0 };
        let scale = ((level / typical.max(1.0)) * mean.max(1.0)).sqrt();
        Self { level, scale, drift: deviation(&hourly), overdispersion: mean.max(1.0), samples }
    }
}

/// One number an hour of rows with requests: `(requests, value)`.
fn hourly(rows: &Rows, summary: impl Fn(&mut dyn Iterator<Item = (f64, f64)>) -> f64) -> Vec<f64> {
    let hour = |time: i64| time.div_euclid(3_600_000);
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(&first) = rows.times.get(start) {
        let end =
            start + rows.times.iter().skip(start).take_while(|&&t| hour(t) == hour(first)).count();
        let mut here = (start..end).filter_map(|row| {
            let (r, x) = (*rows.requests.get(row)?, *rows.values.get(row)?);
            (r > 0.0 && !x.is_nan()).then_some((r, x))
        });
        let value = summary(&mut here);
        if value.is_finite() {
            found.push(value);
        }
        start = end;
    }
    found
}

fn deviation(values: &[f64]) -> f64 {
    let mad = robust::mad(values);
    if mad.is_nan() { 0.0 } else { mad }
}

/// The level a place shows in the first row of the window in which it has requests.
fn first_level(window: &Rows, kind: Kind) -> Option<f64> {
    let (r, x) =
        window.requests.iter().zip(&window.values).find(|(r, x)| **r > 0.0 && !x.is_nan())?;
    Some(match kind {
        Kind::Time => *x,
        Kind::Errors => (x / r).clamp(0.0, 1.0),
    })
}

/// The highest level a place shows within the window: how unsure an unknown usual level is.
fn observed_level(window: &Rows, kind: Kind) -> f64 {
    let levels =
        window.requests.iter().zip(&window.values).filter(|(r, x)| **r > 0.0 && !x.is_nan());
    levels
        .map(|(&r, &x)| match kind {
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

/// The stretch of rows with the largest matched-filter score, excess being positive in it.
fn best_pulse(excess: &Excess) -> Option<Pulse> {
    let rows = excess.values.len();
    let mut best: Option<Pulse> = None;
    let mut shape = vec![0.0; rows];
    for from in 0..rows {
        shape.iter_mut().for_each(|s| *s = 0.0);
        for to in from + 1..=rows {
            // The shape follows the traffic: a slow place costs more in busy rows.
            if let (Some(slot), Some(&r)) = (shape.get_mut(to - 1), excess.requests.get(to - 1)) {
                *slot = r;
            }
            let matched =
                gaussian::matched(&excess.values, &shape, &excess.variance, &excess.offset);
            let Some((z, _)) = matched else { continue };
            let gained: f64 = excess.values.iter().zip(&shape).map(|(e, s)| e * s).sum();
            if gained > 0.0 && z > best.map_or(0.0, |pulse| pulse.z) {
                best = Some(Pulse { from, to, z });
            }
        }
    }
    best
}
