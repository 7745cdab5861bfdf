//! Events on their way out: what happened, who wants to hear of it, and whether it arrived.
//!
//! A row is written with the change it tells of (`announce`), leased when it is due, and kept for a while
//! after it arrived or was given up. How it is brought to anybody isn't known here.

mod announce;
mod event;
mod lease;
mod news;
mod subscription;
mod tidy;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

pub use event::{About, Event, EventKind, RecommendationFacts, TaskFacts};
pub use lease::{Dispatch, OutboxDepth};
pub use subscription::{NewSubscription, SigningSecret, Subscription};
pub use tidy::OutboxKeeping;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::once::clean;
use crate::{Error, Page, PageRequest, Result, Space};

/// An event for one subscription, as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct DispatchRecord {
    /// Its id: `dlv-7`.
    pub id: String,
    /// The event's id, the same for all subscriptions.
    pub event: String,
    /// What kind of event.
    pub kind: EventKind,
    /// Who is to be told.
    pub subscription: String,
    /// What it is about: the id of a task or recommendation; `None` for a test.
    pub subject: Option<String>,
    /// Where it stands.
    pub state: DispatchState,
    /// How often it was begun since it was made, or since somebody had it sent again.
    pub attempts: u64,
    /// What the last attempt came to, if it didn't arrive.
    pub error: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Option<Timestamp>,
    /// When it arrived or was given up.
    pub ended_at: Option<Timestamp>,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DispatchState {
    /// It waits, or is on its way.
    Pending,
    /// It arrived.
    Delivered,
    /// It was given up.
    Failed,
}

impl DispatchState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// Its word, in the database and for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// Which events are listed; all of what is given has to fit.
#[derive(Clone, Debug, Default)]
pub struct DispatchFilter {
    /// Only in this state.
    pub state: Option<DispatchState>,
    /// Only for this subscription.
    pub subscription: Option<String>,
}

impl Space {
    /// Events that were sent or are to be, newest first.
    pub async fn dispatches(
        &self,
        filter: &DispatchFilter,
        page: &PageRequest,
    ) -> Result<Page<DispatchRecord>> {
        self.alive().await?;
        filter.subscription.as_deref().map(clean).transpose()?;
        let [before] = page.keys("dispatches")?.unwrap_or([i64::MAX]);
        let state = filter.state.map(|state| state.label().to_owned());
        let wanted = [("state", state), ("subscription", filter.subscription.clone())];
        let mut conditions = String::new();
        let mut values = Vec::new();
        for (column, value) in wanted {
            let Some(value) = value else { continue };
            values.push(value);
            conditions.push_str(&format!(" AND {column} = ${}", values.len() + 3));
        }
        let statement = format!(
            "SELECT {COLUMNS} FROM outbox WHERE space = $1 AND number < $2{conditions}
             ORDER BY number DESC LIMIT $3"
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(before)
            .bind(page.fetch());
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(self.store.db().read()).await.map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], record_of(row)?)));
        Ok(page.page("dispatches", found.collect::<Result<_>>()?))
    }

    /// One of them.
    pub async fn dispatch(&self, dispatch: &str) -> Result<DispatchRecord> {
        self.alive().await?;
        let statement = format!("SELECT {COLUMNS} FROM outbox WHERE space = $1 AND id = $2");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(dispatch.to_owned())
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        record_of(&row.ok_or_else(|| no_dispatch(dispatch))?)
    }

    /// Has an event sent once more, whatever became of it: one that waits is due at once, one that failed or
    /// arrived is sent anew, with all its attempts before it.
    ///
    /// # Errors
    /// [`Error::Conflict`] while it is on its way.
    pub async fn send_again(&self, dispatch: &str, now: Timestamp) -> Result<DispatchRecord> {
        let mut tx = self.begin().await?;
        let again = sqlx::query(
            "UPDATE outbox SET state = 'pending', attempts = 0, since = $3, due_at = $3, error = NULL,
                               ended_at = NULL, lease_owner = NULL, lease_until = NULL
             WHERE space = $1 AND id = $2 AND (lease_until IS NULL OR lease_until <= $3)",
        )
        .bind(id(&self.id))
        .bind(dispatch.to_owned())
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        let record = self.dispatch(dispatch).await?;
        match again.rows_affected() {
            0 => Err(Error::Conflict(format!("`{dispatch}` is on its way"))),
            _ => Ok(record),
        }
    }
}

const COLUMNS: &str =
    "number, id, event, kind, subscription, subject, state, attempts, due_at, error,
    created_at, ended_at";

/// Characters of what is noted of an attempt that failed.
const LONGEST: usize = 300;

fn record_of(row: &AnyRow) -> Result<DispatchRecord> {
    let (kind, state) = (kind_of(row)?, row.text("state")?);
    let state = DispatchState::ALL.into_iter().find(|known| known.label() == state);
    let state = state.ok_or_else(|| damaged("its state is none"))?;
    let subject = Some(row.text("subject")?).filter(|_| kind != EventKind::Test);
    let due_at = Some(row.time("due_at")?).filter(|_| state == DispatchState::Pending);
    Ok(DispatchRecord {
        id: row.text("id")?,
        event: row.text("event")?,
        kind,
        subscription: row.text("subscription")?,
        subject,
        state,
        attempts: row.count("attempts")?,
        error: row.maybe_text("error")?,
        created_at: row.time("created_at")?,
        due_at,
        ended_at: row.maybe_time("ended_at")?,
    })
}

fn kind_of(row: &AnyRow) -> Result<EventKind> {
    EventKind::parse(&row.text("kind")?).ok_or_else(|| damaged("its kind is none"))
}

/// What a sealed event is bound to, beside its space.
fn context(dispatch: &str, event: &str, kind: EventKind) -> String {
    format!("{dispatch}|{event}|{}", kind.label())
}

/// A reason as it is kept: a short line.
fn short(reason: &str) -> String {
    let plain = reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(LONGEST).collect()
}

fn damaged(reason: &str) -> Error {
    Error::Damaged { what: "an event of the outbox".to_owned(), reason: reason.to_owned() }
}

fn no_dispatch(id: &str) -> Error {
    Error::NotFound { what: "event", id: id.to_owned() }
}
