//! Shared by the observers of slow moves: a steady climb or fall over the last hours or day.

use nightjar_series::Column;
use nightjar_series::season::{Season, at_the_hour};
use nightjar_series::trend::{Trend, trend};

use crate::thresholds as limit;

/// A steady move, and how long it was watched in seconds.
pub(super) struct Climb {
    pub(super) trend: Trend,
    pub(super) lasts: f64,
}

/// How much of the record is looked at, longest first, seconds.
const HORIZONS: [i64; 3] = [24 * 3600, 6 * 3600, 5400];

/// The longest steady move that ends at `until` (Unix milliseconds) and is notable, by where it begins and
/// ends.
pub(super) fn climb(
    column: &Column,
    until: i64,
    notable: impl Fn(f64, f64) -> bool,
) -> Option<Climb> {
    let all = column.between(i64::MIN, until);
    let latest = all.values().iter().rev().copied().find(|value| value.is_finite())?;
    let parts = HORIZONS.iter().map(|seconds| {
        let from = until.saturating_sub(seconds * 1000);
        all.between(from, i64::MAX)
    });
    // What a part would have to show at the least; most don't, and aren't looked at closely.
    let mut parts = parts.filter(|part| {
        let first = part.values().iter().copied().find(|value| value.is_finite());
        first.is_some_and(|first| notable(first, latest))
    });
    let mut season: Option<Option<Season>> = None;
    parts.find_map(|part| {
        let season = season.get_or_insert_with(|| Season::of(all.times(), all.values()));
        let values = at_the_hour(season.as_ref(), part.times(), part.values(), until);
        let trend = trend(part.times(), &values)?;
        let lasts = part.times().last()?.saturating_sub(*part.times().first()?) as f64 / 1000.0;
        let is_steady = trend.z.abs() >= limit::TREND_Z.value
            && trend.tau.abs() >= limit::TREND_TAU.value
            && notable(trend.from, trend.to);
        is_steady.then_some(Climb { trend, lasts })
    })
}
