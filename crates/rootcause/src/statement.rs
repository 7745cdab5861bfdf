//! The cause in words.

use nightjar_incident::{Change, Content, FaultMode, Hypothesis, Observation, ObservationKind};
use nightjar_topology::EntityKind;

use crate::observe::View;

/// The cause in a sentence or two: what happened, after which change, and by what it is seen.
pub(crate) fn statement(
    cause: &Hypothesis,
    observations: &[Observation],
    view: &View<'_>,
) -> String {
    let what = happened(cause, view.case.topology.kind(&cause.entity));
    let trigger = cause.trigger.as_ref().and_then(|id| {
        let changes = view.case.evidence.iter().filter_map(|piece| match &piece.content {
            Content::Changes(changes) => Some(changes),
            _ => None,
        });
        changes.flatten().find(|change| change.id == *id)
    });
    let after = trigger.map_or(String::new(), after);
    // The loudest of what was seen at the entity itself; else at its replicas.
    let told = observations
        .iter()
        .filter(|o| cause.support.contains(&o.id) && o.is_abnormal())
        .filter(|o| o.kind != ObservationKind::Change)
        .max_by(|a, b| {
            let own = |o: &Observation| o.entity == cause.entity;
            own(a).cmp(&own(b)).then(a.z.total_cmp(&b.z))
        })
        .map_or(String::new(), |o| format!(": {}", o.summary.trim_end_matches('.')));
    format!("{what}{after}{told}.")
}

fn after(change: &Change) -> String {
    format!(", after {} `{}` ({})", change.kind.label(), change.id, change.summary)
}

/// What happened to the entity, without why.
fn happened(cause: &Hypothesis, kind: EntityKind) -> String {
    let it = match kind {
        EntityKind::Unknown => format!("`{}`", cause.entity),
        _ => format!("the {} `{}`", kind.label(), cause.entity),
    };
    let from = cause.peer.as_ref().map_or(String::new(), |peer| format!(" from `{peer}`"));
    let text = match cause.fault_mode {
        FaultMode::BadDeployment => format!("a deployment broke {it}"),
        FaultMode::ConnectionPoolExhausted => format!("{it} ran out of connections"),
        FaultMode::Throttled => format!("{it} is throttled at its capacity limit"),
        FaultMode::ExternalDependency => {
            format!("`{}`, outside the estate, answers slowly or fails", cause.entity)
        }
        FaultMode::CpuSaturation => format!("{it} is short of CPU"),
        FaultMode::MemoryLeak => format!("{it} runs out of memory and is killed"),
        FaultMode::TrafficSurge => format!("more requests arrive at {it} than can be served"),
        FaultMode::NetworkDelay => format!("requests{from} to {it} take long on the way"),
        FaultMode::Slow => format!("{it} became slow; what made it so wasn't seen"),
        FaultMode::Failing => format!("{it} began to fail; what made it so wasn't seen"),
        FaultMode::WrongResult => format!("{it} behaves differently than before"),
        FaultMode::Unavailable => format!("{it} stopped answering"),
        FaultMode::ConfigurationError if cause.trigger.is_some() => {
            format!("a changed setting broke {it}")
        }
        FaultMode::ConfigurationError => format!("a setting of {it} is wrong"),
        FaultMode::LockContention => format!("work in {it} waits for locks"),
        FaultMode::SlowQuery if kind == EntityKind::Database => {
            format!("a statement in {it} takes far longer than it used to")
        }
        FaultMode::SlowQuery => format!("a statement that {it} sends takes far longer than before"),
        FaultMode::DiskFull => format!("{it} has no disk space left"),
        FaultMode::IoSaturation => format!("the disk of {it} can't keep up"),
        FaultMode::ReplicationLag => format!("replication of {it} falls behind"),
        FaultMode::Failover => format!("{it} failed over to its standby"),
        FaultMode::DnsFailure => format!("names can't be resolved for {it}"),
        FaultMode::CertificateExpired => format!("a certificate of {it} is no longer valid"),
        FaultMode::PacketLoss => format!("packets{from} to {it} are lost on the way"),
        FaultMode::ConsumerLag if kind == EntityKind::Queue => {
            format!("what takes messages off {it} doesn't keep up")
        }
        FaultMode::ConsumerLag => format!("{it} doesn't keep up with its queue"),
        FaultMode::RetryStorm => format!("retries multiply the load on {it}"),
        FaultMode::QuotaReached => format!("a quota of {it} is used up"),
        FaultMode::BadHost => match kind {
            EntityKind::Host => format!("{it} is sick, and with it what runs there"),
            EntityKind::Region => format!("hosts in {it} are sick, and with them what runs there"),
            _ => format!("the host under {it} is sick"),
        },
        FaultMode::CrashLoop => format!("{it} crashes again after every start"),
        FaultMode::ImagePullFailure => {
            format!("the image of {it} can't be pulled, so new instances don't start")
        }
        FaultMode::ProbeFailure => format!("a health probe takes {it} down although it works"),
        FaultMode::Unschedulable if kind == EntityKind::Host => {
            format!("no work can be placed on {it}")
        }
        FaultMode::Unschedulable => format!("there is no room to run all of {it}"),
    };
    first_upper(&text)
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>());
    first.unwrap_or_default() + chars.as_str()
}

#[cfg(test)]
mod tests {
    use nightjar_incident::{HypothesisId, Share};
    use nightjar_topology::EntityId;

    use super::*;

    fn cause(mode: FaultMode, peer: Option<&str>) -> Hypothesis {
        let id = |text: &str| EntityId::new(text).unwrap();
        Hypothesis {
            id: HypothesisId::new("hyp-1"),
            entity: id("x"),
            peer: peer.map(id),
            fault_mode: mode,
            trigger: None,
            support: Vec::new(),
            against: Vec::new(),
            confidence: Share::new(0.9),
            share_explained: None,
            path: Vec::new(),
            reasons: Vec::new(),
        }
    }

    #[test]
    fn every_mode_says_what_happened_to_whom() {
        for mode in FaultMode::ALL {
            for kind in [EntityKind::Service, EntityKind::Queue, EntityKind::Host] {
                let text = happened(&cause(mode, None), kind);
                assert!(text.contains("`x`"), "{text}");
                assert!(text.starts_with(|c: char| c.is_uppercase() || c == '`'), "{text}");
                assert!(!text.ends_with('.') && !text.contains("  "), "{text}");
            }
        }
    }

    #[test]
    fn the_kind_and_the_other_end_are_said_where_they_are_known() {
        let text = |mode, peer, kind| happened(&cause(mode, peer), kind);
        assert_eq!(
            text(FaultMode::PacketLoss, Some("web"), EntityKind::Service),
            "Packets from `web` to the service `x` are lost on the way"
        );
        assert_eq!(
            text(FaultMode::ConsumerLag, None, EntityKind::Queue),
            "What takes messages off the queue `x` doesn't keep up"
        );
        assert_eq!(
            text(FaultMode::BadHost, None, EntityKind::Service),
            "The host under the service `x` is sick"
        );
        assert_eq!(
            text(FaultMode::DiskFull, None, EntityKind::Unknown),
            "`x` has no disk space left"
        );
    }
}
