use jiff::Timestamp;
use nightjar_incident::{AlertId, RawAlert};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::{Error, Page, PageRequest, Result, Space};

/// What became of a message that was sent to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    /// It holds no alert that could be read.
    Rejected,
    /// It tells nothing that wasn't known.
    Duplicate,
    /// It was understood and kept; it opens nothing.
    Noted,
    /// It told of changes, which are kept.
    Changed,
    /// An alert of it belongs to an open incident.
    Linked,
    /// An alert of it opened an incident.
    Accepted,
}

/// A message that was sent to a webhook.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    /// `del-1`.
    pub id: String,
    /// Where it was sent to.
    pub webhook: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What became of it.
    pub status: DeliveryStatus,
    /// As it came, redacted; a body that is no JSON is a text.
    pub raw: RawAlert,
    /// The alerts it told of, in its order.
    pub alerts: Vec<AlertId>,
    /// The changes it told of, in its order, as they are kept.
    pub changes: Vec<String>,
    /// Why it was rejected, or how it came to its status.
    pub reason: Option<String>,
}

/// A message to be kept.
#[derive(Clone, Debug)]
pub struct NewDelivery<'a> {
    /// Where it was sent to.
    pub webhook: &'a str,
    /// As it came, redacted.
    pub raw: &'a RawAlert,
    /// What became of it.
    pub status: DeliveryStatus,
    /// The alerts it told of, in its order.
    pub alerts: &'a [AlertId],
    /// The changes it told of, in its order, as they are kept.
    pub changes: &'a [String],
    /// Why it was rejected, or how it came to its status.
    pub reason: Option<&'a str>,
}

/// What is sealed of a row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) raw: RawAlert,
    pub(crate) alerts: Vec<AlertId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<String>,
    pub(crate) reason: Option<String>,
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only those that came to this.
    pub status: Option<DeliveryStatus>,
    /// Only those that were sent to this webhook.
    pub webhook: Option<String>,
}

impl DeliveryStatus {
    /// As senders and people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Noted => "noted",
            Self::Changed => "changed",
            Self::Linked => "linked",
            Self::Accepted => "accepted",
        }
    }

    /// The status of this label.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Rejected,
            Self::Duplicate,
            Self::Noted,
            Self::Changed,
            Self::Linked,
            Self::Accepted,
        ];
        all.into_iter().find(|status| status.label() == text)
    }
}

impl Space {
    /// Deliveries, newest first.
    pub async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<DeliveryRecord>> {
        self.alive().await?;
        let [before] = page.keys("deliveries")?.unwrap_or([i64::MAX]);
        let rows = sqlx::query(
            "SELECT number, id, webhook, received_at, status, sealed FROM deliveries
             WHERE space = $1 AND number < $2 AND ($3 IS NULL OR status = $3)
               AND ($4 IS NULL OR webhook = $4)
             ORDER BY number DESC LIMIT $5",
        )
        .bind(id(&self.id))
        .bind(before)
        .bind(filter.status.map(|status| status.label().to_owned()))
        .bind(filter.webhook.clone())
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], self.delivery_of(row)?)));
        Ok(page.page("deliveries", found.collect::<Result<_>>()?))
    }

    /// The last that told of an alert which opened an incident or belongs to one.
    pub async fn latest_delivery(&self) -> Result<Option<DeliveryRecord>> {
        self.alive().await?;
        // One look at the index for each status, whatever else came since.
        let row = sqlx::query(
            "SELECT id, webhook, received_at, status, sealed FROM deliveries
             WHERE space = $1 AND number = (SELECT MAX(number) FROM (
                 SELECT MAX(number) AS number FROM deliveries WHERE space = $1 AND status = 'accepted'
                 UNION ALL
                 SELECT MAX(number) FROM deliveries WHERE space = $1 AND status = 'linked') latest)",
        )
        .bind(id(&self.id))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        row.map(|row| self.delivery_of(&row)).transpose()
    }

    /// One of them.
    pub async fn delivery(&self, delivery: &str) -> Result<DeliveryRecord> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT id, webhook, received_at, status, sealed FROM deliveries
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(delivery.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let missing = || Error::NotFound { what: "delivery", id: delivery.to_owned() };
        self.delivery_of(&row.ok_or_else(missing)?)
    }

    fn delivery_of(&self, row: &AnyRow) -> Result<DeliveryRecord> {
        let id = row.text("id")?;
        let body: Body = self.open("delivery", &id, &row.bytes("sealed")?)?;
        let status = row.text("status")?;
        let status = DeliveryStatus::parse(&status).ok_or_else(|| Error::Damaged {
            what: format!("delivery `{id}`"),
            reason: format!("`{status}` is no status"),
        })?;
        Ok(DeliveryRecord {
            webhook: row.text("webhook")?,
            received_at: row.time("received_at")?,
            status,
            raw: body.raw,
            alerts: body.alerts,
            changes: body.changes,
            reason: body.reason,
            id,
        })
    }

    /// Drops deliveries that came before a time; says how many. What they told stays with the alerts.
    pub async fn drop_deliveries(&self, before: Timestamp) -> Result<u64> {
        let dropped = sqlx::query("DELETE FROM deliveries WHERE space = $1 AND received_at < $2")
            .bind(id(&self.id))
            .bind(micros(before))
            .execute(self.store.db().write())
            .await
            .map_err(from_driver)?;
        Ok(dropped.rows_affected())
    }
}
