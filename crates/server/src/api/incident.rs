use nightjar_incident as domain;
use nightjar_store::{EvidenceRecord, IncidentRecord};
use serde::Serialize;
use utoipa::ToSchema;

use super::alert::{NormalAlert, Triage};
use super::causes::{Gap, Hypothesis, RootCause, Verdict, causes};
use super::observations::{Impact, Observation};
use super::plan::Plan;
use crate::wire::{Time, word};

/// An incident as lists show it.
#[derive(Serialize, ToSchema)]
pub(super) struct Summary {
    /// Its id.
    #[schema(example = "inc-1-1")]
    id: String,
    /// The investigation it came up in.
    investigation: String,
    /// When its first alert arrived.
    opened_at: Time,
    /// When its last news arrived.
    last_news_at: Time,
    /// The primary alert's title.
    title: String,
    /// How many alerts it has.
    alerts: u64,
    /// `cause_found`, `no_incident` or `not_found`; none before the first execution ends.
    #[schema(required)]
    verdict: Option<String>,
    /// `provisional` or `final`.
    #[schema(required)]
    stage: Option<String>,
    /// Best confidence of its causes.
    #[schema(required, minimum = 0, maximum = 1)]
    confidence: Option<f64>,
    /// The first cause in one sentence.
    #[schema(required)]
    statement: Option<String>,
}

impl From<IncidentRecord> for Summary {
    fn from(record: IncidentRecord) -> Self {
        Self {
            id: record.id.to_string(),
            investigation: record.investigation,
            opened_at: Time(record.opened_at),
            last_news_at: Time(record.last_news_at),
            title: record.title,
            alerts: record.alerts,
            verdict: record.verdict,
            stage: record.stage,
            confidence: record.confidence,
            statement: record.statement,
        }
    }
}

/// Everything known about an incident.
#[derive(Serialize, ToSchema)]
pub(super) struct Incident {
    /// Its id.
    #[schema(example = "inc-1-1")]
    id: String,
    /// The investigation it came up in.
    investigation: String,
    /// The primary alert's title.
    title: String,
    /// When its first alert arrived.
    opened_at: Time,
    /// When its last news arrived.
    last_news_at: Time,
    /// `provisional` or `final`; none before the first execution ends.
    #[schema(required)]
    stage: Option<String>,
    /// How the last execution ended; none before the first one ends.
    #[schema(required)]
    verdict: Option<Verdict>,
    /// The causes, best supported first.
    causes: Vec<RootCause>,
    /// All hypotheses, best first: the leads where no cause is claimed.
    hypotheses: Vec<Hypothesis>,
    /// What to do about the first cause.
    #[schema(required)]
    plan: Option<Plan>,
    /// What to do, one plan for each cause.
    plans: Vec<Plan>,
    /// What couldn't be seen, and what it would have told.
    gaps: Vec<Gap>,
    /// Who is affected.
    #[schema(required)]
    impact: Option<Impact>,
    /// Everything notable.
    observations: Vec<Observation>,
    /// The entities its alerts speak of.
    entities: Vec<String>,
    /// Its alerts, the primary first.
    alerts: Vec<NormalAlert>,
    /// How they came together.
    triage: Vec<Triage>,
    /// The runs, first to last.
    executions: Vec<Execution>,
    /// What the runs were told, without contents.
    evidence: Vec<EvidenceItem>,
}

impl Incident {
    pub(super) fn new(
        record: IncidentRecord,
        state: &domain::Investigation,
        evidence: Vec<EvidenceRecord>,
    ) -> Self {
        let last = state.executions.last();
        let conclusion = last.map(|execution| &execution.conclusion);
        Self {
            id: record.id.to_string(),
            investigation: record.investigation,
            title: record.title,
            opened_at: Time(record.opened_at),
            last_news_at: Time(record.last_news_at),
            stage: conclusion.map(|conclusion| word(&conclusion.stage)),
            verdict: last.map(Verdict::of),
            causes: conclusion.map(causes).unwrap_or_default(),
            hypotheses: conclusion.map(hypotheses).unwrap_or_default(),
            plan: state.plans.first().map(Plan::from),
            plans: state.plans.iter().map(Plan::from).collect(),
            gaps: conclusion.map(gaps).unwrap_or_default(),
            impact: conclusion.and_then(|c| c.impact.as_ref()).map(Impact::from),
            observations: conclusion
                .map(|c| c.observations.iter().map(Observation::from).collect())
                .unwrap_or_default(),
            entities: state.incident.entities.iter().map(ToString::to_string).collect(),
            alerts: state.incident.alerts.iter().cloned().map(NormalAlert::from).collect(),
            triage: state.triage.iter().cloned().map(Triage::from).collect(),
            executions: state.executions.iter().map(Execution::from).collect(),
            evidence: evidence.into_iter().map(EvidenceItem::from).collect(),
        }
    }
}

/// A conclusion's hypotheses, best first.
pub(super) fn hypotheses(conclusion: &domain::Conclusion) -> Vec<Hypothesis> {
    conclusion.hypotheses.iter().map(Hypothesis::from).collect()
}

/// A conclusion's gaps.
pub(super) fn gaps(conclusion: &domain::Conclusion) -> Vec<Gap> {
    conclusion.gaps.iter().map(Gap::from).collect()
}

/// One run of the investigation of an incident.
#[derive(Serialize, ToSchema)]
struct Execution {
    /// Its id.
    #[schema(example = "inc-1-1/exec-1")]
    id: String,
    /// What made it run.
    occasion: String,
    /// How it ended.
    verdict: Verdict,
}

impl From<&domain::Execution> for Execution {
    fn from(execution: &domain::Execution) -> Self {
        Self {
            id: execution.id.to_string(),
            occasion: execution.occasion.clone(),
            verdict: Verdict::of(execution),
        }
    }
}

/// What a connection answered to one question, without the content.
#[derive(Serialize, ToSchema)]
pub(super) struct EvidenceItem {
    /// Its id: incident, execution and number.
    #[schema(example = "inc-1-1/exec-1/ev-3")]
    pub(super) id: String,
    /// The connection that answered.
    connection: String,
    /// The kind of system behind it.
    system: String,
    /// The exact query.
    query: String,
    /// The time asked for.
    window: Window,
    /// When it was asked.
    taken_at: Time,
    /// `series`, `logs`, `spans`, `changes`, `inventory` or `text`.
    kind: String,
    /// How many pieces the content has.
    pieces: u64,
    /// SHA-256 of the content, hex.
    digest: String,
    /// What was left out of the answer, if anything.
    #[schema(required)]
    truncated: Option<String>,
    /// What had to be mended or set aside on the way.
    notes: Vec<String>,
}

impl From<EvidenceRecord> for EvidenceItem {
    fn from(record: EvidenceRecord) -> Self {
        let EvidenceRecord { evidence, pieces, digest } = record;
        Self {
            id: evidence.id.to_string(),
            kind: kind(&evidence.content).to_owned(),
            connection: evidence.source.connection,
            system: evidence.source.system,
            query: evidence.query,
            window: evidence.window.into(),
            taken_at: Time(evidence.taken_at),
            pieces,
            digest,
            truncated: evidence.truncated,
            notes: evidence.notes,
        }
    }
}

/// Which kind of content it is.
pub(super) fn kind(content: &domain::Content) -> &'static str {
    match content {
        domain::Content::Series(_) => "series",
        domain::Content::Logs(_) => "logs",
        domain::Content::Spans(_) => "spans",
        domain::Content::Changes(_) => "changes",
        domain::Content::Inventory(_) => "inventory",
        domain::Content::Text(_) => "text",
    }
}

/// A stretch of time, from (included) to (not included).
#[derive(Serialize, ToSchema)]
pub(super) struct Window {
    /// First instant inside.
    from: Time,
    /// First instant behind.
    to: Time,
}

impl From<domain::Window> for Window {
    fn from(window: domain::Window) -> Self {
        Self { from: Time(window.from), to: Time(window.to) }
    }
}
