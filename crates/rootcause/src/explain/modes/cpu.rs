//! CPU saturation: processor use rose, and not because of more requests.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind, Signal};
use nightjar_topology::EntityKind;

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let busy = place.marks.signal(ObservationKind::Saturation, Signal::CpuUtilization)?;
    if busy.seen < limit::CPU_BUSY.value {
        return None;
    }
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
    let weight = if rose && from_idle {
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
    let follows = surge.is_some() || works;
    let weight = weight - if follows { limit::MARK_CLEAR.value } else { 0.0 };
    let reason = match (surge, works) {
        (Some(_), _) => "its CPU use rose, but so did its requests",
        (None, true) => "its CPU use rose, but so did the work of its disk or of one statement",
        (None, false) => "its CPU use rose, and not because of more requests",
    };
    Some(Fit {
        mode: FaultMode::CpuSaturation,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids([busy]),
        reason: reason.to_owned(),
    })
}
