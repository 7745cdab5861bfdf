use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::shell::console;
use crate::step::{COMMANDER, Repair, risk};

/// Lets fewer requests in until an entity can breathe, then more again in steps.
pub(crate) fn shed_load(case: &Case<'_>, expect: String) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "If that isn't enough within 5 minutes: let only a part of the requests for {name} in (start with half), optional routes last. Once it is well, let the rest in by a tenth every few minutes."
        ),
        command: console(&format!("the gateway in front of {name} → rate limit or load shedding")),
        expect,
        undo: "remove the limit, in steps".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "some users are turned away so that the others are served"),
        decision: COMMANDER.into(),
    }
}
