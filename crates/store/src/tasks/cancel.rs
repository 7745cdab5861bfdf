//! Ending the work on a task before it is done, and asking for it once more.

use jiff::Timestamp;
use serde_json::Value;

use super::{TaskRecord, TaskStatus};
use crate::db::{from_driver, id, micros};
use crate::heads;
use crate::journal::NewEntry;
use crate::once::{claim, settle};
use crate::{Created, Error, InvestigationState, Once, Result, Space};

/// What is cancelled, and how that is told.
#[derive(Clone, Debug)]
pub struct Cancel<'a> {
    /// The task a person named.
    pub task: &'a str,
    /// Why the investigation and its tasks end, for people.
    pub reason: &'a str,
    /// What the journal says of it.
    pub entry: &'a NewEntry,
}

impl Space {
    /// Cancels the investigation of a task: its jobs leave the queue, its tasks that wait, are worked on,
    /// or are linked to such a one are cancelled, the journal says so; all in one transaction. Whoever
    /// works on it has lost the lease.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the task has ended.
    pub async fn cancel_task(
        &self,
        cancel: &Cancel<'_>,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<TaskRecord>> {
        let mac_key = &self.store.inner.installation.mac_key;
        let mut tx = self.store.db().begin().await?;
        // Heads first: appending and deleting a space take the same locks in the same order.
        let mut head = heads::lock(&mut tx, mac_key, self.id.as_str()).await?;
        if !self.store.hold_space(&mut tx, &self.id).await? {
            return Err(Error::Destroyed);
        }
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.task(&made).await.map(Created::Again);
        }
        let asked = self.task_in(&mut tx, cancel.task).await?;
        let Some(investigation) = asked.investigation.clone() else { return Err(ended(&asked)) };
        let held = self.hold_investigation(&mut tx, &investigation).await?;
        let tasks = self.tasks_in(&mut tx, &investigation).await?;
        let is_worked_on =
            matches!(held.state, InvestigationState::Queued | InvestigationState::Running);
        // Read again: the one before may be older than the lock.
        let asked = self.task_in(&mut tx, cancel.task).await?;
        if !is_worked_on || !is_cancellable(&asked, &tasks) {
            return Err(ended(&asked));
        }
        let context = format!("{investigation}|reason");
        sqlx::query(
            "UPDATE investigations SET state = 'cancelled', reason_sealed = $3, ended_at = $4
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(investigation.clone())
        .bind(self.seal("investigation", &context, &cancel.reason)?)
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        sqlx::query("DELETE FROM work WHERE space = $1 AND investigation = $2")
            .bind(id(&self.id))
            .bind(investigation.clone())
            .execute(&mut *tx)
            .await
            .map_err(from_driver)?;
        let cancelled = tasks.iter().filter(|task| is_cancellable(task, &tasks));
        for task in cancelled {
            let (status, reason) = (TaskStatus::Canceled, Some(cancel.reason.to_owned()));
            self.set_status(&mut tx, task.clone(), status, reason, now).await?;
        }
        self.append_at_end(&mut tx, &mut head, cancel.entry, now).await?;
        heads::store(&mut tx, mac_key, self.id.as_str(), &head).await?;
        settle(&mut tx, once, cancel.task).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.told_appended(&self.id, 1, head.position);
        self.store.inner.cancels.send_modify(|times| *times += 1);
        self.task(cancel.task).await.map(Created::New)
    }

    /// Puts the investigation of a task into the queue once more: to do what is asked of it (JSON
    /// understood by `oncall`), or else to be conducted to its end. `decide` says which, by how things stand
    /// in the transaction, or why it can't be. The task waits for a worker from then on; where all is to be
    /// conducted, those that were cancelled or failed do too.
    ///
    /// # Errors
    /// [`Error::Conflict`] with what `decide` says.
    pub async fn run_task_again(
        &self,
        task: &str,
        decide: &Decide<'_>,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<TaskRecord>> {
        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.task(&made).await.map(Created::Again);
        }
        let asked = self.task_in(&mut tx, task).await?;
        let Some(investigation) = asked.investigation.clone() else {
            return Err(Error::Conflict(match decide(&asked, None) {
                Err(reason) => reason,
                Ok(_) => format!("task `{task}` has no investigation"),
            }));
        };
        let held = self.hold_investigation(&mut tx, &investigation).await?;
        // Read again: the one before may be older than the lock.
        let asked = self.task_in(&mut tx, task).await?;
        let request = decide(&asked, Some(held.state)).map_err(Error::Conflict)?;
        for known in self.tasks_in(&mut tx, &investigation).await? {
            let is_cut = matches!(known.status, TaskStatus::Canceled | TaskStatus::Failed);
            if known.id == task || (request.is_none() && is_cut) {
                let waits = TaskRecord { primary: None, ..known };
                self.set_status(&mut tx, waits, TaskStatus::PendingStart, None, now).await?;
            }
        }
        self.requeue(&mut tx, &investigation, request.as_ref(), now).await?;
        settle(&mut tx, once, task).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.tell_workers();
        self.task(task).await.map(Created::New)
    }
}

/// What is to be done so that a task runs again, by the task and where its investigation stands: a
/// request (JSON understood by `oncall`), or `None` to conduct all of it; or why it can't run.
pub type Decide<'a> = dyn Fn(&TaskRecord, Option<InvestigationState>) -> std::result::Result<Option<Value>, String>
    + Send
    + Sync
    + 'a;

/// Whether a task waits or is worked on, or is linked to such a one.
fn is_cancellable(task: &TaskRecord, all: &[TaskRecord]) -> bool {
    let primary = all.iter().find(|other| Some(&other.id) == task.primary.as_ref());
    let is_linked = task.status == TaskStatus::Linked;
    task.status.is_open() || (is_linked && primary.is_some_and(|primary| primary.status.is_open()))
}

fn ended(task: &TaskRecord) -> Error {
    let told = match &task.primary {
        Some(primary) if task.status == TaskStatus::Linked => {
            format!("task `{}` is linked to `{primary}`, which has ended", task.id)
        }
        _ => format!("task `{}` has ended: it is {}", task.id, task.status.label()),
    };
    Error::Conflict(told)
}
