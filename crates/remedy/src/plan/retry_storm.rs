use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{Row, after_change, assemble, note, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::repair::{shed_load, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{COMMANDER, ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back, and holds retries down until the load is gone", restore),
    of_kinds(
        &[EntityKind::External],
        "holds our retries back before the operator shuts us out",
        hold_back,
    ),
    of_kinds(
        &[EntityKind::Function],
        "limits how often it is called again, and how many run at once",
        limit_the_function,
    ),
    otherwise("stops the retries, lets it recover, then lets load back in steps", break_the_loop),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Retries, Signal::Requests, Signal::Errors],
    there: "many more requests arrive than users send, and many of them fail and are sent again",
    gone: "as many requests arrive as users send",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), who_retries(case)];
    let goal = format!(
        "Bring the load on {} back to what users send, and take back what began it.",
        case.name
    );
    let repairs = [stop_retries(case), repair, shed_load(case, SIGN.goes_away(case))];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful("Taking the change back may not end it: such load keeps itself alive. That is why the retries go first.")
        .careful(no_fuel(case))
}

fn break_the_loop(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "the retries, time-outs and limits of now"),
        SIGN.still_there(case),
        who_retries(case),
        what_began_it(case),
    ];
    let goal = format!("Bring the load on {} back to what users send.", case.name);
    let repairs = [stop_retries(case), shed_load(case, SIGN.goes_away(case))];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(no_fuel(case))
}

/// Somebody else's: they will shut us out if we go on.
fn hold_back(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "our retries and time-outs towards it"),
        SIGN.still_there(case),
        who_retries(case),
        read(
            Phase::CheckBefore,
            format!("Read what {name} answers: 429 or 503, and its Retry-After."),
            None,
            "it says how long to wait: that is the least our retries wait",
        ),
    ];
    let pause = Repair {
        action: format!(
            "If it still refuses: open the circuit to {name} (fallback, queue, cached answer) and let a few requests through as a probe."
        ),
        command: console(&format!(
            "the feature flags of {} → fallback for {name} → on",
            case.callers()
        )),
        expect: SIGN.goes_away(case),
        undo: "close the circuit once the probes have succeeded for 15 minutes".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "users get the reduced service meanwhile"),
        decision: COMMANDER.into(),
    };
    let goal = format!("Stop our own retries from keeping {name} down, or us locked out.");
    assemble(goal, looks, &[stop_retries(case), pause], SIGN.recovered(case))
        .careful("Don't switch to other keys or addresses to get around a limit: operators lock accounts for that.")
        .careful(no_fuel(case))
}

/// Events are tried again by the platform itself.
fn limit_the_function(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let retries = Repair {
        action: format!(
            "Let the platform not try failed events of {name} again for now, once there is a place where failed ones go."
        ),
        command: first(
            [case
                .platform
                .lambda("update-function-event-invoke-config", "--maximum-retry-attempts 0")],
            &format!(
                "{} → asynchronous invocation → retry attempts",
                case.platform.console_path(name)
            ),
        ),
        expect: SIGN.goes_away(case),
        undo: "set the retries noted while preparing (2 if nothing was set)".into(),
        undo_command: case
            .platform
            .lambda(
                "update-function-event-invoke-config",
                "--maximum-retry-attempts NOTED_ATTEMPTS",
            )
            .and_then(Command::finish),
        risk: risk(
            RiskLevel::Medium,
            "events that fail now aren't tried again: without a place for failed ones they are lost",
        ),
        decision: case.owner(),
    };
    let valve = Repair {
        action: format!("If that isn't enough: let fewer executions of {name} run at once, about as many as what is behind it can bear."),
        command: first(
            [case.platform.lambda("put-function-concurrency", "--reserved-concurrent-executions FEWER_EXECUTIONS")],
            &format!("{} → concurrency → reserve", case.platform.console_path(name)),
        ),
        expect: SIGN.goes_away(case),
        undo: "remove the limit; if there was one before, set the number noted while preparing instead".into(),
        undo_command: case
            .platform
            .lambda("delete-function-concurrency", "")
            .and_then(Command::finish),
        risk: risk(RiskLevel::Medium, "callers beyond that number are turned away and try later"),
        decision: COMMANDER.into(),
    };
    let looks = vec![
        note(
            case,
            "its retries and where failed events go",
            case.platform.lambda("get-function-event-invoke-config", ""),
        ),
        note(
            case,
            "its reserved concurrency",
            case.platform.lambda("get-function-concurrency", ""),
        ),
        SIGN.still_there(case),
        who_retries(case),
        what_began_it(case),
    ];
    let goal = format!("Bring the calls of {name} back to what users and events cause.");
    assemble(goal, looks, &[retries, valve], SIGN.recovered(case)).careful(no_fuel(case))
}

fn who_retries(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckBefore,
        format!(
            "Find the layer that multiplies: count the requests per user request at the entrance, at {} and at {}; read one trace with repeated calls.",
            case.callers(),
            case.name
        ),
        None,
        "one layer sends several for one: its retries are what to stop; if every layer does, begin nearest to the users",
    )
}

fn what_began_it(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckBefore,
        format!(
            "Look for what made requests to {} fail in the first place, at the minute before the load rose.",
            case.name
        ),
        None,
        "a short trouble that is over: only the loop is left to break; a trouble that lasts: repair that as well, by its own plan",
    )
}

fn stop_retries(case: &Case<'_>) -> Repair {
    let (name, callers) = (&case.name, case.callers());
    Repair {
        action: format!(
            "Switch off the retries of {callers} towards {name}, or allow one in ten requests one retry after a random wait."
        ),
        command: console(&format!(
            "the configuration of {callers} (client, mesh or gateway) → retries towards {name}"
        )),
        expect: SIGN.goes_away(case),
        undo: "set the former retries, once requests have been as usual for 15 minutes".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "single failures reach users that a retry would have hidden"),
        decision: ON_CALL.into(),
    }
}

fn no_fuel(case: &Case<'_>) -> String {
    format!(
        "Don't add retries, don't lengthen time-outs, and don't restart everything at once. More instances of {} help only if what is behind it has room.",
        case.name
    )
}
