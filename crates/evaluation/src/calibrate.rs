use serde::{Deserialize, Serialize};

/// A block of the fitted curve holds at least this share of the samples: fewer would follow chance.
const LEAST_SHARE: f64 = 0.02;
/// Newton steps of [`platt`]; it converges within ten.
const STEPS: usize = 50;

/// One claim: the score it was given and whether it was right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The raw confidence, 0 to 1.
    pub score: f64,
    /// Whether the claim was right.
    pub is_right: bool,
}

/// A map from score to probability: linear between its knots, constant beyond them.
///
/// INVARIANT: scores strictly ascend, probabilities don't descend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    knots: Vec<(f64, f64)>,
}

impl Curve {
    /// Its knots, by score.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }

    /// The probability for a score; the score itself where nothing was fitted.
    pub fn at(&self, score: f64) -> f64 {
        let (Some(first), Some(last)) = (self.knots.first(), self.knots.last()) else {
            return score;
        };
        if score <= first.0 {
            return first.1;
        }
        for (a, b) in self.knots.iter().zip(self.knots.iter().skip(1)) {
            if score <= b.0 {
                return a.1 + (b.1 - a.1) * (score - a.0) / (b.0 - a.0);
            }
        }
        last.1
    }
}

/// Samples with scores close to each other.
#[derive(Clone, Copy)]
struct Block {
    claims: f64,
    right: f64,
    score: f64,
}

impl Block {
    fn and(self, other: Self) -> Self {
        Self {
            claims: self.claims + other.claims,
            right: self.right + other.right,
            score: self.score + other.score,
        }
    }

    fn rate(&self) -> f64 {
        self.right / self.claims
    }
}

/// Isotonic regression by pooling adjacent violators (Ayer et al. 1955; as calibration: Zadrozny &
/// Elkan, KDD 2002): the non-descending curve nearest to the samples, with a knot for each block.
///
/// Blocks of less than a fiftieth of the samples are pooled with their neighbours. Rates are
/// those of the block with one more sample that is half right, so that nothing becomes certain.
pub fn isotonic(samples: &[Sample]) -> Curve {
    let mut samples: Vec<Sample> =
        samples.iter().copied().filter(|s| s.score.is_finite()).collect();
    samples.sort_by(|a, b| a.score.total_cmp(&b.score));
    let least = (samples.len() as f64 * LEAST_SHARE).max(1.0);
    let mut blocks: Vec<Block> = Vec::new();
    for mut block in ties(&samples) {
        while let Some(before) = blocks.last().copied() {
            if before.rate() < block.rate() && before.claims >= least {
                break;
            }
            blocks.pop();
            block = before.and(block);
        }
        blocks.push(block);
    }
    // The last one may still be small.
    if let [.., before, last] = blocks.as_slice()
        && last.claims < least
    {
        let pooled = before.and(*last);
        blocks.truncate(blocks.len() - 2);
        blocks.push(pooled);
    }
    let mut knots: Vec<(f64, f64)> = Vec::new();
    for block in blocks {
        let rate = (block.right + 0.5) / (block.claims + 1.0);
        let rate = knots.last().map_or(rate, |(_, before)| rate.max(*before));
        knots.push((block.score / block.claims, rate));
    }
    Curve { knots }
}

/// One block for each score: the same score can't have two probabilities.
fn ties(sorted: &[Sample]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut previous = f64::NEG_INFINITY;
    for sample in sorted {
        let right = f64::from(u8::from(sample.is_right));
        let one = Block { claims: 1.0, right, score: sample.score };
        match blocks.last_mut().filter(|_| sample.score <= previous) {
            Some(block) => *block = block.and(one),
            None => blocks.push(one),
        }
        previous = sample.score;
    }
    blocks
}

/// A logistic curve over the log odds of the score (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// How much of the log odds is kept.
    pub slope: f64,
    /// Log odds added.
    pub intercept: f64,
}

impl Platt {
    /// The probability for a score.
    pub fn at(&self, score: f64) -> f64 {
        logistic(self.slope * log_odds(score) + self.intercept)
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Within bounds, so that certainty stays finite.
fn log_odds(score: f64) -> f64 {
    let score = score.clamp(0.001, 0.999);
    (score / (1.0 - score)).ln()
}

/// Fits [`Platt`]'s curve by Newton's method, with his smoothed targets. The identity where there
/// is nothing to fit.
pub fn platt(samples: &[Sample]) -> Platt {
    let right = samples.iter().filter(|sample| sample.is_right).count() as f64;
    let wrong = samples.len() as f64 - right;
    let (high, low) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
    let mut curve = Platt { slope: 1.0, intercept: 0.0 };
    if samples.is_empty() {
        return curve;
    }
    for _ in 0..STEPS {
        // Gradient and curvature of the log loss; the ridge keeps equal scores solvable.
        let (mut g, mut h) = ((0.0, 0.0), (1e-6, 0.0, 1e-6));
        for sample in samples {
            let x = log_odds(sample.score);
            let p = logistic(curve.slope * x + curve.intercept);
            let error = p - if sample.is_right { high } else { low };
            let weight = p * (1.0 - p);
            g = (g.0 + error * x, g.1 + error);
            h = (h.0 + weight * x * x, h.1 + weight * x, h.2 + weight);
        }
        let determinant = h.0 * h.2 - h.1 * h.1;
        if determinant <= 0.0 {
            break;
        }
        let step = ((h.2 * g.0 - h.1 * g.1) / determinant, (h.0 * g.1 - h.1 * g.0) / determinant);
        curve.slope -= step.0.clamp(-1.0, 1.0);
        curve.intercept -= step.1.clamp(-1.0, 1.0);
        if step.0.abs().max(step.1.abs()) < 1e-9 {
            break;
        }
    }
    curve
}

/// The mean squared distance between probability and outcome (Brier 1950). None without samples.
pub fn brier(samples: &[Sample], curve: impl Fn(f64) -> f64) -> Option<f64> {
    let distance = |s: &Sample| (curve(s.score) - f64::from(u8::from(s.is_right))).powi(2);
    let sum: f64 = samples.iter().map(distance).sum();
    (!samples.is_empty()).then(|| sum / samples.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples(groups: &[(f64, usize, usize)]) -> Vec<Sample> {
        let group = |&(score, right, wrong): &(f64, usize, usize)| {
            let of = move |is_right, n| std::iter::repeat_n(Sample { score, is_right }, n);
            of(true, right).chain(of(false, wrong))
        };
        groups.iter().flat_map(group).collect()
    }

    #[test]
    fn a_score_becomes_the_share_that_was_right() {
        let curve = isotonic(&samples(&[(0.5, 20, 80), (0.9, 600, 200)]));
        assert!((curve.at(0.5) - 0.2).abs() < 0.01);
        assert!((curve.at(0.9) - 0.75).abs() < 0.01);
        assert!((curve.at(0.7) - 0.475).abs() < 0.01, "linear between");
        assert_eq!(curve.at(0.1), curve.at(0.5));
        assert_eq!(curve.at(1.0), curve.at(0.9));
    }

    #[test]
    fn what_would_descend_is_pooled() {
        let curve = isotonic(&samples(&[(0.4, 80, 20), (0.6, 40, 60), (0.9, 95, 5)]));
        assert_eq!(curve.knots().len(), 2);
        assert!((curve.at(0.5) - 0.6).abs() < 0.01);
    }

    #[test]
    fn nothing_to_fit_changes_nothing() {
        assert_eq!(isotonic(&[]).at(0.3), 0.3);
        assert!((platt(&[]).at(0.3) - 0.3).abs() < 1e-12);
        assert_eq!(brier(&[], |score| score), None);
    }

    #[test]
    fn platt_undoes_overconfidence() {
        // Log odds twice too large.
        let curve = platt(&samples(&[(0.9, 750, 250), (0.5, 500, 500), (0.1, 250, 750)]));
        assert!((curve.at(0.9) - 0.75).abs() < 0.02, "{curve:?}");
        assert!((curve.slope - 0.5).abs() < 0.02, "{curve:?}");
    }

    #[test]
    fn platt_survives_outcomes_that_are_all_the_same() {
        let curve = platt(&samples(&[(0.9, 50, 0)]));
        assert!(curve.at(0.9) > 0.9 && curve.at(0.9) < 1.0, "{curve:?}");
    }

    proptest! {
        #[test]
        fn the_fitted_curve_never_descends_and_stays_within_0_and_1(
            raw in prop::collection::vec((0.0..=1.0f64, any::<bool>()), 0..200),
            at in prop::collection::vec(0.0..=1.0f64, 2),
        ) {
            let samples: Vec<Sample> =
                raw.iter().map(|&(score, is_right)| Sample { score, is_right }).collect();
            let curve = isotonic(&samples);
            let (low, high) = (at[0].min(at[1]), at[0].max(at[1]));
            prop_assert!(curve.at(low) <= curve.at(high) + 1e-12);
            prop_assert!((0.0..=1.0).contains(&curve.at(low)));
        }

        #[test]
        fn the_order_of_the_samples_does_not_matter(
            raw in prop::collection::vec((0.0..=1.0f64, any::<bool>()), 0..100),
        ) {
            let mut samples: Vec<Sample> =
                raw.iter().map(|&(score, is_right)| Sample { score, is_right }).collect();
            let one = isotonic(&samples);
            samples.reverse();
            let other = isotonic(&samples);
            for at in [0.0, 0.25, 0.5, 0.75, 1.0] {
                prop_assert!((one.at(at) - other.at(at)).abs() < 1e-9);
            }
        }
    }
}
