//! How a level follows the hour of the day, or of the week.
//!
//! Hourly medians are split into a level per day (or week), an effect per hour of it, and a rest, by
//! median polish (Tukey, "Exploratory Data Analysis", 1977), so that an old incident or a day of another
//! level doesn't pass for a season. Effects add to the level; noise that grows with it isn't modelled.

use std::borrow::Cow;

use crate::robust;

/// An hour in milliseconds: the length of a slot.
const HOUR: i64 = 3_600_000;
const DAY: usize = 24;
const WEEK: usize = 7 * DAY;

/// Values of an hour that its median is taken of, evenly spread: more cost time and add little.
const PER_HOUR: usize = 8;
/// Sweeps of the polish; it hardly moves after the second.
const SWEEPS: usize = 3;
/// Share of the hours with the largest rests that don't count: old incidents.
const TRIMMED: f64 = 0.05;
/// Share of the rests left by a first sweep that no season strong enough leaves.
const HOPELESS: f64 = 0.85;
/// Share of the slots that must have been seen twice.
const COVERED: f64 = 0.9;
/// Least share of the variance that a season explains: R's `forecast::nsdiffs` takes a series for
/// seasonal from here.
const STRONG: f64 = 0.64;
/// Least standard deviations by which hours must differ more than chance and drift would have it.
const SURE: f64 = 3.0;
/// Most that a week may leave unexplained, of what a day does: with two weeks of mere noise it is three
/// quarters, as each of them fits itself.
const WEEK_LEAVES: f64 = 0.5;

/// How far above or below its usual level a signal is at each hour of the day or week.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    /// One effect per hour, 24 or 168, in the signal's unit; the first is that of the Unix epoch.
    effects: Vec<f64>,
    /// The usual level over all hours.
    level: f64,
    /// Share of the variance of the hourly medians that the season explains, 0 to 1 (seasonal
    /// strength of Wang, Smith & Hyndman, "Characteristic-based clustering for time series data", Data
    /// Mining and Knowledge Discovery 2006), with degrees of freedom taken into account.
    pub strength: f64,
}

impl Season {
    /// The season of a series, by day or by week. Times in Unix milliseconds, increasing; `NaN` is
    /// left out. `None` if less than two full days were recorded, or if the hour explains too little.
    ///
    /// Linear in the number of values.
    pub fn of(times: &[i64], values: &[f64]) -> Option<Self> {
        let lasts = times.last()?.saturating_sub(*times.first()?);
        if lasts < 2 * (signed(DAY) - 1) * HOUR {
            return None;
        }
        let hours = Hour::medians(times, values);
        let (day, week) = (Fit::with(&hours, DAY), Fit::with(&hours, WEEK));
        let fit = match (day, week) {
            (Some(day), Some(week)) if week.left > WEEK_LEAVES * day.left => day,
            (_, Some(week)) => week,
            (day, None) => day?,
        };
        let (strength, effects) = (fit.variance.strength(), fit.effects);
        let level = |hour: &Hour| hour.median - effect(&effects, hour.number);
        let levels: Vec<f64> = hours.iter().map(level).collect();
        Some(Self { level: robust::median(&levels), effects, strength })
    }

    /// How far above its usual level the signal is in the hour of a time (Unix milliseconds).
    pub fn at(&self, time: i64) -> f64 {
        effect(&self.effects, time.div_euclid(HOUR))
    }

    /// A value as it would be in the hour of `at`: what differs because of the hour is gone, everything
    /// else is kept. Levels change somewhere between two hours, so what lies between the level of
    /// this hour and that of the nearer neighbour is taken for usual.
    fn moved(&self, time: i64, value: f64, at: i64) -> f64 {
        let (hour, within) = (time.div_euclid(HOUR), time.rem_euclid(HOUR));
        let near = if within < HOUR / 2 { hour - 1 } else { hour + 1 };
        let (here, near) = (effect(&self.effects, hour), effect(&self.effects, near));
        let usual = (value - self.level).clamp(here.min(near), here.max(near));
        value - usual + self.at(at)
    }
}

fn effect(effects: &[f64], hour: i64) -> f64 {
    effects.get(slot(hour, effects.len())).copied().unwrap_or(0.0)
}

/// Values as they would be in the hour of `at` (Unix milliseconds), with regard to the season, if there
/// is one; else as they are.
pub fn at_the_hour<'a>(
    season: Option<&Season>,
    times: &[i64],
    values: &'a [f64],
    at: i64,
) -> Cow<'a, [f64]> {
    let Some(season) = season else { return Cow::Borrowed(values) };
    times.iter().zip(values).map(|(&time, &value)| season.moved(time, value, at)).collect()
}

/// Change per hour: the median of the differences between the same hour of one period and the next
/// (seasonal Kendall slope: Hirsch, Slack & Smith, "Techniques of trend analysis for monthly water quality
/// data", Water Resources Research 1982).
fn slope(hours: &[Hour], slots: usize) -> f64 {
    let mut later = hours.iter();
    let mut next = later.next();
    let mut differences = Vec::with_capacity(hours.len());
    for hour in hours {
        let wanted = hour.number.saturating_add(signed(slots));
        while next.is_some_and(|next| next.number < wanted) {
            next = later.next();
        }
        if let Some(next) = next.filter(|next| next.number == wanted) {
            differences.push(next.median - hour.median);
        }
    }
    let middle = robust::median(&differences) / slots as f64;
    if middle.is_finite() { middle } else { 0.0 }
}

/// Effects of the hours with what they explain.
struct Fit {
    effects: Vec<f64>,
    variance: Variance,
    /// Sum of what they leave, old incidents included.
    left: f64,
}

impl Fit {
    fn with(hours: &[Hour], slots: usize) -> Option<Self> {
        let (first, last) = (hours.first()?.number, hours.last()?.number);
        let lasts = usize::try_from(last - first + 1).ok()?;
        let mut of_slot: Vec<Vec<usize>> = vec![Vec::new(); slots];
        for (index, hour) in hours.iter().enumerate() {
            of_slot.get_mut(slot(hour.number, slots))?.push(index);
        }
        let covered = of_slot.iter().filter(|hours| hours.len() >= 2).count();
        // Counters begin a sample after the first full hour; that hour isn't missed.
        if lasts + 1 < 2 * slots || (covered as f64) < COVERED * slots as f64 {
            return None;
        }
        // From two days a ramp looks like a step between them and a step like a ramp, and either, taken
        // for the other, leaves a rise within each day. What is no season under both is none.
        let level = Self::of(hours, &of_slot, 0.0)?;
        let ramp = Self::of(hours, &of_slot, slope(hours, slots))?;
        let mut fit = if level.variance.between <= ramp.variance.between { level } else { ramp };
        for (effect, members) in fit.effects.iter_mut().zip(&of_slot) {
            *effect *= fit.variance.trust(members.len());
        }
        Some(fit)
    }

    /// `None` if the hours explain too little.
    fn of(hours: &[Hour], of_slot: &[Vec<usize>], slope: f64) -> Option<Self> {
        let slots = of_slot.len();
        let first = hours.first()?.number;
        let period = |hour: &Hour| (hour.number - first).div_euclid(signed(slots));
        let level = |hour: &Hour| hour.median - slope * (hour.number - first) as f64;
        let mut rests: Vec<f64> = hours.iter().map(level).collect();
        let mut effects = vec![0.0; slots];
        for sweep in 0..SWEEPS {
            let mut start = 0;
            for run in hours.chunk_by(|a, b| period(a) == period(b)) {
                let members: Vec<usize> = (start..start + run.len()).collect();
                swept(&mut rests, &members);
                start += run.len();
            }
            let before = size(&rests);
            for (effect, members) in effects.iter_mut().zip(of_slot) {
                *effect += swept(&mut rests, members);
            }
            // Most series have no season, and the first sweep is enough to see it.
            if sweep == 0 && size(&rests) > HOPELESS * before {
                return None;
            }
            let middle = robust::median(&effects);
            effects.iter_mut().for_each(|effect| *effect -= middle);
        }
        let periods = period(hours.last()?) as f64 + 1.0;
        let variance = Variance::of(hours, &rests, &effects, periods)?;
        let is_season = variance.strength() >= STRONG && variance.z() >= SURE;
        let left = size(&rests);
        is_season.then_some(Self { effects, variance, left })
    }
}

fn size(rests: &[f64]) -> f64 {
    rests.iter().map(|rest| rest.abs()).sum()
}

/// Takes the median of some rests out of them and gives it.
fn swept(rests: &mut [f64], members: &[usize]) -> f64 {
    let values: Vec<f64> = members.iter().filter_map(|&index| rests.get(index).copied()).collect();
    let middle = robust::median(&values);
    if !middle.is_finite() {
        return 0.0;
    }
    for &index in members {
        if let Some(rest) = rests.get_mut(index) {
            *rest -= middle;
        }
    }
    middle
}

fn signed(slots: usize) -> i64 {
    i64::try_from(slots).unwrap_or(i64::MAX)
}

fn slot(hour: i64, slots: usize) -> usize {
    usize::try_from(hour.rem_euclid(signed(slots))).unwrap_or(0)
}

/// The median of an hour.
struct Hour {
    /// Hours since the Unix epoch.
    number: i64,
    median: f64,
}

impl Hour {
    fn medians(times: &[i64], values: &[f64]) -> Vec<Self> {
        let mut found = Vec::new();
        let mut kept: Vec<f64> = Vec::with_capacity(PER_HOUR);
        let (mut times, mut values) = (times, values);
        while let Some(&time) = times.first() {
            let number = time.div_euclid(HOUR);
            let end = number.saturating_add(1).saturating_mul(HOUR);
            let count = times.partition_point(|&time| time < end).max(1);
            let here = values.get(..count).unwrap_or_default();
            kept.clear();
            let spread = here.iter().step_by(count.div_ceil(PER_HOUR));
            kept.extend(spread.copied().filter(|value| value.is_finite()));
            if !kept.is_empty() {
                found.push(Self { number, median: robust::median(&kept) });
            }
            times = times.get(count..).unwrap_or_default();
            values = values.get(count..).unwrap_or_default();
        }
        found
    }
}

/// What varies with the hour and what doesn't.
struct Variance {
    /// Mean square of the effects, each counted as often as its hour was seen.
    between: f64,
    /// Mean square of the rests.
    within: f64,
    /// Mean times that an hour was seen.
    times_seen: f64,
    /// Degrees of freedom of both.
    freedom: (f64, f64),
    /// What is left of them, as neighbouring hours resemble each other.
    independent: f64,
}

impl Variance {
    fn of(hours: &[Hour], rests: &[f64], effects: &[f64], periods: f64) -> Option<Self> {
        let mut sizes: Vec<f64> = rests.iter().map(|rest| rest.abs()).collect();
        let (count, slots) = (rests.len() as f64, effects.len() as f64);
        let most = robust::quantile(&sizes, 1.0 - TRIMMED);
        sizes.retain(|size| *size <= most);
        let freedom = (slots - 1.0, sizes.len() as f64 - slots - periods + 1.0);
        let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let times_seen = count / slots;
        let within = squares(&sizes) / freedom.1;
        let mean = effects.iter().sum::<f64>() / slots;
        let apart: Vec<f64> = effects.iter().map(|effect| effect - mean).collect();
        let between = times_seen * squares(&apart) / freedom.0;
        let sound = freedom.1 > 0.0 && between.is_finite() && between > 0.0 && within.is_finite();
        let independent = independent(hours, rests, most);
        sound.then_some(Self { between, within, times_seen, freedom, independent })
    }

    fn strength(&self) -> f64 {
        let (a, b) = self.freedom;
        let whole = (a * self.between + b * self.within) / (a + b);
        (1.0 - self.within / whole).max(0.0)
    }

    /// The F statistic as standard deviations of a normal (Paulson, "An approximate normalization of
    /// the analysis of variance distribution", Annals of Mathematical Statistics 1942), with the
    /// degrees of freedom that autocorrelation leaves. 0 below three, where it is no good.
    fn z(&self) -> f64 {
        let (a, b) = (self.freedom.0 * self.independent, self.freedom.1 * self.independent);
        if a < 3.0 || b < 3.0 {
            return 0.0;
        }
        let f = (self.between / self.within.max(f64::MIN_POSITIVE)).min(1e12);
        let (root, one, other) = (f.cbrt(), 2.0 / (9.0 * a), 2.0 / (9.0 * b));
        ((1.0 - other) * root - (1.0 - one)) / (other * root * root + one).sqrt()
    }

    /// How much of an effect is kept that was seen so many times: effects of few are drawn towards
    /// none (Efron & Morris, "Stein's estimation rule and its competitors", JASA 1973).
    fn trust(&self, seen: usize) -> f64 {
        let seen = seen as f64;
        let true_spread = ((self.between - self.within) / self.times_seen).max(0.0);
        let trust = seen * true_spread / (seen * true_spread + self.within);
        if trust.is_finite() { trust } else { 1.0 }
    }
}

/// Share of the rests that tell something new, by the correlation of each hour with the next
/// (Bartlett, "Some aspects of the time-correlation problem", JRSS 1935).
fn independent(hours: &[Hour], rests: &[f64], most: f64) -> f64 {
    let all: Vec<(i64, f64)> = hours
        .iter()
        .zip(rests)
        .map(|(hour, rest)| (hour.number, rest.clamp(-most, most)))
        .collect();
    let (mut product, mut square) = (0.0, 0.0);
    for pair in all.windows(2) {
        if let [(before, a), (after, b)] = pair
            && before + 1 == *after
        {
            product += a * b;
            square += (a * a + b * b) / 2.0;
        }
    }
    let correlation = if square > 0.0 { (product / square).clamp(0.0, 1.0) } else { 0.0 };
    let square = correlation * correlation;
    (1.0 - square) / (1.0 + square)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    /// A noise without a generator: fractional parts of squares times an irrational, around 0.
    fn noise(n: usize) -> f64 {
        ((n * n) as f64 * 0.618_033_988_749_895).fract() - 0.5
    }

    /// One value every ten minutes for so many days.
    fn series(days: i64, value: impl Fn(usize, i64) -> f64) -> (Vec<i64>, Vec<f64>) {
        let times: Vec<i64> = (0..days * 144).map(|n| n * 10 * MINUTE).collect();
        let values = times.iter().enumerate().map(|(n, &time)| value(n, time)).collect();
        (times, values)
    }

    fn hour_of_day(time: i64) -> i64 {
        time.div_euclid(HOUR).rem_euclid(24)
    }

    fn peak(time: i64) -> f64 {
        if (9..12).contains(&hour_of_day(time)) { 100.0 } else { 10.0 }
    }

    #[test]
    fn a_daily_peak_is_a_season_and_taking_it_out_leaves_the_noise() {
        let (times, values) = series(3, |n, time| peak(time) + noise(n));
        let season = Season::of(&times, &values).unwrap();
        assert!(season.strength > 0.9, "{season:?}");
        let ten = 4 * 24 * HOUR + 10 * HOUR + 30 * MINUTE;
        assert!((season.at(ten) - 90.0).abs() < 2.0, "{}", season.at(ten));
        assert!(season.at(ten + 12 * HOUR).abs() < 2.0);
        let level = at_the_hour(Some(&season), &times, &values, ten);
        assert!((robust::median(&level) - 100.0).abs() < 2.0);
        assert!(robust::mad(&level) < 2.0);
    }

    #[test]
    fn less_than_two_days_noise_constants_and_drift_have_no_season() {
        let (times, values) = series(3, |n, time| peak(time) + noise(n));
        let cut = 144 + 130;
        assert_eq!(Season::of(&times[..cut], &values[..cut]), None);
        let none = |value: &dyn Fn(usize, i64) -> f64| {
            let (times, values) = series(4, value);
            assert_eq!(Season::of(&times, &values), None);
        };
        none(&|n, _| noise(n));
        none(&|_, _| 5.0);
        none(&|n, _| n as f64);
        none(&|_, _| f64::NAN);
        // Slow swings that keep no hours.
        none(&|n, _| (n as f64 / 47.0).sin() * 10.0 + noise(n));
        assert_eq!(Season::of(&[], &[]), None);
        assert_eq!(Season::of(&[7], &[1.0]), None);
    }

    #[test]
    fn an_old_incident_and_a_day_of_another_level_leave_the_season_as_it_is() {
        let (times, values) = series(5, |n, time| {
            let level = if (24 * HOUR..48 * HOUR).contains(&time) { 30.0 } else { 0.0 };
            let incident = if (400..410).contains(&n) { 5_000.0 } else { 0.0 };
            peak(time) + noise(n) + level + incident
        });
        let season = Season::of(&times, &values).unwrap();
        assert!((season.at(10 * HOUR + 30 * MINUTE) - 90.0).abs() < 4.0, "{season:?}");
    }

    #[test]
    fn quiet_weekends_make_it_a_week() {
        let weekday = |time: i64| time.div_euclid(24 * HOUR).rem_euclid(7) < 5;
        let (times, values) =
            series(21, |n, time| if weekday(time) { peak(time) } else { 10.0 } + noise(n));
        let season = Season::of(&times, &values).unwrap();
        let ten = 10 * HOUR + 30 * MINUTE;
        assert!((season.at(ten) - 90.0).abs() < 3.0);
        assert!(season.at(ten + 5 * 24 * HOUR).abs() < 3.0);
        let (times, values) = series(21, |n, time| peak(time) + noise(n));
        assert_eq!(Season::of(&times, &values).unwrap().effects.len(), DAY);
    }

    #[test]
    fn shift_and_scale_of_the_values_shift_nothing_and_scale_the_season() {
        let (times, values) = series(3, |n, time| peak(time) + noise(n));
        let season = Season::of(&times, &values).unwrap();
        let other: Vec<f64> = values.iter().map(|v| 1_000.0 + 4.0 * v).collect();
        let scaled = Season::of(&times, &other).unwrap();
        for hour in 0..24 {
            let at = hour * HOUR + 17 * MINUTE;
            assert!((scaled.at(at) - 4.0 * season.at(at)).abs() < 1e-6);
        }
    }

    #[test]
    fn hours_without_values_are_missing_and_not_zero() {
        let (times, mut values) = series(4, |n, time| peak(time) + noise(n));
        for (time, value) in times.iter().zip(&mut values) {
            if hour_of_day(*time) == 3 && *time > 24 * HOUR {
                *value = f64::NAN;
            }
        }
        let season = Season::of(&times, &values).unwrap();
        assert!(season.at(3 * HOUR + 30 * MINUTE).abs() < 2.0);
    }
}
