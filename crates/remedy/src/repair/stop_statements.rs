use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::database::CANCEL;
use crate::shell::console;
use crate::step::{ON_CALL, Repair, risk};

/// Cancels single statements in a database; the sessions stay.
pub(crate) fn stop_statements(case: &Case<'_>, which: &str) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "Cancel {which}, one at a time, the longest first. Leave writes that are nearly done.{}",
            CANCEL.words(case)
        ),
        command: CANCEL
            .command(case)
            .or_else(|| console(&format!("{} → sessions → cancel", case.platform.console_path(name)))),
        expect: "they are gone from the list of what runs, and don't come back at once".into(),
        undo: "none possible: a cancelled statement is rolled back by the database; its client gets an error and may send it again".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "whoever sent the statement gets an error"),
        decision: ON_CALL.into(),
    }
}
