use serde::{Deserialize, Serialize};

use crate::HypothesisId;

/// What to do about a cause: prepare, check before, apply, check after, roll back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationPlan {
    /// The cause it is for.
    pub hypothesis: HypothesisId,
    /// What the plan achieves, in one sentence.
    pub goal: String,
    /// The steps in order.
    pub steps: Vec<PlanStep>,
    /// When not to follow it.
    pub caveats: Vec<String>,
}

/// One step for a person to take; Nightjar takes none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// Which part of the plan.
    pub phase: Phase,
    /// What to do, in one sentence.
    pub action: String,
    /// The command, with the real names, shell-quoted; or the console path.
    pub command: Option<String>,
    /// What must be seen for the step to count as done: metric, query, threshold.
    pub expect: String,
    /// How to undo it, if it changes anything.
    pub undo: Option<String>,
    /// What may go wrong.
    pub risk: Risk,
    /// Who must decide.
    pub decision: String,
}

/// The parts of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Make ready; changes nothing.
    Prepare,
    /// See that the cause is what it seems.
    CheckBefore,
    /// The repair.
    Apply,
    /// See that it worked.
    CheckAfter,
    /// Undo it if it didn't.
    RollBack,
}

/// What may go wrong in a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    /// How bad.
    pub level: RiskLevel,
    /// In words.
    pub reason: String,
}

/// How bad the worst likely outcome of a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Only reads.
    None,
    /// Undone within minutes.
    Low,
    /// Some users notice.
    Medium,
    /// Data or the whole service at stake.
    High,
}
