use nightjar_incident::{Phase, PlanStep, RiskLevel};

use super::{NOT_OURS, Row, STORES, assemble, of_kinds, otherwise};
use crate::case::Case;
use crate::database::CONNECTIONS;
use crate::look::platform_events;
use crate::shell::{Command, console};
use crate::sign::{REQUESTS, Sign};
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    NOT_OURS,
    of_kinds(
        STORES,
        "sees that it is over, and moves clients that still talk to the old side",
        follow_the_store,
    ),
    otherwise("sees that the other side serves, and moves what was left behind", follow),
];

const SIGN: Sign = Sign {
    signals: REQUESTS,
    there: "the platform reports a failover and calls failed around it",
    gone: "exactly one side takes writes, and all clients reach that one",
};

/// The new primary serves; clients with old connections or old addresses don't know.
fn follow_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        state(case),
        SIGN.still_there(case),
        platform_events(
            case,
            "the failover is complete, with its reason; if it is still under way, wait: it takes a minute or two",
        ),
        CONNECTIONS.look(
            case,
            format!("See on the side that leads now which clients of {name} are back."),
            "all clients hold connections there; those that don't still talk to the old side",
        ),
    ];
    let mut after = SIGN.recovered(case);
    after.extend([standby_is_back(case), nothing_lost(case)]);
    let goal = format!(
        "Bring all clients of {name} to the side that leads now; the failover itself stays."
    );
    assemble(goal, looks, &[reconnect(case)], after)
        .careful(trigger_stays(case))
        .careful(format!("Don't restart {name}, and don't fail back tonight: each costs users another minute, and the old side may be the sick one. Fail back in daylight, if at all."))
        .careful("Two sides that both take writes are worse than an outage: if you see that, stop the old side and call the owner at once.")
}

fn follow(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        state(case),
        SIGN.still_there(case),
        platform_events(case, "the move is complete, with its reason"),
    ];
    let mut after = SIGN.recovered(case);
    after.push(standby_is_back(case));
    let goal =
        format!("Bring all that needs {name} to the side that serves now; the move itself stays.");
    assemble(goal, looks, &[reconnect(case)], after)
        .careful(trigger_stays(case))
        .careful("Don't move back tonight: the old side may be the sick one, and each move costs users a minute.")
}

fn state(case: &Case<'_>) -> PlanStep {
    read(
        Phase::Prepare,
        format!("Read which side of {} leads now, and since when.", case.name),
        case.platform
            .describe()
            .and_then(Command::finish)
            .or_else(|| console(&case.platform.console_path(&case.name))),
        "one side leads and is available; the time and zone are noted in the incident's channel",
    )
}

fn reconnect(case: &Case<'_>) -> Repair {
    let callers = case.callers();
    Repair {
        action: format!(
            "If some instances of {callers} still fail although {} serves: restart those, one at a time. They hold dead connections, or an old address their runtime never looks up again.",
            case.name
        ),
        command: console(&format!(
            "{callers} → the instances that still fail → restart one at a time"
        )),
        expect: SIGN.goes_away(case),
        undo: "none needed: the same version starts again and connects to the side that leads"
            .into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "capacity is short by one instance meanwhile; all at once would storm the new side",
        ),
        decision: ON_CALL.into(),
    }
}

fn standby_is_back(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckAfter,
        format!("See that {} has a standby again and that it keeps up.", case.name),
        None,
        "a standby is listed, in step; without one, the next fault is an outage: tell the owner now",
    )
}

fn nothing_lost(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckAfter,
        format!("Compare the last writes of {} before the move with what is there now.", case.name),
        None,
        "nothing acknowledged is missing; where copies are made later than writes are acknowledged, the last seconds may be: list them for the owner",
    )
}

/// A change may have caused it, and taking that back may move everything again.
fn trigger_stays(case: &Case<'_>) -> String {
    match case.trigger_text() {
        Some(text) => format!(
            "It was set off by {text}. Don't take that back tonight: it may move {} a second time. See that nothing repeats it by itself.",
            case.name
        ),
        None => format!(
            "Why {} moved is for daylight, unless it moves again within the hour: then its hosts or its size are the cause.",
            case.name
        ),
    }
}
