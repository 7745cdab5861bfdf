use nightjar_incident::{Phase, RiskLevel};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over, logs_of, platform_events};
use crate::repair::{restart, take_back};
use crate::shell::{console, first};
use crate::sign::{REQUESTS, Sign};
use crate::step::{Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("puts the former setting back", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Database, EntityKind::Cache],
        "finds the parameter that differs and puts it back, without a restart where possible",
        restore_parameter,
    ),
    otherwise("finds the setting that differs and puts that one back", find_the_difference),
];

const SIGN: Sign = Sign {
    signals: REQUESTS,
    there: "errors or latency began with an edit of its configuration, and code and traffic are the same",
    gone: "errors and latency are at the level of before the edit",
};

/// The edit is known: exactly that one goes back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let again = restart(
        case,
        "only if it reads its settings at start and still shows the wrong one",
        "every instance shows the restored setting".into(),
    );
    // A store restarted at night is another incident.
    let repairs =
        if super::STORES.contains(&case.entity.kind) { vec![repair] } else { vec![repair, again] };
    let goal = format!("Give {} the setting back with which it worked.", case.name);
    let looks = vec![prepare, SIGN.still_there(case), logs_of(case)];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful("Put back this one setting, not all that changed that day. Where a pipeline keeps settings as its repository says, revert there as well, or it sets the wrong one again.")
}

/// Nobody recorded the edit: compare, then put one thing back.
fn find_the_difference(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the settings of now"),
        SIGN.still_there(case),
        logs_of(case),
        compare(case),
        platform_events(case, "an edit shortly before the onset, with who made it"),
        changes_before(case),
        hand_over(case),
    ];
    let goal = format!("Find the setting of {name} that is wrong, and put that one back.");
    assemble(goal, looks, &[put_back(case)], SIGN.recovered(case))
        .careful("If the comparison shows no difference, change nothing: a setting may be right and what it points to (an address, a secret, a flag's rule) may have changed.")
}

/// A store: many parameters take effect at a restart only, and a restart is an outage.
fn restore_parameter(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its parameters, and which of them wait for a restart"),
        SIGN.still_there(case),
        platform_events(
            case,
            "a change of a parameter group or a restart that made one take effect",
        ),
        compare(case),
        changes_before(case),
        hand_over(case),
    ];
    let goal = format!("Find the parameter of {name} that is wrong, and put that one back.");
    assemble(goal, looks, &[put_back(case)], SIGN.recovered(case))
        .careful(format!("Don't restart {name} to make a parameter take effect unless the {} says so: all clients are cut off, and its memory is cold afterwards. Prefer one that a reload applies.", case.owner()))
}

fn compare(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let name = &case.name;
    let way =
        format!("the settings of {name} → compare with the repository, or with a copy that works");
    read(
        Phase::CheckBefore,
        format!(
            "Compare the settings {name} runs with against those it should have: environment, mounted files, flags, secrets' versions, addresses."
        ),
        first(
            [
                case.platform.controller("rollout history"),
                case.platform.lambda("get-function-configuration", ""),
            ],
            &way,
        ),
        "one difference that fits what the log says; several: ask before touching any",
    )
}

fn put_back(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "If exactly one setting of {name} differs and the log speaks of it: put that one back."
        ),
        command: console(&format!("where the settings of {name} are kept → the one that differs")),
        expect: SIGN.goes_away(case),
        undo: "set the value noted while preparing again".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "nobody recorded the edit, so somebody may have had a reason for it",
        ),
        decision: case.owner(),
    }
}
