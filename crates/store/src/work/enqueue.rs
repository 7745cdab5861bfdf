//! Putting jobs into the queue, and pulling one forward. Whoever commits calls
//! [`Store::tell_workers`].

use jiff::Timestamp;
use serde_json::Value;

use crate::db::{Tx, from_driver, id, micros};
use crate::{Priority, Result, Space, Store};

impl Space {
    /// A job to conduct an investigation from its beginning.
    pub(crate) async fn enqueue_investigate(
        &self,
        tx: &mut Tx,
        investigation: &str,
        priority: Priority,
        now: Timestamp,
    ) -> Result<()> {
        self.insert_job(tx, investigation, "investigate", None, priority, now).await
    }

    /// A job to do what a person asked of an investigation; they wait for it.
    pub(crate) async fn enqueue_request(
        &self,
        tx: &mut Tx,
        investigation: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<()> {
        let sealed = self.seal("work", investigation, body)?;
        self.insert_job(tx, investigation, "request", Some(sealed), Priority::High, now).await
    }

    /// The job that watches an investigation, due at a time. There is one at most: where it is there
    /// already, it is due at the earlier of both times, as urgent as the more urgent of both, and
    /// counts as hastened.
    #[cfg_attr(not(test), expect(dead_code, reason = "intake will call it"))]
    pub(crate) async fn enqueue_watch(
        &self,
        tx: &mut Tx,
        investigation: &str,
        priority: Priority,
        due: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO work (space, investigation, kind, priority, created_at, due_at, attempts)
             VALUES ($1, $2, 'watch', $3, $5, $4, 0)
             ON CONFLICT (space, investigation) WHERE kind = 'watch' DO UPDATE SET
                 priority = CASE WHEN work.priority < $3 THEN $3 ELSE work.priority END,
                 due_at = CASE WHEN work.due_at > $4 THEN $4 ELSE work.due_at END,
                 hastened = 1",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .bind(priority.rank())
        .bind(micros(due))
        .bind(micros(Timestamp::now()))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    /// Makes the job that watches an investigation due now, or as soon as it is given back where it is
    /// worked on. `false` if there is none.
    #[cfg_attr(not(test), expect(dead_code, reason = "intake will call it"))]
    pub(crate) async fn hasten(
        &self,
        tx: &mut Tx,
        investigation: &str,
        now: Timestamp,
    ) -> Result<bool> {
        // While it is worked on its due time is that of the past: it would be taken before all others.
        let hastened = sqlx::query(
            "UPDATE work SET hastened = 1,
                    due_at = CASE WHEN due_at > $3 OR (lease_owner IS NOT NULL AND hastened = 0)
                             THEN $3 ELSE due_at END
             WHERE space = $1 AND investigation = $2 AND kind = 'watch'",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(hastened.rows_affected() > 0)
    }

    async fn insert_job(
        &self,
        tx: &mut Tx,
        investigation: &str,
        kind: &str,
        request: Option<Vec<u8>>,
        priority: Priority,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO work (space, investigation, kind, request_sealed, priority, created_at,
                               due_at, attempts)
             VALUES ($1, $2, $3, $4, $5, $6, $6, 0)",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .bind(kind.to_owned())
        .bind(request)
        .bind(priority.rank())
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}

impl Store {
    /// Wakes a worker of this process: there may be a job that is due.
    pub(crate) fn tell_workers(&self) {
        self.inner.work.notify_one();
    }
}
