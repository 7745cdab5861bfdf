//! Network delay: the caller waits longer than the callee takes.

use nightjar_incident::{FaultMode, Observation, ObservationKind, Signal};

use super::{Fit, Marks, Place, ids};
use crate::excess::Kind;
use crate::graph::Culprit;
use crate::thresholds as limit;

/// A callee that restarts or has no room left makes callers wait at its door: then the network is
/// the lesser explanation.
pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    // Memory that grows keeps nobody waiting until the process is started anew.
    let is_memory =
        |o: &Observation| matches!(o.signal, Some(Signal::MemoryUsage | Signal::MemoryUtilization));
    let troubled =
        Marks::at(place.scene, &Culprit::Entity(place.id.clone())).all.into_iter().any(|o| {
            matches!(
                o.kind,
                ObservationKind::Restart
                    | ObservationKind::Saturation
                    | ObservationKind::Throttling
                    | ObservationKind::Backlog
                    | ObservationKind::Missing
            ) && o.is_abnormal()
                && !is_memory(o)
        });
    // Packets that get lost explain the same gap, and more: see `packet_loss`.
    let lost = place.marks.signal(ObservationKind::NetworkGap, Signal::PacketErrors).is_some();
    let gap = place
        .marks
        .of(ObservationKind::NetworkGap)
        .filter(|o| o.signal != Some(Signal::PacketErrors))
        .max_by(|a, b| a.z.total_cmp(&b.z));
    let seen = place.marks.of(ObservationKind::Latency).next();
    // A gap of a few standard deviations is often another mix of requests.
    let told = gap.map_or(0.0, |gap| {
        let clear = (gap.z / limit::GAUGE_Z.value).ln() / limit::GAP_CERTAIN.value.ln();
        let range = limit::MARK_CERTAIN.value - limit::MARK_WEAK.value;
        limit::MARK_WEAK.value + range * clear.clamp(0.0, 1.0)
    });
    // Who waits longer gives up at last; a delay that nobody gives up at makes nothing fail.
    let scene = place.scene;
    let fails = scene.flow.is_some_and(|flow| flow.symptom.1 == Kind::Errors);
    let gives_up = place.marks.of(ObservationKind::Timeouts).next().is_some();
    let weight = if troubled || lost || fails && !gives_up {
        told - limit::MARK_CERTAIN.value
    } else {
        told
    };
    (gap.is_some() || seen.is_some()).then(|| Fit {
        mode: FaultMode::NetworkDelay,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(gap.into_iter().chain(seen)),
        reason: "the caller waits longer than the callee takes".to_owned(),
    })
}
