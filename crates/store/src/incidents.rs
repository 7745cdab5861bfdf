mod keep;

use jiff::Timestamp;
use nightjar_incident::{IncidentId, Investigation};
use sqlx::any::AnyRow;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::{Error, Page, PageRequest, Result, Space};

use keep::Summary;

/// Which incidents are wanted.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// Only of one investigation.
    pub investigation: Option<String>,
    /// Only with this verdict: `cause_found`, `no_incident`, `not_found`.
    pub verdict: Option<String>,
    /// Only with news at or after.
    pub since: Option<Timestamp>,
}

/// An incident as lists show it.
#[derive(Clone, Debug)]
pub struct IncidentRecord {
    /// Its id.
    pub id: IncidentId,
    /// The investigation it came up in.
    pub investigation: String,
    /// When its first alert arrived.
    pub opened_at: Timestamp,
    /// When its last news arrived.
    pub last_news_at: Timestamp,
    /// The primary alert's title.
    pub title: String,
    /// How many alerts it has.
    pub alerts: u64,
    /// `cause_found`, `no_incident`, `not_found`; `None` before the first execution ends.
    pub verdict: Option<String>,
    /// `provisional` or `final`.
    pub stage: Option<String>,
    /// Best confidence of its causes, 0 to 1.
    pub confidence: Option<f64>,
    /// The first cause in one sentence.
    pub statement: Option<String>,
}

impl Space {
    /// Incidents, last news first.
    pub async fn incidents(
        &self,
        filter: &IncidentFilter,
        page: &PageRequest,
    ) -> Result<Page<IncidentRecord>> {
        self.alive().await?;
        let [news, before] = page.keys("incidents")?.unwrap_or([i64::MAX, i64::MAX]);
        let rows = sqlx::query(
            "SELECT number, id, investigation, opened_at, last_news_at, verdict, summary_sealed
             FROM incidents
             WHERE space = $1 AND (last_news_at < $2 OR (last_news_at = $2 AND number < $3))
               AND ($4 IS NULL OR investigation = $4) AND ($5 IS NULL OR verdict = $5)
               AND ($6 IS NULL OR last_news_at >= $6)
             ORDER BY last_news_at DESC, number DESC LIMIT $7",
        )
        .bind(id(&self.id))
        .bind(news)
        .bind(before)
        .bind(filter.investigation.clone())
        .bind(filter.verdict.clone())
        .bind(filter.since.map(micros))
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| {
            let keys = [row.signed("last_news_at")?, row.signed("number")?];
            Ok((keys, self.incident_of(row)?))
        });
        Ok(page.page("incidents", found.collect::<Result<_>>()?))
    }

    /// One as lists show it.
    pub async fn incident(&self, incident: &IncidentId) -> Result<IncidentRecord> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT id, investigation, opened_at, last_news_at, verdict, summary_sealed
             FROM incidents WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        self.incident_of(&row.ok_or_else(|| no_incident(incident))?)
    }

    /// One whole; its evidence has empty content (see [`Space::evidence`]) unless `with_content`.
    pub async fn incident_state(
        &self,
        incident: &IncidentId,
        with_content: bool,
    ) -> Result<Investigation> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT opened_at, last_news_at, standing, state_sealed FROM incidents
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_incident(incident))?;
        let sealed = row.bytes("state_sealed")?;
        let mut state: Investigation =
            self.open("incident", &format!("{incident}|state"), &sealed)?;
        if row.maybe_text("standing")?.is_some() {
            // Of a live one, who belongs to it is triage's, whatever the last execution saw.
            let mut reader = self.store.db().read().acquire().await.map_err(from_driver)?;
            state.incident = self.membership(&mut reader, &row, incident).await?;
            state.triage = self.notes_of(&mut reader, incident).await?;
        }
        if with_content {
            for evidence in &mut state.evidence {
                evidence.content = self.evidence(&evidence.id).await?.content;
            }
        }
        Ok(state)
    }

    /// What the last execution of a live incident left behind: the alerts are those it saw, and evidence has
    /// no content.
    pub async fn executed_state(&self, incident: &IncidentId) -> Result<Investigation> {
        let row = sqlx::query("SELECT state_sealed FROM incidents WHERE space = $1 AND id = $2")
            .bind(id(&self.id))
            .bind(id(incident))
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        let sealed = row.ok_or_else(|| no_incident(incident))?.bytes("state_sealed")?;
        self.open("incident", &format!("{incident}|state"), &sealed)
    }

    fn incident_of(&self, row: &AnyRow) -> Result<IncidentRecord> {
        let id: IncidentId = row.id("id")?;
        let context = format!("{id}|summary");
        let summary: Summary = self.open("incident", &context, &row.bytes("summary_sealed")?)?;
        Ok(IncidentRecord {
            investigation: row.text("investigation")?,
            opened_at: row.time("opened_at")?,
            last_news_at: row.time("last_news_at")?,
            title: summary.title,
            alerts: summary.alerts,
            verdict: row.maybe_text("verdict")?,
            stage: summary.stage,
            confidence: summary.confidence,
            statement: summary.statement,
            id,
        })
    }
}

pub(crate) fn no_incident(id: &IncidentId) -> Error {
    Error::NotFound { what: "incident", id: id.to_string() }
}
