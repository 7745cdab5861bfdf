use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, IncidentId, RawAlert, TriageNote};
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::db::{Columns as _, Tx, from_driver, id, micros, number};
use crate::once::clean;
use crate::{Error, Page, PageRequest, Result, Space};

/// A message that arrived, and what became of it.
pub struct NewMessage<'a> {
    /// The investigation it was played in.
    pub investigation: &'a str,
    /// Its place in the order of arrival, from 0.
    pub number: u64,
    /// As it came, redacted.
    pub raw: &'a RawAlert,
    /// What was understood, and where each alert went.
    pub alerts: &'a [(Alert, TriageNote)],
    /// Why it was rejected, if it was.
    pub rejected: Option<&'a str>,
}

/// An alert, or a message nobody could read.
#[derive(Clone, Debug)]
pub struct AlertRecord {
    /// Its id; a rejected message has one as well (`msg-1-3`).
    pub id: AlertId,
    /// The investigation it is in; `None` for one that a webhook brought and triage skipped.
    pub investigation: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// As it came, redacted; `None` where a webhook brought it: then the delivery holds it.
    pub raw: Option<RawAlert>,
    /// The delivery that first told of it.
    pub delivery: Option<String>,
    /// The normal form; `None` if rejected.
    pub alert: Option<Alert>,
    /// What triage decided, latest last (a person may have moved it).
    pub triage: Vec<TriageNote>,
    /// The incident it is in now.
    pub incident: Option<IncidentId>,
    /// Why it was rejected, if it was.
    pub rejected: Option<String>,
}

/// What is sealed of a row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Message {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<RawAlert>,
    pub(crate) alert: Option<Alert>,
    pub(crate) rejected: Option<String>,
    /// The delivery that first told of it, and the entities it speaks of; of live alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) entities: Vec<EntityId>,
}

impl Message {
    fn played(raw: &RawAlert, alert: Option<&Alert>, rejected: Option<&str>) -> Self {
        Self {
            raw: Some(raw.clone()),
            alert: alert.cloned(),
            rejected: rejected.map(str::to_owned),
            delivery: None,
            entities: Vec::new(),
        }
    }
}

/// What a row holds of an alert beside its message and its triage.
struct Place<'a> {
    id: AlertId,
    investigation: &'a str,
    message: u64,
    part: u64,
    received_at: Timestamp,
}

impl Space {
    /// Keeps a message. The same number of the same investigation again adds the alerts that follow
    /// those that are kept, and changes nothing else.
    pub async fn keep_message(&self, message: &NewMessage<'_>) -> Result<()> {
        let raw = message.raw;
        let mut tx = self.begin().await?;
        let known = sqlx::query(
            "SELECT id FROM alerts WHERE space = $1 AND investigation = $2 AND message = $3",
        )
        .bind(id(&self.id))
        .bind(message.investigation.to_owned())
        .bind(number(message.number)?)
        .fetch_all(&mut *tx)
        .await
        .map_err(from_driver)?
        .len();
        let place = |id: AlertId, part: u64| Place {
            id,
            investigation: message.investigation,
            message: message.number,
            part,
            received_at: raw.received_at,
        };
        if message.alerts.is_empty() && known == 0 {
            let investigation = message.investigation.trim_start_matches("inv-");
            let name = AlertId::new(format!("msg-{investigation}-{}", message.number));
            let kept = Message::played(raw, None, message.rejected);
            self.insert_alert(&mut tx, &place(name, 0), None, &kept).await?;
        }
        for (part, (alert, note)) in (0..).zip(message.alerts).skip(known) {
            let kept = Message::played(raw, Some(alert), message.rejected);
            let incident = note.incident.as_ref();
            self.insert_alert(&mut tx, &place(alert.id.clone(), part), incident, &kept).await?;
            self.insert_note(&mut tx, &alert.id, note).await?;
        }
        tx.commit().await.map_err(from_driver)
    }

    /// Notes where an alert went to, after a person moved it.
    pub async fn keep_triage(&self, note: &TriageNote) -> Result<()> {
        let mut tx = self.begin().await?;
        let moved = sqlx::query("UPDATE alerts SET incident = $3 WHERE space = $1 AND id = $2")
            .bind(id(&self.id))
            .bind(id(&note.alert))
            .bind(note.incident.as_ref().map(id))
            .execute(&mut *tx)
            .await
            .map_err(from_driver)?;
        if moved.rows_affected() == 0 {
            return Err(no_alert(&note.alert));
        }
        self.insert_note(&mut tx, &note.alert, note).await?;
        tx.commit().await.map_err(from_driver)
    }

    /// Alerts in the order of arrival; of one incident, where given.
    pub async fn alerts(
        &self,
        incident: Option<&IncidentId>,
        page: &PageRequest,
    ) -> Result<Page<AlertRecord>> {
        self.alive().await?;
        let [after] = page.keys("alerts")?.unwrap_or([0]);
        let rows = sqlx::query(
            "SELECT number, id, investigation, received_at, incident, sealed FROM alerts
             WHERE space = $1 AND number > $2 AND ($3 IS NULL OR incident = $3)
             ORDER BY number LIMIT $4",
        )
        .bind(id(&self.id))
        .bind(after)
        .bind(incident.map(id))
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let last = rows.last().map(|row| row.signed("number")).transpose()?.unwrap_or_default();
        let mut notes = self.notes(after + 1, last).await?;
        let mut found = Vec::new();
        for row in &rows {
            let own = notes.remove(&row.text("id")?).unwrap_or_default();
            found.push(([row.signed("number")?], self.alert_of(row, own)?));
        }
        Ok(page.page("alerts", found))
    }

    /// One of them.
    pub async fn alert(&self, alert: &AlertId) -> Result<AlertRecord> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT number, id, investigation, received_at, incident, sealed FROM alerts
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(alert))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_alert(alert))?;
        let number = row.signed("number")?;
        let notes = self.notes(number, number).await?.remove(alert.as_str());
        self.alert_of(&row, notes.unwrap_or_default())
    }

    /// What triage decided about the alerts with these numbers.
    async fn notes(&self, first: i64, last: i64) -> Result<BTreeMap<String, Vec<TriageNote>>> {
        let rows = sqlx::query(
            "SELECT n.number, n.alert, n.sealed FROM alerts a
             JOIN triage_notes n ON n.space = a.space AND n.alert = a.id
             WHERE a.space = $1 AND a.number BETWEEN $2 AND $3 ORDER BY n.number",
        )
        .bind(id(&self.id))
        .bind(first)
        .bind(last)
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let mut notes: BTreeMap<String, Vec<TriageNote>> = BTreeMap::new();
        for row in &rows {
            let alert = row.text("alert")?;
            let context = format!("{alert}|{}", row.signed("number")?);
            let note = self.open("triage", &context, &row.bytes("sealed")?)?;
            notes.entry(alert).or_default().push(note);
        }
        Ok(notes)
    }

    fn alert_of(&self, row: &AnyRow, triage: Vec<TriageNote>) -> Result<AlertRecord> {
        let id: AlertId = row.id("id")?;
        let message: Message = self.open("alert", id.as_str(), &row.bytes("sealed")?)?;
        Ok(AlertRecord {
            investigation: Some(row.text("investigation")?).filter(|name| !name.is_empty()),
            received_at: row.time("received_at")?,
            raw: message.raw,
            delivery: message.delivery,
            alert: message.alert,
            triage,
            incident: row.maybe_id("incident")?,
            rejected: message.rejected,
            id,
        })
    }

    async fn insert_alert(
        &self,
        tx: &mut Tx,
        place: &Place<'_>,
        incident: Option<&IncidentId>,
        message: &Message,
    ) -> Result<()> {
        clean(place.id.as_str())?;
        let next = self.next(tx, "alert").await?;
        sqlx::query(
            "INSERT INTO alerts (space, number, id, investigation, message, part, received_at,
                                 incident, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(id(&place.id))
        .bind(place.investigation.to_owned())
        .bind(number(place.message)?)
        .bind(number(place.part)?)
        .bind(micros(place.received_at))
        .bind(incident.map(id))
        .bind(self.seal("alert", place.id.as_str(), message)?)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    pub(crate) async fn insert_note(
        &self,
        tx: &mut Tx,
        alert: &AlertId,
        note: &TriageNote,
    ) -> Result<()> {
        let next = self.next(tx, "triage").await?;
        sqlx::query(
            "INSERT INTO triage_notes (space, number, alert, sealed) VALUES ($1, $2, $3, $4)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(id(alert))
        .bind(self.seal("triage", &format!("{alert}|{next}"), note)?)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}

fn no_alert(id: &AlertId) -> Error {
    Error::NotFound { what: "alert", id: id.to_string() }
}
