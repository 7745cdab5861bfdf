use nightjar_incident::{Phase, RiskLevel};

use super::{Row, assemble, otherwise};
use crate::case::Case;
use crate::shell::console;
use crate::sign::{REQUESTS, Sign};
use crate::step::{COMMANDER, ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] =
    &[otherwise("gets along without it and tells its operator", stand_alone)];

const SIGN: Sign = Sign {
    signals: REQUESTS,
    there: "calls to it take longer or fail, and nothing inside the estate does",
    gone: "calls to it are as fast as before and succeed",
};

/// Nobody here can repair it: get along without it, and tell whoever can.
pub(super) fn stand_alone(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let callers = case.callers();
    let looks = vec![
        read(
            Phase::Prepare,
            format!(
                "Open the status page of {name}, and a case with its operator: since when, which calls, which region, three trace ids."
            ),
            case.entity
                .attributes
                .get("url")
                .map(|url| format!("Console: {}", crate::text::shown(url))),
            "the case has a number, noted in the incident's channel",
        ),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!("Call {name} once from outside the estate (another network, a laptop)."),
            None,
            "it is slow or failing from there as well; if it isn't, look at the network path and at our credentials and quota instead",
        ),
    ];
    let expect = "callers answer quickly again, with the fallback".to_owned();
    let shorter = Repair {
        action: format!(
            "Shorten the time-out of {callers} towards {name} to twice its usual time{}, with one retry at most.",
            usual(case)
        ),
        command: console(&format!(
            "the configuration of {callers} → time-out and retries towards {name}"
        )),
        expect: format!(
            "requests of {callers} end within the new time-out, and none of theirs waits longer"
        ),
        undo: "set the former time-out and retries".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "slow answers that would have come are given up"),
        decision: ON_CALL.into(),
    };
    let breaker = Repair {
        action: format!(
            "Open the circuit to {name}, or switch the flag to its fallback (queue and retry later, cached answer, second provider)."
        ),
        command: console(&format!("the feature flags of {callers} → fallback for {name} → on")),
        expect,
        undo: "close the circuit again, or switch the flag off".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "users get the reduced service; what is queued must be worked off later",
        ),
        decision: COMMANDER.into(),
    };
    // Users come first: their trouble ends with the fallback, its own with its operator.
    let mut after = SIGN.recovered(case);
    if let Some(own) = after.first_mut() {
        own.action = format!(
            "Wait until {name} itself is back to usual for 15 minutes; then undo both repairs, the last one first."
        );
    }
    after.rotate_left(1);
    let mut remedy = assemble(
        format!("Serve users without {name} until its operator has repaired it."),
        looks,
        &[shorter, breaker],
        after,
    );
    remedy.caveats.push(format!("Only its operator can repair {name}; on-call keeps the case open. A restart of ours doesn't help and loses what is in flight; more retries make it worse."));
    remedy
}

fn usual(case: &Case<'_>) -> String {
    let latency = case.deviation(&[nightjar_incident::Signal::Latency]);
    latency.map_or(String::new(), |o| format!(" (usual {})", o.amount(o.usual)))
}
