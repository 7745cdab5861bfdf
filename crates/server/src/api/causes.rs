use nightjar_incident as domain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Time, word};

/// How an investigation ended so far.
#[derive(Serialize, ToSchema)]
pub(super) struct Verdict {
    /// `cause_found`, `no_incident` or `not_found`.
    verdict: String,
    /// `provisional` (more will be looked at) or `final`.
    stage: String,
    /// Why nothing is claimed, where nothing is.
    #[schema(required)]
    reason: Option<String>,
    /// The moment it speaks of.
    at: Time,
    /// The execution it comes from.
    #[schema(example = "inc-1-1/exec-3")]
    execution: String,
}

impl Verdict {
    pub(super) fn of(execution: &domain::Execution) -> Self {
        let conclusion = &execution.conclusion;
        let (verdict, reason) = match &conclusion.verdict {
            domain::Verdict::CauseFound { .. } => ("cause_found", None),
            domain::Verdict::NoIncident { reason } => ("no_incident", Some(reason.clone())),
            domain::Verdict::NotFound { reason } => ("not_found", Some(reason.clone())),
        };
        Self {
            verdict: verdict.to_owned(),
            stage: word(&conclusion.stage),
            reason,
            at: Time(conclusion.at),
            execution: execution.id.to_string(),
        }
    }
}

/// The causes that a conclusion claims.
pub(super) fn causes(conclusion: &domain::Conclusion) -> Vec<RootCause> {
    match &conclusion.verdict {
        domain::Verdict::CauseFound { causes } => causes.iter().map(RootCause::from).collect(),
        domain::Verdict::NoIncident { .. } | domain::Verdict::NotFound { .. } => Vec::new(),
    }
}

/// An accepted hypothesis.
#[derive(Serialize, ToSchema)]
pub(super) struct RootCause {
    /// The cause in one or two sentences.
    statement: String,
    /// The hypothesis.
    hypothesis: Hypothesis,
}

impl From<&domain::RootCause> for RootCause {
    fn from(cause: &domain::RootCause) -> Self {
        Self { statement: cause.statement.clone(), hypothesis: (&cause.hypothesis).into() }
    }
}

/// "This entity has this fault, set off by this change", with what speaks for and against it.
#[derive(Serialize, ToSchema)]
pub(super) struct Hypothesis {
    /// Its id within the execution.
    id: String,
    /// Where the fault is.
    entity: String,
    /// The other end, for a fault of a connection.
    #[schema(required)]
    peer: Option<String>,
    /// What is wrong with it.
    #[schema(example = "bad_deployment")]
    fault_mode: String,
    /// The change that set it off.
    #[schema(required)]
    trigger: Option<String>,
    /// Observations that fit.
    support: Vec<String>,
    /// Observations that don't fit.
    against: Vec<String>,
    /// How probable.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// How much of the symptom would go away if this were repaired.
    #[schema(required, minimum = 0, maximum = 1)]
    share_explained: Option<f64>,
    /// How the fault reaches the symptom, both ends included.
    path: Vec<String>,
    /// How the score came about, and what limits the confidence.
    reasons: Vec<String>,
}

impl From<&domain::Hypothesis> for Hypothesis {
    fn from(hypothesis: &domain::Hypothesis) -> Self {
        let texts = |ids: &[domain::ObservationId]| ids.iter().map(ToString::to_string).collect();
        Self {
            id: hypothesis.id.to_string(),
            entity: hypothesis.entity.to_string(),
            peer: hypothesis.peer.as_ref().map(ToString::to_string),
            fault_mode: word(&hypothesis.fault_mode),
            trigger: hypothesis.trigger.as_ref().map(ToString::to_string),
            support: texts(&hypothesis.support),
            against: texts(&hypothesis.against),
            confidence: hypothesis.confidence.value(),
            share_explained: hypothesis.share_explained.map(domain::Share::value),
            path: hypothesis.path.iter().map(ToString::to_string).collect(),
            reasons: hypothesis.reasons.clone(),
        }
    }
}

/// Something that couldn't be seen.
#[derive(Serialize, ToSchema)]
pub(super) struct Gap {
    /// Whose telemetry is missing, if it is one entity's.
    #[schema(required)]
    entity: Option<String>,
    /// What was wanted.
    wanted: String,
    /// Why it couldn't be had.
    reason: String,
    /// What it would have decided.
    would_tell: String,
}

impl From<&domain::Gap> for Gap {
    fn from(gap: &domain::Gap) -> Self {
        Self {
            entity: gap.entity.as_ref().map(ToString::to_string),
            wanted: gap.wanted.clone(),
            reason: gap.reason.clone(),
            would_tell: gap.would_tell.clone(),
        }
    }
}
