use jiff::Timestamp;
use nightjar_topology::{EntityId, Topology};
use serde::{Deserialize, Serialize};

use crate::{
    Alert, AlertId, Conclusion, Evidence, ExecutionId, IncidentId, MitigationPlan, SpaceId,
};

/// Alerts that share a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// When its first alert arrived.
    pub opened_at: Timestamp,
    /// When its last news arrived.
    pub last_news_at: Timestamp,
    /// Its alerts, the primary first.
    pub alerts: Vec<Alert>,
    /// The entities its alerts speak of, as far as the topology knows them.
    pub entities: Vec<EntityId>,
}

/// What triage made of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriageDecision {
    /// It opens an incident of its own.
    Proceed,
    /// It belongs to an open incident.
    Linked,
    /// It repeats or updates an alert already known.
    Duplicate,
    /// It asks for nothing: a resolve for something unknown, a test message.
    Skipped,
}

impl TriageDecision {
    /// The decision as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Proceed => "new incident",
            Self::Linked => "linked",
            Self::Duplicate => "duplicate",
            Self::Skipped => "skipped",
        }
    }
}

/// What triage decided about one alert, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriageNote {
    /// The alert.
    pub alert: AlertId,
    /// The incident it went to, if any.
    pub incident: Option<IncidentId>,
    /// The decision.
    pub decision: TriageDecision,
    /// Why, in one sentence.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// One run of an investigation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// What made it run: the first alert, another alert, a minute passed.
    pub occasion: String,
    /// How it ended.
    pub conclusion: Conclusion,
}

/// Everything known about one incident: what is handed over, reported and replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Investigation {
    /// Whose.
    pub space: SpaceId,
    /// The incident with its alerts.
    pub incident: Incident,
    /// How its alerts came together.
    pub triage: Vec<TriageNote>,
    /// The runs, first to last; the last one's conclusion counts.
    pub executions: Vec<Execution>,
    /// What to do, one plan for each cause in the order of the verdict; empty if none is claimed.
    pub plans: Vec<MitigationPlan>,
    /// What the last execution saw.
    pub evidence: Vec<Evidence>,
    /// The topology the last execution saw.
    pub topology: Topology,
}

impl Investigation {
    /// The conclusion that counts: that of the last execution.
    pub fn conclusion(&self) -> Option<&Conclusion> {
        self.executions.last().map(|execution| &execution.conclusion)
    }
}
