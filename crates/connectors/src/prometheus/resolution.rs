//! How finely a window is looked at, and how much of it.
//!
//! The last hours are downloaded step by step, what is older at moments further apart. An expression looks
//! back over the same range at all of them, so that old and new values have one distribution: what is
//! older is a sample of steps, not their mean.

use nightjar_incident::Window;

use super::api::Grid;

/// About how many bytes a sample takes in an answer: `[1795404540,"0.123456789"],`.
pub(super) const SAMPLE_BYTES: usize = 28;

/// The most samples of one column: a day of minutes, and more than 40 days of hours.
const MOST_POINTS: usize = 2400;

/// The fewest samples of one column that tell what is usual.
const FEWEST_POINTS: usize = 180;

/// Of five samples of a column, those that are of the last hours.
const FINE_OF_FIVE: i64 = 3;

/// The distance of steps in scrapes: an increase needs two scrapes in each, even if one of them is missed.
const SCRAPES: i64 = 4;

/// How a window is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resolution {
    /// Over how many seconds before its time each value is.
    pub(super) range: i64,
    /// The last hours.
    pub(super) fine: Option<Grid>,
    /// What is older.
    pub(super) coarse: Option<Grid>,
}

impl Resolution {
    /// For so many columns, within so many bytes, scraped every so many seconds.
    pub(super) fn of(window: Window, columns: usize, bytes: usize, scrape: i64) -> Self {
        let points = (bytes / SAMPLE_BYTES / columns.max(1)).clamp(FEWEST_POINTS, MOST_POINTS);
        let range = SCRAPES * scrape.max(1);
        let points = i64::try_from(points).unwrap_or(i64::MAX);
        let fine_points = points * FINE_OF_FIVE / 5;
        let fine_seconds = fine_points * range;
        let end = window.to.as_second();
        let whole = end - window.from.as_second();
        if whole <= points * range {
            return Self { range, fine: Grid::within(window, range), coarse: None };
        }
        let back =
            |seconds: i64| jiff::Timestamp::from_second(end - seconds).unwrap_or(window.from);
        let from = back(fine_seconds).max(window.from);
        let older = Window { from: window.from, to: from };
        // Fewer than the fine ones, which then tell the usual distance of samples.
        let coarse_points = (points - fine_points).max(1);
        let step = ((whole - fine_seconds) / coarse_points).max(range);
        // Whole hours fall on the same times of every day.
        let unit = if step > 1800 { 3600 } else { range };
        let step = (step + unit - 1) / unit * unit;
        Self {
            range,
            fine: Grid::within(Window { from, to: window.to }, range),
            coarse: Grid::within(older, step),
        }
    }

    /// Samples of one column at most.
    pub(super) fn points(&self) -> usize {
        [self.fine, self.coarse].into_iter().flatten().map(Grid::points).sum()
    }
}

/// How many columns so many bytes can hold, each with as few samples as still tell something.
pub(super) fn most_columns(bytes: usize) -> usize {
    bytes / SAMPLE_BYTES / FEWEST_POINTS
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn days(days: i64) -> Window {
        let to: Timestamp = "2026-11-23T03:30:00Z".parse().unwrap();
        Window { from: to - SignedDuration::from_hours(24 * days), to }
    }

    #[test]
    fn few_columns_are_seen_in_full_and_many_in_part() {
        let few = Resolution::of(days(35), 10, 30_000_000, 15);
        assert_eq!((few.range, few.fine.unwrap().step, few.coarse.unwrap().step), (60, 60, 3600));
        assert!(few.points() <= MOST_POINTS && few.fine.unwrap().points() == 1440);
        let many = Resolution::of(days(35), 3000, 30_000_000, 15);
        assert!(many.points() * 3000 * SAMPLE_BYTES <= 30_000_000, "{many:?}");
        assert!(many.coarse.unwrap().points() < many.fine.unwrap().points());
        assert!(many.coarse.unwrap().last < many.fine.unwrap().first);
    }

    #[test]
    fn a_short_window_has_one_grid() {
        let window = days(1);
        let short = Window { from: window.to - SignedDuration::from_mins(30), to: window.to };
        let resolution = Resolution::of(short, 100, 2_000_000, 1);
        assert_eq!((resolution.range, resolution.coarse), (4, None));
        assert!(resolution.fine.unwrap().points() == 450);
    }
}
