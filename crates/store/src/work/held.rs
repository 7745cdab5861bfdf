//! What waits in the queue of a space, and why: for those who look at it. Watch jobs are held where the
//! space's rules say that nothing may be asked now.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Job, lost};
use crate::db::{Columns as _, Tx, from_driver, id, micros};
use crate::{Result, Space, Store};

/// The queue of a space at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many of its jobs run.
    pub running: u64,
    /// How many may.
    pub most_running: u64,
    /// Investigations that wait to be taken, with the number of jobs that come before them. Those further
    /// back than [`Waiting::MOST`] aren't told of.
    pub turns: BTreeMap<String, usize>,
    /// Whether there are more than that.
    pub is_more: bool,
    /// Investigations that are put off, with the reason and until when.
    pub held: BTreeMap<String, (String, Timestamp)>,
}

impl Waiting {
    /// How many jobs are told of.
    pub const MOST: usize = 1000;
}

impl Store {
    /// Gives a job back as [`Store::reschedule_job`] does, and says why it is put off. The reason holds
    /// nothing of what was investigated.
    pub async fn hold_job(&self, job: &Job, until: Timestamp, reason: &str) -> Result<()> {
        let held = sqlx::query(
            "UPDATE work SET lease_owner = NULL, lease_until = NULL, attempts = 0,
                    reason = CASE WHEN hastened = 1 THEN NULL ELSE $5 END,
                    due_at = CASE WHEN hastened = 1 THEN due_at ELSE $4 END
             WHERE id = $1 AND lease_owner = $2 AND lease_number = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(job.lease)
        .bind(micros(until))
        .bind(reason.replace('\0', ""))
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        if held.rows_affected() == 0 {
            return Err(lost(job));
        }
        self.tell_workers();
        Ok(())
    }
}

impl Space {
    /// What waits now: two looks at an index, however many tasks are to be told of.
    pub async fn waiting(&self, now: Timestamp) -> Result<Waiting> {
        let rows = sqlx::query(
            "SELECT s.most_running,
                    (SELECT COUNT(*) FROM work l
                     WHERE l.space = s.id AND l.lease_owner IS NOT NULL) AS running,
                    w.investigation, w.due_at, w.reason
             FROM spaces s
             LEFT JOIN (SELECT id, space, investigation, priority, due_at, reason FROM work
                        WHERE space = $1 AND lease_owner IS NULL
                          AND (due_at <= $2 OR reason IS NOT NULL)
                        ORDER BY priority DESC, due_at, id LIMIT $3) w ON w.space = s.id
             WHERE s.id = $1
             ORDER BY w.priority DESC, w.due_at, w.id",
        )
        .bind(id(&self.id))
        .bind(micros(now))
        .bind(i64::try_from(Waiting::MOST).unwrap_or(i64::MAX))
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let mut found = Waiting { is_more: rows.len() >= Waiting::MOST, ..Waiting::default() };
        let mut before = 0;
        for row in &rows {
            found.running = row.count("running")?;
            found.most_running = row.count("most_running")?;
            let Some(investigation) = row.maybe_text("investigation")? else { continue };
            let due = row.time("due_at")?;
            if due <= now {
                found.turns.entry(investigation).or_insert(before);
                before += 1;
            } else if let Some(reason) = row.maybe_text("reason")? {
                found.held.insert(investigation, (reason, due));
            }
        }
        Ok(found)
    }

    /// Makes the watch jobs due that are put off.
    pub(crate) async fn release_held(&self, tx: &mut Tx, now: Timestamp) -> Result<()> {
        sqlx::query(
            "UPDATE work SET due_at = $2
             WHERE space = $1 AND kind = 'watch' AND lease_owner IS NULL AND reason IS NOT NULL
               AND due_at > $2",
        )
        .bind(id(&self.id))
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}
