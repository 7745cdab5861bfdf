use nightjar_incident::{Observation, Phase, RiskLevel, Signal};
use nightjar_topology::{Entity, EntityKind};

use super::{Row, STORES, assemble, consumer_lag, note_state, of_kinds, otherwise, throttled};
use crate::case::Case;
use crate::platform::Platform;
use crate::repair::{add_capacity, pause_batch};
use crate::shell::{Command, console};
use crate::sign::{REQUESTS, Sign};
use crate::step::{COMMANDER, Remedy, Repair, read, risk};
use crate::text::named;

pub(super) const ROWS: &[Row] = &[
    of_kinds(
        &[EntityKind::External],
        "asks less of it, then for a higher limit",
        throttled::ask_for_less,
    ),
    of_kinds(&[EntityKind::Queue], "lets the consumers catch up", consumer_lag::catch_up),
    otherwise("scales what is short, then turns away what can't be served", scale_and_shed),
];

const TRAFFIC: &[Signal] = &[Signal::Requests];

const SIGN: Sign = Sign {
    signals: TRAFFIC,
    there: "requests at the entrance are far above the usual number",
    gone: "requests are at their usual number",
};

/// The traffic may stay: what counts is that it is served.
const SERVED: Sign = Sign {
    signals: REQUESTS,
    there: "requests wait or fail",
    gone: "latency falls although requests stay high",
};

/// Serve what can be served, turn the rest away early.
fn scale_and_shed(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let saturated = saturated(case);
    let first = match saturated {
        Some(o) => format!("{} stands out ({})", named(o.entity.as_str()), case.still(o)),
        None => "nothing stands out yet; watch databases, pools and queues".into(),
    };
    let short = short_of_capacity(case, saturated);
    let short_name = named(short.id.as_str());
    let describe = Platform::of(&short).describe().and_then(Command::finish);
    let place = Platform::of(&short).console_path(&short_name);
    let looks = vec![
        note_state(case, "the number of instances and the rate limits"),
        read(
            Phase::Prepare,
            format!("Note how many instances of {short_name} run: it gets more of them."),
            describe.or_else(|| console(&place)),
            "the number is noted; the undo goes back to it",
        ),
        SIGN.still_there(case),
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
            format!("See what saturates first below {name}: {first}."),
            None,
            "scaling the entrance alone would push the queue to there; scale that first",
        ),
    ];
    let expect = SERVED.goes_away(case);
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
    // What keeps data can't be multiplied in minutes.
    let relief = if STORES.contains(&short.kind) {
        pause_batch(case)
    } else {
        let expect = "latency falls within 5 minutes of the new instances being ready".into();
        add_capacity(&short_name, &Platform::of(&short), expect)
    };
    let mut checks = SERVED.recovered(case);
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
        &[relief, limit],
        checks,
    )
    .careful("If the senders look like an attack, call whoever runs the protection against it (the provider's on-call) before blocking addresses: many users may share one.")
}

/// What below the entity shows saturation most, if anything does.
fn saturated<'a>(case: &Case<'a>) -> Option<&'a Observation> {
    let below = case.topology.suppliers(&case.entity.id);
    let is_below = |o: &&Observation| below.iter().any(|(id, _)| *id == o.entity);
    let is_full = |o: &&Observation| {
        matches!(
            o.signal,
            Some(
                Signal::CpuUtilization
                    | Signal::PoolUsage
                    | Signal::PoolPending
                    | Signal::Throttled
                    | Signal::QueueDepth
            )
        )
    };
    let observations = case.conclusion.observations.iter();
    let full = observations.filter(|o| o.is_abnormal()).filter(is_below).filter(is_full);
    full.max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()))
}

/// What needs more capacity: what is saturated; else what stands behind a gateway, which the
/// provider scales by itself; else the entity.
fn short_of_capacity(case: &Case<'_>, saturated: Option<&Observation>) -> Entity {
    let behind = || {
        let mut calls = case.topology.dependencies(&case.entity.id);
        calls.find(|relation| relation.kind.is_request()).map(|relation| &relation.to)
    };
    let is_gateway = case.entity.kind == EntityKind::Gateway;
    let id = saturated.map(|o| &o.entity).or_else(|| if is_gateway { behind() } else { None });
    id.and_then(|id| case.topology.entity(id)).unwrap_or(&case.entity).clone()
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
