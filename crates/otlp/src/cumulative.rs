//! From values since a start to values per interval.

use nightjar_series::Repairs;

/// One point of a cumulative counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Unix milliseconds.
    pub(crate) time: i64,
    /// Since when it counts, Unix nanoseconds; 0 if it doesn't say.
    pub(crate) start: u64,
    pub(crate) value: f64,
}

/// The increase from point to point, and how often the counter began anew.
///
/// The first point yields nothing: what came before the recording can't be told from what came
/// within its first interval. A missing value yields a missing increase, and the next increase
/// spans the gap.
pub(crate) fn increases(points: &[Point]) -> (Vec<(i64, f64)>, usize) {
    let mut resets = 0;
    let mut before: Option<Point> = None;
    let mut out = Vec::with_capacity(points.len().saturating_sub(1));
    for &point in points {
        if let Some(before) = before {
            let anew =
                point.value < before.value || restarted(point.start, before.start, before.time);
            resets += usize::from(anew);
            let increase = if anew { point.value } else { point.value - before.value };
            out.push((point.time, increase));
        }
        if !point.value.is_nan() {
            before = Some(point);
        }
    }
    (out, resets)
}

/// Whether the count began anew after the point before: it says a start of its own that lies
/// behind that point.
pub(crate) fn restarted(start: u64, start_before: u64, time_before: i64) -> bool {
    start != 0 && start != start_before && millis(start) >= time_before
}

/// Brings points into time order; of those with the same time the last one stays.
pub(crate) fn in_order<P>(points: &mut Vec<P>, time: impl Fn(&P) -> i64) -> Repairs {
    let mut repairs = Repairs::default();
    let pairs = points.iter().zip(points.iter().skip(1));
    repairs.out_of_order = pairs.filter(|(a, b)| time(b) < time(a)).count();
    if repairs.out_of_order > 0 {
        points.sort_by_key(|point| time(point));
    }
    let all = points.len();
    // Keeps the first of equals, so it has to look from the end.
    points.reverse();
    points.dedup_by_key(|point| time(point));
    points.reverse();
    repairs.duplicated = all - points.len();
    repairs
}

/// Unix nanoseconds as milliseconds.
pub(crate) fn millis(nanos: u64) -> i64 {
    i64::try_from(nanos / 1_000_000).expect("invariant: 2^64 / 10^6 fits into 63 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: &[(i64, u64, f64)], expected: &[(i64, f64)], resets: usize) {
        let point = |&(time, start, value): &(i64, u64, f64)| Point {
            time,
            start: start * 1_000_000,
            value,
        };
        let points: Vec<Point> = points.iter().map(point).collect();
        assert_eq!(increases(&points), (expected.to_vec(), resets));
    }

    #[test]
    fn a_counter_becomes_its_increases() {
        check(&[(1, 0, 5.0), (2, 0, 7.0), (3, 0, 7.0)], &[(2, 2.0), (3, 0.0)], 0);
        check(&[(1, 0, 5.0)], &[], 0);
        check(&[], &[], 0);
    }

    #[test]
    fn a_fall_is_a_restart() {
        check(&[(1, 0, 5.0), (2, 0, 3.0), (3, 0, 4.0)], &[(2, 3.0), (3, 1.0)], 1);
    }

    #[test]
    fn a_later_start_is_a_restart_even_if_the_count_is_higher() {
        check(&[(10, 1, 5.0), (20, 15, 9.0)], &[(20, 9.0)], 1);
        // A start that lies before the last point can't be a restart after it.
        check(&[(10, 1, 5.0), (20, 2, 9.0)], &[(20, 4.0)], 0);
    }

    #[test]
    fn of_points_with_one_time_the_last_one_stays() {
        let mut points = vec![(3, 'a'), (1, 'b'), (3, 'c')];
        let repairs = in_order(&mut points, |point| point.0);
        assert_eq!(points, [(1, 'b'), (3, 'c')]);
        assert_eq!((repairs.out_of_order, repairs.duplicated), (1, 1));
    }
}
