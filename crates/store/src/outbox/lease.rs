//! Events that are due are leased, sent by somebody else's means, and then concluded.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{Event, EventKind, Subscription, context, kind_of, short};
use crate::db::{Columns as _, Kind, Tx, from_driver, id, micros, next_number, number};
use crate::{Error, Result, Store};

/// An event for one subscription, leased by this process.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// Whose.
    pub space: SpaceId,
    /// Its number within the space.
    pub number: u64,
    /// Its id: `dlv-7`.
    pub id: String,
    /// The event's id, the same for all subscriptions and all attempts.
    pub event: String,
    /// What kind of event.
    pub kind: EventKind,
    /// What it is about: a task's id. Empty where it is about nothing.
    pub subject: String,
    /// What happened.
    pub content: Event,
    /// Who is to be told.
    pub subscription: Subscription,
    /// How often it was begun, this time included.
    pub attempts: u32,
    /// When the first attempt was due.
    pub since: Timestamp,
}

/// The first that is due, free, and the first of its subject for its subscription. A subscription has at
/// most `$2` on their way at a time, and one as long as something had to be put off: who hangs
/// or is down doesn't take all the places.
const NEXT: &str = "SELECT o.space, o.number FROM outbox o
    JOIN documents d ON d.scope = o.space AND d.collection = 'subscription'
                    AND d.id = o.subscription AND d.state = 'active'
    WHERE o.state = 'pending' AND o.due_at <= $1 AND (o.lease_until IS NULL OR o.lease_until <= $1)
      AND NOT EXISTS (SELECT 1 FROM outbox e
                      WHERE e.space = o.space AND e.subscription = o.subscription
                        AND e.subject = o.subject AND e.state = 'pending' AND e.number < o.number)
      AND (SELECT COUNT(*) FROM outbox l
           WHERE l.space = o.space AND l.subscription = o.subscription AND l.lease_until > $1)
        < CASE WHEN EXISTS (SELECT 1 FROM outbox p
                            WHERE p.space = o.space AND p.subscription = o.subscription
                              AND p.state = 'pending' AND p.error IS NOT NULL)
               THEN 1 ELSE $2 END
    ORDER BY o.due_at, o.number LIMIT 1";

impl Store {
    /// Takes the first event that is due. Those about one thing go to a subscription in their order and
    /// never two at a time; `most_each` limits how many go to one subscription at a time.
    pub async fn take_delivery(
        &self,
        most_each: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Dispatch>> {
        loop {
            let Some(row) = self.lease_delivery(most_each, lease, now).await? else {
                return Ok(None);
            };
            match self.delivery_of(&row).await {
                Ok(dispatch) => return Ok(Some(dispatch)),
                Err(error @ Error::Damaged { .. }) => {
                    let (space, number) = (row.id("space")?, row.count("number")?);
                    tracing::error!(space.id = %space, error = %error, "an event can't be read");
                    let lost = Leased { space: &space, number, attempts: row.count("attempts")? };
                    self.fail(&lost, "it can't be read any more", now).await?;
                }
                // The space or the subscription was deleted just now, and the event with it.
                Err(Error::NotFound { .. } | Error::Destroyed) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn lease_delivery(
        &self,
        most_each: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<AnyRow>> {
        // Most looks find nothing: they shouldn't cost a transaction that writes.
        let waits = sqlx::query(
            "SELECT 1 AS one FROM outbox WHERE state = 'pending' AND due_at <= $1 LIMIT 1",
        )
        .bind(micros(now))
        .fetch_optional(self.db().read())
        .await
        .map_err(from_driver)?;
        if waits.is_none() {
            return Ok(None);
        }
        let statement = match self.db().kind() {
            Kind::Sqlite => NEXT.to_owned(),
            Kind::Postgres => format!("{NEXT} FOR UPDATE OF o SKIP LOCKED"),
        };
        let mut tx = self.db().begin().await?;
        let next = sqlx::query(AssertSqlSafe(statement))
            .bind(micros(now))
            .bind(i64::from(most_each))
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let Some(next) = next else { return Ok(None) };
        let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
        let row = sqlx::query(
            "UPDATE outbox SET lease_owner = $3, lease_until = $4, attempts = attempts + 1
             WHERE space = $1 AND number = $2
             RETURNING space, number, id, event, kind, subscription, subject, attempts, since, sealed",
        )
        .bind(next.text("space")?)
        .bind(next.signed("number")?)
        .bind(self.inner.process.clone())
        .bind(micros(now.saturating_add(lease).unwrap_or(Timestamp::MAX)))
        .fetch_one(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        Ok(Some(row))
    }

    async fn delivery_of(&self, row: &AnyRow) -> Result<Dispatch> {
        let space = self.space(&row.id("space")?).await?;
        let (dispatch, event, kind) = (row.text("id")?, row.text("event")?, kind_of(row)?);
        let content =
            space.open("dispatch", &context(&dispatch, &event, kind), &row.bytes("sealed")?)?;
        let subject = Some(row.text("subject")?).filter(|_| kind != EventKind::Test);
        Ok(Dispatch {
            subscription: space.subscription(&row.text("subscription")?).await?,
            space: space.id,
            number: row.count("number")?,
            id: dispatch,
            event,
            kind,
            subject: subject.unwrap_or_default(),
            content,
            attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
            since: row.time("since")?,
        })
    }

    /// Notes that an event arrived. [`Error::Conflict`] if the lease was lost meanwhile.
    pub async fn note_delivered(&self, dispatch: &Dispatch, now: Timestamp) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let noted = sqlx::query(
            "UPDATE outbox SET state = 'delivered', ended_at = $5, error = NULL, lease_owner = NULL,
                               lease_until = NULL
             WHERE space = $1 AND number = $2 AND lease_owner = $3 AND attempts = $4",
        );
        let noted = Leased::of(dispatch).bind(noted, self)?.bind(micros(now));
        let noted = noted.execute(&mut *tx).await.map_err(from_driver)?;
        was_ours(noted.rows_affected(), &dispatch.id)?;
        next_number(&mut tx, "", DELIVERED).await?;
        tx.commit().await.map_err(from_driver)?;
        // The next one about the same thing may be waiting for this.
        self.told_outbox();
        Ok(())
    }

    /// Has an event tried again at a later time. The reason is for people who may look at the outbox; it
    /// holds nothing of what was investigated.
    pub async fn postpone_delivery(
        &self,
        dispatch: &Dispatch,
        until: Timestamp,
        reason: &str,
    ) -> Result<()> {
        let postponed = sqlx::query(
            "UPDATE outbox SET due_at = $5, error = $6, lease_owner = NULL, lease_until = NULL
             WHERE space = $1 AND number = $2 AND lease_owner = $3 AND attempts = $4",
        );
        let postponed =
            Leased::of(dispatch).bind(postponed, self)?.bind(micros(until)).bind(short(reason));
        let postponed = postponed.execute(self.db().write()).await.map_err(from_driver)?;
        was_ours(postponed.rows_affected(), &dispatch.id)
    }

    /// Gives an event up: it stays visible as failed, and can be sent again by a person.
    pub async fn give_up_delivery(
        &self,
        dispatch: &Dispatch,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let given_up = self.fail(&Leased::of(dispatch), reason, now).await?;
        was_ours(given_up, &dispatch.id)
    }

    async fn fail(&self, leased: &Leased<'_>, reason: &str, now: Timestamp) -> Result<u64> {
        let failed = sqlx::query(
            "UPDATE outbox SET state = 'failed', ended_at = $5, error = $6, lease_owner = NULL,
                               lease_until = NULL
             WHERE space = $1 AND number = $2 AND lease_owner = $3 AND attempts = $4",
        );
        let failed = leased.bind(failed, self)?.bind(micros(now)).bind(short(reason));
        let failed = failed.execute(self.db().write()).await.map_err(from_driver)?;
        // Later ones about the same thing waited for it.
        self.told_outbox();
        Ok(failed.rows_affected())
    }

    /// Returns when an event may have become due: told at once in this process, at most `at_most` otherwise.
    pub async fn wait_for_delivery(&self, at_most: Duration) {
        // Either is a reason to look.
        let _ = tokio::time::timeout(at_most, self.inner.outbox.notified()).await;
    }

    /// Events that wait, that failed, and that arrived since the installation was made; for metrics.
    pub async fn outbox_depth(&self) -> Result<OutboxDepth> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'pending') AS pending,
                    (SELECT COUNT(*) FROM outbox WHERE state = 'failed') AS failed,
                    (SELECT last FROM counters WHERE space = '' AND what = $1) AS delivered",
        )
        .bind(DELIVERED)
        .fetch_one(self.db().read())
        .await
        .map_err(from_driver)?;
        let delivered = row.maybe_signed("delivered")?.unwrap_or_default();
        Ok(OutboxDepth {
            pending: row.count("pending")?,
            failed: row.count("failed")?,
            delivered: u64::try_from(delivered).unwrap_or_default(),
        })
    }

    /// Frees the events that a process left which can't be running any more; see
    /// [`Store::free_dead_leases`].
    pub(crate) async fn free_dead_deliveries(&self, tx: &mut Tx) -> Result<()> {
        sqlx::query(
            "UPDATE outbox SET lease_owner = NULL, lease_until = NULL
             WHERE lease_until IS NOT NULL AND lease_owner <> $1",
        )
        .bind(self.inner.process.clone())
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}

/// The counter of the installation.
const DELIVERED: &str = "delivered";

/// How many events there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Wait to be sent, or are on their way.
    pub pending: u64,
    /// Given up.
    pub failed: u64,
    /// Arrived since the installation was made.
    pub delivered: u64,
}

/// What has to be as it was taken for a conclusion to count.
struct Leased<'a> {
    space: &'a SpaceId,
    number: u64,
    attempts: u64,
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

impl<'a> Leased<'a> {
    fn of(dispatch: &'a Dispatch) -> Self {
        let Dispatch { space, number, attempts, .. } = dispatch;
        Self { space, number: *number, attempts: u64::from(*attempts) }
    }

    fn bind<'q>(&self, query: Query<'q>, store: &Store) -> Result<Query<'q>> {
        let query = query.bind(id(self.space)).bind(number(self.number)?);
        Ok(query.bind(store.inner.process.clone()).bind(number(self.attempts)?))
    }
}

fn was_ours(rows: u64, dispatch: &str) -> Result<()> {
    match rows {
        0 => Err(Error::Conflict(format!("the lease of `{dispatch}` was lost"))),
        _ => Ok(()),
    }
}
