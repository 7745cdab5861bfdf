//! What executions have cost: kept with the state they end with, and counted against budgets.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use nightjar_incident::IncidentId;
use sqlx::any::AnyRow;

use crate::db::{Columns as _, Tx, from_driver, id, number};
use crate::incidents::no_incident;
use crate::{Error, Result, Space};

/// What asking has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Queries that were sent to connections.
    pub queries: u64,
    /// Bytes of their answers.
    pub bytes: u64,
    /// How long it took by the clock, microseconds.
    pub micros: u64,
}

/// What was spent in the calendar's day and month, by UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpentLately {
    /// In the day.
    pub day: Spent,
    /// In the month, the day included.
    pub month: Spent,
}

/// What the executions that ended on a day have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageDay {
    /// The day, by UTC.
    pub day: Date,
    /// Incidents whose first execution ended then.
    pub investigations: u64,
    /// Executions.
    pub executions: u64,
    /// What they cost.
    pub spent: Spent,
}

impl Space {
    /// What an incident's executions have cost so far.
    pub async fn spent_on(&self, incident: &IncidentId) -> Result<Spent> {
        let row = sqlx::query(
            "SELECT spent_queries AS queries, spent_bytes AS bytes, spent_micros AS micros
             FROM incidents WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        spent(&row.ok_or_else(|| no_incident(incident))?)
    }

    /// What was spent in the day and in the month of a time.
    pub async fn spent_lately(&self, now: Timestamp) -> Result<SpentLately> {
        let today = day_of(now);
        let rows = sqlx::query(
            "SELECT day, queries, bytes, busy_micros AS micros FROM usage
             WHERE space = $1 AND day >= $2 AND day <= $3",
        )
        .bind(id(&self.id))
        .bind(number_of(today.first_of_month()))
        .bind(number_of(today))
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let mut found = SpentLately::default();
        for row in &rows {
            let spent = spent(row)?;
            found.month = found.month.and(spent);
            if row.signed("day")? == number_of(today) {
                found.day = spent;
            }
        }
        Ok(found)
    }

    /// What was spent on each day from one to another, both included; days without anything are left out.
    pub async fn usage(&self, from: Date, to: Date) -> Result<Vec<UsageDay>> {
        self.alive().await?;
        let rows = sqlx::query(
            "SELECT day, investigations, executions, queries, bytes, busy_micros AS micros
             FROM usage WHERE space = $1 AND day >= $2 AND day <= $3 ORDER BY day",
        )
        .bind(id(&self.id))
        .bind(number_of(from))
        .bind(number_of(to))
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let day = |row: &AnyRow| {
            Ok(UsageDay {
                day: date_of(row.signed("day")?)?,
                investigations: row.count("investigations")?,
                executions: row.count("executions")?,
                spent: spent(row)?,
            })
        };
        rows.iter().map(day).collect()
    }

    /// Counts what an incident's execution with this number has cost, unless that was counted.
    pub(crate) async fn count_spent(
        &self,
        tx: &mut Tx,
        incident: &IncidentId,
        execution: usize,
        spent: &Spent,
        now: Timestamp,
    ) -> Result<()> {
        let execution = i64::try_from(execution).unwrap_or(i64::MAX);
        let (queries, bytes) = (capped(spent.queries), capped(spent.bytes));
        let micros = capped(spent.micros);
        let row = sqlx::query(
            "UPDATE incidents SET spent_queries = spent_queries + $4,
                    spent_bytes = spent_bytes + $5, spent_micros = spent_micros + $6,
                    spent_executions = $3
             WHERE space = $1 AND id = $2 AND spent_executions < $3
             RETURNING id",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .bind(execution)
        .bind(queries)
        .bind(bytes)
        .bind(micros)
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
        if row.is_none() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO usage (space, day, investigations, executions, queries, bytes, busy_micros)
             VALUES ($1, $2, $3, 1, $4, $5, $6)
             ON CONFLICT (space, day) DO UPDATE SET
                 investigations = usage.investigations + excluded.investigations,
                 executions = usage.executions + 1,
                 queries = usage.queries + excluded.queries,
                 bytes = usage.bytes + excluded.bytes,
                 busy_micros = usage.busy_micros + excluded.busy_micros",
        )
        .bind(id(&self.id))
        .bind(number_of(day_of(now)))
        .bind(i64::from(execution == 1))
        .bind(queries)
        .bind(bytes)
        .bind(micros)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}

impl Spent {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            queries: self.queries.saturating_add(other.queries),
            bytes: self.bytes.saturating_add(other.bytes),
            micros: self.micros.saturating_add(other.micros),
        }
    }
}

fn spent(row: &AnyRow) -> Result<Spent> {
    Ok(Spent {
        queries: row.count("queries")?,
        bytes: row.count("bytes")?,
        micros: row.count("micros")?,
    })
}

/// The most that one execution counts, so that no sum of a life of them overflows: 2^48 bytes are 256 TiB.
const MOST: u64 = 1 << 48;

fn capped(value: u64) -> i64 {
    number(value.min(MOST)).unwrap_or(i64::MAX)
}

/// The day that columns count from.
const FIRST: Date = jiff::civil::date(1970, 1, 1);

fn day_of(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

fn number_of(day: Date) -> i64 {
    // Whole days: the span is in days alone.
    i64::from(FIRST.until(day).map_or(0, |span| span.get_days()))
}

fn date_of(number: i64) -> Result<Date> {
    let damaged = || Error::Damaged {
        what: "a space's usage".to_owned(),
        reason: format!("{number} is no day"),
    };
    let days = i32::try_from(number).map_err(|_| damaged())?;
    let span = 0.days().try_days(days).map_err(|_| damaged())?;
    FIRST.checked_add(span).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_counted_from_1970_and_back() {
        for (day, expected) in
            [(date(1970, 1, 1), 0), (date(2026, 11, 23), 20780), (date(1969, 12, 31), -1)]
        {
            assert_eq!(number_of(day), expected);
            assert_eq!(date_of(expected).unwrap(), day);
        }
        for day in [Date::MIN, Date::MAX] {
            assert_eq!(date_of(number_of(day)).unwrap(), day);
        }
        assert!(date_of(i64::MAX).is_err());
    }
}
