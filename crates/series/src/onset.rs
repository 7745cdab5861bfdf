//! When a level changed, and how sure that is.

/// The most that one value may say for or against a change, as a log likelihood ratio: one odd sample
/// in fifty happens anywhere.
const CLIP: f64 = 4.0;
/// How probable it is that the change lies within the range told.
const SURE: f64 = 0.95;

/// Where a level changed: indices of the first value at the new level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onset {
    /// The most probable.
    pub at: usize,
    /// The range that holds the change with a probability of 95 %: its first index.
    pub earliest: usize,
    /// Its last.
    pub latest: usize,
}

/// The change from one known level to another, given that there was one: posterior probabilities of all
/// places where it may be, equally probable beforehand (Smith, "A Bayesian approach to inference about a
/// change-point in a sequence of random variables", Biometrika 1975), for normal noise of standard
/// deviation `scale` with clipped tails.
///
/// `NaN` says nothing. `None` without values, or if the levels or the scale are no numbers apart.
pub fn onset(values: &[f64], before: f64, after: f64, scale: f64) -> Option<Onset> {
    let apart = (after - before) / scale;
    if !apart.is_finite() || apart == 0.0 || values.is_empty() {
        return None;
    }
    // How much each value speaks for the new level; a sum from its place to the end is the log
    // likelihood of a change there.
    let gain = |value: f64| {
        let gain = apart * ((value - before) / scale - apart / 2.0);
        if gain.is_nan() { 0.0 } else { gain.clamp(-CLIP, CLIP) }
    };
    let mut sum = 0.0;
    let mut likelihoods: Vec<f64> = values
        .iter()
        .rev()
        .map(|value| {
            sum += gain(*value);
            sum
        })
        .collect();
    likelihoods.reverse();
    let most = likelihoods.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut places: Vec<(usize, f64)> =
        likelihoods.iter().map(|likelihood| (likelihood - most).exp()).enumerate().collect();
    let total: f64 = places.iter().map(|(_, weight)| weight).sum();
    places.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let at = places.first()?.0;
    let (mut earliest, mut latest, mut held) = (at, at, 0.0);
    for (place, weight) in places {
        if held >= SURE * total {
            break;
        }
        held += weight;
        (earliest, latest) = (earliest.min(place), latest.max(place));
    }
    Some(Onset { at, earliest, latest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> f64 {
        ((n * n) as f64 * 0.618_033_988_749_895).fract() - 0.5
    }

    #[test]
    fn a_clear_step_is_placed_exactly() {
        let step: Vec<f64> = (0..40).map(|n| if n < 25 { 1.0 } else { 9.0 } + noise(n)).collect();
        let found = onset(&step, 1.0, 9.0, 0.5).unwrap();
        assert_eq!(found, Onset { at: 25, earliest: 25, latest: 25 });
        let fall: Vec<f64> = step.iter().map(|v| -v).collect();
        assert_eq!(onset(&fall, -1.0, -9.0, 0.5), Some(found));
    }

    #[test]
    fn the_noisier_the_less_sure_and_the_truth_lies_within() {
        let noisy: Vec<f64> =
            (0..60).map(|n| if n < 30 { 0.0 } else { 1.0 } + 2.0 * noise(n)).collect();
        let found = onset(&noisy, 0.0, 1.0, 0.6).unwrap();
        assert!(found.earliest < found.latest, "{found:?}");
        assert!((found.earliest..=found.latest).contains(&30), "{found:?}");
        assert!(found.latest - found.earliest < 20, "{found:?}");
    }

    #[test]
    fn one_odd_value_before_and_missing_ones_at_the_step_do_not_move_it_far() {
        let mut step: Vec<f64> = (0..40).map(|n| if n < 20 { 0.0 } else { 10.0 }).collect();
        step[5] = 1e9;
        assert_eq!(onset(&step, 0.0, 10.0, 1.0).unwrap().at, 20);
        step[19] = f64::NAN;
        step[20] = f64::NAN;
        let found = onset(&step, 0.0, 10.0, 1.0).unwrap();
        assert_eq!((found.earliest, found.latest), (19, 21));
    }

    #[test]
    fn without_values_or_levels_apart_there_is_no_place() {
        assert_eq!(onset(&[], 0.0, 1.0, 1.0), None);
        assert_eq!(onset(&[1.0], 1.0, 1.0, 1.0), None);
        assert_eq!(onset(&[1.0], 0.0, 1.0, 0.0), None);
        assert_eq!(onset(&[1.0], f64::NAN, 1.0, 1.0), None);
        assert_eq!(onset(&[1.0], 0.0, 1.0, 1.0).map(|found| found.at), Some(0));
    }
}
