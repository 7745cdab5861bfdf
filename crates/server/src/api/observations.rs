use nightjar_incident as domain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Time, word};

/// One abnormal, or notably normal, fact computed from evidence.
#[derive(Serialize, ToSchema)]
pub(super) struct Observation {
    /// Its id within the execution.
    id: String,
    /// Whose fact.
    entity: String,
    /// The other end, where it is about what `entity` sees of it.
    #[schema(required)]
    peer: Option<String>,
    /// Which test found it.
    #[schema(example = "latency")]
    kind: String,
    /// What was measured, if one signal was.
    #[schema(required)]
    signal: Option<String>,
    /// What is wrong in the system's own words, where it says so.
    #[schema(required)]
    stated: Option<String>,
    /// `up`, `down`, `appeared`, `vanished` or `steady`.
    direction: String,
    /// Since when.
    #[schema(required)]
    onset: Option<Onset>,
    /// What was usual, in `unit`; none where it isn't a number.
    #[schema(required)]
    usual: Option<f64>,
    /// What was seen, in `unit`; none where it isn't a number.
    #[schema(required)]
    seen: Option<f64>,
    /// The unit in UCUM.
    unit: String,
    /// How surprising, in standard deviations of the usual; none where it is beyond all numbers.
    #[schema(required)]
    z: Option<f64>,
    /// One sentence. Names and numbers in it come from the monitored systems.
    summary: String,
    /// What it was computed from.
    evidence: Vec<String>,
}

impl From<&domain::Observation> for Observation {
    fn from(observation: &domain::Observation) -> Self {
        let number = |value: f64| value.is_finite().then_some(value);
        Self {
            id: observation.id.to_string(),
            entity: observation.entity.to_string(),
            peer: observation.peer.as_ref().map(ToString::to_string),
            kind: word(&observation.kind),
            signal: observation.signal.as_ref().map(word),
            stated: observation.stated.as_ref().map(word),
            direction: word(&observation.direction),
            onset: observation.onset.map(Onset::from),
            usual: number(observation.usual),
            seen: number(observation.seen),
            unit: observation.unit.clone(),
            z: number(observation.z),
            summary: observation.summary.clone(),
            evidence: observation.evidence.iter().map(ToString::to_string).collect(),
        }
    }
}

/// When a deviation began, and how sure that is.
#[derive(Serialize, ToSchema)]
pub(super) struct Onset {
    /// Best estimate.
    at: Time,
    /// Earliest it may have been.
    earliest: Time,
    /// Latest it may have been.
    latest: Time,
}

impl From<domain::Onset> for Onset {
    fn from(onset: domain::Onset) -> Self {
        Self { at: Time(onset.at), earliest: Time(onset.earliest), latest: Time(onset.latest) }
    }
}

/// Who is affected, since when, how badly.
#[derive(Serialize, ToSchema)]
pub(super) struct Impact {
    /// The entity nearest to the users that suffers.
    entity: String,
    /// Since when.
    #[schema(required)]
    onset: Option<Onset>,
    /// Requests that failed beyond the usual number, so far.
    #[schema(required)]
    failed_requests: Option<f64>,
    /// Share of requests that failed at the worst sample.
    #[schema(required, minimum = 0, maximum = 1)]
    worst_error_share: Option<f64>,
    /// Mean latency at the worst sample, seconds.
    #[schema(required)]
    worst_latency_seconds: Option<f64>,
    /// The usual mean latency, seconds.
    #[schema(required)]
    usual_latency_seconds: Option<f64>,
    /// One sentence.
    summary: String,
    /// What it was computed from.
    observations: Vec<String>,
}

impl From<&domain::Impact> for Impact {
    fn from(impact: &domain::Impact) -> Self {
        let number = |value: f64| value.is_finite().then_some(value);
        let latency = impact.worst_latency_seconds;
        Self {
            entity: impact.entity.to_string(),
            onset: impact.onset.map(Onset::from),
            failed_requests: impact.failed_requests.and_then(number),
            worst_error_share: impact.worst_error_share.map(domain::Share::value),
            worst_latency_seconds: latency.and_then(|(worst, _)| number(worst)),
            usual_latency_seconds: latency.and_then(|(_, usual)| number(usual)),
            summary: impact.summary.clone(),
            observations: impact.observations.iter().map(ToString::to_string).collect(),
        }
    }
}
