//! How long workers were busy, and what executions have cost.

mod spent;

use std::time::Duration;

use jiff::Timestamp;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::work::Job;
use crate::{Result, Store};

pub use spent::{Spent, SpentLately, UsageDay};

impl Store {
    /// Notes how long a worker worked on a job that is done, put off, or somebody else's now.
    pub async fn note_busy(&self, job: &Job, worked: Duration, now: Timestamp) -> Result<()> {
        let worked = i64::try_from(worked.as_micros()).unwrap_or(i64::MAX);
        let mut tx = self.db().begin().await?;
        sqlx::query(
            "UPDATE investigations SET busy_micros = busy_micros + $3
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&job.space))
        .bind(job.investigation.clone())
        .bind(worked)
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        sqlx::query("INSERT INTO busy (ended_at, micros) VALUES ($1, $2)")
            .bind(micros(now))
            .bind(worked)
            .execute(&mut *tx)
            .await
            .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)
    }

    /// How long workers were busy, in all spaces together (deleted ones too), with what ended at or after
    /// `from` and before `to`.
    pub async fn busy_time(&self, from: Timestamp, to: Timestamp) -> Result<Duration> {
        let row = sqlx::query(
            "SELECT CAST(COALESCE(SUM(micros), 0) AS BIGINT) AS micros FROM busy
             WHERE ended_at >= $1 AND ended_at < $2",
        )
        .bind(micros(from))
        .bind(micros(to))
        .fetch_one(self.db().read())
        .await
        .map_err(from_driver)?;
        Ok(Duration::from_micros(row.count("micros")?))
    }
}
