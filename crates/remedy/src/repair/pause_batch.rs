use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::shell::console;
use crate::step::{ON_CALL, Repair, risk};

/// Takes off an entity whatever may wait: the cheapest relief there is.
pub(crate) fn pause_batch(case: &Case<'_>) -> Repair {
    pause_batch_on(&case.name)
}

/// The same at another place.
pub(crate) fn pause_batch_on(name: &str) -> Repair {
    Repair {
        action: format!(
            "Pause what may wait on {name}: reports, exports, backfills, batch jobs, reindexing."
        ),
        command: console(&format!("the schedulers of the jobs that use {name} → pause")),
        expect: "the paused jobs have ended or stand still".into(),
        undo: "resume the paused jobs, one after the other".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "batch work comes later; tell whoever waits for it"),
        decision: ON_CALL.into(),
    }
}
