//! Where the stretches lie that stand for all of the time.

use jiff::Timestamp;
use nightjar_incident::Window;

use crate::sample::WHOLE;

/// Stretches on each side of the beginning of the trouble.
const STRETCHES: i64 = 12;

/// Stretches that make up a share of both sides, in an order that has them spread wherever it ends.
pub(super) fn spread(
    window: Window,
    since: Option<Timestamp>,
    share: u32,
    by_minute: bool,
) -> Vec<Window> {
    let since = since.filter(|since| window.contains(*since)).unwrap_or(window.to);
    let mut found: Vec<(u64, Window)> = Vec::new();
    for side in [Window { from: window.from, to: since }, Window { from: since, to: window.to }] {
        let length = side.to.as_nanosecond() - side.from.as_nanosecond();
        let minutes = i64::try_from(length / 60_000_000_000).unwrap_or(i64::MAX);
        let pieces = if by_minute { minutes.clamp(1, 120) } else { STRETCHES };
        if length <= 0 {
            continue;
        }
        let (period, pieces) = (length / i128::from(pieces), pieces.unsigned_abs());
        for piece in 0..pieces {
            let begin = side.from.as_nanosecond() + period * i128::from(piece);
            let took = (period * i128::from(share) / i128::from(WHOLE)).max(1);
            let bounds =
                (Timestamp::from_nanosecond(begin), Timestamp::from_nanosecond(begin + took));
            if let (Ok(from), Ok(to)) = bounds {
                // Its number with the bits in reverse: halves come first, then quarters, then eighths.
                let bits = pieces.next_power_of_two().trailing_zeros();
                let place = piece.reverse_bits().checked_shr(64 - bits).unwrap_or(0);
                found.push((place << (32 - bits), Window { from, to }));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, window)| window).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn stretches_lie_evenly_over_both_sides() {
        let at = |minute: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        let window = Window { from: at(0), to: at(90) };
        let stretches = spread(window, Some(at(80)), 100_000, false);
        let total = |side: Window| -> f64 {
            let in_side = stretches.iter().filter(|stretch| side.contains(stretch.from));
            in_side.map(|stretch| stretch.to.duration_since(stretch.from).as_secs_f64()).sum()
        };
        assert!((total(Window { from: at(0), to: at(80) }) - 480.0).abs() < 1.0);
        assert!((total(Window { from: at(80), to: at(90) }) - 60.0).abs() < 1.0);
        assert!(
            stretches
                .iter()
                .all(|stretch| window.contains(stretch.from) && stretch.to <= window.to)
        );
        // Half of them are spread over everything as well.
        let half = stretches.iter().take(12);
        let late = half.filter(|stretch| stretch.from >= at(80)).count();
        assert!((4..=8).contains(&late), "{late}");
        assert_eq!(spread(window, None, 500_000, true).len(), 90);
        assert!(spread(Window { from: at(1), to: at(1) }, None, 1, true).is_empty());
    }
}
