//! An earlier verdict outlasts an execution that had to end before it was through and saw less.

use nightjar_incident::journal::Kind;
use nightjar_incident::{Conclusion, Investigation, Stage, Verdict};
use serde_json::json;

use crate::budget::used_up;
use crate::execute::Executed;
use crate::record::Recorder;

/// What an execution that was cut short comes to: its own result, or what stood before with what couldn't
/// be asked this time.
pub(crate) fn weighed(
    later: Executed,
    before: &Investigation,
    recorder: &mut Recorder<'_, '_>,
) -> Executed {
    let Some(earlier) = before.conclusion().filter(|earlier| outlasts(earlier, before, &later))
    else {
        return later;
    };
    let reason = "too little was asked this time to say anything against the verdict before";
    recorder.write(Kind::Decision, "agent", json!({ "stands": earlier.at, "reason": reason }));
    // What was answered this time is kept as well: the journal speaks of it.
    let evidence = before.evidence.iter().cloned().chain(later.evidence).collect();
    Executed {
        conclusion: with_gaps_of(earlier, &later.conclusion),
        plans: before.plans.clone(),
        evidence,
        topology: before.topology.clone(),
        spent: later.spent,
    }
}

/// Too little seen is no argument against a verdict that rests on more; a cause that is as probable is one.
fn outlasts(earlier: &Conclusion, before: &Investigation, later: &Executed) -> bool {
    match (&earlier.verdict, &later.conclusion.verdict) {
        (Verdict::CauseFound { .. }, Verdict::CauseFound { .. }) => {
            confidence(earlier) > confidence(&later.conclusion)
        }
        (_, Verdict::CauseFound { .. }) => false,
        (Verdict::CauseFound { .. } | Verdict::NoIncident { .. }, _) => true,
        (Verdict::NotFound { .. }, _) => before.evidence.len() > later.evidence.len(),
    }
}

/// The same, with what couldn't be asked this time, and not the last word.
fn with_gaps_of(earlier: &Conclusion, later: &Conclusion) -> Conclusion {
    let mut conclusion = earlier.clone();
    conclusion.at = later.at;
    conclusion.stage = Stage::Provisional;
    for gap in &later.gaps {
        if used_up(&gap.reason).is_some() && !conclusion.gaps.contains(gap) {
            conclusion.gaps.push(gap.clone());
        }
    }
    conclusion
}

fn confidence(conclusion: &Conclusion) -> f64 {
    let Verdict::CauseFound { causes } = &conclusion.verdict else { return 0.0 };
    let all = causes.iter().map(|cause| cause.hypothesis.confidence.value());
    all.max_by(f64::total_cmp).unwrap_or(0.0)
}
