//! The queue: who may work on what, and when. docs/specs/queue.md says what holds.

mod enqueue;
mod held;
mod next;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;
use tokio::sync::watch;

use crate::db::{Columns as _, Kind, from_driver, micros};
use crate::{Error, Result, Store};

pub use held::Waiting;

/// What a job asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum JobKind {
    /// Conduct an investigation from its beginning (again after a crash).
    Investigate,
    /// Do what a person asked of an investigation.
    Request(serde_json::Value),
    /// Look at a live investigation: it has news, or it is time.
    Watch,
}

/// A job that this process has leased.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub space: SpaceId,
    /// Which investigation.
    pub investigation: String,
    /// What is asked.
    pub kind: JobKind,
    /// How often it was begun since it was last rescheduled, this time included.
    pub attempts: u32,
    /// Which of its leases this is, of all there ever were.
    pub lease: i64,
}

/// The first time that a job is due, and that a lease runs out.
const LOOK: &str = "SELECT
    (SELECT MIN(due_at) FROM work WHERE lease_owner IS NULL) AS due,
    (SELECT MIN(lease_until) FROM work WHERE lease_owner IS NOT NULL) AS expires";

/// The same of those behind $1.
const AHEAD: &str = "SELECT
    (SELECT MIN(due_at) FROM work WHERE lease_owner IS NULL AND due_at > $1) AS due,
    (SELECT MIN(lease_until) FROM work
     WHERE lease_owner IS NOT NULL AND lease_until > $1) AS expires";

impl Store {
    /// Takes the next job that is due and may be taken: within a space the most urgent, then the one that
    /// is due for longest; jobs that play an investigation or ask something of it in their order; never
    /// two of one investigation at a time; and no more of a space than it may run. `None` if there is none.
    pub async fn take_job(&self, lease: Duration, now: Timestamp) -> Result<Option<Job>> {
        if !self.is_worth_a_look(now).await? {
            return Ok(None);
        }
        for space in self.turns(now).await? {
            if let Some(job) = self.take_of(&space, lease, now).await? {
                return Ok(Some(job));
            }
        }
        Ok(None)
    }

    /// Whether a job is due, at the price of two looks at an index: idle workers ask this often. Leases
    /// that ran out end here.
    async fn is_worth_a_look(&self, now: Timestamp) -> Result<bool> {
        let row = sqlx::query(LOOK).fetch_one(self.db().read()).await.map_err(from_driver)?;
        let is_past = |time: Option<i64>| time.is_some_and(|time| time <= micros(now));
        if is_past(row.maybe_signed("expires")?) {
            // INVARIANT: a lease holds until it is taken away here, and its holder is told so at its next
            // heartbeat. So nobody counts a lease as gone that its holder may still renew.
            sqlx::query(
                "UPDATE work SET lease_owner = NULL, lease_until = NULL
                 WHERE lease_owner IS NOT NULL AND lease_until <= $1",
            )
            .bind(micros(now))
            .execute(self.db().write())
            .await
            .map_err(from_driver)?;
            return Ok(true);
        }
        Ok(is_past(row.maybe_signed("due")?))
    }

    /// Takes the next job of a space.
    async fn take_of(
        &self,
        space: &SpaceId,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Job>> {
        let mut tx = self.db().begin().await?;
        if !self.hold_queue(&mut tx, space).await? {
            return Ok(None);
        }
        let Some(job) = self.next_of(&mut tx, space, now).await? else { return Ok(None) };
        let row = sqlx::query(
            "UPDATE work SET lease_owner = $2, lease_until = $3, attempts = attempts + 1,
                    lease_number = lease_number + 1, hastened = 0
             WHERE id = $1
             RETURNING investigation, kind, request_sealed, attempts, lease_number",
        )
        .bind(job)
        .bind(self.inner.process.clone())
        .bind(micros(until(lease, now)))
        .fetch_one(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        let investigation = row.text("investigation")?;
        let kind = match row.text("kind")?.as_str() {
            "investigate" => JobKind::Investigate,
            "watch" => JobKind::Watch,
            "request" => {
                let sealed = row.maybe_bytes("request_sealed")?.unwrap_or_default();
                let opened = self.space(space).await?;
                JobKind::Request(opened.open("work", &investigation, &sealed)?)
            }
            other => {
                let reason = format!("`{other}` is no kind of job");
                return Err(Error::Damaged { what: "the queue".to_owned(), reason });
            }
        };
        Ok(Some(Job {
            id: job,
            space: space.clone(),
            investigation,
            kind,
            attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
            lease: row.signed("lease_number")?,
        }))
    }

    /// Keeps a lease; `false` if it was lost meanwhile.
    pub async fn keep_lease(&self, job: &Job, lease: Duration, now: Timestamp) -> Result<bool> {
        let kept = sqlx::query(
            "UPDATE work SET lease_until = $4
             WHERE id = $1 AND lease_owner = $2 AND lease_number = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(job.lease)
        .bind(micros(until(lease, now)))
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        Ok(kept.rows_affected() == 1)
    }

    /// Whether a lease still holds: cheaper than keeping it, for looking often.
    pub async fn holds_lease(&self, job: &Job) -> Result<bool> {
        let held = sqlx::query(
            "SELECT id FROM work WHERE id = $1 AND lease_owner = $2 AND lease_number = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(job.lease)
        .fetch_optional(self.db().read())
        .await
        .map_err(from_driver)?;
        Ok(held.is_some())
    }

    /// Takes a finished job out of the queue. One that was hastened since it was taken isn't finished: it
    /// is given back, due at once, so that no news is lost. [`Error::Conflict`] if the lease was lost
    /// meanwhile.
    pub async fn finish_job(&self, job: &Job) -> Result<()> {
        let finished = sqlx::query(
            "DELETE FROM work
             WHERE id = $1 AND lease_owner = $2 AND lease_number = $3 AND hastened = 0",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(job.lease)
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        if finished.rows_affected() == 0 {
            // Only one that was hastened still has this lease; when it is due was said by who did that.
            return self.reschedule_job(job, Timestamp::MIN).await;
        }
        // The next one of the same investigation or space may be waiting for this.
        self.tell_workers();
        Ok(())
    }

    /// Gives a job back, to be taken again at a time as if it were new; at once where it was hastened
    /// since it was taken. [`Error::Conflict`] if the lease was lost meanwhile.
    pub async fn reschedule_job(&self, job: &Job, due: Timestamp) -> Result<()> {
        let rescheduled = sqlx::query(
            "UPDATE work SET lease_owner = NULL, lease_until = NULL, attempts = 0, reason = NULL,
                    due_at = CASE WHEN hastened = 1 THEN due_at ELSE $4 END
             WHERE id = $1 AND lease_owner = $2 AND lease_number = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(job.lease)
        .bind(micros(due))
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        if rescheduled.rows_affected() == 0 {
            return Err(lost(job));
        }
        self.tell_workers();
        Ok(())
    }

    /// Gives a job back, to be tried again at a later time. The reason is for operators; it holds
    /// nothing of what was investigated.
    pub async fn postpone_job(&self, job: &Job, until: Timestamp, reason: &str) -> Result<()> {
        self.give_back(job, until, reason, job.attempts).await
    }

    /// The same of a job that nobody could look at yet: it counts as if it hadn't been taken.
    pub async fn return_job(&self, job: &Job, until: Timestamp, reason: &str) -> Result<()> {
        self.give_back(job, until, reason, job.attempts.saturating_sub(1)).await
    }

    async fn give_back(
        &self,
        job: &Job,
        until: Timestamp,
        reason: &str,
        attempts: u32,
    ) -> Result<()> {
        let given = sqlx::query(
            "UPDATE work SET lease_owner = NULL, lease_until = NULL, due_at = $4, reason = $5,
                    attempts = $6
             WHERE id = $1 AND lease_owner = $2 AND lease_number = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(job.lease)
        .bind(micros(until))
        .bind(reason.replace('\0', ""))
        .bind(i64::from(attempts))
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        if given.rows_affected() == 0 {
            return Err(lost(job));
        }
        // The space may run another one now.
        self.tell_workers();
        Ok(())
    }

    /// Frees all leases (of jobs, and of events) of processes that can't be running any more: with SQLite, all of them (one server
    /// per database file, which a lock on the data folder ensures); with PostgreSQL nothing, leases expire.
    pub async fn free_dead_leases(&self) -> Result<u64> {
        if self.db().kind() == Kind::Postgres {
            return Ok(0);
        }
        let mut tx = self.db().begin().await?;
        let freed = sqlx::query(
            "UPDATE work SET lease_owner = NULL, lease_until = NULL
             WHERE lease_owner IS NOT NULL AND lease_owner <> $1",
        )
        .bind(self.inner.process.clone())
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        self.free_dead_deliveries(&mut tx).await?;
        tx.commit().await.map_err(from_driver)?;
        Ok(freed.rows_affected())
    }

    /// When the next job becomes due or the next lease runs out, of those that lie ahead.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let row = sqlx::query(AHEAD)
            .bind(micros(now))
            .fetch_one(self.db().read())
            .await
            .map_err(from_driver)?;
        let (due, expires) = (row.maybe_time("due")?, row.maybe_time("expires")?);
        Ok(due.into_iter().chain(expires).min())
    }

    /// Returns when a job may have become due: told at once by this process, at the time that is known,
    /// and after `at_most` in any case, for what other processes did.
    pub async fn wait_for_job(&self, at_most: Duration, now: Timestamp) {
        let due = self.next_due(now).await.ok().flatten();
        let ahead = due.and_then(|due| Duration::try_from(due.duration_since(now)).ok());
        let pause = ahead.map_or(at_most, |ahead| ahead.min(at_most));
        // Either is a reason to look.
        let _ = tokio::time::timeout(pause, self.inner.work.notified()).await;
    }

    /// Changes when something was cancelled by this process: then a lease may be lost. Other processes'
    /// cancelling is seen when the lease is looked at the next time.
    pub fn cancels(&self) -> watch::Receiver<u64> {
        self.inner.cancels.subscribe()
    }

    /// Jobs waiting and running, for metrics.
    pub async fn queue_depth(&self) -> Result<(u64, u64)> {
        let row = sqlx::query("SELECT COUNT(*) AS jobs, COUNT(lease_owner) AS running FROM work")
            .fetch_one(self.db().read())
            .await
            .map_err(from_driver)?;
        let running = row.count("running")?;
        Ok((row.count("jobs")?.saturating_sub(running), running))
    }
}

fn until(lease: Duration, now: Timestamp) -> Timestamp {
    let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
    now.saturating_add(lease).unwrap_or(Timestamp::MAX)
}

fn lost(job: &Job) -> Error {
    Error::Conflict(format!("the lease of job {} was lost: somebody else works on it", job.id))
}
