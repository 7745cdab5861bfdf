use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};

use super::{NOT_OURS, Row, after_change, assemble, note_state, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over};
use crate::repair::take_back;
use crate::shell::{Command, first};
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("goes back to the image that could be fetched", restore),
    NOT_OURS,
    otherwise("keeps what runs, and mends name, credential or way to the registry", mend),
];

const SIGN: Sign = Sign {
    signals: &[Signal::PodsPending, Signal::ReplicasAvailable, Signal::Ready, Signal::Restarts],
    there: "new instances wait for their image, and the platform reports why it can't be fetched",
    gone: "every instance runs, and none waits for an image",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), message(case)];
    let goal = format!("Run {} from the image that could be fetched.", case.name);
    assemble(goal, looks, &[repair], SIGN.recovered(case))
        .careful("If the message speaks of authorisation, of too many requests or of a time-out, the former image can't be fetched either where it isn't kept: mend that first.")
        .careful(keep_what_runs())
}

fn mend(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its image, and how many instances still run"),
        SIGN.still_there(case),
        message(case),
        read(
            Phase::CheckBefore,
            "See whether other services fetch from the same registry: same message, same hosts?",
            None,
            "only this one: its name or its rights; all: the registry, its limit, the credential they share, or the way there",
        ),
        changes_before(case),
        hand_over(case),
    ];
    let edit = case.platform.controller("edit");
    let way = format!("where the image and registry credential of {name} are kept");
    let give = Repair {
        action: format!(
            "Mend what the message names for {name}. Not found: the name or tag that exists, or push it again. Unauthorised: a fresh credential. Too many requests: fetch with an account, or from a mirror. Time-out: the way to the registry, or its name. Then resume a paused roll-out."
        ),
        command: first([edit], &way),
        expect: SIGN.goes_away(case),
        undo: "set the image and credential noted while preparing again (after resuming the roll-out, if it is paused)".into(),
        undo_command: case.platform.controller("rollout undo").and_then(Command::finish),
        risk: risk(
            RiskLevel::Low,
            "what waits can't become worse; what runs is replaced once the image can be fetched",
        ),
        decision: case.owner(),
    };
    let goal = format!("Let new instances of {name} start, and keep those that run.");
    assemble(goal, looks, &[hold(case), give], SIGN.recovered(case)).careful(keep_what_runs())
}

/// A roll-out that goes on takes away what still runs.
fn hold(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "If a roll-out of {name} is under way: pause it, so that no more of the running instances are replaced."
        ),
        command: first(
            [case.platform.controller("rollout pause")],
            &format!("your deployment tool → {name} → pause"),
        ),
        expect: "the number of running instances no longer falls".into(),
        undo: "resume the roll-out".into(),
        undo_command: case.platform.controller("rollout resume").and_then(Command::finish),
        risk: risk(
            RiskLevel::Low,
            "while it is paused no repair by roll-out takes effect: resume it with the repair",
        ),
        decision: ON_CALL.into(),
    }
}

fn message(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    read(
        Phase::CheckBefore,
        format!("Read the platform's message for an instance of {name} that waits, to its end."),
        first(
            [
                case.platform.in_namespace(
                    "get events --field-selector=reason=Failed --sort-by=.lastTimestamp",
                ),
                case.platform.ecs("describe-services", ""),
                case.platform.lambda("get-function", ""),
            ],
            &format!("{} → events", case.platform.console_path(name)),
        ),
        "“not found” or “manifest unknown”; “unauthorized” or “denied”; “too many requests”; “no such host” or a time-out; “no space left”: then it is the host's disk",
    )
}

fn keep_what_runs() -> &'static str {
    "Don't delete or restart instances that run, don't drain hosts and don't scale down: whatever goes now doesn't come back. Don't point it at “latest”: nobody knows what that is."
}
