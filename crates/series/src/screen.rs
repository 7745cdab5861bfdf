//! The cheap first of two stages: which windows can't have shifted, proved without sorting.
//!
//! Of the many series of an estate hardly any moved. [`crate::shift`] sorts each of them; the
//! screen goes over the reference once, counting, and lets through what its counts don't clear.
//! It never clears a shift: a median is at least `m` when more than half of the values are, so
//! counts bound the usual level and the scale that the full test would find. This is the filter
//! and refine of similarity search (Faloutsos et al., SIGMOD 1994): a lower bound costs false
//! alarms, which the second stage removes, and no misses.

use crate::robust::MAD_TO_SD;

/// Values looked at to guess the usual level. The guess decides how much is let through, never
/// whether something is missed.
const SAMPLE: usize = 8;

/// Values of a window looked at at once.
const LANES: usize = 4;

/// Bounds are compared with this much to spare, so that rounding can't clear a shift that the
/// full test finds at exactly the threshold.
const SPARE: f64 = 1.0 + 1e-9;

/// Beyond this, differences may overflow, and nothing is cleared.
const WILD: f64 = 1e300;

/// Whether [`crate::shift::shift`] may find a rise of at least `least` standard deviations,
/// whatever the floor. `false` is certain; `least` is positive.
pub fn may_rise(reference: &[f64], window: &[f64], least: f64) -> bool {
    extreme(window, 1.0).is_some_and(|extreme| may_reach(reference, extreme, least, 1.0))
}

/// Whether [`crate::shift::shift`] may find a fall of at least `least` standard deviations,
/// whatever the floor. `false` is certain; `least` is positive.
pub fn may_fall(reference: &[f64], window: &[f64], least: f64) -> bool {
    extreme(window, -1.0).is_some_and(|extreme| may_reach(reference, extreme, least, -1.0))
}

/// The most that the full test may take for what was seen of `sign · window`: its second highest
/// value, or the highest of one or two.
fn extreme(window: &[f64], sign: f64) -> Option<f64> {
    let (chunks, rest) = window.as_chunks();
    let mut last = [f64::NAN; LANES];
    last.iter_mut().zip(rest).for_each(|(slot, value)| *slot = *value);
    let seen = chunks.iter().fold(Seen::default(), |seen, values| seen.with(values, sign));
    let seen = seen.with(&last, sign);
    let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for value in seen.first.into_iter().chain(seen.second) {
        second = larger(second, smaller(first, value));
        first = larger(first, value);
    }
    match seen.count.iter().sum::<u64>() {
        0 => None,
        1 | 2 => Some(first),
        _ => Some(second),
    }
}

/// The highest and second highest finite values and their number, each lane of a window for itself:
/// without branches and without waiting for each other, several are compared at once.
#[derive(Clone, Copy)]
struct Seen {
    first: [f64; LANES],
    second: [f64; LANES],
    count: [u64; LANES],
}

impl Default for Seen {
    fn default() -> Self {
        let nothing = [f64::NEG_INFINITY; LANES];
        Self { first: nothing, second: nothing, count: [0; LANES] }
    }
}

impl Seen {
    #[expect(
        clippy::indexing_slicing,
        clippy::needless_range_loop,
        reason = "all have as many lanes; written like this they are compared at once"
    )]
    fn with(mut self, values: &[f64; LANES], sign: f64) -> Self {
        for lane in 0..LANES {
            let is_finite = values[lane].abs() <= f64::MAX;
            let value = if is_finite { sign * values[lane] } else { f64::NEG_INFINITY };
            self.count[lane] += u64::from(is_finite);
            self.second[lane] = larger(self.second[lane], smaller(self.first[lane], value));
            self.first[lane] = larger(self.first[lane], value);
        }
        self
    }
}

/// As `f64::max`, of numbers: one instruction.
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// As `f64::min`, of numbers: one instruction.
fn smaller(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// Whether `extreme` may be `least` scales above the median of `sign · reference`.
fn may_reach(reference: &[f64], extreme: f64, least: f64, sign: f64) -> bool {
    let Some([lowest, second, third, ..]) = sample(reference, sign) else { return false };
    if extreme.abs() >= WILD {
        return true;
    }
    // The higher the guess of the usual level the more it clears, if it turns out to be below it:
    // of eight values the third mostly is, the second nearly always.
    let [likely, safe] = [third, second].map(|guess| Bounds::new(extreme, least, guess, lowest));
    !Counts::few(reference, sign, &likely).clear(extreme <= third)
        && !Counts::few(reference, sign, &safe).clear(extreme <= second)
        && !Counts::of(reference, sign, &likely).clear(extreme <= third)
}

/// A few values spread over the reference, in order; the highest stands for those missing. `None`
/// without values.
fn sample(reference: &[f64], sign: f64) -> Option<[f64; SAMPLE]> {
    let stride = reference.len().div_ceil(SAMPLE).max(1);
    let mut sample = [f64::NAN; SAMPLE];
    let looked = reference.iter().skip(stride / 2).step_by(stride);
    for (slot, value) in sample.iter_mut().zip(looked) {
        *slot = sign * value;
    }
    if sample.iter().any(|v| v.is_nan()) {
        let present = |v: &&f64| !v.is_nan();
        let highest = sample.iter().filter(present).copied().reduce(f64::max);
        let any = || reference.iter().find(present).map(|value| sign * value);
        let highest = highest.or_else(any)?;
        sample.iter_mut().filter(|v| v.is_nan()).for_each(|slot| *slot = highest);
    }
    Some(sorted(sample))
}

/// Eight numbers in order, by a network that always makes the same nineteen comparisons (Batcher
/// 1968): no branch to guess wrong.
fn sorted(
    [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h]: [f64; SAMPLE],
) -> [f64; SAMPLE] {
    let order = |low: &mut f64, high: &mut f64| {
        (*low, *high) = (smaller(*low, *high), larger(*low, *high));
    };
    order(&mut a, &mut b);
    order(&mut c, &mut d);
    order(&mut e, &mut f);
    order(&mut g, &mut h);
    order(&mut a, &mut c);
    order(&mut b, &mut d);
    order(&mut e, &mut g);
    order(&mut f, &mut h);
    order(&mut b, &mut c);
    order(&mut f, &mut g);
    order(&mut a, &mut e);
    order(&mut d, &mut h);
    order(&mut b, &mut f);
    order(&mut c, &mut g);
    order(&mut b, &mut e);
    order(&mut d, &mut g);
    order(&mut c, &mut e);
    order(&mut d, &mut f);
    order(&mut d, &mut e);
    [a, b, c, d, e, f, g, h]
}

/// What is counted against.
struct Bounds {
    /// Below the median, as it is guessed.
    usual: f64,
    /// The first difference that half of all must reach.
    difference: f64,
    /// The ends of a range that makes the scale large enough.
    outer_low: f64,
    outer_high: f64,
}

impl Bounds {
    fn new(extreme: f64, least: f64, usual: f64, outer_low: f64) -> Self {
        // What the scale has to reach for the window to be usual.
        let needed = (extreme - usual) / least * SPARE;
        let width = 5.0 * needed * SPARE;
        let inexact = 16.0 * f64::EPSILON * (outer_low.abs() + width.abs());
        Self {
            usual,
            difference: needed * std::f64::consts::SQRT_2 / MAD_TO_SD * SPARE,
            outer_low,
            outer_high: outer_low + width + inexact,
        }
    }
}

/// How many values lie where.
#[derive(Default)]
struct Counts {
    present: u64,
    wild: u64,
    usual: u64,
    differences: u64,
    outer_low: u64,
    outer_high: u64,
}

impl Counts {
    /// As [`Counts::of`] without the range, of a reference without gaps; of others all values
    /// count as wild.
    fn few(reference: &[f64], sign: f64, bounds: &Bounds) -> Self {
        let (mut tame, mut usual, mut differences) = (0, 0, 0);
        for &value in reference {
            let value = sign * value;
            tame += u64::from(value.abs() < WILD);
            usual += u64::from(value >= bounds.usual);
        }
        let later = reference.get(1..).unwrap_or_default();
        for (before, after) in reference.iter().zip(later) {
            differences += u64::from((after - before).abs() >= bounds.difference);
        }
        let present = reference.len() as u64;
        Self { present, wild: present - tame, usual, differences, outer_low: 0, outer_high: 0 }
    }

    /// One pass; comparisons with `NaN` are false, so missing values count nowhere.
    fn of(reference: &[f64], sign: f64, bounds: &Bounds) -> Self {
        let mut counts = Self::default();
        for &value in reference {
            let value = sign * value;
            counts.present += u64::from(!value.is_nan());
            counts.wild += u64::from(value.abs() >= WILD);
            counts.usual += u64::from(value >= bounds.usual);
            counts.outer_low += u64::from(value <= bounds.outer_low);
            counts.outer_high += u64::from(value >= bounds.outer_high);
        }
        let later = reference.get(1..).unwrap_or_default();
        for (before, after) in reference.iter().zip(later) {
            counts.differences += u64::from((after - before).abs() >= bounds.difference);
        }
        counts
    }

    /// Whether the median is where it was guessed, and the window is no higher or the scale so
    /// large that it doesn't matter.
    fn clear(&self, is_below: bool) -> bool {
        self.wild == 0
            && 2 * self.usual > self.present
            && (is_below || self.differences_are_large() || self.range_is_wide())
    }

    /// The median of first differences reaches the bound. The full test has differences across
    /// missing values too; they aren't counted here, as if they were small.
    fn differences_are_large(&self) -> bool {
        self.present > 1 && 2 * self.differences > self.present - 1
    }

    /// The 5 % quantile is at most one end of the range, the 95 % quantile at least the other: of
    /// `n` values these lie between order statistics at most ⌊(n-1)/20⌋ + 2 from the ends.
    fn range_is_wide(&self) -> bool {
        let tail = self.present.saturating_sub(1) / 20 + 3;
        self.outer_low >= tail && self.outer_high >= tail
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shift::shift;

    /// Series as they come: noise, steps, constants, counts, gaps, wild values.
    fn values(most: usize) -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            6 => -3.0..3.0,
            2 => (-2..3).prop_map(f64::from),
            1 => Just(f64::NAN),
            1 => prop_oneof![Just(1e308), Just(-1e308), Just(5e-324), Just(f64::INFINITY)],
        ];
        let noise = proptest::collection::vec(value, 0..most);
        let level = prop_oneof![Just(0.0), Just(10.0), Just(1e9), -1e3..1e3];
        let scale = prop_oneof![Just(0.0), Just(1.0), Just(1e-7), 0.0..1e3];
        (noise, level, scale)
            .prop_map(|(noise, level, scale)| noise.iter().map(|v| level + scale * v).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]
        #[test]
        fn nothing_that_the_full_test_finds_is_cleared(
            reference in values(90), window in values(30), least in 0.5..12.0,
        ) {
            if let Some(found) = shift(&reference, &window, 0.0) {
                prop_assert!(found.z < least || may_rise(&reference, &window, least), "{found:?}");
                prop_assert!(found.z > -least || may_fall(&reference, &window, least), "{found:?}");
            }
        }
    }

    #[test]
    fn a_step_passes_and_noise_and_constants_are_cleared() {
        // A noise without a generator: fractional parts of the squares times an irrational.
        let noise = |n: u32| (f64::from(n * n) * 0.618_033_988_749_895).fract();
        let calm: Vec<f64> = (0..100).map(noise).collect();
        let later: Vec<f64> = (100..120).map(noise).collect();
        let step: Vec<f64> = later.iter().map(|v| v + 5.0).collect();
        assert!(!may_rise(&calm, &later, 4.0) && !may_fall(&calm, &later, 4.0));
        assert!(may_rise(&calm, &step, 4.0) && !may_fall(&calm, &step, 4.0));
        let constant = [7.0; 100];
        assert!(!may_rise(&constant, &[7.0; 5], 4.0) && may_rise(&constant, &[7.5; 5], 4.0));
    }

    #[test]
    fn without_values_on_both_sides_nothing_can_have_shifted() {
        assert!(!may_rise(&[], &[1.0], 4.0));
        assert!(!may_rise(&[f64::NAN], &[1.0], 4.0));
        assert!(!may_rise(&[1.0, 2.0], &[], 4.0));
    }
}
