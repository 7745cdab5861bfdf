mod cancel;
mod keep;
mod list;
mod outcome;
mod start;
mod words;

use jiff::Timestamp;
use nightjar_incident::{AlertId, ExecutionId, IncidentId};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::{Columns as _, Tx, from_driver, id};
use crate::{Error, Result, Space};

pub use cancel::{Cancel, Decide};
pub use keep::TaskState;
pub(crate) use keep::was_cancelled;
pub use list::{TaskFilter, TaskOrder, TaskSort};
pub use outcome::{TaskCause, TaskOutcome, TaskPlan, TaskVerdict};
pub use start::{NewTask, TaskStart};
pub use words::{Priority, TaskKind, TaskStatus};

/// A unit of work as the public contract speaks of it: one per alert or manual start.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// `task-1`.
    pub id: String,
    /// Its number within the space, from 1.
    pub number: u64,
    /// The alert it is about; `None` until a manual start was played.
    pub alert: Option<AlertId>,
    /// The investigation it is worked on in; `None` for work that this version doesn't do.
    pub investigation: Option<String>,
    /// The incident it went to.
    pub incident: Option<IncidentId>,
    /// The execution that counts: the last that ended, or the first one while that runs.
    pub execution: Option<ExecutionId>,
    /// The headline, redacted.
    pub title: String,
    /// The longer text, redacted; empty if there is none.
    pub description: String,
    /// Where it comes from, if that is known.
    pub reference: Option<TaskReference>,
    /// What its sender calls it: the id of an incident there, or of a person's ticket.
    pub caller_id: Option<String>,
    /// What is to be done.
    pub kind: TaskKind,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why it stands there.
    pub reason: Option<String>,
    /// The task it is linked to.
    pub primary: Option<String>,
    /// Whether others are linked to it.
    pub has_linked: bool,
    /// What came of it, if it is the one to say so.
    pub outcome: Option<TaskOutcome>,
    /// Grows by one with each change, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a task comes from, in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskReference {
    /// Which system.
    pub system: String,
    /// What it is called there.
    pub title: Option<String>,
    /// Its id there.
    pub id: String,
    /// Where a person finds it.
    pub url: String,
    /// The association or connection with that system.
    pub association: String,
}

/// What is sealed of a row.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Details {
    title: String,
    description: String,
    reference: Option<TaskReference>,
    #[serde(default)]
    caller_id: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    outcome: Option<TaskOutcome>,
    /// See [`TaskState::news`].
    news: String,
}

const COLUMNS: &str = "number, id, alert, investigation, incident, execution, kind, priority,
    status, primary_task, has_linked, version, created_at, updated_at, sealed";

impl Space {
    /// One of them.
    pub async fn task(&self, task: &str) -> Result<TaskRecord> {
        self.alive().await?;
        let statement = format!("SELECT {COLUMNS} FROM tasks WHERE space = $1 AND id = $2");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(task.to_owned())
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        self.task_of(&row.ok_or_else(|| no_task(task))?)
    }

    /// The task of an alert. [`Error::NotFound`] for a repeat, which is part of another one's task, and
    /// for alerts that came before there were tasks.
    pub async fn task_of_alert(&self, alert: &AlertId) -> Result<TaskRecord> {
        self.alive().await?;
        let statement = format!("SELECT {COLUMNS} FROM tasks WHERE space = $1 AND alert = $2");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(id(alert))
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        self.task_of(&row.ok_or_else(|| no_task(alert.as_str()))?)
    }

    async fn task_in(&self, tx: &mut Tx, task: &str) -> Result<TaskRecord> {
        let statement = format!("SELECT {COLUMNS} FROM tasks WHERE space = $1 AND id = $2");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(task.to_owned())
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        self.task_of(&row.ok_or_else(|| no_task(task))?)
    }

    /// The tasks of an investigation, oldest first.
    async fn tasks_in(&self, tx: &mut Tx, investigation: &str) -> Result<Vec<TaskRecord>> {
        let statement = format!(
            "SELECT {COLUMNS} FROM tasks WHERE space = $1 AND investigation = $2 ORDER BY number"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(investigation.to_owned())
            .fetch_all(&mut **tx)
            .await
            .map_err(from_driver)?;
        rows.iter().map(|row| self.task_of(row)).collect()
    }

    fn details_of(&self, row: &AnyRow) -> Result<Details> {
        self.open("task", &row.text("id")?, &row.bytes("sealed")?)
    }

    fn task_of(&self, row: &AnyRow) -> Result<TaskRecord> {
        let details = self.details_of(row)?;
        Ok(TaskRecord {
            id: row.text("id")?,
            number: row.count("number")?,
            alert: row.maybe_id("alert")?,
            investigation: row.maybe_text("investigation")?,
            incident: row.maybe_id("incident")?,
            execution: row.maybe_id("execution")?,
            title: details.title,
            description: details.description,
            reference: details.reference,
            caller_id: details.caller_id,
            kind: stored("kind", &row.text("kind")?, TaskKind::parse)?,
            priority: Priority::of_rank(row.signed("priority")?)
                .ok_or_else(|| damaged("its priority is none"))?,
            status: stored("status", &row.text("status")?, TaskStatus::parse)?,
            reason: details.reason,
            primary: row.maybe_text("primary_task")?,
            has_linked: row.signed("has_linked")? != 0,
            outcome: details.outcome,
            version: row.count("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

fn stored<T>(what: &str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T> {
    parse(text).ok_or_else(|| damaged(&format!("`{text}` is no {what}")))
}

fn damaged(reason: &str) -> Error {
    Error::Damaged { what: "a task".to_owned(), reason: reason.to_owned() }
}

fn no_task(id: &str) -> Error {
    Error::NotFound { what: "task", id: id.to_owned() }
}
