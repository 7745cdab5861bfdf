//! Keeping an incident's state: a projection of the journal, overwritten with each execution.

use nightjar_incident::{Conclusion, Investigation, Stage, Verdict};
use serde::{Deserialize, Serialize};

use crate::db::{Columns as _, from_driver, id, micros, number};
use crate::evidence::without_content;
use crate::once::clean;
use crate::{Error, Result, Space};

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
                 opened_at = excluded.opened_at, last_news_at = excluded.last_news_at,
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
        tx.commit().await.map_err(from_driver)
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
