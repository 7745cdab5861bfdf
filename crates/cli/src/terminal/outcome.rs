//! Everything that came out, one incident after the other.

use nightjar_incident::Investigation;

use super::text::names;
use super::{conclusion, plan};

/// Conclusions and plans, in the order in which the incidents opened.
pub(crate) fn outcome(investigations: &[Investigation]) -> String {
    let mut out = String::new();
    for investigation in investigations {
        out.push('\n');
        out.push_str(&conclusion::conclusion(investigation));
        let names = names(&investigation.topology);
        for one in &investigation.plans {
            out.push('\n');
            out.push_str(&plan::plan(one, &names));
        }
    }
    out.push('\n');
    out
}
