//! Which job is next.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use sqlx::AssertSqlSafe;

use crate::db::{Columns as _, Kind, Tx, from_driver, id, micros};
use crate::{Result, Store};

/// The first job that may be taken, of one space and one priority.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    space: SpaceId,
    priority: i64,
    due_at: i64,
    job: i64,
    /// Jobs of its space that are leased.
    running: u64,
}

/// Spaces in the order in which they are served, by what waits in them.
///
/// A space that runs nothing comes before any that runs something: however many urgent jobs one space has,
/// the others aren't kept waiting by them. Beyond that the more urgent job comes first, then the space that
/// runs less, then who has waited longer.
fn turns(candidates: Vec<Candidate>) -> Vec<SpaceId> {
    let mut firsts: BTreeMap<SpaceId, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let urgency = |one: &Candidate| (-one.priority, one.due_at, one.job);
        let is_first =
            firsts.get(&candidate.space).is_none_or(|known| urgency(&candidate) < urgency(known));
        if is_first {
            firsts.insert(candidate.space.clone(), candidate);
        }
    }
    let mut firsts: Vec<Candidate> = firsts.into_values().collect();
    firsts.sort_by_key(|one| (one.running > 0, -one.priority, one.running, one.due_at, one.job));
    firsts.into_iter().map(|candidate| candidate.space).collect()
}

/// All spaces in which a job is free, one look at the index for each.
const ALL_SPACES: &str = "waiting (space) AS (
    SELECT MIN(space) FROM work WHERE lease_owner IS NULL
    UNION ALL
    SELECT (SELECT MIN(w.space) FROM work w
            WHERE w.lease_owner IS NULL AND w.space > waiting.space)
    FROM waiting WHERE waiting.space IS NOT NULL)";

const ONE_SPACE: &str = "waiting (space) AS (SELECT id FROM spaces WHERE id = $2)";

/// The first jobs that may be taken at $1, for each space and priority: due; of a space that may run
/// one more; of an investigation that has none running; and behind no earlier job of it that plays or
/// asks, however long that is put off. A job that watches waits for none of these.
///
/// Each (space, priority) is one look at the index, so what it costs doesn't grow with the queue.
fn firsts(spaces: &str, select: &str) -> String {
    format!(
        "WITH RECURSIVE {spaces},
        counted (space, most, running) AS (
            SELECT s.id, s.most_running, (SELECT COUNT(*) FROM work l
                                          WHERE l.space = s.id AND l.lease_owner IS NOT NULL)
            FROM waiting JOIN spaces s ON s.id = waiting.space),
        ranks (priority) AS (VALUES (1), (2), (3), (4), (5)),
        firsts (space, priority, running, job) AS MATERIALIZED (
            SELECT c.space, ranks.priority, c.running, (SELECT w.id FROM work w
                    WHERE w.space = c.space AND w.lease_owner IS NULL
                      AND w.priority = ranks.priority AND w.due_at <= $1
                      AND NOT EXISTS (
                          SELECT 1 FROM work o
                          WHERE o.space = w.space AND o.investigation = w.investigation
                            AND o.id <> w.id
                            AND (o.lease_owner IS NOT NULL
                                 OR (w.kind <> 'watch' AND o.kind <> 'watch' AND o.id < w.id)))
                    ORDER BY w.due_at, w.id LIMIT 1)
            FROM counted c CROSS JOIN ranks WHERE c.running < c.most)
        {select}"
    )
}

/// The same of all spaces, by themselves.
pub(super) fn all_firsts() -> String {
    // Not a join: PostgreSQL would read the whole queue for it.
    let select = "SELECT space, CAST(priority AS BIGINT) AS priority, running, job,
            (SELECT due_at FROM work WHERE id = job) AS due_at
        FROM firsts WHERE job IS NOT NULL";
    firsts(ALL_SPACES, select)
}

impl Store {
    /// Spaces in which a job may be taken, in the order in which they are served.
    pub(super) async fn turns(&self, now: Timestamp) -> Result<Vec<SpaceId>> {
        let rows = sqlx::query(AssertSqlSafe(all_firsts()))
            .bind(micros(now))
            .fetch_all(self.db().read())
            .await
            .map_err(from_driver)?;
        let candidates = rows.iter().map(|row| {
            Ok(Candidate {
                space: row.id("space")?,
                priority: row.signed("priority")?,
                due_at: row.signed("due_at")?,
                job: row.signed("job")?,
                running: row.count("running")?,
            })
        });
        Ok(turns(candidates.collect::<Result<_>>()?))
    }

    /// The next job of a space, for a transaction that holds the space's place in the queue
    /// ([`Self::hold_queue`]).
    pub(super) async fn next_of(
        &self,
        tx: &mut Tx,
        space: &SpaceId,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        let select = "SELECT w.id FROM firsts JOIN work w ON w.id = firsts.job
            ORDER BY w.priority DESC LIMIT 1";
        let mut statement = firsts(ONE_SPACE, select);
        if self.db().kind() == Kind::Postgres {
            // What intake is just pulling forward is found when that is written.
            statement.push_str(" FOR UPDATE OF w SKIP LOCKED");
        }
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(micros(now))
            .bind(id(space))
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        row.map(|row| row.signed("id")).transpose()
    }

    /// Keeps all others from taking jobs of a space until the transaction ends: what is leased is counted
    /// and added to, and two that count at a time would go beyond the limit. `false` if somebody else
    /// holds it for longer than taking a job lasts, since their machine stands still.
    pub(super) async fn hold_queue(&self, tx: &mut Tx, space: &SpaceId) -> Result<bool> {
        if self.db().kind() == Kind::Sqlite {
            // There is one writer.
            return Ok(true);
        }
        let limit = "SELECT set_config('lock_timeout', '1s', true)";
        sqlx::query(limit).execute(&mut **tx).await.map_err(from_driver)?;
        // A statement of its own: what comes after it sees what the last holder wrote.
        let held = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("nightjar queue {space}"))
            .execute(&mut **tx)
            .await;
        match held {
            Ok(_) => Ok(true),
            Err(error) if is_held_elsewhere(&error) => Ok(false),
            Err(error) => Err(from_driver(error)),
        }
    }
}

/// PostgreSQL's `lock_not_available`.
fn is_held_elsewhere(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some("55P03")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(candidates: &[(&str, i64, i64, u64)], expected: &[&str]) {
        let candidates = (1..).zip(candidates).map(|(job, &(space, priority, due_at, running))| {
            Candidate { space: SpaceId::new(space), priority, due_at, job, running }
        });
        let order = turns(candidates.collect());
        let order: Vec<&str> = order.iter().map(SpaceId::as_str).collect();
        assert_eq!(order, expected);
    }

    #[test]
    fn a_storm_keeps_nobody_waiting() {
        check(&[("storm", 5, 10, 1), ("calm", 1, 99, 0)], &["calm", "storm"]);
        check(&[("storm", 5, 10, 3), ("calm", 5, 99, 1)], &["calm", "storm"]);
    }

    #[test]
    fn the_urgent_come_first_and_then_who_waited() {
        check(&[("a", 3, 10, 0), ("b", 4, 20, 0)], &["b", "a"]);
        check(&[("a", 3, 20, 0), ("b", 3, 10, 0)], &["b", "a"]);
        check(&[("a", 4, 20, 2), ("b", 3, 10, 1)], &["a", "b"]);
    }

    #[test]
    fn a_space_counts_by_its_most_urgent_job() {
        check(&[("a", 1, 1, 0), ("b", 3, 2, 0), ("a", 5, 30, 0)], &["a", "b"]);
        check(&[], &[]);
    }
}
