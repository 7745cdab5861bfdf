//! What becomes of tasks: written by the projection of alerts and incidents, idempotent.

use jiff::Timestamp;
use nightjar_incident::{AlertId, ExecutionId, IncidentId};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{
    COLUMNS, Details, Priority, TaskKind, TaskOutcome, TaskRecord, TaskReference, TaskStatus,
    no_task,
};
use crate::db::{Columns as _, Kind, Tx, from_driver, id, micros, number};
use crate::investigations::no_investigation;
use crate::{Error, InvestigationState, Result, Space};

/// What the task of an alert has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskState {
    /// Whose task it is.
    pub alert: AlertId,
    /// The incident the alert is in.
    pub incident: Option<IncidentId>,
    /// The execution that counts.
    pub execution: Option<ExecutionId>,
    /// The headline.
    pub title: String,
    /// The longer text.
    pub description: String,
    /// Where the alert comes from.
    pub reference: Option<TaskReference>,
    /// What the sender calls the alert.
    pub caller_id: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why it stands there.
    pub reason: Option<String>,
    /// The alert whose task it is linked to; that one has to be kept before.
    pub primary: Option<AlertId>,
    /// Whether others are linked to it.
    pub has_linked: bool,
    /// What came of the incident, if this is its primary task.
    pub outcome: Option<TaskOutcome>,
    /// What makes it a new version where nothing else does: how often it was repeated or looked at.
    pub news: String,
}

impl Space {
    /// Keeps what the tasks of an investigation's alerts have come to. One that isn't there is made; one
    /// that is as it was stays as it is, version and time included. What a person wrote at a manual start
    /// (headline, text, reference, priority) stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the investigation was cancelled meanwhile; nothing is kept then.
    pub async fn keep_tasks(
        &self,
        investigation: &str,
        states: &[TaskState],
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let of = self.hold_investigation(&mut tx, investigation).await?;
        if of.state == InvestigationState::Cancelled {
            return Err(was_cancelled(investigation));
        }
        for state in states {
            self.keep_task(&mut tx, Some(investigation), of.is_manual, state, now).await?;
        }
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        Ok(())
    }

    /// Keeps what one task has come to; a skipped alert's has no investigation.
    pub(crate) async fn keep_task(
        &self,
        tx: &mut Tx,
        investigation: Option<&str>,
        is_manual: bool,
        state: &TaskState,
        now: Timestamp,
    ) -> Result<()> {
        let primary = match &state.primary {
            None => None,
            Some(alert) => Some(self.task_id_of(tx, alert).await?),
        };
        let mut details = Details {
            title: state.title.clone(),
            description: state.description.clone(),
            reference: state.reference.clone(),
            caller_id: state.caller_id.clone(),
            reason: state.reason.clone(),
            outcome: state.outcome.clone(),
            news: state.news.clone(),
        };
        let Some(row) = self.row_of(tx, investigation, is_manual, &state.alert).await? else {
            let next = self.next(tx, "task").await?;
            let record = TaskRecord {
                id: format!("task-{next}"),
                number: next,
                alert: Some(state.alert.clone()),
                investigation: investigation.map(str::to_owned),
                incident: state.incident.clone(),
                execution: state.execution.clone(),
                title: details.title.clone(),
                description: details.description.clone(),
                reference: details.reference.clone(),
                caller_id: details.caller_id.clone(),
                kind: TaskKind::Investigation,
                priority: state.priority,
                status: state.status,
                reason: details.reason.clone(),
                primary,
                has_linked: state.has_linked,
                outcome: details.outcome.clone(),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            return self.insert_task(tx, &record, &details).await;
        };
        let known = self.details_of(&row)?;
        let before = self.task_of(&row)?;
        if is_manual {
            details.title = known.title.clone();
            details.description = known.description.clone();
            details.reference = known.reference.clone();
            details.caller_id = known.caller_id.clone();
        }
        let after = TaskRecord {
            alert: Some(state.alert.clone()),
            investigation: investigation.map(str::to_owned),
            incident: state.incident.clone(),
            execution: state.execution.clone(),
            title: details.title.clone(),
            description: details.description.clone(),
            reference: details.reference.clone(),
            caller_id: details.caller_id.clone(),
            priority: if is_manual { before.priority } else { state.priority },
            status: state.status,
            reason: details.reason.clone(),
            primary,
            has_linked: state.has_linked,
            outcome: details.outcome.clone(),
            ..before.clone()
        };
        if after == before && known == details {
            return Ok(());
        }
        self.update_task(tx, &before, &after, &details, now).await
    }

    /// The row of an alert's task; that of a manual start has no alert before its message was played.
    async fn row_of(
        &self,
        tx: &mut Tx,
        investigation: Option<&str>,
        is_manual: bool,
        alert: &AlertId,
    ) -> Result<Option<AnyRow>> {
        let statement = format!("SELECT {COLUMNS} FROM tasks WHERE space = $1 AND alert = $2");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(id(alert))
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        let Some(investigation) = investigation.filter(|_| row.is_none() && is_manual) else {
            return Ok(row);
        };
        let statement = format!(
            "SELECT {COLUMNS} FROM tasks WHERE space = $1 AND investigation = $2 AND alert IS NULL"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(investigation.to_owned())
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)
    }

    /// Keeps what the task of an incident's first alert has come to, unless the alert has left the incident
    /// meanwhile. What the alert itself told stays as intake wrote it, and so does who belongs to the incident,
    /// which may be more than whoever conducted the execution was given.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the investigation was cancelled meanwhile; nothing is kept then.
    pub async fn keep_primary_task(
        &self,
        investigation: &str,
        state: &TaskState,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let of = self.hold_investigation(&mut tx, investigation).await?;
        if of.state == InvestigationState::Cancelled {
            return Err(was_cancelled(investigation));
        }
        let statement = match self.store.db().kind() {
            Kind::Sqlite => "SELECT incident FROM alerts WHERE space = $1 AND id = $2",
            Kind::Postgres => "SELECT incident FROM alerts WHERE space = $1 AND id = $2 FOR UPDATE",
        };
        let row = sqlx::query(statement)
            .bind(id(&self.id))
            .bind(id(&state.alert))
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let incident = row.map(|row| row.maybe_text("incident")).transpose()?.flatten();
        if incident == state.incident.as_ref().map(id) {
            let has_linked = self.has_others(&mut tx, incident.as_deref(), &state.alert).await?;
            let state = &TaskState { has_linked, ..state.clone() };
            self.keep_task(&mut tx, Some(investigation), true, state, now).await?;
        }
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        Ok(())
    }

    /// Whether an incident has other alerts than this one.
    async fn has_others(
        &self,
        tx: &mut Tx,
        incident: Option<&str>,
        alert: &AlertId,
    ) -> Result<bool> {
        let row = sqlx::query(
            "SELECT id FROM alerts WHERE space = $1 AND incident = $2 AND id <> $3 LIMIT 1",
        )
        .bind(id(&self.id))
        .bind(incident.map(str::to_owned))
        .bind(id(alert))
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(row.is_some())
    }

    /// Notes that more was heard of an alert.
    pub(crate) async fn note_heard(
        &self,
        tx: &mut Tx,
        alert: &AlertId,
        heard: &str,
        priority: Priority,
        now: Timestamp,
    ) -> Result<()> {
        let row = self.row_of(tx, None, false, alert).await?;
        let row = row.ok_or_else(|| no_task(alert.as_str()))?;
        let details = Details { news: heard.to_owned(), ..self.details_of(&row)? };
        let before = self.task_of(&row)?;
        let task = TaskRecord { priority, ..before.clone() };
        self.update_task(tx, &before, &task, &details, now).await
    }

    /// Notes that others are linked to the task of an alert.
    pub(crate) async fn mark_linked(
        &self,
        tx: &mut Tx,
        alert: &AlertId,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE tasks SET has_linked = 1, version = version + 1, updated_at = $3
             WHERE space = $1 AND alert = $2 AND has_linked = 0",
        )
        .bind(id(&self.id))
        .bind(id(alert))
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    /// The task of an alert.
    pub(crate) async fn alert_task_in(&self, tx: &mut Tx, alert: &AlertId) -> Result<TaskRecord> {
        let row = self.row_of(tx, None, false, alert).await?;
        self.task_of(&row.ok_or_else(|| no_task(alert.as_str()))?)
    }

    async fn task_id_of(&self, tx: &mut Tx, alert: &AlertId) -> Result<String> {
        let row = sqlx::query("SELECT id FROM tasks WHERE space = $1 AND alert = $2")
            .bind(id(&self.id))
            .bind(id(alert))
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        row.ok_or_else(|| no_task(alert.as_str()))?.text("id")
    }

    /// Says of the tasks that wait for a worker that one is at them.
    pub(crate) async fn begin_tasks(
        &self,
        tx: &mut Tx,
        investigation: &str,
        now: Timestamp,
    ) -> Result<()> {
        for task in self.tasks_in(tx, investigation).await? {
            if task.status == TaskStatus::PendingStart {
                let reason = task.reason.clone();
                self.set_status(tx, task, TaskStatus::InProgress, reason, now).await?;
            }
        }
        Ok(())
    }

    /// Says of every task of an investigation that waits or is worked on that it failed.
    pub async fn fail_tasks(
        &self,
        investigation: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        for task in self.tasks_in(&mut tx, investigation).await? {
            if task.status.is_open() {
                let status = TaskStatus::Failed;
                self.set_status(&mut tx, task, status, Some(reason.to_owned()), now).await?;
            }
        }
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        Ok(())
    }

    /// Whether an investigation has tasks that an end of it has to settle: all but those that are
    /// completed, linked or skipped.
    pub async fn has_unsettled_tasks(&self, investigation: &str) -> Result<bool> {
        let row = sqlx::query(
            "SELECT id FROM tasks WHERE space = $1 AND investigation = $2
               AND status NOT IN ('COMPLETED', 'LINKED', 'SKIPPED') LIMIT 1",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        Ok(row.is_some())
    }

    /// Where an investigation stands, held until the transaction ends.
    pub(crate) async fn hold_investigation(
        &self,
        tx: &mut Tx,
        investigation: &str,
    ) -> Result<Held> {
        let statement = "SELECT state, start_sealed FROM investigations
             WHERE space = $1 AND id = $2";
        let statement = match self.store.db().kind() {
            Kind::Sqlite => statement.to_owned(),
            Kind::Postgres => format!("{statement} FOR UPDATE"),
        };
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(investigation.to_owned())
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_investigation(investigation))?;
        Ok(Held {
            state: InvestigationState::parse(&row.text("state")?)?,
            is_manual: row.maybe_bytes("start_sealed")?.is_some(),
        })
    }

    /// Moves a task to another status.
    pub(crate) async fn set_status(
        &self,
        tx: &mut Tx,
        task: TaskRecord,
        status: TaskStatus,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        let statement = format!("SELECT {COLUMNS} FROM tasks WHERE space = $1 AND id = $2");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(task.id.clone())
            .fetch_one(&mut **tx)
            .await
            .map_err(from_driver)?;
        let before = self.task_of(&row)?;
        let details = Details { reason: reason.clone(), ..self.details_of(&row)? };
        let after = TaskRecord { status, reason, ..task };
        self.update_task(tx, &before, &after, &details, now).await
    }

    pub(super) async fn insert_task(
        &self,
        tx: &mut Tx,
        task: &TaskRecord,
        details: &Details,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO tasks (space, number, id, alert, investigation, incident, execution, kind,
                                priority, status, primary_task, has_linked, version, created_at,
                                updated_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(id(&self.id))
        .bind(number(task.number)?)
        .bind(task.id.clone())
        .bind(task.alert.as_ref().map(id))
        .bind(task.investigation.clone())
        .bind(task.incident.as_ref().map(id))
        .bind(task.execution.as_ref().map(id))
        .bind(task.kind.label().to_owned())
        .bind(task.priority.rank())
        .bind(task.status.label().to_owned())
        .bind(task.primary.clone())
        .bind(i64::from(task.has_linked))
        .bind(number(task.version)?)
        .bind(micros(task.created_at))
        .bind(micros(task.updated_at))
        .bind(self.seal("task", &task.id, details)?)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        self.announce_task(tx, None, task).await
    }

    /// Writes a task's new state as its next version, and tells subscribers what is new.
    async fn update_task(
        &self,
        tx: &mut Tx,
        before: &TaskRecord,
        task: &TaskRecord,
        details: &Details,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE tasks SET alert = $3, incident = $4, execution = $5, priority = $6,
                 status = $7, primary_task = $8, has_linked = $9, version = version + 1,
                 updated_at = $10, sealed = $11, investigation = $12
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(task.id.clone())
        .bind(task.alert.as_ref().map(id))
        .bind(task.incident.as_ref().map(id))
        .bind(task.execution.as_ref().map(id))
        .bind(task.priority.rank())
        .bind(task.status.label().to_owned())
        .bind(task.primary.clone())
        .bind(i64::from(task.has_linked))
        .bind(micros(now))
        .bind(self.seal("task", &task.id, details)?)
        .bind(task.investigation.clone())
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        let version = before.version + 1;
        let after = TaskRecord { version, updated_at: now, ..task.clone() };
        self.announce_task(tx, Some(before), &after).await
    }
}

/// What decides whether the tasks of an investigation may change.
pub(crate) struct Held {
    pub(crate) state: InvestigationState,
    /// Whether a person started it.
    pub(super) is_manual: bool,
}

pub(crate) fn was_cancelled(investigation: &str) -> Error {
    Error::Conflict(format!("investigation `{investigation}` was cancelled"))
}
