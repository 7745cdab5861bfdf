use nightjar_incident::{ObservationKind, Phase, Signal};

use super::{NOT_OURS, Row, after_change, assemble, otherwise};
use crate::case::Case;
use crate::repair::{go_around as reroute, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{Remedy, read};
use crate::text::shown;

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change of the network back", restore),
    NOT_OURS,
    otherwise("leads traffic around the slow way", go_around),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Latency],
    there: "the caller's time on the edge exceeds the callee's own time",
    gone: "calls take no longer on the way than before",
};

/// A change of the network set it off: take it back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let mut looks = looks(case);
    looks.push(prepare);
    let mut after = SIGN.recovered(case);
    after.push(gap_closed(case));
    assemble(
        format!("Take back what delays the way to {}.", case.name),
        looks,
        &[repair, reroute(case, SIGN.goes_away(case))],
        after,
    )
}

/// Nothing changed: lead traffic around, then find the path's fault.
fn go_around(case: &Case<'_>) -> Remedy {
    let mut after = SIGN.recovered(case);
    after.push(gap_closed(case));
    let mut remedy = assemble(
        format!("Lead traffic around the slow way between {} and {}.", case.callers(), case.name),
        looks(case),
        &[reroute(case, SIGN.goes_away(case))],
        after,
    );
    remedy
        .caveats
        .push(format!("{} itself isn't slow: restarting or scaling it won't help.", case.name));
    remedy
}

fn looks(case: &Case<'_>) -> Vec<nightjar_incident::PlanStep> {
    let (name, caller) = (&case.name, case.callers());
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
        SIGN.still_there(case),
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
            case.callers(),
            case.name
        ),
        None,
        gap.map_or_else(
            || "both differ by no more than they did before the onset".into(),
            |gap| case.back(gap),
        ),
    )
}
