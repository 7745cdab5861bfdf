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

/// Compares a window with a reference.
///
/// The standard deviation is the largest of the scaled MAD, the short-term one, a fifth of the
/// 5–95 % range, and `floor` (in the signal's unit), which says what move nobody would care
/// about. `NaN` is left out. `None` without values on either side.
pub fn shift(reference: &[f64], window: &[f64], floor: f64) -> Option<Shift> {
    let usual = robust::median(reference);
    let mut sorted: Vec<f64> = window.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    if usual.is_nan() || sorted.is_empty() {
        return None;
    }
    let spread = robust::quantile(reference, 0.95) - robust::quantile(reference, 0.05);
    let scale = [robust::mad(reference), robust::short_term_sd(reference), spread / 5.0, floor]
        .into_iter()
        .filter(|s| s.is_finite())
        .fold(f64::MIN_POSITIVE, f64::max);
    let second = sorted.len().saturating_sub(2);
    let high = sorted.get(second).copied().unwrap_or(usual);
    let low = sorted.get(1.min(sorted.len() - 1)).copied().unwrap_or(usual);
    let seen = if high - usual >= usual - low { high } else { low };
    let middle = usual / 2.0 + seen / 2.0;
    let beyond = |v: &f64| if seen >= usual { *v >= middle } else { *v <= middle };
    let first = window.iter().position(|v| v.is_finite() && beyond(v)).unwrap_or(0);
    Some(Shift { usual, seen, z: (seen - usual) / scale, first })
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
    fn a_fall_is_negative_and_the_floor_damps_constant_references() {
        let fall = shift(&[100.0; 20], &[99.9, 80.0, 80.0], 1.0).unwrap();
        assert!(fall.z < -15.0, "{fall:?}");
        assert!(shift(&[], &[1.0], 1.0).is_none());
        assert!(shift(&[f64::NAN], &[1.0], 1.0).is_none());
    }
}
