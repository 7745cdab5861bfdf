use nightjar_incident as domain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::word;

/// What to do about a cause. A person follows it; Nightjar takes no step.
#[derive(Serialize, ToSchema)]
#[schema(as = MitigationPlan)]
pub(super) struct Plan {
    /// The cause it is for.
    hypothesis: String,
    /// What it achieves, in one sentence.
    goal: String,
    /// The steps in order.
    steps: Vec<Step>,
    /// When not to follow it.
    caveats: Vec<String>,
}

impl From<&domain::MitigationPlan> for Plan {
    fn from(plan: &domain::MitigationPlan) -> Self {
        Self {
            hypothesis: plan.hypothesis.to_string(),
            goal: plan.goal.clone(),
            steps: plan.steps.iter().map(Step::from).collect(),
            caveats: plan.caveats.clone(),
        }
    }
}

/// One step.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanStep)]
struct Step {
    /// `prepare`, `check_before`, `apply`, `check_after` or `roll_back`.
    phase: String,
    /// What to do, in one sentence.
    action: String,
    /// The command, or the console path.
    #[schema(required)]
    command: Option<String>,
    /// What must be seen for the step to count as done.
    expect: String,
    /// How to undo it, if it changes anything.
    #[schema(required)]
    undo: Option<String>,
    /// What may go wrong.
    risk: Risk,
    /// Who must decide.
    decision: String,
}

impl From<&domain::PlanStep> for Step {
    fn from(step: &domain::PlanStep) -> Self {
        Self {
            phase: word(&step.phase),
            action: step.action.clone(),
            command: step.command.clone(),
            expect: step.expect.clone(),
            undo: step.undo.clone(),
            risk: Risk { level: word(&step.risk.level), reason: step.risk.reason.clone() },
            decision: step.decision.clone(),
        }
    }
}

/// What may go wrong in a step.
#[derive(Serialize, ToSchema)]
struct Risk {
    /// `none`, `low`, `medium` or `high`.
    level: String,
    /// In words.
    reason: String,
}
