//! How excess passes from a callee to its caller, as log densities.

use nightjar_series::gaussian::{log_densities_with_one_odd, log_sum_exp};

use super::Explanation;
use crate::excess::{Excess, Kind};
use crate::graph::State;
use crate::thresholds as limit;

/// What is known of the share of a callee's excess that a caller suffers: log-normal, narrow
/// above because nobody loses more than was spent.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) middle: f64,
    pub(super) below: f64,
}

impl Share {
    const STEPS: usize = 8;

    fn above(self) -> f64 {
        limit::SHARE_ABOVE.value - self.middle.ln() / 2.0
    }

    /// The share where errors are handed on: retries and fallbacks keep many from the caller.
    pub(super) fn forgiving(self) -> Self {
        Self { below: self.below.max(limit::ERROR_SHARE_BELOW.value), ..self }
    }

    /// The share converted into excess of the other kind: a rate known within a factor.
    pub(super) fn converted(self, from: Kind) -> Self {
        match from {
            Kind::Time => {
                Self { middle: self.middle * limit::SLOWNESS_TO_ERRORS.value, below: 1.0 }
            }
            Kind::Errors => {
                Self { middle: self.middle * limit::ERRORS_TO_SLOWNESS.value, below: 1.3 }
            }
        }
    }

    /// Values to try with their log prior, from well below the middle to just above.
    fn grid(self) -> Vec<(f64, f64)> {
        let (low, high) =
            (self.middle.ln() - 2.5 * self.below, self.middle.ln() + 2.0 * self.above());
        let mut grid: Vec<(f64, f64)> = (0..Self::STEPS)
            .map(|step| {
                let log = low + (high - low) * step as f64 / (Self::STEPS - 1) as f64;
                let sd = if log < self.middle.ln() { self.below } else { self.above() };
                (log.exp(), -0.5 * ((log - self.middle.ln()) / sd).powi(2))
            })
            .collect();
        let total = log_sum_exp(&grid.iter().map(|(_, prior)| *prior).collect::<Vec<_>>());
        for (_, prior) in &mut grid {
            *prior -= total;
        }
        grid
    }
}

fn mean_square(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64
}

/// Log density with one row possibly odd.
fn tolerant(x: &[f64], variance: &[f64], offsets: &[&[f64]], odd: f64) -> f64 {
    let mut terms = log_densities_with_one_odd(x, variance, offsets, odd);
    let weight = (limit::ODD_ROW.value / x.len().max(1) as f64).ln();
    for (number, term) in terms.iter_mut().enumerate() {
        *term += if number == 0 { (1.0 - limit::ODD_ROW.value).ln() } else { weight };
    }
    log_sum_exp(&terms)
}

/// Log prior weight of a callee as an explanation. One that doesn't stand out by itself could hide
/// excess under its noise, but all of those together are no more likely than a few of them: a place
/// with many noisy callees isn't cleared by their number.
pub(super) fn standing_out(theirs: &Excess, callees: usize) -> f64 {
    let least = limit::CALM_CALLEES.value / callees.max(1) as f64;
    let share = (theirs.z() / limit::OWN_TEST.value).powi(2);
    share.clamp(least.min(1.0), 1.0).ln()
}

/// "It starts here": excess of any form, which pays a price for each row it is free to choose.
pub(super) fn itself(own: &Excess) -> f64 {
    let size = mean_square(&own.values);
    let forms = [0.5, 1.0, 2.0].map(|tau| {
        let variance: Vec<f64> = own.variance.iter().map(|var| var + tau * size).collect();
        tolerant(&own.values, &variance, &[&own.offset], 4.0 * size)
    });
    forms.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// "It comes from that callee": a share of the callee's excess, row by row.
pub(super) fn handed_on(
    own: &Excess,
    theirs: &Excess,
    by: State,
    share: Share,
    prior: f64,
) -> Explanation {
    let odd = 4.0 * mean_square(&own.values);
    let mut terms = Vec::with_capacity(Share::STEPS);
    let mut best = (f64::NEG_INFINITY, 0.0);
    for (a, log_prior) in share.grid() {
        let rest: Vec<f64> =
            own.values.iter().zip(&theirs.values).map(|(e, v)| e - a * v).collect();
        let variance: Vec<f64> = own
            .variance
            .iter()
            .zip(&theirs.variance)
            .zip(&theirs.values)
            .map(|((u, v), e)| {
                let counts = if own.kind == Kind::Errors { a * e.abs() } else { 0.0 };
                u + a * a * v + (limit::TRANSFER_INEXACT.value * a * e).powi(2) + counts
            })
            .collect();
        let offset: Vec<f64> = theirs.offset.iter().map(|offset| a * offset).collect();
        let density = log_prior + tolerant(&rest, &variance, &[&own.offset, &offset], odd);
        if density > best.0 {
            best = (density, a);
        }
        terms.push(density);
    }
    let explained = best.1 * theirs.total() / own.total();
    let explained = if explained.is_finite() { explained.clamp(0.0, 1.0) } else { 0.0 };
    Explanation {
        by: Some(by),
        log_weight: prior + log_sum_exp(&terms),
        probability: 0.0,
        share: explained,
    }
}
