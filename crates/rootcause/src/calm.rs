//! The decision where no requests are measured: whether all that was measured of the alerting
//! entities is as usual, so that there is nothing to repair.

use std::collections::BTreeSet;

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind, Signal, signal};
use nightjar_topology::{EntityId, EntityKind, RelationKind, Topology};

use crate::case::Case;
use crate::ledger::{self, metrics};
use crate::thresholds as limit;

/// Why there is no incident: everything that tells how the alerting entities are was measured lately
/// and none of it deviates. `None` where something does, or where something isn't known.
pub(crate) fn nothing_deviates(case: &Case<'_>, observations: &[Observation]) -> Option<String> {
    let alerting: BTreeSet<&EntityId> = case.symptoms.iter().map(|s| &s.entity).collect();
    let near = surroundings(case.topology, &alerting);
    let deviates = observations.iter().any(|o| {
        near.contains(&o.entity) && is_trouble(o) && !is_over(case.topology, o, observations)
    });
    let measured = measured(case);
    let known = alerting.iter().all(|id| {
        measured.iter().any(|(entity, _)| entity == id || is_part(case.topology, id, entity))
            || is_of_complete_workload(case.topology, id, observations)
    });
    // What the alert complains of must be among what was measured.
    let complaint = case.symptoms.iter().filter_map(|symptom| symptom.signal).all(|wanted| {
        measured.iter().any(|(entity, signal)| near.contains(*entity) && *signal == wanted)
    });
    if alerting.is_empty() || deviates || !known || !complaint {
        return None;
    }
    let count = measured.iter().filter(|(entity, _)| near.contains(*entity)).count();
    let names: Vec<String> = alerting.iter().map(|id| format!("`{id}`")).collect();
    Some(format!(
        "nothing about {} deviates: {count} signals were measured lately",
        names.join(", ")
    ))
}

/// Whether an observation is of something that hurts: more work by itself hurts nobody while what
/// does it has room left.
fn is_trouble(observation: &Observation) -> bool {
    let hurts = match observation.kind {
        // Shown to the reader; whether the entity is in trouble, the others say.
        ObservationKind::Change
        | ObservationKind::Traffic
        | ObservationKind::Tail
        | ObservationKind::Headroom
        | ObservationKind::Drift
        | ObservationKind::Retries
        | ObservationKind::Timeouts
        | ObservationKind::Burst
        | ObservationKind::StackTrace
        | ObservationKind::Statement => false,
        ObservationKind::Saturation => {
            observation.signal != Some(Signal::CpuUtilization)
                || observation.seen >= limit::CPU_FULL.value
        }
        ObservationKind::Disk => match observation.signal {
            Some(Signal::DiskOperations) => observation.direction == Direction::Down,
            Some(Signal::Checkpoints) => false,
            _ => true,
        },
        // Weak deviations rank the leads; they are no trouble yet.
        ObservationKind::LogMix | ObservationKind::Calls => {
            observation.z >= limit::CHANGED_FOR_SURE_Z.value
        }
        ObservationKind::Replication => observation.signal == Some(Signal::ReplicationLag),
        ObservationKind::Backlog => observation.signal != Some(Signal::DatabaseLoad),
        ObservationKind::Latency
        | ObservationKind::Errors
        | ObservationKind::Throttling
        | ObservationKind::Restart
        | ObservationKind::NetworkGap
        | ObservationKind::Logs
        | ObservationKind::Spans
        | ObservationKind::Missing
        | ObservationKind::Stated
        | ObservationKind::Locks
        | ObservationKind::Replicas
        | ObservationKind::Expiry => true,
    };
    observation.is_abnormal() && hurts
}

/// Whether the platform complained of something that is mended since: as many replicas as wanted
/// are there, and none was started anew lately.
pub(crate) fn is_over(
    topology: &Topology,
    observation: &Observation,
    observations: &[Observation],
) -> bool {
    let of_platform = observation.kind == ObservationKind::Stated
        && matches!(
            observation.stated,
            Some(
                FaultMode::CrashLoop
                    | FaultMode::ImagePullFailure
                    | FaultMode::ProbeFailure
                    | FaultMode::Unschedulable
            )
        );
    of_platform && is_complete(topology, &observation.entity, observations)
}

/// Whether an entity, or the workload it is a replica of, has all it should, and neither it nor a
/// replica of it is unready or was started anew.
pub(crate) fn is_complete(
    topology: &Topology,
    entity: &EntityId,
    observations: &[Observation],
) -> bool {
    let here = |o: &&Observation| o.entity == *entity || is_part(topology, entity, &o.entity);
    let restless = observations.iter().filter(here).any(|o| {
        o.is_abnormal() && matches!(o.kind, ObservationKind::Replicas | ObservationKind::Restart)
    });
    let steady = observations.iter().filter(here).any(is_all_there);
    !restless && (steady || is_of_complete_workload(topology, entity, observations))
}

fn is_all_there(observation: &Observation) -> bool {
    observation.kind == ObservationKind::Replicas && observation.direction == Direction::Steady
}

/// Whether an entity is a replica of a workload that has all replicas it wants.
fn is_of_complete_workload(
    topology: &Topology,
    entity: &EntityId,
    observations: &[Observation],
) -> bool {
    observations.iter().any(|o| is_all_there(o) && is_part(topology, &o.entity, entity))
}

/// Whether `part` is a pod of `whole`.
fn is_part(topology: &Topology, whole: &EntityId, part: &EntityId) -> bool {
    topology.kind(part) == EntityKind::Pod
        && topology
            .dependencies(part)
            .any(|relation| relation.kind == RelationKind::BelongsTo && relation.to == *whole)
}

/// The alerting entities, their pods and workloads, and what those need.
fn surroundings(topology: &Topology, alerting: &BTreeSet<&EntityId>) -> BTreeSet<EntityId> {
    let mut near: BTreeSet<EntityId> = alerting.iter().map(|id| (*id).clone()).collect();
    for id in alerting {
        let parts = topology.dependents(id).filter(|r| r.kind == RelationKind::BelongsTo);
        near.extend(parts.map(|r| r.from.clone()));
        near.extend(topology.suppliers(id).into_iter().map(|(id, _)| id));
        let readers = topology.dependents(id).filter(|r| r.kind == RelationKind::Reads);
        near.extend(readers.map(|r| r.from.clone()));
    }
    near
}

/// What was measured within the window, by entity.
fn measured<'a>(case: &Case<'a>) -> BTreeSet<(&'a EntityId, Signal)> {
    let (from, to) = (
        case.window(&ledger::measured(case.evidence)).from.as_millisecond(),
        case.now.as_millisecond() + 1,
    );
    metrics(case.evidence)
        .filter(|(_, series)| {
            series.column.between(from, to).values().iter().any(|value| value.is_finite())
        })
        .map(|(_, series)| (&series.entity, signal::of(series)))
        .filter(|(_, signal)| *signal != Signal::Other)
        .collect()
}
