use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use nightjar_incident::IncidentId;
use sqlx::any::AnyRow;

use crate::connections::no_connection;
use crate::db::{Columns as _, Kind, Tx, from_driver, id, micros, number};
use crate::once::{claim, settle};
use crate::tasks::was_cancelled;
use crate::{Created, Error, Once, Page, PageRequest, Priority, Result, Space};

/// Where an investigation of a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvestigationState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Every incident has its verdict.
    Done,
    /// It couldn't be done; the reason is kept.
    Failed,
    /// A person ended it; the reason says who.
    Cancelled,
}

/// An investigation that was started over a connection that holds alerts, or by a person.
#[derive(Clone, Debug)]
pub struct InvestigationRecord {
    /// `inv-1`, the number is that of its names: incidents `inc-1-1`, chains `play-1/intake`.
    pub id: String,
    /// Its number within the space, from 1.
    pub number: u64,
    /// Which connection; `None` where a person started it in a space without any.
    pub connection: Option<String>,
    /// Where it stands.
    pub state: InvestigationState,
    /// Why it failed or was cancelled, if it was.
    pub reason: Option<String>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long workers were busy with it.
    pub busy: Duration,
    /// The incidents so far, in the order they opened.
    pub incidents: Vec<IncidentId>,
}

impl InvestigationState {
    fn label(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let all = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];
        all.into_iter().find(|state| state.label() == text).ok_or_else(|| Error::Damaged {
            what: "an investigation".to_owned(),
            reason: format!("`{text}` is no state"),
        })
    }

    fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl Space {
    /// Starts an investigation: the record and its job in the queue, in one transaction.
    pub async fn start_investigation(
        &self,
        connection: &str,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<InvestigationRecord>> {
        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.investigation(&made).await.map(Created::Again);
        }
        self.hold_connection(&mut tx, connection).await?;
        let name = self
            .insert_investigation(&mut tx, Some(connection), None, Priority::Medium, now)
            .await?;
        settle(&mut tx, once, &name).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.tell_workers();
        self.investigation(&name).await.map(Created::New)
    }

    /// Holds a connection, so that it isn't deleted before the investigation is there to forbid it.
    pub(crate) async fn hold_connection(&self, tx: &mut Tx, connection: &str) -> Result<()> {
        let statement = match self.store.db().kind() {
            Kind::Sqlite => "SELECT id FROM connections WHERE space = $1 AND id = $2",
            Kind::Postgres => "SELECT id FROM connections WHERE space = $1 AND id = $2 FOR SHARE",
        };
        let found = sqlx::query(statement)
            .bind(id(&self.id))
            .bind(connection.to_owned())
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        found.map(drop).ok_or_else(|| no_connection(connection))
    }

    /// Writes a new investigation and its job, and says what it is called.
    pub(crate) async fn insert_investigation(
        &self,
        tx: &mut Tx,
        connection: Option<&str>,
        start: Option<&serde_json::Value>,
        priority: Priority,
        now: Timestamp,
    ) -> Result<String> {
        let next = self.next(tx, "investigation").await?;
        let name = format!("inv-{next}");
        let context = format!("{name}|start");
        let start = start.map(|start| self.seal("investigation", &context, start)).transpose()?;
        sqlx::query(
            "INSERT INTO investigations (space, number, id, connection, state, created_at,
                                         start_sealed)
             VALUES ($1, $2, $3, $4, 'queued', $5, $6)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(name.clone())
        .bind(connection.map(str::to_owned))
        .bind(micros(now))
        .bind(start)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        self.enqueue_investigate(tx, &name, priority, now).await?;
        Ok(name)
    }

    /// What an investigation that a person started begins with; `None` for the alerts of its connection.
    pub async fn investigation_start(
        &self,
        investigation: &str,
    ) -> Result<Option<serde_json::Value>> {
        let row =
            sqlx::query("SELECT start_sealed FROM investigations WHERE space = $1 AND id = $2")
                .bind(id(&self.id))
                .bind(investigation.to_owned())
                .fetch_optional(self.store.db().read())
                .await
                .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_investigation(investigation))?;
        let context = format!("{investigation}|start");
        let sealed = row.maybe_bytes("start_sealed")?;
        sealed.map(|sealed| self.open("investigation", &context, &sealed)).transpose()
    }

    /// All of them, newest first.
    pub async fn investigations(&self, page: &PageRequest) -> Result<Page<InvestigationRecord>> {
        self.alive().await?;
        let [before] = page.keys("investigations")?.unwrap_or([i64::MAX]);
        let rows = sqlx::query(
            "SELECT number, id, connection, state, reason_sealed, created_at, ended_at,
                    busy_micros
             FROM investigations WHERE space = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(id(&self.id))
        .bind(before)
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let numbers = rows.iter().map(|row| row.signed("number")).collect::<Result<Vec<_>>>()?;
        let first = numbers.last().copied().unwrap_or_default();
        let last = numbers.first().copied().unwrap_or_default();
        let mut incidents = self.incidents_of(first, last).await?;
        let mut found = Vec::new();
        for row in &rows {
            let own = incidents.remove(&row.text("id")?).unwrap_or_default();
            found.push(([row.signed("number")?], self.investigation_of(row, own)?));
        }
        Ok(page.page("investigations", found))
    }

    /// One of them.
    pub async fn investigation(&self, investigation: &str) -> Result<InvestigationRecord> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT number, id, connection, state, reason_sealed, created_at, ended_at,
                    busy_micros
             FROM investigations WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_investigation(investigation))?;
        let number = row.signed("number")?;
        let incidents = self.incidents_of(number, number).await?.remove(investigation);
        self.investigation_of(&row, incidents.unwrap_or_default())
    }

    /// Says where it stands, and whether that was noted: one that was cancelled stays so.
    pub async fn set_investigation_state(
        &self,
        investigation: &str,
        state: InvestigationState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let context = format!("{investigation}|reason");
        let reason = reason.map(|reason| self.seal("investigation", &context, &reason));
        let changed = sqlx::query(
            "UPDATE investigations SET state = $3, reason_sealed = $4, ended_at = $5
             WHERE space = $1 AND id = $2 AND state <> 'cancelled'",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .bind(state.label().to_owned())
        .bind(reason.transpose()?)
        .bind(state.has_ended().then(|| micros(now)))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        let is_noted = changed.rows_affected() > 0;
        if is_noted && state == InvestigationState::Running {
            self.begin_tasks(&mut tx, investigation, now).await?;
        }
        tx.commit().await.map_err(from_driver)?;
        if !is_noted {
            // It is there and cancelled, or it isn't there.
            self.investigation(investigation).await?;
        }
        Ok(is_noted)
    }

    /// Puts a person's request on an investigation into the queue (JSON understood by `oncall`), in one
    /// transaction with its idempotency row, and sets the investigation to queued again.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was cancelled: what it left may be half of something.
    pub async fn request(
        &self,
        investigation: &str,
        body: &serde_json::Value,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<()>> {
        let mut tx = self.begin().await?;
        if claim(&mut tx, once, now).await?.is_some() {
            tx.commit().await.map_err(from_driver)?;
            return Ok(Created::Again(()));
        }
        let held = self.hold_investigation(&mut tx, investigation).await?;
        if held.state == InvestigationState::Cancelled {
            return Err(was_cancelled(investigation));
        }
        self.requeue(&mut tx, investigation, Some(body), now).await?;
        settle(&mut tx, once, investigation).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.tell_workers();
        Ok(Created::New(()))
    }

    /// Puts one more job of an investigation into the queue.
    pub(crate) async fn requeue(
        &self,
        tx: &mut Tx,
        investigation: &str,
        request: Option<&serde_json::Value>,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE investigations SET state = 'queued', reason_sealed = NULL, ended_at = NULL
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(investigation.to_owned())
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        match request {
            None => self.enqueue_investigate(tx, investigation, Priority::Medium, now).await,
            Some(body) => self.enqueue_request(tx, investigation, body, now).await,
        }
    }

    /// Incidents of the investigations with these numbers, in the order they opened.
    async fn incidents_of(
        &self,
        first: i64,
        last: i64,
    ) -> Result<BTreeMap<String, Vec<IncidentId>>> {
        let rows = sqlx::query(
            "SELECT c.investigation, c.id FROM investigations v
             JOIN incidents c ON c.space = v.space AND c.investigation = v.id
             WHERE v.space = $1 AND v.number BETWEEN $2 AND $3
             ORDER BY c.opened_at, c.number",
        )
        .bind(id(&self.id))
        .bind(first)
        .bind(last)
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let mut incidents: BTreeMap<String, Vec<IncidentId>> = BTreeMap::new();
        for row in &rows {
            incidents.entry(row.text("investigation")?).or_default().push(row.id("id")?);
        }
        Ok(incidents)
    }

    fn investigation_of(
        &self,
        row: &AnyRow,
        incidents: Vec<IncidentId>,
    ) -> Result<InvestigationRecord> {
        let id = row.text("id")?;
        let reason = row.maybe_bytes("reason_sealed")?;
        let context = format!("{id}|reason");
        let reason = reason.map(|sealed| self.open("investigation", &context, &sealed));
        Ok(InvestigationRecord {
            number: row.count("number")?,
            connection: row.maybe_text("connection")?,
            state: InvestigationState::parse(&row.text("state")?)?,
            reason: reason.transpose()?,
            created_at: row.time("created_at")?,
            ended_at: row.maybe_time("ended_at")?,
            busy: Duration::from_micros(row.count("busy_micros")?),
            incidents,
            id,
        })
    }
}

pub(crate) fn no_investigation(id: &str) -> Error {
    Error::NotFound { what: "investigation", id: id.to_owned() }
}
