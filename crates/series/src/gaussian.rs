//! Gaussian log densities with a covariance that is diagonal plus a few common offsets.

use std::ops::Range;

/// Log density, up to the constant `-n/2 · ln 2π`, of `x` under a Gaussian of mean zero and
/// covariance `diag(variance) + Σ o oᵀ` for the given offset vectors `o` (two at the most).
///
/// Shapes: all slices have the length of `x`; variances are positive. The offsets model errors
/// that all rows share, such as a level that drifted; Woodbury's identity and the matrix
/// determinant lemma keep the cost linear in the number of rows.
///
/// `-∞` where a variance isn't positive or nothing sensible can be computed.
pub fn log_density(x: &[f64], variance: &[f64], offsets: &[&[f64]]) -> f64 {
    let mut quadratic = 0.0;
    let mut log_det = 0.0;
    // Gram matrix of the offsets and their products with x, both weighted by 1/variance.
    let mut gram = [[0.0; 2]; 2];
    let mut with_x = [0.0; 2];
    let row = |slice: &[f64], index: usize| slice.get(index).copied().unwrap_or(0.0);
    for (index, (&value, &var)) in x.iter().zip(variance).enumerate() {
        if var.is_nan() || var <= 0.0 {
            return f64::NEG_INFINITY;
        }
        quadratic += value * value / var;
        log_det += var.ln();
        let o = [
            offsets.first().map_or(0.0, |offset| row(offset, index)),
            offsets.get(1).map_or(0.0, |offset| row(offset, index)),
        ];
        gram[0][0] += o[0] * o[0] / var;
        gram[0][1] += o[0] * o[1] / var;
        gram[1][1] += o[1] * o[1] / var;
        with_x[0] += o[0] * value / var;
        with_x[1] += o[1] * value / var;
    }
    // (I + G)⁻¹ of the 2×2 matrix by hand; an absent offset leaves an identity row.
    let (a, b, d) = (1.0 + gram[0][0], gram[0][1], 1.0 + gram[1][1]);
    let det = a * d - b * b;
    if det.is_nan() || det <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let reduction = (d * with_x[0] * with_x[0] - 2.0 * b * with_x[0] * with_x[1]
        + a * with_x[1] * with_x[1])
        / det;
    let density = -0.5 * (quadratic - reduction + log_det + det.ln());
    if density.is_nan() { f64::NEG_INFINITY } else { density }
}

/// The matched filter: how many standard deviations the shape `h` stands out in `x`, the
/// covariance being `diag(variance) + o oᵀ`; with the estimated amplitude. `None` for a shape
/// that is lost in the noise altogether.
pub fn matched(x: &[f64], shape: &[f64], variance: &[f64], offset: &[f64]) -> Option<(f64, f64)> {
    let mut oo = 1.0;
    let (mut ho, mut hx, mut ox, mut hh) = (0.0, 0.0, 0.0, 0.0);
    for (((&value, &h), &var), &o) in x.iter().zip(shape).zip(variance).zip(offset) {
        if var.is_nan() || var <= 0.0 {
            return None;
        }
        oo += o * o / var;
        ho += h * o / var;
        hx += h * value / var;
        ox += o * value / var;
        hh += h * h / var;
    }
    let numerator = hx - ho * ox / oo;
    let power = hh - ho * ho / oo;
    (power > 0.0 && numerator.is_finite()).then(|| (numerator / power.sqrt(), numerator / power))
}

/// A stretch of rows and how many standard deviations it stands out.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The rows.
    pub rows: Range<usize>,
    /// Score of the matched filter.
    pub z: f64,
}

/// The stretch of rows that stands out most when the shape is `weights` within it and nothing
/// outside, by the score of [`matched`]; only stretches whose weighted sum is positive count.
///
/// Shapes: all slices have the length of `x`. Every stretch is tried, each in constant time: a
/// longer one adds one row to the sums of the shorter. `None` if nothing stands out or something
/// isn't finite.
pub fn best_stretch(
    x: &[f64],
    weights: &[f64],
    variance: &[f64],
    offset: &[f64],
) -> Option<Stretch> {
    let rows = || x.iter().zip(weights).zip(variance).zip(offset);
    let is_sound = |value: f64, h: f64, var: f64| value.is_finite() && h.is_finite() && var > 0.0;
    let (mut oo, mut ox) = (1.0, 0.0);
    for (((&value, &h), &var), &o) in rows() {
        if !is_sound(value, h, var) {
            return None;
        }
        oo += o * o / var;
        ox += o * value / var;
    }
    let mut best: Option<Stretch> = None;
    for from in 0..x.len() {
        let (mut ho, mut hx, mut hh, mut gained) = (0.0, 0.0, 0.0, 0.0);
        for (row, (((&value, &h), &var), &o)) in rows().enumerate().skip(from) {
            ho += h * o / var;
            hx += h * value / var;
            hh += h * h / var;
            gained += value * h;
            let numerator: f64 = hx - ho * ox / oo;
            let power: f64 = hh - ho * ho / oo;
            if power > 0.0 && numerator.is_finite() && gained > 0.0 {
                let z = numerator / power.sqrt();
                if z > best.as_ref().map_or(0.0, |best| best.z) {
                    best = Some(Stretch { rows: from..row + 1, z });
                }
            }
        }
    }
    best
}

/// Natural logarithm of a sum of exponentials, without overflow. `-∞` of nothing.
pub fn log_sum_exp(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return top;
    }
    top + values.iter().map(|value| (value - top).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_offsets_agree_with_the_full_matrix() {
        // 2 rows, covariance [[1+1+0, 1+0],[1, 1+1+4]] for offsets (1,1) and (0,2).
        let (x, variance) = ([1.0, -2.0], [1.0, 1.0]);
        let (a, b, d): (f64, f64, f64) = (2.0, 1.0, 6.0);
        let det = a * d - b * b;
        let quadratic = (d * x[0] * x[0] - 2.0 * b * x[0] * x[1] + a * x[1] * x[1]) / det;
        let expected = -0.5 * (quadratic + det.ln());
        let got = log_density(&x, &variance, &[&[1.0, 1.0], &[0.0, 2.0]]);
        assert!((got - expected).abs() < 1e-12, "{got} {expected}");
    }

    #[test]
    fn a_common_offset_hides_a_level_shift_but_not_a_pulse() {
        let variance = [1.0; 6];
        let offset = [10.0; 6];
        let level = matched(&[5.0; 6], &[1.0; 6], &variance, &offset).unwrap().0;
        let pulse = [0.0, 0.0, 5.0, 5.0, 0.0, 0.0];
        let shape = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let pulse = matched(&pulse, &shape, &variance, &offset).unwrap().0;
        assert!(level < 1.0 && pulse > 4.0, "{level} {pulse}");
    }

    #[test]
    fn the_best_stretch_is_the_one_that_the_matched_filter_scores_highest() {
        let x = [0.3, -0.2, 4.0, 5.0, 0.1, 2.0, -0.4];
        let weights = [1.0, 2.0, 1.0, 3.0, 1.0, 1.0, 2.0];
        let (variance, offset) = ([1.0; 7], [0.5; 7]);
        let mut most = (0..0, 0.0);
        for from in 0..7 {
            for to in from + 1..=7 {
                let inside =
                    |row: usize| if (from..to).contains(&row) { weights[row] } else { 0.0 };
                let shape: Vec<f64> = (0..7).map(inside).collect();
                let z = matched(&x, &shape, &variance, &offset).map_or(0.0, |(z, _)| z);
                if z > most.1 {
                    most = (from..to, z);
                }
            }
        }
        let found = best_stretch(&x, &weights, &variance, &offset).unwrap();
        assert_eq!((found.rows, found.z.to_bits()), (most.0, most.1.to_bits()));
        assert_eq!(best_stretch(&[-1.0; 3], &[1.0; 3], &[1.0; 3], &[0.0; 3]), None);
        assert_eq!(best_stretch(&[f64::NAN], &[1.0], &[1.0], &[0.0]), None);
        assert_eq!(best_stretch(&[], &[], &[], &[]), None);
    }

    #[test]
    fn impossible_variances_give_no_density() {
        assert_eq!(log_density(&[1.0], &[0.0], &[]), f64::NEG_INFINITY);
        assert_eq!(log_density(&[1.0], &[f64::NAN], &[]), f64::NEG_INFINITY);
        assert_eq!(matched(&[1.0], &[1.0], &[-1.0], &[0.0]), None);
    }

    #[test]
    fn the_sum_of_exponentials_does_not_overflow() {
        assert!((log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + 2_f64.ln())).abs() < 1e-9);
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    }
}
