//! When not to follow a plan: what all plans have in common.

use nightjar_incident::{RootCause, Stage};

use crate::case::Case;
use crate::text::{named, sentence};

/// Below this confidence the runner-up is worth a look before anything is changed. About one
/// verdict in five would otherwise be acted on wrongly.
const SURE_ENOUGH: f64 = 0.8;

/// The caveats every plan shares, most important first.
pub(crate) fn shared(case: &Case<'_>, causes: &[RootCause]) -> Vec<String> {
    let mut caveats = Vec::new();
    let confidence = case.hypothesis.confidence;
    let is_cause = |id| causes.iter().any(|cause| cause.hypothesis.id == id);
    let mut others = case.conclusion.hypotheses.iter();
    let runner_up = others.find(|hypothesis| !is_cause(hypothesis.id.clone()));
    if confidence.value() < SURE_ENOUGH {
        caveats.push(match runner_up {
            Some(other) => format!(
                "The confidence is {confidence}. First rule out the runner-up: {}, {} ({}).",
                named(other.entity.as_str()),
                other.fault_mode.row().name,
                other.confidence,
            ),
            None => format!(
                "The confidence is {confidence}, and no other explanation stands out: do the checks before the repair with care."
            ),
        });
    }
    if case.conclusion.stage == Stage::Provisional {
        caveats.push(
            "The verdict is provisional: little was seen after the onset, and a later look may change it. Prefer steps that are undone within minutes.".into(),
        );
    }
    for other in causes.iter().filter(|cause| cause.hypothesis.id != case.hypothesis.id) {
        caveats.push(format!(
            "There is a second cause with a plan of its own: {} of {}. Repairing one may not end the incident, and the checks after the repair may stay red until both are done.",
            other.hypothesis.fault_mode.row().name,
            named(other.hypothesis.entity.as_str()),
        ));
    }
    if let Some(text) = case.trigger_text().filter(|_| !case.can_be_taken_back()) {
        caveats.push(format!(
            "It was set off by {text}. The platform did that by itself, so there is nothing to take back: its record says whether it is over."
        ));
    }
    if case.hypothesis.trigger.is_some() && case.trigger.is_none() {
        caveats.push("The change that set it off isn't among the changes read: find it before rolling anything back.".into());
    }
    for gap in
        case.conclusion.gaps.iter().filter(|gap| {
            gap.entity.as_ref().is_some_and(|entity| *entity == case.hypothesis.entity)
        })
    {
        caveats.push(format!(
            "Not seen: {} ({}). It would have told: {}.",
            sentence(&gap.wanted),
            sentence(&gap.reason),
            sentence(gap.would_tell.trim_end_matches('.')),
        ));
    }
    caveats
}
