//! Seeded chance. Each purpose rolls its own stream, so that one more log line doesn't change the
//! traffic.

use std::fmt::Write as _;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of chance is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Layout,
    Faults,
    Traffic,
    Logs,
    Traces,
    Background,
    Alarms,
    Estates,
    Hosts,
    Decoys,
    Detail,
}

/// A stream of chance.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(match purpose {
            Purpose::Layout => 1,
            Purpose::Traffic => 2,
            Purpose::Logs => 3,
            Purpose::Traces => 4,
            Purpose::Background => 5,
            Purpose::Alarms => 6,
            Purpose::Faults => 7,
            Purpose::Estates => 8,
            Purpose::Hosts => 9,
            Purpose::Decoys => 11,
            Purpose::Detail => 12,
        });
        Self(rng)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 (included) to 1 (not included).
    pub(crate) fn share(&mut self) -> f64 {
        // 53 bits are what a float holds.
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // A certain outcome costs no roll: most systems have many of them.
        probability >= 1.0 || (probability > 0.0 && self.share() < probability)
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// A whole number below `end`; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // The bias of the remainder is below 1e-9 for every `end` used here.
        if end == 0 { 0 } else { self.bits() % end }
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let place = usize::try_from(self.below(items.len() as u64)).ok()?;
        items.get(place)
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// Standard normal (Box and Muller 1958; the second value isn't kept).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    /// Lognormal with this mean and this coefficient of variation.
    pub(crate) fn lognormal(&mut self, mean: f64, variation: f64) -> f64 {
        if mean <= 0.0 || variation <= 0.0 {
            return mean.max(0.0);
        }
        let variance = (1.0 + variation * variation).ln();
        mean * (variance.sqrt() * self.normal() - variance / 2.0).exp()
    }

    /// Poisson; by a normal approximation where the mean is large.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            return 0.0;
        }
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let limit = (-mean).exp();
        let mut product = self.share();
        let mut count = 0.0;
        while product > limit {
            product *= self.share();
            count += 1.0;
        }
        count
    }

    /// `digits` lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            write!(text, "{:016x}", self.bits()).expect("invariant: a string takes all text");
        }
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawn_distributions_have_the_asked_means() {
        let mut dice = Dice::new(7, Purpose::Traffic);
        let n = 20_000;
        let mut mean = |draw: &mut dyn FnMut(&mut Dice) -> f64| {
            (0..n).map(|_| draw(&mut dice)).sum::<f64>() / f64::from(n)
        };
        assert!((mean(&mut |d| d.exponential(2.0)) - 2.0).abs() < 0.06);
        assert!((mean(&mut |d| d.lognormal(3.0, 0.8)) - 3.0).abs() < 0.08);
        assert!((mean(&mut |d| d.poisson(4.0)) - 4.0).abs() < 0.06);
        assert!((mean(&mut |d| d.poisson(80.0)) - 80.0).abs() < 0.3);
        assert!(mean(&mut Dice::normal).abs() < 0.03);
    }

    #[test]
    fn streams_of_one_seed_differ() {
        let mut a = Dice::new(1, Purpose::Traffic);
        let mut b = Dice::new(1, Purpose::Logs);
        assert_ne!(a.hex(32), b.hex(32));
    }
}
