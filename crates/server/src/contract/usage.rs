//! Account usage: how long investigations ran this month.

use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::input::Asked;
use super::wire::seconds;
use crate::problem::{Kind, Problem};

/// How "no limit" is written.
const NONE: i64 = -1;

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let (from, to) = month(asked.now)
        .map_err(|_| Problem::new(Kind::Internal, "this month has no beginning or no end"))?;
    let busy = asked.app.store.busy_time(from, to).await?;
    let hours = |usage: f64| json!({ "limit": NONE, "usage": usage });
    Ok(json!({
        "monthlyAccountInvestigationHours": hours(busy.as_secs_f64() / 3600.0),
        "monthlyAccountEvaluationHours": hours(0.0),
        "monthlyAccountSystemLearningHours": hours(0.0),
        "monthlyAccountOnDemandHours": hours(0.0),
        "monthlyAccountGraderHours": hours(0.0),
        "usagePeriodStartTime": seconds(from),
        "usagePeriodEndTime": seconds(to),
    }))
}

/// The month around a time, by UTC.
fn month(now: Timestamp) -> Result<(Timestamp, Timestamp), jiff::Error> {
    let first = Offset::UTC.to_datetime(now).date().first_of_month();
    let from = first.to_datetime(Time::midnight());
    let to = from.checked_add(1.month())?;
    Ok((Offset::UTC.to_timestamp(from)?, Offset::UTC.to_timestamp(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight() {
        let (from, to) = month("2026-12-31T23:59:59.5Z".parse().unwrap()).unwrap();
        assert_eq!(from.to_string(), "2026-12-01T00:00:00Z");
        assert_eq!(to.to_string(), "2027-01-01T00:00:00Z");
    }
}
