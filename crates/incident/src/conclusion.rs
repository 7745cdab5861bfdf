use jiff::Timestamp;
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

use crate::{Hypothesis, Observation, ObservationId, Onset, Share, Window};

/// How one execution of an investigation ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conclusion {
    /// The moment it speaks of; nothing later was looked at.
    pub at: Timestamp,
    /// Whether more will be looked at.
    pub stage: Stage,
    /// The verdict.
    pub verdict: Verdict,
    /// All hypotheses, best first, also when no cause is claimed: they are the leads.
    pub hypotheses: Vec<Hypothesis>,
    /// Everything notable, by id.
    pub observations: Vec<Observation>,
    /// What couldn't be seen, and what it would have told.
    pub gaps: Vec<Gap>,
    /// Who is affected, since when, how badly.
    pub impact: Option<Impact>,
    /// What else a fault of the leading entity reaches, nearest first, with the distance.
    pub blast_radius: Vec<(EntityId, usize)>,
    /// The time compared with the usual.
    pub window: Window,
    /// The time taken as usual.
    pub reference: Window,
}

/// Whether a verdict may still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Little was seen after the onset; the incident will be observed again.
    Provisional,
    /// Enough was seen.
    Final,
}

/// The verdict of an investigation, decided by code from recorded evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// One or more causes are claimed.
    CauseFound {
        /// The causes, best supported first; never empty.
        causes: Vec<RootCause>,
    },
    /// There is nothing to repair: false alarm, already recovered, or expected.
    NoIncident {
        /// Why, in one sentence.
        reason: String,
    },
    /// Something is wrong and the cause isn't known; the first hypothesis is the strongest lead.
    NotFound {
        /// Why nothing is claimed, in one sentence.
        reason: String,
    },
}

/// An accepted hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootCause {
    /// The hypothesis.
    pub hypothesis: Hypothesis,
    /// The cause in one or two sentences.
    pub statement: String,
}

/// Something that couldn't be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Whose telemetry is missing, if it is one entity's.
    pub entity: Option<EntityId>,
    /// What was wanted.
    pub wanted: String,
    /// Why it couldn't be had.
    pub reason: String,
    /// What it would have decided.
    pub would_tell: String,
}

/// Who is affected, since when, how badly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// The entity nearest to the users that suffers.
    pub entity: EntityId,
    /// Since when.
    pub onset: Option<Onset>,
    /// Requests that failed beyond the usual number, so far.
    pub failed_requests: Option<f64>,
    /// Share of requests that failed at the worst sample.
    pub worst_error_share: Option<Share>,
    /// Mean latency at the worst sample against the usual one, seconds.
    pub worst_latency_seconds: Option<(f64, f64)>,
    /// One sentence.
    pub summary: String,
    /// What it was computed from.
    pub observations: Vec<ObservationId>,
}
