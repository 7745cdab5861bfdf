//! CPU saturation: processor use rose, and not because of more requests.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind, Signal};
use nightjar_topology::{EntityKind, RelationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let busy = place
        .marks
        .signal(ObservationKind::Saturation, Signal::CpuUtilization)
        .filter(|busy| busy.seen >= limit::CPU_BUSY.value);
    let held_back = place.marks.signal(ObservationKind::Saturation, Signal::CpuThrottling);
    let busy = held_back.or(busy)?;
    // Retries of waiting callers raise the traffic too, but nowhere near as much as the CPU.
    let times = |o: &Observation| o.seen / o.usual.max(f64::MIN_POSITIVE);
    let surge = place.marks.of(ObservationKind::Traffic).find(|o| {
        o.direction == Direction::Up && times(o) >= limit::SURGE_FOLLOWS.value * times(busy)
    });
    let rise = busy.seen - busy.usual;
    // A processor that was idle and is busy is no fluctuation of load; but many share that of a host.
    let is_host = place.scene.view.case.topology.kind(place.id) == EntityKind::Host;
    let from_idle = times(busy) >= limit::CPU_FROM_IDLE.value && !is_host;
    let (is_full, rose) = (busy.seen >= limit::CPU_FULL.value, rise >= limit::CPU_RISE.value);
    let weight = if rose && (from_idle || held_back.is_some()) {
        limit::MARK_CERTAIN.value
    } else if is_full || rose {
        limit::MARK_CLEAR.value
    } else {
        limit::MARK_WEAK.value
    };
    // More requests need more CPU, and so do checkpoints, bulk writes and a bad statement: then
    // the CPU is a consequence.
    let works = place.marks.all.iter().any(|o| {
        o.is_abnormal()
            && matches!(
                o.kind,
                ObservationKind::Disk | ObservationKind::Replication | ObservationKind::Statement
            )
    });
    let reason = if surge.is_some() {
        Err("its CPU use rose, but so did its requests")
    } else if works {
        Err("its CPU use rose, but so did the work of its disk or of one statement")
    } else if is_host && guest_at_work(place) {
        Err("its CPU use rose, but so did that of something that runs on it")
    } else if place.is_another_program() {
        Err("its CPU use rose, but it does new things since it was deployed")
    } else {
        Ok(match held_back {
            Some(_) => "its processor limit holds it back",
            None => "its CPU use rose, and not because of more requests",
        })
    };
    let weight = weight - if reason.is_err() { limit::MARK_CLEAR.value } else { 0.0 };
    let (Ok(reason) | Err(reason)) = reason;
    Some(Fit {
        mode: FaultMode::CpuSaturation,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids([busy]),
        reason: reason.to_owned(),
    })
}

/// Whether something that runs on a host went from idle to busy: then the host's processor is busy with that.
fn guest_at_work(place: &Place<'_>) -> bool {
    let topology = place.scene.view.case.topology;
    let guests = topology.dependents(place.id).filter(|r| r.kind == RelationKind::RunsOn);
    let guests: Vec<_> = guests.map(|relation| &relation.from).collect();
    place.scene.observations.iter().any(|o| {
        o.kind == ObservationKind::Saturation
            && o.signal == Some(Signal::CpuUtilization)
            && o.seen >= limit::CPU_BUSY.value
            && o.seen - o.usual >= limit::CPU_RISE.value
            && guests.contains(&&o.entity)
    })
}
