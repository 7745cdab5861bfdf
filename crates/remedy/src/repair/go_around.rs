use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::shell::console;
use crate::step::{COMMANDER, Repair, risk};

/// Leads traffic over other zones or hosts than the sick ones.
pub(crate) fn go_around(case: &Case<'_>, expect: String) -> Repair {
    let (name, callers) = (&case.name, case.callers());
    Repair {
        action: format!(
            "Take the instances behind the sick way out of rotation, so that {callers} can reach {name} in another zone or on other hosts."
        ),
        command: console(&format!(
            "the load balancer or mesh in front of {name} → targets → drain the affected zone"
        )),
        expect,
        undo: "put the drained targets back into rotation".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "the other zones take the load: see that they have room for it before draining",
        ),
        decision: COMMANDER.into(),
    }
}
