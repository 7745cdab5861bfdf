use nightjar_incident::{MitigationPlan, Phase, PlanStep, RiskLevel};

use crate::text::{Anchors, Prose, anchor};

/// One plan.
pub(crate) struct PlanView {
    pub(crate) anchor: String,
    pub(crate) goal: Prose,
    pub(crate) caveats: Vec<Prose>,
    pub(crate) parts: Vec<PartView>,
}

/// The steps of one phase.
pub(crate) struct PartView {
    pub(crate) phase: &'static str,
    pub(crate) class: &'static str,
    /// The number of the first step, counting through the whole plan.
    pub(crate) first: usize,
    pub(crate) steps: Vec<StepView>,
}

/// One step.
pub(crate) struct StepView {
    pub(crate) action: Prose,
    pub(crate) command: Option<String>,
    /// The way through a console: words, not to be pasted.
    pub(crate) console: Option<Prose>,
    pub(crate) expect: Prose,
    pub(crate) undo: Option<Prose>,
    pub(crate) risk: &'static str,
    pub(crate) risk_reason: Prose,
    pub(crate) decision: Prose,
}

/// A plan as the report shows it.
pub(crate) fn plan(plan: &MitigationPlan, anchors: &Anchors) -> PlanView {
    let mut parts: Vec<PartView> = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let (phase, class) = phase(step.phase);
        match parts.last_mut() {
            Some(part) if part.phase == phase => part.steps.push(view(step, anchors)),
            Some(_) | None => parts.push(PartView {
                phase,
                class,
                first: index + 1,
                steps: vec![view(step, anchors)],
            }),
        }
    }
    PlanView {
        anchor: format!("plan-{}", anchor(plan.hypothesis.as_str())),
        goal: Prose::new(&plan.goal, anchors),
        caveats: plan.caveats.iter().map(|caveat| Prose::new(caveat, anchors)).collect(),
        parts,
    }
}

fn view(step: &PlanStep, anchors: &Anchors) -> StepView {
    let prose = |text: &str| Prose::new(text, anchors);
    let console = step.command.as_deref().and_then(|command| command.strip_prefix("Console: "));
    StepView {
        action: prose(&step.action),
        command: step.command.clone().filter(|_| console.is_none()),
        console: console.map(prose),
        expect: prose(&step.expect),
        undo: step.undo.as_deref().map(prose),
        risk: match step.risk.level {
            RiskLevel::None => "none",
            RiskLevel::Low => "low",
            RiskLevel::Medium => "medium",
            RiskLevel::High => "high",
        },
        risk_reason: prose(&step.risk.reason),
        decision: prose(&step.decision),
    }
}

fn phase(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Prepare => ("Prepare", "prepare"),
        Phase::CheckBefore => ("Check before", "check"),
        Phase::Apply => ("Apply", "apply"),
        Phase::CheckAfter => ("Check after", "check"),
        Phase::RollBack => ("Roll back, if it made things worse", "undo"),
    }
}
