//! Where a short record begins to differ from its own beginning.
//!
//! Without enough history before the time in question, the only usual level there is, is the
//! record's own start.

use crate::robust;

/// A cut must take away this share of the squared deviation, or it is noise.
const CUT_EXPLAINS: f64 = 0.6;

/// The length of the earliest stretch of values that stays on one level: binary segmentation
/// (Scott & Knott 1974), followed to the left only. All of them if there is no cut worth making;
/// `NaN` is left out of the sums. Linear in the values for each cut, and every cut halves nothing
/// less than one value, so records of some dozens are meant.
pub fn earliest_stretch(values: &[f64]) -> usize {
    let mut length = values.len();
    while let Some(cut) = best_cut(values.get(..length).unwrap_or_default()) {
        length = cut;
    }
    length
}

/// The index that cuts the values best into two levels, if that is better than one.
fn best_cut(values: &[f64]) -> Option<usize> {
    let all = Sums::of(values);
    let whole = all.deviation();
    // Two values can always be told apart, so the step must show beyond the noise of the rest.
    let noise = robust::short_term_sd(values);
    let mut left = Sums::default();
    let mut best: Option<(usize, f64, f64)> = None;
    for (index, value) in values.iter().enumerate() {
        if index > 0 && left.count > 0.0 && left.count < all.count {
            let right = all.without(left);
            let rest = left.deviation() + right.deviation();
            if best.is_none_or(|(_, least, _)| rest < least) {
                best = Some((index, rest, (right.mean() - left.mean()).abs()));
            }
        }
        left.add(*value);
    }
    let (index, rest, step) = best?;
    (rest <= (1.0 - CUT_EXPLAINS) * whole && step > 3.0 * noise).then_some(index)
}

/// Count, sum and sum of squares.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn of(values: &[f64]) -> Self {
        let mut sums = Self::default();
        for value in values {
            sums.add(*value);
        }
        sums
    }

    fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.count += 1.0;
            self.sum += value;
            self.squares += value * value;
        }
    }

    fn without(self, part: Self) -> Self {
        Self {
            count: self.count - part.count,
            sum: self.sum - part.sum,
            squares: self.squares - part.squares,
        }
    }

    fn mean(self) -> f64 {
        self.sum / self.count.max(1.0)
    }

    fn deviation(self) -> f64 {
        (self.squares - self.sum * self.mean()).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_ends_the_earliest_stretch() {
        let mut step = vec![18.0, 17.5, 18.5, 18.2];
        step.extend([46.0, 48.0, 49.0, 50.0, 49.5, 50.2]);
        assert_eq!(earliest_stretch(&step), 4);
        assert_eq!(earliest_stretch(&[18.3, 91.2, 93.7, 95.1, 96.8, 97.2, 96.4, 95.9]), 1);
    }

    #[test]
    fn noise_and_constants_are_one_stretch() {
        let noise = [14.7, 13.6, 9.9, 11.1, 15.2, 14.1, 15.5, 14.4, 13.3, 18.7, 19.0, 18.7];
        assert!(earliest_stretch(&noise) >= 6, "{}", earliest_stretch(&noise));
        assert_eq!(earliest_stretch(&[5.0; 9]), 9);
        assert_eq!(earliest_stretch(&[]), 0);
        assert_eq!(earliest_stretch(&[f64::NAN, f64::NAN]), 2);
    }

    #[test]
    fn a_ramp_is_cut_near_its_beginning() {
        let ramp = [12.0, 49.0, 124.0, 249.0, 384.0, 513.0, 638.0, 749.0, 843.0, 921.0, 985.0];
        assert!(earliest_stretch(&ramp) <= 6, "{}", earliest_stretch(&ramp));
    }
}
