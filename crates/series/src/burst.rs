//! Bursts: stretches in which events come much more often than usual.

use std::ops::Range;

/// How much more often events come in a burst, at the least.
const RATE: f64 = 3.0;

/// Stretches of bins in which counts follow a rate of at least three times the usual one.
///
/// The two-state automaton of Kleinberg ("Bursty and hierarchical structure in streams", Data Mining and
/// Knowledge Discovery 2003) on Poisson counts: each bin costs what its count is improbable by in its
/// state, each beginning of a burst the logarithm of the number of bins, so that a single bin a little
/// above the usual begins none. The rate within bursts is fitted once: it is that of the bins found
/// with the least one.
///
/// `usual` is the mean count per bin when nothing happens, above 0. Linear in the number of bins; counts
/// that are no numbers count as 0.
pub fn bursts(counts: &[f64], usual: f64) -> Vec<Range<usize>> {
    if usual.is_nan() || usual <= 0.0 || counts.is_empty() {
        return Vec::new();
    }
    let least = RATE * usual;
    let first = stretches(counts, usual, least);
    let bins: f64 = first.iter().map(|bins| bins.len() as f64).sum();
    let events: f64 = first.iter().flat_map(|bins| counts.get(bins.clone())).flatten().sum();
    let fitted = events / bins;
    if fitted > least { stretches(counts, usual, fitted) } else { first }
}

/// The cheapest sequence of states (Viterbi), as the stretches of the busy one.
fn stretches(counts: &[f64], usual: f64, busy: f64) -> Vec<Range<usize>> {
    let begin = (counts.len() as f64).ln().max(1.0);
    // Per state: what the way there cost, and which states led to it.
    let (mut calm, mut loud) = (0.0, f64::INFINITY);
    let mut from: Vec<(bool, bool)> = Vec::with_capacity(counts.len());
    for &count in counts {
        let count = if count.is_finite() { count.max(0.0) } else { 0.0 };
        let cost = |rate: f64| rate - count * rate.ln();
        let (calm_from, loud_from) = (loud < calm, loud <= calm + begin);
        let into_calm = if calm_from { loud } else { calm };
        let into_loud = if loud_from { loud } else { calm + begin };
        (calm, loud) = (into_calm + cost(usual), into_loud + cost(busy));
        from.push((calm_from, loud_from));
    }
    let mut is_loud = loud < calm;
    let mut states = vec![false; counts.len()];
    for (state, (calm_from, loud_from)) in states.iter_mut().zip(from).rev() {
        *state = is_loud;
        is_loud = if is_loud { loud_from } else { calm_from };
    }
    let mut found = Vec::new();
    let mut start = 0;
    for run in states.chunk_by(|a, b| a == b) {
        if run.first() == Some(&true) {
            found.push(start..start + run.len());
        }
        start += run.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_found_with_its_ends_and_a_gap_within_it_bridged() {
        let mut counts = [1.0, 0.0, 2.0, 1.0, 0.0, 1.0].repeat(5);
        counts.extend([20.0, 31.0, 18.0, 8.0, 25.0, 22.0]);
        counts.extend([1.0, 2.0, 0.0, 1.0].repeat(3));
        assert_eq!(bursts(&counts, 0.8), std::slice::from_ref(&(30..36)));
    }

    #[test]
    fn noise_a_single_bin_a_little_above_and_nothing_are_no_bursts() {
        let noise: Vec<f64> = (0..90).map(|n| f64::from((n * 37) % 5)).collect();
        assert_eq!(bursts(&noise, 2.0), []);
        let mut one = vec![0.0; 60];
        one[30] = 2.0;
        assert_eq!(bursts(&one, 0.2), []);
        assert_eq!(bursts(&[], 1.0), []);
        assert_eq!(bursts(&[9.0, 9.0], 0.0), []);
        assert_eq!(bursts(&[f64::NAN; 5], 1.0), []);
    }

    #[test]
    fn what_goes_on_until_the_end_is_a_burst_too() {
        let counts = [[0.0; 20], [40.0; 20]].concat();
        assert_eq!(bursts(&counts, 0.1), std::slice::from_ref(&(20..40)));
        assert_eq!(bursts(&[40.0; 20], 40.0), []);
    }
}
