//! Events are written in the transaction of the change they tell of: both are there, or neither.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::news::of_task;
use super::{About, Event, EventKind, RecommendationFacts, Subscription, TaskFacts, context};
use crate::db::{Columns as _, Tx, from_driver, id, micros, number, whole};
use crate::documents::{Collection, DOCUMENT_COLUMNS, Document};
use crate::tasks::TaskRecord;
use crate::{Error, Result, Space, Store};

impl Space {
    /// Tells the subscribers what became of a task, if it is news. `before` is what was stored of it.
    pub(crate) async fn announce_task(
        &self,
        tx: &mut Tx,
        before: Option<&TaskRecord>,
        after: &TaskRecord,
    ) -> Result<()> {
        let news = of_task(before, after);
        if news.is_empty() {
            return Ok(());
        }
        let subscriptions = self.subscribers(tx).await?;
        if subscriptions.is_empty() {
            return Ok(());
        }
        let summary = self.summary_of(tx, after).await?;
        for (kind, is_revised) in news {
            let facts = TaskFacts::of(after, summary, is_revised);
            let event = Event { at: whole(after.updated_at), about: About::Task(Box::new(facts)) };
            self.announce(tx, &subscriptions, kind, &after.id, &event).await?;
        }
        Ok(())
    }

    /// Tells the subscribers of a recommendation that was made or changed.
    pub(crate) async fn announce_recommendation(
        &self,
        tx: &mut Tx,
        before: Option<&Document>,
        after: &Document,
    ) -> Result<()> {
        let kind = match before {
            None => EventKind::RecommendationCreated,
            Some(before) if (&before.state, &before.body) == (&after.state, &after.body) => {
                return Ok(());
            }
            Some(_) => EventKind::RecommendationUpdated,
        };
        let subscriptions = self.subscribers(tx).await?;
        if subscriptions.is_empty() {
            return Ok(());
        }
        let text = |name: &str| Some(after.body.get(name)?.as_str()?.to_owned());
        let facts = RecommendationFacts {
            recommendation: after.id.clone(),
            task: after.parent.clone(),
            status: after.state.clone(),
            version: after.version,
            title: text("title"),
            priority: text("priority"),
            created_at: after.created_at,
            updated_at: after.updated_at,
        };
        let event = Event { at: after.updated_at, about: About::Recommendation(facts) };
        self.announce(tx, &subscriptions, kind, &after.id, &event).await
    }

    /// Sends an event about nothing to one subscription, and says by which id it is found again.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is paused.
    pub async fn send_test(&self, subscription: &str, now: Timestamp) -> Result<String> {
        let subscription = self.subscription(subscription).await?;
        if !subscription.is_active {
            return Err(Error::Conflict("the subscription is paused".to_owned()));
        }
        let event = Event { at: whole(now), about: About::Nothing };
        let name = Uuid::now_v7().to_string();
        let mut tx = self.begin().await?;
        // Nothing else is about this id, so a test waits for nothing.
        let subject = format!("test-{name}");
        let dispatch = self
            .insert_delivery(&mut tx, &subscription, EventKind::Test, &name, &subject, &event)
            .await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        Ok(dispatch)
    }

    /// Everybody who might want to hear of something, paused ones too: for these it waits.
    async fn subscribers(&self, tx: &mut Tx) -> Result<Vec<Subscription>> {
        let statement = format!(
            "SELECT {DOCUMENT_COLUMNS} FROM documents
             WHERE scope = $1 AND collection = 'subscription' ORDER BY number"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .fetch_all(&mut **tx)
            .await
            .map_err(from_driver)?;
        let documents = self.documents(Collection::Subscription);
        let mut found = Vec::new();
        for row in &rows {
            // One that can't be read keeps nobody from working on the task; reading it tells of the damage.
            match documents.document_of(row).and_then(|document| Subscription::of(&document)) {
                Ok(subscription) => found.push(subscription),
                Err(error) => {
                    tracing::error!(space.id = %self.id, error = %error, "a subscription can't be read");
                }
            }
        }
        Ok(found)
    }

    async fn announce(
        &self,
        tx: &mut Tx,
        subscriptions: &[Subscription],
        kind: EventKind,
        subject: &str,
        event: &Event,
    ) -> Result<()> {
        // The same event for all: who has two subscriptions sees that it is one.
        let name = Uuid::now_v7().to_string();
        for subscription in subscriptions.iter().filter(|subscription| subscription.wants(kind)) {
            self.insert_delivery(tx, subscription, kind, &name, subject, event).await?;
        }
        Ok(())
    }

    async fn insert_delivery(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
        kind: EventKind,
        name: &str,
        subject: &str,
        event: &Event,
    ) -> Result<String> {
        // Numbers are given in the order of commits, since the counter is held until then.
        let next = self.next(tx, "dispatch").await?;
        let dispatch = format!("dlv-{next}");
        let sealed = self.seal("dispatch", &context(&dispatch, name, kind), event)?;
        sqlx::query(
            "INSERT INTO outbox (space, number, id, event, kind, subscription, subject, state,
                                 attempts, since, due_at, created_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, $8, $8, $8, $9)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(dispatch.clone())
        .bind(name.to_owned())
        .bind(kind.label().to_owned())
        .bind(subscription.id.clone())
        .bind(subject.to_owned())
        .bind(micros(event.at))
        .bind(sealed)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(dispatch)
    }

    /// The place of the summary in the journal of the execution that counts, once there is one.
    async fn summary_of(&self, tx: &mut Tx, task: &TaskRecord) -> Result<Option<u64>> {
        let (Some(execution), Some(_)) = (&task.execution, &task.outcome) else { return Ok(None) };
        let row = sqlx::query(
            "SELECT seq FROM journal
             WHERE space = $1 AND chain = $2 AND kind = 'investigation_summary_md'
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(id(&self.id))
        .bind(id(execution))
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
        row.map(|row| row.count("seq")).transpose()
    }
}

impl Store {
    /// Wakes whoever sends events: after a commit that may have written some.
    pub(crate) fn told_outbox(&self) {
        self.inner.outbox.notify_one();
    }
}
