use jiff::Timestamp;
use serde_json::Value;

use super::{Details, Priority, TaskKind, TaskRecord, TaskReference, TaskStatus};
use crate::db::from_driver;
use crate::once::{claim, clean, settle};
use crate::{Created, Once, Result, Space};

/// A task that a person wants done.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The headline, redacted.
    pub title: String,
    /// The longer text, redacted; empty if there is none.
    pub description: String,
    /// Where it comes from.
    pub reference: Option<TaskReference>,
    /// What is to be done.
    pub kind: TaskKind,
    /// How urgent it is.
    pub priority: Priority,
}

/// What a new task begins with.
pub enum TaskStart<'a> {
    /// An investigation of its own, which waits for a worker from then on.
    Investigate {
        /// The connection it looks at, if the space has any.
        connection: Option<&'a str>,
        /// What the investigation begins with, for the task of this id: JSON understood by `oncall`, given
        /// back by [`Space::investigation_start`].
        start: &'a (dyn Fn(&str) -> Value + Send + Sync),
    },
    /// Nothing, with the reason.
    Skip(&'a str),
}

impl Space {
    /// Makes a task; with its investigation and the job in the queue, in one transaction.
    pub async fn create_task(
        &self,
        new: &NewTask,
        start: &TaskStart<'_>,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<TaskRecord>> {
        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.task(&made).await.map(Created::Again);
        }
        if let TaskStart::Investigate { connection: Some(connection), .. } = start {
            clean(connection)?;
            self.hold_connection(&mut tx, connection).await?;
        }
        let next = self.next(&mut tx, "task").await?;
        let name = format!("task-{next}");
        let (investigation, status, reason) = match start {
            TaskStart::Skip(reason) => (None, TaskStatus::Skipped, Some((*reason).to_owned())),
            TaskStart::Investigate { connection, start } => {
                let investigation = self
                    .insert_investigation(
                        &mut tx,
                        *connection,
                        Some(&start(&name)),
                        new.priority,
                        now,
                    )
                    .await?;
                (Some(investigation), TaskStatus::PendingStart, None)
            }
        };
        let details = Details {
            title: new.title.clone(),
            description: new.description.clone(),
            reference: new.reference.clone(),
            reason: reason.clone(),
            news: String::new(),
        };
        let record = TaskRecord {
            id: name.clone(),
            number: next,
            alert: None,
            investigation,
            incident: None,
            execution: None,
            title: new.title.clone(),
            description: new.description.clone(),
            reference: new.reference.clone(),
            kind: new.kind,
            priority: new.priority,
            status,
            reason,
            primary: None,
            has_linked: false,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.insert_task(&mut tx, &record, &details).await?;
        settle(&mut tx, once, &name).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.tell_workers();
        self.task(&name).await.map(Created::New)
    }
}
