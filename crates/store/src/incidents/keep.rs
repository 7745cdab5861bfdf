//! Keeping an incident's state: a projection of the journal, overwritten with each execution.

use jiff::Timestamp;
use nightjar_incident::{Conclusion, IncidentId, Investigation, Stage, Verdict};
use serde::{Deserialize, Serialize};

use crate::alerts::Message;
use crate::db::{Columns as _, Tx, from_driver, id, micros, number};
use crate::evidence::without_content;
use crate::once::clean;
use crate::{Error, Result, Space, Spent};

/// What lists show, sealed apart from the state, so that a list doesn't open all states.
#[derive(Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) title: String,
    pub(super) alerts: u64,
    pub(super) stage: Option<String>,
    pub(super) confidence: Option<f64>,
    pub(super) statement: Option<String>,
}

impl Space {
    /// Keeps an incident's new state, and its evidence: contents go to the blobs by digest, the rest is
    /// sealed in the row. Overwrites the earlier state (the journal holds how it came about).
    pub async fn keep_incident(&self, investigation: &str, state: &Investigation) -> Result<()> {
        self.keep_state(investigation, state, None).await
    }

    /// As [`Space::keep_incident`], when an execution ended: what that has cost is counted with it, once.
    pub async fn keep_execution(
        &self,
        investigation: &str,
        state: &Investigation,
        spent: &Spent,
        now: Timestamp,
    ) -> Result<()> {
        self.keep_state(investigation, state, Some((spent, now))).await
    }

    async fn keep_state(
        &self,
        investigation: &str,
        state: &Investigation,
        spent: Option<(&Spent, Timestamp)>,
    ) -> Result<()> {
        clean(state.incident.id.as_str())?;
        if state.space != self.id {
            return Err(Error::Invalid("an incident of another space".to_owned()));
        }
        let pieces = self.keep_contents(&state.evidence).await?;
        let mut lean = state.clone();
        for evidence in &mut lean.evidence {
            *evidence = without_content(evidence);
        }
        let incident = &state.incident;
        let conclusion = state.conclusion();
        let execution = state.executions.last().map(|execution| id(&execution.id));
        let summary = self.seal(
            "incident",
            &format!("{}|summary", incident.id),
            &summary(state, conclusion),
        )?;
        let sealed = self.seal("incident", &format!("{}|state", incident.id), &lean)?;

        let mut tx = self.begin().await?;
        let known = sqlx::query("SELECT number FROM incidents WHERE space = $1 AND id = $2")
            .bind(id(&self.id))
            .bind(id(&incident.id))
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let place = match known {
            Some(row) => row.count("number")?,
            None => self.next(&mut tx, "incident").await?,
        };
        sqlx::query(
            "INSERT INTO incidents (space, number, id, investigation, opened_at, last_news_at,
                                    verdict, execution, summary_sealed, state_sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (space, id) DO UPDATE SET investigation = excluded.investigation,
                 opened_at = CASE WHEN incidents.standing IS NULL THEN excluded.opened_at
                                  ELSE incidents.opened_at END,
                 last_news_at = CASE WHEN incidents.standing IS NULL THEN excluded.last_news_at
                                     ELSE incidents.last_news_at END,
                 verdict = excluded.verdict, execution = excluded.execution,
                 summary_sealed = excluded.summary_sealed, state_sealed = excluded.state_sealed",
        )
        .bind(id(&self.id))
        .bind(number(place)?)
        .bind(id(&incident.id))
        .bind(investigation.to_owned())
        .bind(micros(incident.opened_at))
        .bind(micros(incident.last_news_at))
        .bind(conclusion.map(|conclusion| label(&conclusion.verdict).to_owned()))
        .bind(execution)
        .bind(summary)
        .bind(sealed)
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        self.keep_evidence(&mut tx, &incident.id, &pieces).await?;
        if let Some((spent, now)) = spent {
            self.count_spent(&mut tx, &incident.id, state.executions.len(), spent, now).await?;
        }
        tx.commit().await.map_err(from_driver)
    }

    /// Writes a live incident that has just opened: nothing was found out about it yet.
    pub(crate) async fn insert_live(
        &self,
        tx: &mut Tx,
        investigation: &str,
        state: &Investigation,
    ) -> Result<()> {
        let name = &state.incident.id;
        let place = self.next(tx, "incident").await?;
        sqlx::query(
            "INSERT INTO incidents (space, number, id, investigation, opened_at, last_news_at,
                                    summary_sealed, state_sealed, standing)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open')",
        )
        .bind(id(&self.id))
        .bind(number(place)?)
        .bind(id(name))
        .bind(investigation.to_owned())
        .bind(micros(state.incident.opened_at))
        .bind(micros(state.incident.last_news_at))
        .bind(self.seal("incident", &format!("{name}|summary"), &summary(state, None))?)
        .bind(self.seal("incident", &format!("{name}|state"), state)?)
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    /// Brings what lists show of a live incident up to date after news.
    pub(crate) async fn note_news(
        &self,
        tx: &mut Tx,
        incident: &IncidentId,
        at: Timestamp,
    ) -> Result<()> {
        let row = sqlx::query(
            "SELECT summary_sealed,
                    (SELECT COUNT(*) FROM alerts a
                     WHERE a.space = $1 AND a.incident = $2) AS alerts,
                    (SELECT a.id FROM alerts a WHERE a.space = $1 AND a.incident = $2
                     ORDER BY a.number LIMIT 1) AS first
             FROM incidents WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_one(&mut **tx)
        .await
        .map_err(from_driver)?;
        let context = format!("{incident}|summary");
        let mut summary: Summary =
            self.open("incident", &context, &row.bytes("summary_sealed")?)?;
        summary.alerts = row.count("alerts")?;
        if let Some(first) = row.maybe_text("first")? {
            let row = sqlx::query("SELECT sealed FROM alerts WHERE space = $1 AND id = $2")
                .bind(id(&self.id))
                .bind(first.clone())
                .fetch_one(&mut **tx)
                .await
                .map_err(from_driver)?;
            let message: Message = self.open("alert", &first, &row.bytes("sealed")?)?;
            summary.title = message.alert.map(|alert| alert.title).unwrap_or_default();
        }
        sqlx::query(
            "UPDATE incidents SET summary_sealed = $3,
                 last_news_at = CASE WHEN last_news_at < $4 THEN $4 ELSE last_news_at END
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .bind(self.seal("incident", &context, &summary)?)
        .bind(micros(at))
        .execute(&mut **tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }
}

fn summary(state: &Investigation, conclusion: Option<&Conclusion>) -> Summary {
    let causes = conclusion.and_then(|conclusion| match &conclusion.verdict {
        Verdict::CauseFound { causes } => Some(causes.as_slice()),
        Verdict::NoIncident { .. } | Verdict::NotFound { .. } => None,
    });
    let causes = causes.unwrap_or_default();
    Summary {
        title: state.incident.alerts.first().map(|alert| alert.title.clone()).unwrap_or_default(),
        alerts: u64::try_from(state.incident.alerts.len()).unwrap_or(u64::MAX),
        stage: conclusion.map(|conclusion| stage(conclusion.stage).to_owned()),
        confidence: causes
            .iter()
            .map(|cause| cause.hypothesis.confidence.value())
            .max_by(f64::total_cmp),
        statement: causes.first().map(|cause| cause.statement.clone()),
    }
}

fn label(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::CauseFound { .. } => "cause_found",
        Verdict::NoIncident { .. } => "no_incident",
        Verdict::NotFound { .. } => "not_found",
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Provisional => "provisional",
        Stage::Final => "final",
    }
}
