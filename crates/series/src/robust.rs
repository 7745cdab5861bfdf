//! Location and scale that a few wild values can't move.
//!
//! All functions leave `NaN` out and answer `NaN` for a slice without values.

/// Factor that makes the median absolute deviation estimate a normal standard deviation
/// (1 / Φ⁻¹(3/4)).
pub const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// Up to so many values, counting finds a quantile faster than sorting.
const FEW: usize = 16;

/// The `q`-quantile (0 ≤ q ≤ 1) by linear interpolation between order statistics (type 7).
pub fn quantile(values: &[f64], q: f64) -> f64 {
    if values.len() <= FEW {
        quantile_of_few(values, q)
    } else {
        quantile_within(&mut ordered(values), q)
    }
}

/// As [`quantile`], of values already sorted and free of `NaN`.
pub fn quantile_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some((low, share)) = position(sorted.len(), q) else { return f64::NAN };
    match (sorted.get(low), sorted.get(low + 1).or(sorted.last())) {
        (Some(&a), Some(&b)) => between(a, b, share),
        _ => f64::NAN,
    }
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value that so many others are at most as large as; `NaN` if there aren't as many.
pub fn smallest_but(count: usize, values: &[f64]) -> f64 {
    neighbours(&mut ordered(values), count).0
}

/// Median absolute deviation from the median, scaled to a standard deviation.
pub fn mad(values: &[f64]) -> f64 {
    mad_about(values, median(values))
}

/// As [`mad`], with the median at hand.
pub fn mad_about(values: &[f64], middle: f64) -> f64 {
    let present = values.iter().filter(|v| !v.is_nan());
    let mut deviations: Vec<i64> = Vec::with_capacity(values.len());
    deviations.extend(present.map(|value| order((value - middle).abs())));
    MAD_TO_SD * quantile_within(&mut deviations, 0.5)
}

/// Short-term standard deviation: scaled MAD of first differences over √2, blind to slow drift.
pub fn short_term_sd(values: &[f64]) -> f64 {
    let mut present = values.iter().copied().filter(|v| !v.is_nan());
    let Some(mut before) = present.next() else { return f64::NAN };
    let mut differences: Vec<i64> = Vec::with_capacity(values.len());
    for value in present {
        differences.push(order((value - before).abs()));
        before = value;
    }
    MAD_TO_SD * quantile_within(&mut differences, 0.5) / std::f64::consts::SQRT_2
}

/// Where values lie, found together at the price of little more than their median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The 5 % quantile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The 95 % quantile.
    pub high: f64,
}

/// The median of values and the range that all but the outer tenth lie in.
pub fn spread(values: &[f64]) -> Spread {
    let mut kept = ordered(values);
    let median = quantile_within(&mut kept, 0.5);
    // Looking for the median has parted the values at the middle; each of the others needs only
    // its own part.
    let middle = kept.len().saturating_sub(1) / 2;
    let mut within = |q: f64| {
        let Some((low, share)) = position(kept.len(), q) else { return f64::NAN };
        let (part, skipped) = match low.checked_sub(middle + 1) {
            Some(_) => (kept.get_mut(middle + 1..), middle + 1),
            None if low < middle => (kept.get_mut(..=middle), 0),
            None => (kept.get_mut(..), 0),
        };
        let (a, b) = neighbours(part.unwrap_or_default(), low - skipped);
        between(a, b, share)
    };
    Spread { low: within(0.05), median, high: within(0.95) }
}

/// Values other than `NaN` as integers of the same order (that of [`f64::total_cmp`]), which compare
/// faster.
fn ordered(values: &[f64]) -> Vec<i64> {
    let mut kept = Vec::with_capacity(values.len());
    kept.extend(values.iter().filter(|v| !v.is_nan()).map(|v| order(*v)));
    kept
}

fn order(value: f64) -> i64 {
    flip(value.to_bits().cast_signed())
}

fn value_of(order: i64) -> f64 {
    f64::from_bits(flip(order).cast_unsigned())
}

/// Turns the other bits over where the sign is set: back and forth between floats and integers.
fn flip(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The quantile of [`ordered`] values, which change their order. Linear in their number.
fn quantile_within(values: &mut [i64], q: f64) -> f64 {
    let Some((low, share)) = position(values.len(), q) else { return f64::NAN };
    let (a, b) = neighbours(values, low);
    between(a, b, share)
}

/// As [`quantile`], by counting how many are smaller: no copy, and no branch to guess wrong.
fn quantile_of_few(values: &[f64], q: f64) -> f64 {
    let present = values.iter().filter(|v| !v.is_nan()).count();
    let Some((low, share)) = position(present, q) else { return f64::NAN };
    let has = |rank: usize, value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let up_to = values.iter().filter(|other| *other <= value).count();
        below <= rank && rank < up_to
    };
    let at = |rank: usize| values.iter().copied().find(|value| has(rank, value));
    let a = at(low).unwrap_or(f64::NAN);
    between(a, at(low + 1).unwrap_or(a), share)
}

/// Index of the order statistic below the `q`-quantile of so many values, and how far above it
/// the quantile lies on the way to the next one.
fn position(count: usize, q: f64) -> Option<(usize, f64)> {
    let position = q.clamp(0.0, 1.0) * count.checked_sub(1)? as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "position lies between 0 and the last index"
    )]
    let low = position.floor() as usize;
    Some((low, position - low as f64))
}

/// The order statistics `index` and `index + 1`; the last one follows itself.
fn neighbours(values: &mut [i64], index: usize) -> (f64, f64) {
    if index >= values.len() {
        return (f64::NAN, f64::NAN);
    }
    let (_, &mut at, above) = values.select_nth_unstable(index);
    (value_of(at), value_of(above.iter().copied().min().unwrap_or(at)))
}

/// Not `a + (b - a) * share`: that overflows for values near the largest float.
fn between(a: f64, b: f64, share: f64) -> f64 {
    a * (1.0 - share) + b * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_ignores_missing_values() {
        assert_eq!(median(&[3.0, f64::NAN, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
        assert!(median(&[f64::NAN]).is_nan());
    }

    #[test]
    fn quantiles_found_together_are_those_found_alone() {
        for count in 0..60 {
            let values: Vec<f64> = (0..count).map(|n| f64::from((n * 37) % 101) - 50.0).collect();
            let (together, q) = (spread(&values), |q| quantile(&values, q).to_bits());
            assert_eq!(together.low.to_bits(), q(0.05), "{count} values");
            assert_eq!(together.median.to_bits(), q(0.5), "{count} values");
            assert_eq!(together.high.to_bits(), q(0.95), "{count} values");
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            assert_eq!(quantile_sorted(&sorted, 0.95).to_bits(), q(0.95), "{count} values");
        }
    }

    #[test]
    fn the_short_term_deviation_bridges_missing_values() {
        assert!(short_term_sd(&[1.0, f64::NAN]).is_nan());
        assert!(short_term_sd(&[]).is_nan());
        let bridged = short_term_sd(&[1.0, f64::NAN, 3.0, 5.0]);
        assert!((bridged - MAD_TO_SD * 2.0 / std::f64::consts::SQRT_2).abs() < 1e-12);
    }

    #[test]
    fn one_wild_value_does_not_move_the_scale() {
        let mut values: Vec<f64> = (0..21).map(f64::from).collect();
        let calm = mad(&values);
        values[20] = 1e12;
        assert!((mad(&values) - calm).abs() < 1.0);
    }
}
