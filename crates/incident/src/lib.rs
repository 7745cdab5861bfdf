//! The language of the house: what every other room talks about.
//!
//! Alerts, evidence, observations, hypotheses, verdicts, plans and the journal, as plain data.
//! Nothing here decides anything, and nothing knows where data comes from or goes to.

mod alert;
mod amount;
mod canonical;
mod change;
mod conclusion;
mod evidence;
mod fault;
mod hypothesis;
mod id;
mod investigation;
pub mod journal;
mod observation;
mod plan;
mod recording;
mod share;
pub mod signal;
mod window;

pub use alert::{Alert, AlertStatus, Severity};
pub use amount::amount;
pub use change::{Change, ChangeKind};
pub use conclusion::{Conclusion, Gap, Impact, RootCause, Stage, Verdict};
pub use evidence::{
    Content, Evidence, LogRecord, LogSeverity, MetricSeries, Source, Span, SpanStatus, Statistic,
};
pub use fault::{Category, FaultMode, FaultRow};
pub use hypothesis::Hypothesis;
pub use id::{
    AlertId, ChangeId, EvidenceId, ExecutionId, HypothesisId, Id, IncidentId, ObservationId,
    SpaceId,
};
pub use investigation::{Execution, Incident, Investigation, TriageDecision, TriageNote};
pub use observation::{Direction, Observation, ObservationKind, Onset};
pub use plan::{MitigationPlan, Phase, PlanStep, Risk, RiskLevel};
pub use recording::{Expectation, ExpectedCause, ExpectedVerdict, RawAlert, Recording};
pub use share::Share;
pub use signal::Signal;
pub use window::Window;
