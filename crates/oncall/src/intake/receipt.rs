use nightjar_incident::{AlertId, IncidentId, TriageDecision};
use nightjar_store::DeliveryStatus;

/// What became of a message, as its sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Under which name the message is kept.
    pub delivery: String,
    /// What became of it: the furthest that any of its alerts got.
    pub status: DeliveryStatus,
    /// Its alerts, in its order.
    pub alerts: Vec<Received>,
    /// The changes it told of, in its order, as they are kept.
    pub changes: Vec<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// Whether the sender did something wrong; otherwise there was simply no alert in it.
    pub is_unreadable: bool,
}

/// One alert of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The alert; the one that was known, for a repeat.
    pub alert: AlertId,
    /// Its task.
    pub task: String,
    /// The incident it is in.
    pub incident: Option<IncidentId>,
    /// What triage decided.
    pub decision: TriageDecision,
    /// Why.
    pub reason: String,
}

impl Receipt {
    /// The alert that the message is remembered for: the first of those that got furthest.
    pub fn foremost(&self) -> Option<&Received> {
        self.alerts.iter().find(|alert| status(alert.decision) == self.status)
    }
}

/// What a delivery came to by what one of its alerts did.
pub(super) fn status(decision: TriageDecision) -> DeliveryStatus {
    match decision {
        TriageDecision::Proceed => DeliveryStatus::Accepted,
        TriageDecision::Linked => DeliveryStatus::Linked,
        TriageDecision::Skipped => DeliveryStatus::Noted,
        TriageDecision::Duplicate => DeliveryStatus::Duplicate,
    }
}
