//! Stretches in which a short record left its level upwards and came back.
//!
//! In a record of a day an incident hardly moves a median; in one of twenty minutes it passes for
//! usual, or widens what is usual until nothing stands out any more.

use crate::robust;

/// What makes a stretch an excursion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excursion {
    /// Standard deviations of the lower three quarters that every value lies above their median.
    pub z: f64,
    /// Values in a row, at least.
    pub length: usize,
}

/// Which values belong to excursions. `noise` is the least standard deviation of the value at an
/// index, given the level. None do where that would be more than a third of all: then it is how things
/// are. `NaN` never does, and ends a stretch.
pub fn excursions(values: &[f64], what: Excursion, noise: impl Fn(f64, usize) -> f64) -> Vec<bool> {
    let mut lower: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    lower.sort_unstable_by(f64::total_cmp);
    lower.truncate(lower.len() - lower.len() / 4);
    let level = robust::median(&lower);
    let spread = robust::mad_about(&lower, level);
    let is_high =
        |(index, value): (usize, &f64)| *value > level + what.z * spread.max(noise(level, index));
    let high: Vec<bool> = values.iter().enumerate().map(is_high).collect();
    let mut found = Vec::with_capacity(values.len());
    for stretch in high.chunk_by(|a, b| a == b) {
        let is_excursion = stretch.first() == Some(&true) && stretch.len() >= what.length;
        found.extend(std::iter::repeat_n(is_excursion, stretch.len()));
    }
    let all = found.iter().filter(|found| **found).count();
    if all * 3 > values.len() {
        found.fill(false);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHAT: Excursion = Excursion { z: 6.0, length: 3 };

    fn count(values: &[f64]) -> usize {
        excursions(values, WHAT, |level, _| 0.2 * level).iter().filter(|found| **found).count()
    }

    #[test]
    fn an_incident_in_a_short_record_is_an_excursion_and_odd_values_are_not() {
        let mut values = vec![10.0, 11.0, 10.0, 9.0, 10.0, 11.0, 10.0, 9.0, 10.0, 11.0, 10.0, 9.0];
        assert_eq!(count(&values), 0);
        values.extend([90.0, 95.0, 80.0, 10.0, 90.0, 10.0]);
        assert_eq!(count(&values), 3);
    }

    #[test]
    fn half_of_a_record_is_how_things_are() {
        assert_eq!(count(&[1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0]), 0);
        assert_eq!(count(&[5.0; 9]), 0);
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[f64::NAN, f64::NAN]), 0);
    }
}
