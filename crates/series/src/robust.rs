//! Location and scale that a few wild values can't move.
//!
//! All functions leave `NaN` out and answer `NaN` for a slice without values.

/// Factor that makes the median absolute deviation estimate a normal standard deviation
/// (1 / Φ⁻¹(3/4)).
pub const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// The `q`-quantile (0 ≤ q ≤ 1) by linear interpolation between order statistics (type 7).
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_sorted(&sorted, q)
}

/// As [`quantile`], of values already sorted and free of `NaN`.
pub fn quantile_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = q.clamp(0.0, 1.0) * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "position lies in 0..=last"
    )]
    let low = position.floor() as usize;
    let (Some(&a), Some(&b)) = (sorted.get(low), sorted.get((low + 1).min(last))) else {
        return f64::NAN;
    };
    let share = position - low as f64;
    // Not `a + (b - a) * share`: that overflows for values near the largest float.
    a * (1.0 - share) + b * share
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Median absolute deviation from the median, scaled to a standard deviation.
pub fn mad(values: &[f64]) -> f64 {
    let middle = median(values);
    let deviations: Vec<f64> =
        values.iter().filter(|v| !v.is_nan()).map(|v| (v - middle).abs()).collect();
    MAD_TO_SD * median(&deviations)
}

/// Short-term standard deviation: scaled MAD of first differences over √2, blind to slow drift.
pub fn short_term_sd(values: &[f64]) -> f64 {
    let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let differences: Vec<f64> =
        present.windows(2).filter_map(|pair| Some((pair.get(1)? - pair.first()?).abs())).collect();
    if differences.is_empty() {
        return f64::NAN;
    }
    MAD_TO_SD * median(&differences) / std::f64::consts::SQRT_2
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
    fn one_wild_value_does_not_move_the_scale() {
        let mut values: Vec<f64> = (0..21).map(f64::from).collect();
        let calm = mad(&values);
        values[20] = 1e12;
        assert!((mad(&values) - calm).abs() < 1.0);
    }
}
