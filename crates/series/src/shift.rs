//! How far a signal moved away from where it usually is.

use crate::robust;

/// A move of a signal's level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Median of the reference.
    pub usual: f64,
    /// The second most extreme value of the window in the direction of the move, so that a single
    /// wild sample is no shift; the only value if there is one.
    pub seen: f64,
    /// Standard deviations, signed: up is positive.
    pub z: f64,
    /// Index into the window of the first value beyond the middle between usual and seen.
    pub first: usize,
}

/// Compares a window with a reference: location and scale by median and MAD (Rousseeuw & Croux,
/// "Alternatives to the median absolute deviation", JASA 1993).
///
/// The standard deviation is the largest of the scaled MAD, the short-term one, a fifth of the
/// 5–95 % range, and `floor` (in the signal's unit), which says what move nobody would care
/// about. `NaN` is left out. `None` without values on either side.
pub fn shift(reference: &[f64], window: &[f64], floor: f64) -> Option<Shift> {
    shift_with(reference, window, |_| floor)
}

/// As [`shift`], where the floor follows from the usual level.
pub fn shift_with(reference: &[f64], window: &[f64], floor: impl Fn(f64) -> f64) -> Option<Shift> {
    let (low, high) = inner_extremes(window)?;
    let spread = robust::spread(reference);
    let usual = spread.median;
    if usual.is_nan() {
        return None;
    }
    let scales = [
        robust::mad_about(reference, usual),
        robust::short_term_sd(reference),
        (spread.high - spread.low) / 5.0,
        floor(usual),
    ];
    let scale = scales.into_iter().filter(|s| s.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
    let seen = if high - usual >= usual - low { high } else { low };
    let middle = usual / 2.0 + seen / 2.0;
    let beyond = |v: &f64| if seen >= usual { *v >= middle } else { *v <= middle };
    let first = window.iter().position(|v| v.is_finite() && beyond(v)).unwrap_or(0);
    Some(Shift { usual, seen, z: (seen - usual) / scale, first })
}

/// The second lowest and the second highest finite value; the only one if there is one.
fn inner_extremes(window: &[f64]) -> Option<(f64, f64)> {
    let mut values = window.iter().copied().filter(|v| v.is_finite());
    let first = values.next()?;
    let (mut lowest, mut low) = (first, f64::INFINITY);
    let (mut highest, mut high) = (first, f64::NEG_INFINITY);
    for value in values {
        low = low.min(value.max(lowest));
        lowest = lowest.min(value);
        high = high.max(value.min(highest));
        highest = highest.max(value);
    }
    Some(if low.is_finite() { (low, high) } else { (first, first) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_sample_is_no_shift() {
        let reference: Vec<f64> = (0..40).map(|n| 10.0 + f64::from(n % 3)).collect();
        let calm = shift(&reference, &[11.0, 90.0, 11.0, 10.0], 0.0).unwrap();
        assert!(calm.z.abs() < 2.0, "{calm:?}");
        let moved = shift(&reference, &[11.0, 30.0, 31.0, 30.0], 0.0).unwrap();
        assert!(moved.z > 10.0 && moved.first == 1, "{moved:?}");
    }

    #[test]
    fn the_inner_extremes_leave_one_value_out_on_each_side() {
        assert_eq!(inner_extremes(&[3.0, 1.0, 9.0, 5.0]), Some((3.0, 5.0)));
        assert_eq!(inner_extremes(&[2.0, 7.0]), Some((7.0, 2.0)));
        assert_eq!(inner_extremes(&[2.0, 2.0, f64::NAN]), Some((2.0, 2.0)));
        assert_eq!(inner_extremes(&[4.0]), Some((4.0, 4.0)));
        assert_eq!(inner_extremes(&[f64::NAN]), None);
    }

    #[test]
    fn a_fall_is_negative_and_the_floor_damps_constant_references() {
        let fall = shift(&[100.0; 20], &[99.9, 80.0, 80.0], 1.0).unwrap();
        assert!(fall.z < -15.0, "{fall:?}");
        assert!(shift(&[], &[1.0], 1.0).is_none());
        assert!(shift(&[f64::NAN], &[1.0], 1.0).is_none());
    }
}
