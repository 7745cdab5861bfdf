use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;
use sqlx::AssertSqlSafe;
use tokio::sync::watch;

use crate::db::{Columns as _, Kind, from_driver, micros};
use crate::{Error, Result, Store};

/// What a job asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum JobKind {
    /// Conduct an investigation from its beginning (again after a crash).
    Investigate,
    /// Do what a person asked of an investigation.
    Request(serde_json::Value),
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
    /// How often it was begun, this time included.
    pub attempts: u32,
}

/// The oldest job that is due and free, and is the first of its investigation: a later one waits
/// until the earlier one is done, however often that was postponed.
const NEXT: &str = "SELECT w.id FROM work w
    WHERE w.due_at <= $1 AND (w.lease_until IS NULL OR w.lease_until <= $1)
      AND NOT EXISTS (SELECT 1 FROM work e WHERE e.space = w.space
                      AND e.investigation = w.investigation AND e.id < w.id)
    ORDER BY w.id LIMIT 1";

impl Store {
    /// Takes the oldest job that is due and nobody has leased; jobs of one investigation are taken in
    /// their order and never two at a time. `None` if there is none.
    pub async fn take_job(&self, lease: Duration, now: Timestamp) -> Result<Option<Job>> {
        let statement = match self.db().kind() {
            Kind::Sqlite => NEXT.to_owned(),
            Kind::Postgres => format!("{NEXT} FOR UPDATE OF w SKIP LOCKED"),
        };
        let mut tx = self.db().begin().await?;
        let next = sqlx::query(AssertSqlSafe(statement))
            .bind(micros(now))
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let Some(next) = next else { return Ok(None) };
        let job = next.signed("id")?;
        let row = sqlx::query(
            "UPDATE work SET lease_owner = $2, lease_until = $3, attempts = attempts + 1
             WHERE id = $1 RETURNING space, investigation, request_sealed, attempts",
        )
        .bind(job)
        .bind(self.inner.process.clone())
        .bind(micros(until(lease, now)))
        .fetch_one(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        let space: SpaceId = row.id("space")?;
        let investigation = row.text("investigation")?;
        let kind = match row.maybe_bytes("request_sealed")? {
            None => JobKind::Investigate,
            Some(sealed) => {
                let space = self.space(&space).await?;
                JobKind::Request(space.open("work", &investigation, &sealed)?)
            }
        };
        let attempts = u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX);
        Ok(Some(Job { id: job, space, investigation, kind, attempts }))
    }

    /// Keeps a lease; `false` if it was lost meanwhile.
    pub async fn keep_lease(&self, job: &Job, lease: Duration, now: Timestamp) -> Result<bool> {
        let kept = sqlx::query(
            "UPDATE work SET lease_until = $4
             WHERE id = $1 AND lease_owner = $2 AND attempts = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(i64::from(job.attempts))
        .bind(micros(until(lease, now)))
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        Ok(kept.rows_affected() == 1)
    }

    /// Takes a finished job out of the queue. [`Error::Conflict`] if the lease was lost meanwhile.
    pub async fn finish_job(&self, job: &Job) -> Result<()> {
        let finished =
            sqlx::query("DELETE FROM work WHERE id = $1 AND lease_owner = $2 AND attempts = $3")
                .bind(job.id)
                .bind(self.inner.process.clone())
                .bind(i64::from(job.attempts))
                .execute(self.db().write())
                .await
                .map_err(from_driver)?;
        if finished.rows_affected() == 0 {
            return Err(lost(job));
        }
        // The next one of the same investigation may be waiting for this.
        self.inner.work.notify_one();
        Ok(())
    }

    /// Gives a job back, to be tried again at a later time. The reason is for operators; it holds
    /// nothing of what was investigated.
    pub async fn postpone_job(&self, job: &Job, until: Timestamp, reason: &str) -> Result<()> {
        let postponed = sqlx::query(
            "UPDATE work SET lease_owner = NULL, lease_until = NULL, due_at = $4, reason = $5
             WHERE id = $1 AND lease_owner = $2 AND attempts = $3",
        )
        .bind(job.id)
        .bind(self.inner.process.clone())
        .bind(i64::from(job.attempts))
        .bind(micros(until))
        .bind(reason.replace('\0', ""))
        .execute(self.db().write())
        .await
        .map_err(from_driver)?;
        match postponed.rows_affected() {
            0 => Err(lost(job)),
            _ => Ok(()),
        }
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

    /// Returns when a job may have become due: told at once in this process, at most `at_most` otherwise.
    pub async fn wait_for_job(&self, at_most: Duration) {
        // Either is a reason to look.
        let _ = tokio::time::timeout(at_most, self.inner.work.notified()).await;
    }

    /// Changes when something was cancelled by this process: then a lease may be lost. Other processes'
    /// cancelling is seen when the lease is kept the next time.
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
