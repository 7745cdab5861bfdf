use jiff::Timestamp;
use nightjar_incident::IncidentId;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::db::{Columns as _, from_driver, id, micros, number};
use crate::incidents::no_incident;
use crate::once::{claim, settle};
use crate::{Created, Error, Once, Page, PageRequest, Result, Space};

/// Whether a result was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
}

/// What a person says about a result.
#[derive(Clone, Debug)]
pub struct NewFeedback {
    /// The incident.
    pub incident: IncidentId,
    /// Right or wrong.
    pub rating: Rating,
    /// The entity that really was the cause, where told.
    pub actual_entity: Option<String>,
    /// What really was the cause, in words; redacted by the caller.
    pub actual_cause: Option<String>,
    /// Who says so.
    pub by: String,
}

/// Feedback as kept.
#[derive(Clone, Debug)]
pub struct FeedbackRecord {
    /// `fb-1`.
    pub id: String,
    /// What was said.
    pub feedback: NewFeedback,
    /// About which execution: the one whose verdict counted then.
    pub execution: Option<String>,
    /// When.
    pub given_at: Timestamp,
}

/// What is sealed of a row.
#[derive(Serialize, Deserialize)]
struct Words {
    actual_entity: Option<String>,
    actual_cause: Option<String>,
    by: String,
}

impl Rating {
    fn label(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
        }
    }
}

impl Space {
    /// Keeps feedback.
    pub async fn give_feedback(
        &self,
        new: NewFeedback,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<FeedbackRecord>> {
        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.one_feedback(&made).await.map(Created::Again);
        }
        let row = sqlx::query("SELECT execution FROM incidents WHERE space = $1 AND id = $2")
            .bind(id(&self.id))
            .bind(id(&new.incident))
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let execution = row.ok_or_else(|| no_incident(&new.incident))?.maybe_text("execution")?;
        let next = self.next(&mut tx, "feedback").await?;
        let name = format!("fb-{next}");
        let words =
            Words { actual_entity: new.actual_entity, actual_cause: new.actual_cause, by: new.by };
        sqlx::query(
            "INSERT INTO feedback (space, number, id, incident, execution, rating, sealed, given_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(name.clone())
        .bind(id(&new.incident))
        .bind(execution)
        .bind(new.rating.label().to_owned())
        .bind(self.seal("feedback", &name, &words)?)
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        settle(&mut tx, once, &name).await?;
        tx.commit().await.map_err(from_driver)?;
        self.one_feedback(&name).await.map(Created::New)
    }

    /// Feedback, newest first; of one incident, where given.
    pub async fn feedback(
        &self,
        incident: Option<&IncidentId>,
        page: &PageRequest,
    ) -> Result<Page<FeedbackRecord>> {
        self.alive().await?;
        let [before] = page.keys("feedback")?.unwrap_or([i64::MAX]);
        let rows = sqlx::query(
            "SELECT number, id, incident, execution, rating, sealed, given_at FROM feedback
             WHERE space = $1 AND number < $2 AND ($3 IS NULL OR incident = $3)
             ORDER BY number DESC LIMIT $4",
        )
        .bind(id(&self.id))
        .bind(before)
        .bind(incident.map(id))
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], self.feedback_of(row)?)));
        Ok(page.page("feedback", found.collect::<Result<_>>()?))
    }

    async fn one_feedback(&self, feedback: &str) -> Result<FeedbackRecord> {
        let row = sqlx::query(
            "SELECT id, incident, execution, rating, sealed, given_at FROM feedback
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(feedback.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let missing = || Error::NotFound { what: "feedback", id: feedback.to_owned() };
        self.feedback_of(&row.ok_or_else(missing)?)
    }

    fn feedback_of(&self, row: &AnyRow) -> Result<FeedbackRecord> {
        let id = row.text("id")?;
        let words: Words = self.open("feedback", &id, &row.bytes("sealed")?)?;
        let rating = row.text("rating")?;
        let rating = [Rating::Right, Rating::Wrong]
            .into_iter()
            .find(|known| known.label() == rating)
            .ok_or_else(|| Error::Damaged {
                what: format!("feedback `{id}`"),
                reason: format!("`{rating}` is no rating"),
            })?;
        Ok(FeedbackRecord {
            feedback: NewFeedback {
                incident: row.id("incident")?,
                rating,
                actual_entity: words.actual_entity,
                actual_cause: words.actual_cause,
                by: words.by,
            },
            execution: row.maybe_text("execution")?,
            given_at: row.time("given_at")?,
            id,
        })
    }
}
