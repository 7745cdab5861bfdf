//! A mitigation plan as numbered steps.

use nightjar_incident::{MitigationPlan, Phase, PlanStep, RiskLevel};

use super::text::{
    BAD, FAINT, NOTABLE, Names, PLAIN, STRONG, WIDTH, Words, harmless, heading, paint,
};

/// The plan in order: what to do, the command, what must be seen, how to undo it.
pub(crate) fn plan(plan: &MitigationPlan, names: &Names<'_>) -> String {
    let mut out = heading("PLAN", "");
    out.push_str(&Words::new().prose(&plan.goal, names).flow("  ", WIDTH));
    for (number, step) in (1..).zip(&plan.steps) {
        out.push_str(&one_step(number, step, names));
    }
    for caveat in &plan.caveats {
        out.push_str(
            &Words::new().styled(NOTABLE, "careful: ").prose(caveat, names).flow("  ", WIDTH),
        );
    }
    out
}

fn one_step(number: usize, step: &PlanStep, names: &Names<'_>) -> String {
    let phase = match step.phase {
        Phase::Prepare => "prepare",
        Phase::CheckBefore => "check first",
        Phase::Apply => "do",
        Phase::CheckAfter => "check after",
        Phase::RollBack => "if it fails",
    };
    let style = match step.phase {
        Phase::Apply => STRONG,
        Phase::Prepare | Phase::CheckBefore | Phase::CheckAfter | Phase::RollBack => PLAIN,
    };
    let mut words = Words::new().styled(style, phase).plain(": ").prose(&step.action, names);
    if step.phase == Phase::Apply && !step.decision.is_empty() {
        words = words.faint(&format!(" ({} decides)", step.decision));
    }
    let mut out = words.flow(&format!("{number:>3}. "), WIDTH);
    if let Some(command) = &step.command {
        // Commands stay on one line, so that they can be copied.
        let prompt = if command.starts_with("Console: ") { "" } else { "$ " };
        out.push_str("     ");
        paint(&mut out, FAINT, prompt);
        paint(&mut out, PLAIN, &harmless(command));
        out.push('\n');
    }
    let shows_result = match step.phase {
        Phase::CheckBefore | Phase::Apply | Phase::CheckAfter => true,
        // Their result is that they were done; the report has the words.
        Phase::Prepare | Phase::RollBack => false,
    };
    if shows_result && !step.expect.is_empty() {
        out.push_str(&Words::new().faint("see: ").prose(&step.expect, names).flow("     ", WIDTH));
    }
    if let (Phase::Apply, Some(undo)) = (step.phase, &step.undo) {
        out.push_str(&Words::new().faint("undo: ").prose(undo, names).flow("     ", WIDTH));
    }
    let risk = match step.risk.level {
        RiskLevel::None | RiskLevel::Low => None,
        RiskLevel::Medium => Some((NOTABLE, "some risk: ")),
        RiskLevel::High => Some((BAD, "high risk: ")),
    };
    if let Some((style, label)) = risk {
        let words = Words::new().styled(style, label).prose(&step.risk.reason, names);
        out.push_str(&words.flow("     ", WIDTH));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::fixture;
    use crate::terminal::text::{bare, names};

    #[test]
    fn a_plan_is_numbered_steps_with_commands_that_can_be_copied() {
        let investigation = fixture::investigation();
        let names = names(&investigation.topology);
        insta::assert_snapshot!(bare(&plan(&investigation.plans[0], &names)));
    }
}
