//! From causes to mitigation plans.
//!
//! A plan is what an experienced on-call engineer would write down at three in the morning:
//! prepare, check before, apply, check after, roll back, with the real names of the resources and
//! the numbers that were seen. This room takes no step itself, knows no provider's API beyond the
//! text of its commands, and never makes up a command for a platform nobody told it about.

mod case;
mod caveat;
mod database;
mod look;
mod plan;
mod platform;
mod repair;
mod shell;
mod sign;
mod step;
mod text;

use nightjar_incident::{Change, Conclusion, Evidence, MitigationPlan, Verdict};
use nightjar_topology::Topology;

use crate::case::Case;

pub use crate::plan::{PlanKind, catalogue};

/// One plan for each cause of the verdict, in its order; none unless a cause was found.
pub fn plans(
    conclusion: &Conclusion,
    topology: &Topology,
    changes: &[Change],
    evidence: &[Evidence],
) -> Vec<MitigationPlan> {
    let causes = match &conclusion.verdict {
        Verdict::CauseFound { causes } => causes,
        Verdict::NoIncident { .. } | Verdict::NotFound { .. } => return Vec::new(),
    };
    let plan = |cause: &nightjar_incident::RootCause| {
        let case = Case::new(&cause.hypothesis, conclusion, topology, (changes, evidence));
        let remedy = plan::write(&case);
        let mut caveats = caveat::shared(&case, causes);
        caveats.extend(remedy.caveats);
        MitigationPlan {
            hypothesis: cause.hypothesis.id.clone(),
            goal: remedy.goal,
            steps: remedy.steps,
            caveats,
        }
    };
    causes.iter().map(plan).collect()
}
