use jiff::Timestamp;
use nightjar_incident::{ExecutionId, IncidentId};
use serde::{Deserialize, Serialize};

use crate::tasks::{TaskOutcome, TaskRecord};

/// Makes the enum of kinds and what is known of each from one table.
macro_rules! kinds {
    ($($kind:ident $label:literal $title:literal $summary:literal)*) => {
        /// What others are told of. docs/specs/events.md has the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventKind {
            $(#[doc = $summary] $kind,)*
        }

        impl EventKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its type on the wire and in the database.
            pub fn label(self) -> &'static str {
                match self { $(Self::$kind => $label,)* }
            }

            /// What it is called in the words of the public contract.
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

kinds! {
    InvestigationCreated "io.nightjar.investigation.created" "Investigation Created"
        "A task was made."
    InvestigationPriorityUpdated "io.nightjar.investigation.priority_updated" "Investigation Priority Updated"
        "It is more or less urgent than before."
    InvestigationPendingTriage "io.nightjar.investigation.pending_triage" "Investigation Pending Triage"
        "It waits for triage."
    InvestigationLinked "io.nightjar.investigation.linked" "Investigation Linked"
        "It is about the same as another one."
    InvestigationSkipped "io.nightjar.investigation.skipped" "Investigation Skipped"
        "It asks for nothing."
    InvestigationInProgress "io.nightjar.investigation.in_progress" "Investigation In Progress"
        "A worker is at it."
    InvestigationCompleted "io.nightjar.investigation.completed" "Investigation Completed"
        "There is a verdict, or another one than before."
    InvestigationFailed "io.nightjar.investigation.failed" "Investigation Failed"
        "It couldn't be done."
    InvestigationTimedOut "io.nightjar.investigation.timed_out" "Investigation Timed Out"
        "It took too long."
    InvestigationCancelled "io.nightjar.investigation.cancelled" "Investigation Cancelled"
        "Somebody cancelled it."
    MitigationCompleted "io.nightjar.mitigation.completed" "Mitigation Completed"
        "There is a plan, or another one than before."
    RecommendationCreated "io.nightjar.recommendation.created" "Recommendation Created"
        "There is a new proposal."
    RecommendationUpdated "io.nightjar.recommendation.updated" "Recommendation Updated"
        "A proposal changed, or what people think of it."
    Test "io.nightjar.test" "Test"
        "Somebody tries whether events arrive."
}

impl EventKind {
    /// By its label.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.label() == text)
    }
}

/// Something that happened, as it was then: whatever channel brings it to people puts it into words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// To what.
    pub about: About,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A task.
    Task(Box<TaskFacts>),
    /// A recommendation.
    Recommendation(RecommendationFacts),
    /// Nothing: it is a test.
    Nothing,
}

/// A task at the moment of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskFacts {
    /// Its id.
    pub task: String,
    /// What is to be done, as the contract writes it.
    pub kind: String,
    /// How urgent it is.
    pub priority: String,
    /// Where it stands.
    pub status: String,
    /// Its version: the newest has the greatest.
    pub version: u64,
    /// The headline, redacted.
    pub title: String,
    /// Why it stands there.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What its sender calls it.
    pub caller_id: Option<String>,
    /// The incident it went to.
    pub incident: Option<IncidentId>,
    /// The execution that counts.
    pub execution: Option<ExecutionId>,
    /// The place of its summary in the execution's journal.
    pub summary: Option<u64>,
    /// The task it is linked to.
    pub primary: Option<String>,
    /// What came of it.
    pub outcome: Option<TaskOutcome>,
    /// Whether the outcome replaces another one.
    pub is_revised: bool,
}

impl TaskFacts {
    pub(super) fn of(task: &TaskRecord, summary: Option<u64>, is_revised: bool) -> Self {
        Self {
            task: task.id.clone(),
            kind: task.kind.label().to_owned(),
            priority: task.priority.label().to_owned(),
            status: task.status.label().to_owned(),
            version: task.version,
            title: task.title.clone(),
            reason: task.reason.clone(),
            created_at: task.created_at,
            updated_at: task.updated_at,
            caller_id: task.caller_id.clone(),
            incident: task.incident.clone(),
            execution: task.execution.clone(),
            summary,
            primary: task.primary.clone(),
            outcome: task.outcome.clone(),
            is_revised,
        }
    }
}

/// A recommendation at the moment of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecommendationFacts {
    /// Its id.
    pub recommendation: String,
    /// The task it came of.
    pub task: Option<String>,
    /// Where it stands.
    pub status: String,
    /// Its version: the newest has the greatest.
    pub version: u64,
    /// The headline.
    pub title: Option<String>,
    /// How urgent it is.
    pub priority: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_read_as_it_is_written_and_is_a_name_in_reverse() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.label()), Some(*kind));
            assert!(kind.label().starts_with("io.nightjar."));
        }
        assert_eq!(EventKind::parse("investigation.completed"), None);
    }
}
