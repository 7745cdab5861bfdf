//! How much may be asked in a space, and what of it is left. Pure.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use nightjar_agent::Left;
use nightjar_store::{Spent, SpentLately};
use serde::{Deserialize, Serialize};

/// The most that asking may cost. What isn't said isn't limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Time by the clock.
    pub seconds: Option<u64>,
    /// Queries to connections.
    pub queries: Option<u64>,
    /// Bytes of their answers.
    pub bytes: Option<u64>,
}

/// Budgets of a space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budgets {
    /// For all executions of an incident together.
    pub per_investigation: Budget,
    /// For the whole space in a day, by UTC.
    pub per_day: Budget,
    /// For the whole space in a calendar month, by UTC.
    pub per_month: Budget,
}

/// What was spent, as far as it counts now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) investigation: Spent,
    pub(crate) lately: SpentLately,
}

/// Nothing may be asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// When the budget is fresh; never, where it is that of the investigation.
    pub(crate) until: Timestamp,
    /// Which budget it is: `100 queries per day`.
    pub(crate) budget: String,
}

impl Budget {
    fn left(&self, used: Spent, per: &str) -> Left {
        let up = |budget: String| Left::Queries { most: 0, budget };
        if let Some(seconds) = self.seconds
            && used.micros >= seconds.saturating_mul(1_000_000)
        {
            return up(many(seconds, "second", "seconds", per));
        }
        if let Some(bytes) = self.bytes
            && used.bytes >= bytes
        {
            return up(many(bytes, "byte", "bytes", per));
        }
        match self.queries {
            Some(queries) => Left::Queries {
                most: queries.saturating_sub(used.queries),
                budget: many(queries, "query", "queries", per),
            },
            None => Left::Enough,
        }
    }
}

impl Budgets {
    /// Whether nothing is limited.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What may still be asked: as much as the tightest of them allows.
    pub(crate) fn left(&self, used: &Used) -> Left {
        let each = [
            self.per_investigation.left(used.investigation, "investigation"),
            self.per_day.left(used.lately.day, "day"),
            self.per_month.left(used.lately.month, "month"),
        ];
        let most = |left: &Left| match left {
            Left::Enough => u64::MAX,
            Left::Queries { most, .. } => *most,
        };
        each.into_iter().min_by_key(most).unwrap_or(Left::Enough)
    }

    /// Whether, and until when, nothing may be asked: until the last of those that are used up is fresh.
    pub(crate) fn hold(&self, used: &Used, now: Timestamp) -> Option<Hold> {
        let today = Offset::UTC.to_datetime(now).date();
        let each = [
            (self.per_day.left(used.lately.day, "day"), midnight(today.checked_add(1.day()))),
            (
                self.per_month.left(used.lately.month, "month"),
                midnight(today.first_of_month().checked_add(1.month())),
            ),
            (self.per_investigation.left(used.investigation, "investigation"), Timestamp::MAX),
        ];
        let held = each.into_iter().filter_map(|(left, until)| match left {
            Left::Queries { most: 0, budget } => Some(Hold { until, budget }),
            Left::Queries { .. } | Left::Enough => None,
        });
        held.max_by_key(|hold| hold.until)
    }
}

fn many(count: u64, one: &str, more: &str, per: &str) -> String {
    format!("{count} {} per {per}", if count == 1 { one } else { more })
}

/// When a day begins; never, where the calendar ends.
fn midnight(day: Result<Date, jiff::Error>) -> Timestamp {
    let begins = day.and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)));
    begins.unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Budget = Budget { seconds: None, queries: None, bytes: None };

    fn spent(queries: u64, bytes: u64, seconds: u64) -> Spent {
        Spent { queries, bytes, micros: seconds * 1_000_000 }
    }

    fn left(budgets: &Budgets, used: &Used) -> String {
        match budgets.left(used) {
            Left::Enough => "enough".to_owned(),
            Left::Queries { most, budget } => format!("{most} of {budget}"),
        }
    }

    #[test]
    fn the_tightest_budget_counts() {
        let budgets = Budgets {
            per_investigation: Budget { queries: Some(10), ..NOTHING },
            per_day: Budget { queries: Some(100), bytes: Some(1000), ..NOTHING },
            per_month: Budget { seconds: Some(60), ..NOTHING },
        };
        let used =
            |investigation, day, month| Used { investigation, lately: SpentLately { day, month } };
        let none = Spent::default();
        for (used, expected) in [
            (used(none, none, none), "10 of 10 queries per investigation"),
            (used(spent(4, 0, 0), none, none), "6 of 10 queries per investigation"),
            (used(none, spent(98, 0, 0), none), "2 of 100 queries per day"),
            (used(none, spent(300, 0, 0), none), "0 of 100 queries per day"),
            (used(none, spent(1, 1000, 0), none), "0 of 1000 bytes per day"),
            (used(none, none, spent(0, 0, 59)), "10 of 10 queries per investigation"),
            (used(none, none, spent(0, 0, 60)), "0 of 60 seconds per month"),
        ] {
            assert_eq!(left(&budgets, &used), expected);
        }
        assert_eq!(left(&Budgets::default(), &used(spent(u64::MAX, 7, 1), none, none)), "enough");
        let all = Budget { seconds: Some(u64::MAX), queries: Some(0), bytes: Some(u64::MAX) };
        let budgets = Budgets { per_day: all, ..Budgets::default() };
        assert_eq!(left(&budgets, &Used::default()), "0 of 0 queries per day");
    }

    #[test]
    fn it_is_held_until_the_last_of_them_is_fresh() {
        let one = Budget { queries: Some(1), ..NOTHING };
        let used = Used {
            investigation: spent(1, 0, 0),
            lately: SpentLately { day: spent(1, 0, 0), month: spent(1, 0, 0) },
        };
        let (day, month) = (
            Budgets { per_day: one, ..Budgets::default() },
            Budgets { per_day: one, per_month: one, ..Budgets::default() },
        );
        let own = Budgets { per_investigation: one, ..day };
        for (budgets, now, until) in [
            (day, "2026-12-31T23:59:59.9Z", Some("2027-01-01T00:00:00Z")),
            (day, "2026-11-23T00:00:00Z", Some("2026-11-24T00:00:00Z")),
            (month, "2026-11-23T09:00:00Z", Some("2026-12-01T00:00:00Z")),
            (Budgets::default(), "2026-11-23T09:00:00Z", None),
        ] {
            let hold = budgets.hold(&used, now.parse().unwrap());
            assert_eq!(hold.map(|hold| hold.until), until.map(|until| until.parse().unwrap()));
        }
        let hold = own.hold(&used, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(hold.until, Timestamp::MAX);
        assert_eq!(hold.budget, "1 query per investigation");
        assert_eq!(own.hold(&Used::default(), Timestamp::MAX), None);
        assert!(day.hold(&used, Timestamp::MAX).is_some());
    }
}
