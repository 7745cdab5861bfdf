use nightjar_incident::{ObservationKind, Phase, RiskLevel, Signal};

use super::{REQUESTS, assemble, goes_down, recovered, still_there};
use crate::case::Case;
use crate::repair::take_back;
use crate::shell::console;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};
use crate::text::shown;

const LATENCY: &[Signal] = &[Signal::Latency];

/// A change of the network set it off: take it back.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, goes_down(case, LATENCY, "time on the way falls"));
    let mut looks = looks(case);
    looks.push(prepare);
    let mut after = recovered(case, REQUESTS);
    after.push(gap_closed(case));
    assemble(
        format!("Take back what delays the way to {}.", case.name),
        looks,
        &[repair, move_traffic(case)],
        after,
    )
}

/// Nothing changed: lead traffic around, then find the path's fault.
pub(super) fn go_around(case: &Case<'_>) -> Remedy {
    let mut after = recovered(case, REQUESTS);
    after.push(gap_closed(case));
    let mut remedy = assemble(
        format!("Lead traffic around the slow way between {} and {}.", caller(case), case.name),
        looks(case),
        &[move_traffic(case)],
        after,
    );
    remedy
        .caveats
        .push(format!("{} itself isn't slow: restarting or scaling it won't help.", case.name));
    remedy
}

fn caller(case: &Case<'_>) -> String {
    case.peer().unwrap_or_else(|| "its callers".into())
}

fn looks(case: &Case<'_>) -> Vec<nightjar_incident::PlanStep> {
    let (name, caller) = (&case.name, caller(case));
    let zone = case.entity.attributes.get("cloud.availability_zone");
    let zone = zone.map(|zone| format!(" ({name} is in {})", shown(zone))).unwrap_or_default();
    vec![
        read(
            Phase::Prepare,
            format!(
                "List which instances of {caller} and {name} stand in which zone and on which hosts{zone}."
            ),
            console(&format!("{} → instances by zone", case.platform.console_path(name))),
            "each instance with its zone and host is noted",
        ),
        still_there(case, LATENCY, "the caller's time on the edge exceeds the callee's own time"),
        read(
            Phase::CheckBefore,
            format!(
                "Measure the way from an instance of {caller} to {name}: connection time, loss and retransmissions (ping, traceroute, ss -ti), and name resolution apart."
            ),
            None,
            "loss or delay between one pair of zones or hosts and not between the others; if only name resolution is slow, that is the cause",
        ),
        read(
            Phase::CheckBefore,
            "Read the provider's health page for the zones and links involved.".to_owned(),
            console("AWS Health Dashboard, or your provider's status page"),
            "an open event names the zone, or there is none and the fault is ours: proxy, firewall, policy, name server",
        ),
    ]
}

fn gap_closed(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let gap = case.conclusion.observations.iter().find(|o| {
        o.kind == ObservationKind::NetworkGap
            && (o.entity == case.entity.id || o.peer.as_ref() == Some(&case.entity.id))
    });
    read(
        Phase::CheckAfter,
        format!(
            "Compare the time {} spends on calls with the time {} needs for them.",
            caller(case),
            case.name
        ),
        None,
        gap.map_or_else(
            || "both differ by no more than they did before the onset".into(),
            |gap| case.back(gap),
        ),
    )
}

fn move_traffic(case: &Case<'_>) -> Repair {
    let (name, caller) = (&case.name, caller(case));
    Repair {
        action: format!(
            "Take the instances behind the slow way out of rotation, so that {caller} reaches {name} in another zone or on other hosts."
        ),
        command: console(&format!(
            "the load balancer or mesh in front of {name} → targets → drain the affected zone"
        )),
        expect: goes_down(case, LATENCY, "time on the way falls for the traffic that moved"),
        undo: "put the drained targets back into rotation".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "the other zones take the load: see that they have room for it before draining",
        ),
        decision: COMMANDER.into(),
    }
}
