use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::shell::console;
use crate::step::{ON_CALL, Repair, risk};

/// Takes off an entity whatever may wait: the cheapest relief there is.
pub(crate) fn pause_batch(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "Pause what may wait on {name}: reports, exports, backfills, batch jobs, reindexing."
        ),
        command: console(&format!("the schedulers of the jobs that use {name} → pause")),
        expect: format!("the paused jobs no longer show among what {name} does"),
        undo: "resume the paused jobs, one after the other".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "batch work comes later; tell whoever waits for it"),
        decision: ON_CALL.into(),
    }
}
