//! The cause in words.

use nightjar_incident::{Content, FaultMode, Hypothesis, Observation, ObservationKind};

use crate::observe::View;

/// The cause in a sentence or two.
pub(crate) fn statement(
    cause: &Hypothesis,
    observations: &[Observation],
    view: &View<'_>,
) -> String {
    let entity = &cause.entity;
    let kind = view.case.topology.kind(entity).label();
    let what = match cause.fault_mode {
        FaultMode::BadDeployment => format!("A deployment broke the {kind} `{entity}`"),
        FaultMode::ConnectionPoolExhausted => {
            format!("The {kind} `{entity}` ran out of connections")
        }
        FaultMode::Throttled => format!("The {kind} `{entity}` is throttled at its capacity limit"),
        FaultMode::ExternalDependency => {
            format!("`{entity}`, outside the estate, answers slowly or fails")
        }
        FaultMode::CpuSaturation => format!("The {kind} `{entity}` is short of CPU"),
        FaultMode::MemoryLeak => {
            format!("The {kind} `{entity}` runs out of memory and is killed")
        }
        FaultMode::TrafficSurge => format!("More requests arrive at `{entity}` than can be served"),
        FaultMode::NetworkDelay => match &cause.peer {
            Some(peer) => format!("Requests from `{peer}` to `{entity}` take long on the way"),
            None => format!("Requests to `{entity}` take long on the way"),
        },
        FaultMode::Slow => {
            format!("The {kind} `{entity}` became slow; what made it so wasn't seen")
        }
        FaultMode::Failing => {
            format!("The {kind} `{entity}` began to fail; what made it so wasn't seen")
        }
        FaultMode::WrongResult => format!("The {kind} `{entity}` behaves differently than before"),
        FaultMode::Unavailable => format!("The {kind} `{entity}` stopped answering"),
        FaultMode::ConfigurationError => format!("A setting broke the {kind} `{entity}`"),
        FaultMode::LockContention => {
            format!("Transactions in `{entity}` wait for each other's locks")
        }
        FaultMode::SlowQuery => format!("A statement in the {kind} `{entity}` became slow"),
        FaultMode::DiskFull => format!("The disk of the {kind} `{entity}` is full"),
        FaultMode::IoSaturation => format!("The disk of the {kind} `{entity}` can't keep up"),
        FaultMode::ReplicationLag => format!("The replica `{entity}` falls behind"),
        FaultMode::Failover => format!("The {kind} `{entity}` failed over to its standby"),
        FaultMode::DnsFailure => format!("Names can't be resolved on the way to `{entity}`"),
        FaultMode::CertificateExpired => {
            format!("The certificate of `{entity}` is no longer valid")
        }
        FaultMode::PacketLoss => match &cause.peer {
            Some(peer) => format!("Packets are lost between `{peer}` and `{entity}`"),
            None => format!("Packets are lost on the way to `{entity}`"),
        },
        FaultMode::ConsumerLag => format!("`{entity}` doesn't keep up with its queue"),
        FaultMode::RetryStorm => format!("Retries multiply the load on `{entity}`"),
        FaultMode::QuotaReached => format!("A quota of `{entity}` is used up"),
        FaultMode::BadHost => {
            format!("The {kind} `{entity}` is sick, and with it all that runs there")
        }
        FaultMode::CrashLoop => format!("The {kind} `{entity}` crashes again and again"),
        FaultMode::ImagePullFailure => format!("The image of `{entity}` can't be pulled"),
        FaultMode::ProbeFailure => {
            format!("A health probe takes `{entity}` down although it works")
        }
        FaultMode::Unschedulable => format!("There is no room to run `{entity}`"),
    };
    let trigger = cause.trigger.as_ref().and_then(|id| {
        let changes = view.case.evidence.iter().filter_map(|piece| match &piece.content {
            Content::Changes(changes) => Some(changes),
            _ => None,
        });
        changes.flatten().find(|change| change.id == *id)
    });
    let after = trigger.map_or(String::new(), |change| {
        format!(", after {} `{}` ({})", change.kind.label(), change.id, change.summary)
    });
    let told = observations
        .iter()
        .filter(|o| cause.support.contains(&o.id) && o.is_abnormal() && o.entity == *entity)
        .filter(|o| o.kind != ObservationKind::Change)
        .max_by(|a, b| a.z.total_cmp(&b.z))
        .map_or(String::new(), |o| format!(": {}", o.summary));
    format!("{what}{after}{told}.")
}
