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
    let rows = x.iter().zip(variance).enumerate();
    let sums =
        rows.map(|(index, (&value, &var))| Sums::of_row(value, var, offsets_at(offsets, index)));
    sums.fold(Sums::default(), Sums::plus).log_density()
}

/// Log densities as [`log_density`] gives them: as the rows are, and then with `extra` variance in
/// each single row, one after the other.
///
/// All of them together are linear in the number of rows: the others' sums stay the same, and are
/// put together from those before a row and those behind it, since taking a row out of the whole
/// would lose digits.
pub fn log_densities_with_one_odd(
    x: &[f64],
    variance: &[f64],
    offsets: &[&[f64]],
    extra: f64,
) -> Vec<f64> {
    let row =
        |index: usize, value: f64, var: f64| Sums::of_row(value, var, offsets_at(offsets, index));
    let mut behind: Vec<Sums> = Vec::with_capacity(x.len());
    let mut all = Sums::default();
    for (index, (&value, &var)) in x.iter().zip(variance).enumerate().rev() {
        behind.push(all);
        all = all.plus(row(index, value, var));
    }
    let mut found = Vec::with_capacity(x.len() + 1);
    found.push(all.log_density());
    let mut before = Sums::default();
    for (index, (&value, &var)) in x.iter().zip(variance).enumerate() {
        let others = before.plus(behind.pop().unwrap_or_default());
        found.push(others.plus(row(index, value, var + extra)).log_density());
        before = before.plus(row(index, value, var));
    }
    found
}

fn offsets_at(offsets: &[&[f64]], row: usize) -> [f64; 2] {
    [0, 1]
        .map(|which| offsets.get(which).and_then(|offset| offset.get(row)).copied().unwrap_or(0.0))
}

/// What a log density needs to know of some rows.
#[derive(Clone, Copy, Default)]
struct Sums {
    quadratic: f64,
    log_det: f64,
    /// Gram matrix of the offsets (first, mixed, second) and their products with x, both weighted
    /// by 1/variance.
    gram: [f64; 3],
    with_x: [f64; 2],
}

impl Sums {
    fn of_row(value: f64, variance: f64, [first, second]: [f64; 2]) -> Self {
        let weight = if variance > 0.0 { 1.0 / variance } else { f64::NAN };
        Self {
            quadratic: value * value * weight,
            log_det: variance.ln(),
            gram: [first * first * weight, first * second * weight, second * second * weight],
            with_x: [first * value * weight, second * value * weight],
        }
    }

    fn plus(self, other: Self) -> Self {
        let [a, b, d] = self.gram;
        let [x, y] = self.with_x;
        Self {
            quadratic: self.quadratic + other.quadratic,
            log_det: self.log_det + other.log_det,
            gram: [a + other.gram[0], b + other.gram[1], d + other.gram[2]],
            with_x: [x + other.with_x[0], y + other.with_x[1]],
        }
    }

    fn log_density(self) -> f64 {
        // (I + G)⁻¹ of the 2×2 matrix by hand; an absent offset leaves an identity row.
        let (a, b, d) = (1.0 + self.gram[0], self.gram[1], 1.0 + self.gram[2]);
        let [x, y] = self.with_x;
        let det = a * d - b * b;
        if det.is_nan() || det <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let reduction = (d * x * x - 2.0 * b * x * y + a * y * y) / det;
        let density = -0.5 * (self.quadratic - reduction + self.log_det + det.ln());
        if density.is_nan() { f64::NEG_INFINITY } else { density }
    }
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
    fn one_odd_row_costs_what_it_costs_alone() {
        let x = [3.0, -1.0, 250.0, 0.5, 2.0];
        let variance = [1.0, 2.0, 1e-6, 0.5, 4.0];
        let offsets: [&[f64]; 2] = [&[0.1, 0.2, 0.3, 0.2, 0.1], &[5.0, 5.0, 4.0, 5.0, 6.0]];
        let together = log_densities_with_one_odd(&x, &variance, &offsets, 7.0);
        let mut alone = vec![log_density(&x, &variance, &offsets)];
        for odd in 0..x.len() {
            let mut variance = variance;
            variance[odd] += 7.0;
            alone.push(log_density(&x, &variance, &offsets));
        }
        assert_eq!(together.len(), alone.len());
        for (a, b) in together.iter().zip(alone) {
            assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
        }
        assert_eq!(log_densities_with_one_odd(&[], &[], &[], 1.0), [-0.0]);
        assert_eq!(log_densities_with_one_odd(&[1.0], &[0.0], &[], 0.0), [f64::NEG_INFINITY; 2]);
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
