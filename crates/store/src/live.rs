//! Incidents that grow while alerts come in: who belongs to them is kept by sittings, what was found out
//! about them by the worker, and neither overwrites the other.

use jiff::Timestamp;
use nightjar_incident::{Alert, Incident, IncidentId, TriageNote};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::alerts::Message;
use crate::db::{Columns as _, from_driver, id, micros};
use crate::incidents::no_incident;
use crate::{Result, Space};

/// A live incident, as the worker decides by.
#[derive(Clone, Debug)]
pub struct LiveIncident {
    /// The incident with the alerts that are in it now.
    pub incident: Incident,
    /// How they came to it.
    pub triage: Vec<TriageNote>,
    /// Whether alerts may still come to it.
    pub is_open: bool,
    /// When its last execution began, by the real clock.
    pub looked_at: Option<Timestamp>,
    /// Why a person wants it looked at again, if one does.
    pub asked: Option<String>,
}

impl Space {
    /// A live incident; [`crate::Error::NotFound`] also for one that was played.
    pub async fn live_incident(&self, incident: &IncidentId) -> Result<LiveIncident> {
        self.alive().await?;
        let mut reader = self.store.db().read().acquire().await.map_err(from_driver)?;
        let row = sqlx::query(
            "SELECT opened_at, last_news_at, standing, looked_at, asked_sealed FROM incidents
             WHERE space = $1 AND id = $2 AND standing IS NOT NULL",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_optional(&mut *reader)
        .await
        .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_incident(incident))?;
        Ok(LiveIncident {
            incident: self.membership(&mut reader, &row, incident).await?,
            triage: self.notes_of(&mut reader, incident).await?,
            is_open: row.maybe_text("standing")?.as_deref() == Some("open"),
            looked_at: row.maybe_time("looked_at")?,
            asked: row
                .maybe_bytes("asked_sealed")?
                .map(|sealed| self.open("incident", &format!("{incident}|asked"), &sealed))
                .transpose()?,
        })
    }

    /// Keeps what an execution is given, before it begins, so that it can be conducted again with the same.
    pub async fn begin_look(
        &self,
        incident: &IncidentId,
        given: &impl Serialize,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE incidents SET looked_at = $3, begun_sealed = $4, asked_sealed = NULL
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .bind(micros(now))
        .bind(self.seal("incident", &format!("{incident}|begun"), given)?)
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)
    }

    /// What the execution was given that was begun last.
    pub async fn begun_look<T: DeserializeOwned>(
        &self,
        incident: &IncidentId,
    ) -> Result<Option<T>> {
        let row = sqlx::query("SELECT begun_sealed FROM incidents WHERE space = $1 AND id = $2")
            .bind(id(&self.id))
            .bind(id(incident))
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        let sealed = row.ok_or_else(|| no_incident(incident))?.maybe_bytes("begun_sealed")?;
        let context = format!("{incident}|begun");
        sealed.map(|sealed| self.open("incident", &context, &sealed)).transpose()
    }

    /// The incident of a row with the alerts that are in it now.
    pub(crate) async fn membership(
        &self,
        connection: &mut AnyConnection,
        row: &AnyRow,
        incident: &IncidentId,
    ) -> Result<Incident> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM alerts WHERE space = $1 AND incident = $2 ORDER BY number",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_all(connection)
        .await
        .map_err(from_driver)?;
        let mut found = Incident {
            id: incident.clone(),
            opened_at: row.time("opened_at")?,
            last_news_at: row.time("last_news_at")?,
            alerts: Vec::with_capacity(rows.len()),
            entities: Vec::new(),
        };
        for row in &rows {
            let message: Message = self.open("alert", &row.text("id")?, &row.bytes("sealed")?)?;
            for entity in message.entities {
                if !found.entities.contains(&entity) {
                    found.entities.push(entity);
                }
            }
            found.alerts.extend(message.alert);
        }
        Ok(found)
    }

    /// How the alerts of an incident came to it, and those that left it.
    pub(crate) async fn notes_of(
        &self,
        connection: &mut AnyConnection,
        incident: &IncidentId,
    ) -> Result<Vec<TriageNote>> {
        let rows = sqlx::query(
            "SELECT n.number, n.alert, n.sealed FROM alerts a
             JOIN triage_notes n ON n.space = a.space AND n.alert = a.id
             WHERE a.space = $1 AND a.incident = $2 ORDER BY n.number",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_all(connection)
        .await
        .map_err(from_driver)?;
        let note = |row: &AnyRow| {
            let context = format!("{}|{}", row.text("alert")?, row.signed("number")?);
            self.open("triage", &context, &row.bytes("sealed")?)
        };
        rows.iter().map(note).collect()
    }
}

/// What is sealed of a live alert's row.
pub(crate) fn message(alert: &Alert, kept: &crate::sitting::LiveAlert<'_>) -> Message {
    Message {
        raw: None,
        alert: Some(alert.clone()),
        rejected: None,
        delivery: kept.delivery.map(str::to_owned),
        entities: kept.entities.to_vec(),
    }
}
