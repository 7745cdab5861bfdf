use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{REQUESTS, assemble, goes_down, note_state, recovered, still_there};
use crate::case::Case;
use crate::repair::add_capacity;
use crate::shell::console;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};
use crate::text::named;

const TRAFFIC: &[Signal] = &[Signal::Requests];

/// Serve what can be served, turn the rest away early.
pub(super) fn scale_and_shed(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let bottleneck = bottleneck(case);
    let looks = vec![
        note_state(case, "the number of instances and the rate limits"),
        still_there(case, TRAFFIC, "requests at the entrance are far above the usual number"),
        read(
            Phase::CheckBefore,
            format!(
                "See who sends the requests to {name}: by client, address, user agent and route; ask marketing and partners."
            ),
            None,
            "either many different users (an event: scale), or few senders (a loop, a crawler, an attack: limit those)",
        ),
        read(
            Phase::CheckBefore,
            format!("See what saturates first below {name}: {bottleneck}."),
            None,
            "scaling the entrance alone would push the queue to there; scale that first",
        ),
    ];
    let expect = goes_down(case, REQUESTS, "latency falls although requests stay high");
    let entrance = entrance(case);
    let limit = Repair {
        action: format!(
            "If capacity doesn't catch up within 5 minutes: limit requests at {entrance}, the heaviest senders first, batch and optional routes before paying users."
        ),
        command: console(&format!("{entrance} → throttling / rate limits → per client")),
        expect,
        undo: "remove the rate limits".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "some users are turned away so that the others are served"),
        decision: COMMANDER.into(),
    };
    let mut checks = recovered(case, REQUESTS);
    if let Some(traffic) = case.deviation(TRAFFIC) {
        checks.push(read(
            Phase::CheckAfter,
            "Keep the added capacity until the traffic is back to usual.".to_owned(),
            None,
            case.back(traffic),
        ));
    }
    assemble(
        format!(
            "Serve the higher traffic of {name}, or turn away what can't be served before it slows everyone."
        ),
        looks,
        &[
            add_capacity(
                case,
                "latency falls within 5 minutes of the new instances being ready".into(),
            ),
            limit,
        ],
        checks,
    )
}

/// What below the entity shows saturation, if anything does.
fn bottleneck(case: &Case<'_>) -> String {
    let saturated = case.conclusion.observations.iter().filter(|o| {
        o.is_abnormal()
            && o.entity != case.entity.id
            && matches!(
                o.signal,
                Some(
                    Signal::CpuUtilization
                        | Signal::PoolUsage
                        | Signal::PoolPending
                        | Signal::Throttled
                        | Signal::QueueDepth
                )
            )
    });
    match saturated.max_by(|a, b| a.z.abs().total_cmp(&b.z.abs())) {
        Some(o) => format!("{} stands out ({})", named(o.entity.as_str()), case.still(o)),
        None => "nothing stands out yet; watch databases, pools and queues".into(),
    }
}

/// The gateway before the entity, or the entity itself.
fn entrance(case: &Case<'_>) -> String {
    if case.entity.kind == EntityKind::Gateway {
        return case.name.clone();
    }
    let above = case.topology.blast_radius(&case.entity.id, |kind| kind.is_request());
    let gateway = above.iter().find(|(id, _)| case.topology.kind(id) == EntityKind::Gateway);
    gateway.map_or_else(|| case.name.clone(), |(id, _)| named(id.as_str()))
}
