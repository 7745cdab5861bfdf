//! Whether a level rises or falls steadily, and how fast.

use crate::robust;

/// Bins that a record is cut into: their pairs are compared, which costs the square of this and no more.
const BINS: usize = 48;
/// Bins with values below which a trend can't be told from chance.
const LEAST_BINS: usize = 8;

/// A steady rise or fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Change per second: the median of the slopes between all pairs of bins (Sen, "Estimates of the
    /// regression coefficient based on Kendall's tau", JASA 1968).
    pub slope: f64,
    /// Where that line begins: the level at the first bin.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Kendall's tau: 1 if every later bin is higher, 0 without a direction, -1 if every later is lower.
    pub tau: f64,
    /// The test of Mann and Kendall (Mann, "Nonparametric tests against trend", Econometrica 1945;
    /// Kendall, "Rank correlation methods", 1975), in standard deviations.
    pub z: f64,
}

/// The trend of a record; times in Unix milliseconds, increasing. `NaN` is left out. `None` with too few
/// values to tell, or for a constant.
///
/// The record is cut into some dozens of bins of equal length, each with the median of its values.
pub fn trend(times: &[i64], values: &[f64]) -> Option<Trend> {
    let bins = bins(times, values)?;
    let (mut concordant, mut slopes) = (0.0, Vec::with_capacity(bins.len() * bins.len() / 2));
    for (index, (at, level)) in bins.iter().enumerate() {
        for (later, higher) in bins.iter().skip(index + 1) {
            concordant +=
                (higher - level).partial_cmp(&0.0).map_or(0.0, |order| f64::from(order as i8));
            slopes.push((higher - level) / (later - at));
        }
    }
    let pairs = slopes.len() as f64;
    let slope = robust::median(&slopes);
    let levels: Vec<f64> = bins.iter().map(|(at, level)| level - slope * at).collect();
    let base = robust::median(&levels);
    let (first, last) = (bins.first()?.0, bins.last()?.0);
    let n = bins.len() as f64;
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    // The correction for continuity: the sum moves in steps of two.
    let z = (concordant.abs() - 1.0).max(0.0).copysign(concordant) / deviation;
    let sound = slope.is_finite() && base.is_finite() && concordant != 0.0;
    sound.then(|| Trend {
        slope,
        from: base + slope * first,
        to: base + slope * last,
        tau: concordant / pairs,
        z,
    })
}

/// Seconds since the first sample and median, of the bins that hold values.
fn bins(times: &[i64], values: &[f64]) -> Option<Vec<(f64, f64)>> {
    let (first, last) = (*times.first()?, *times.last()?);
    let lasts = last.checked_sub(first).filter(|lasts| *lasts > 0)? as f64;
    let mut found = Vec::with_capacity(BINS);
    let (mut times, mut values) = (times, values);
    let mut kept = Vec::new();
    for bin in 1..=BINS {
        let share = bin as f64 / BINS as f64;
        // The last bin takes the last sample in.
        let count = if bin == BINS {
            times.len()
        } else {
            times.partition_point(|&time| ((time - first) as f64) < share * lasts)
        };
        kept.clear();
        kept.extend(values.iter().take(count).copied().filter(|value| value.is_finite()));
        let middle = times.get(count / 2).or(times.first());
        if let (false, Some(&middle)) = (kept.is_empty(), middle) {
            let at = (middle - first) as f64 / 1000.0;
            found.push((at, robust::median(&kept)));
        }
        times = times.get(count..).unwrap_or_default();
        values = values.get(count..).unwrap_or_default();
    }
    found.dedup_by_key(|(at, _)| *at);
    (found.len() >= LEAST_BINS).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> f64 {
        ((n * n) as f64 * 0.618_033_988_749_895).fract() - 0.5
    }

    fn of(count: usize, value: impl Fn(usize) -> f64) -> Option<Trend> {
        let times: Vec<i64> = (0..).map(|n| 60_000 * n).take(count).collect();
        let values: Vec<f64> = (0..count).map(value).collect();
        trend(&times, &values)
    }

    #[test]
    fn a_steady_rise_is_found_with_its_speed() {
        let rise = of(360, |n| 100.0 + n as f64 + 5.0 * noise(n)).unwrap();
        assert!((rise.slope - 1.0 / 60.0).abs() < 0.001, "{rise:?}");
        assert!(rise.tau > 0.95 && rise.z > 8.0, "{rise:?}");
        assert!((rise.from - 100.0).abs() < 6.0 && (rise.to - 459.0).abs() < 6.0, "{rise:?}");
        let fall = of(360, |n| -(n as f64)).unwrap();
        assert!(fall.tau < -0.99 && fall.slope < 0.0 && fall.z < -8.0, "{fall:?}");
    }

    #[test]
    fn noise_a_step_and_a_peak_are_no_steady_rise() {
        assert!(of(360, noise).unwrap().tau.abs() < 0.3);
        let step = of(360, |n| if n < 180 { 0.0 } else { 10.0 } + noise(n)).unwrap();
        assert!(step.tau < 0.7, "{step:?}");
        let peak = of(360, |n| if (200..240).contains(&n) { 50.0 } else { 0.0 } + noise(n));
        assert!(peak.unwrap().tau.abs() < 0.3);
    }

    #[test]
    fn constants_gaps_and_single_points_have_no_trend() {
        assert_eq!(of(360, |_| 4.0), None);
        assert_eq!(of(360, |_| f64::NAN), None);
        assert_eq!(of(1, |_| 4.0), None);
        assert_eq!(trend(&[], &[]), None);
        assert_eq!(of(5, |n| n as f64), None);
        let gaps = of(360, |n| if n % 3 == 0 { f64::NAN } else { n as f64 }).unwrap();
        assert!(gaps.tau > 0.99, "{gaps:?}");
    }
}
