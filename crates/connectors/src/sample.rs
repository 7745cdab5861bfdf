//! What is kept where there is more than may be answered.
//!
//! Whoever reads an answer compares how much there was before and after the trouble began. So whatever is
//! left out of one sort of pieces is left out of it evenly over the whole time: a cut that kept more of one
//! side would make up a change. Rare sorts are kept whole, bad ones and those that grew longer than others;
//! only what there is plenty of is thinned out.

/// How many of one sort there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sort {
    /// Before the trouble began; all of them where nobody knows when that was.
    pub(crate) before: u64,
    /// Since then.
    pub(crate) after: u64,
    /// Whether they tell of trouble by themselves: errors, failed and slow requests.
    pub(crate) is_bad: bool,
}

impl Sort {
    pub(crate) fn count(&self) -> u64 {
        self.before.saturating_add(self.after)
    }
}

/// A whole, in the unit that shares are told in.
pub(crate) const WHOLE: u32 = 1_000_000;

/// How much more room a sort gets that is bad, and one that grew.
const FAVOUR: f64 = 4.0;

/// The share of each sort, in millionths, with which all of them together fit into `room`; the same before
/// and after.
pub(crate) fn shares(sorts: &[Sort], room: usize) -> Vec<u32> {
    let sum = |side: fn(&Sort) -> u64| -> f64 { sorts.iter().map(|sort| side(sort) as f64).sum() };
    let (before, after) = (sum(|sort| sort.before), sum(|sort| sort.after));
    let weight = |sort: &Sort| {
        // Twice as much of it as of everything else, or there was none.
        let grew = after > 0.0 && sort.after as f64 * before > 2.0 * sort.before as f64 * after;
        let favour = |is: bool| if is { FAVOUR } else { 1.0 };
        favour(sort.is_bad) * favour(grew)
    };
    let sized: Vec<(f64, f64)> =
        sorts.iter().map(|sort| (sort.count() as f64, weight(sort))).collect();
    // Water is poured until the room is full: whoever has less than his part leaves the rest to others.
    let mut order: Vec<(f64, f64)> = sized.clone();
    order.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let mut left = room as f64;
    let mut weights: f64 = order.iter().map(|(_, weight)| weight).sum();
    let mut level = f64::INFINITY;
    for (count, weight) in order {
        if count / weight * weights > left {
            level = (left / weights).max(0.0);
            break;
        }
        left -= count;
        weights -= weight;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part is from 0 to 1, and a whole fits"
    )]
    let share = |&(count, weight): &(f64, f64)| {
        let part = if count > 0.0 { (level * weight / count).clamp(0.0, 1.0) } else { 1.0 };
        (part * f64::from(WHOLE)) as u32
    };
    sized.iter().map(share).collect()
}

/// Leaves `room` pieces, evenly over all of them.
pub(crate) fn thin<T>(pieces: &mut Vec<T>, room: usize) {
    let all = pieces.len();
    if all <= room {
        return;
    }
    let mut number = 0;
    pieces.retain(|_| {
        let is_kept = (number + 1) * room / all > number * room / all;
        number += 1;
        is_kept
    });
}

/// The FNV-1a hash of a text: the same in every process and version.
pub(crate) fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// `12,345`, for words about what was cut.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(before: u64, after: u64, is_bad: bool) -> Sort {
        Sort { before, after, is_bad }
    }

    #[test]
    fn rare_sorts_stay_whole_and_the_rest_shares_the_room() {
        let sorts = [sort(10, 5, false), sort(40_000, 20_000, false), sort(20_000, 10_000, false)];
        let shares = shares(&sorts, 10_015);
        assert_eq!(shares[0], WHOLE);
        // 5,000 of each.
        assert_eq!((shares[1], shares[2]), (83_333, 166_666));
    }

    #[test]
    fn what_is_bad_or_grew_gets_more_room() {
        let sorts = [sort(1_000, 1_000, false), sort(1_000, 1_000, true), sort(100, 1_900, false)];
        let shares = shares(&sorts, 900);
        assert!(shares[1] > 3 * shares[0] && shares[2] > 3 * shares[0], "{shares:?}");
        let kept: f64 = sorts
            .iter()
            .zip(&shares)
            .map(|(sort, share)| sort.count() as f64 * f64::from(*share) / 1e6)
            .sum();
        assert!((890.0..=900.0).contains(&kept), "{kept}");
    }

    #[test]
    fn nothing_is_left_out_where_all_fits() {
        assert_eq!(shares(&[sort(3, 4, true), sort(0, 0, false)], 7), [WHOLE, WHOLE]);
        assert!(shares(&[], 7).is_empty());
        assert_eq!(shares(&[sort(5, 5, false)], 0), [0]);
    }

    #[test]
    fn thinning_is_even() {
        let mut pieces: Vec<usize> = (0..1_000).collect();
        thin(&mut pieces, 100);
        assert_eq!(pieces.len(), 100);
        assert!(pieces.windows(2).all(|two| two[1] - two[0] == 10));
        thin(&mut pieces, 200);
        assert_eq!(pieces.len(), 100);
        thin(&mut pieces, 0);
        assert!(pieces.is_empty());
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
