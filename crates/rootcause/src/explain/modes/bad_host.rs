//! Bad host: what runs on one host suffers together, or the platform says that the host is sick.

use nightjar_incident::{FaultMode, Observation, ObservationKind, Signal};
use nightjar_topology::{EntityKind, RelationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let topology = place.scene.view.case.topology;
    if topology.kind(place.id) != EntityKind::Host {
        return None;
    }
    let unready = place.marks.signal(ObservationKind::Replicas, Signal::HostReady);
    let said = place.marks.stated(FaultMode::BadHost);
    let own: Vec<&Observation> = place
        .marks
        .all
        .iter()
        .copied()
        .filter(|o| o.is_abnormal())
        .filter(|o| {
            matches!(
                o.kind,
                ObservationKind::Disk
                    | ObservationKind::Saturation
                    | ObservationKind::NetworkGap
                    | ObservationKind::Missing
            )
        })
        // What runs there uses the processor: that is their fault mode, or its own.
        .filter(|o| o.signal != Some(Signal::CpuUtilization))
        .collect();
    let suffering = suffering(place);
    let stated = said.as_ref().map_or(0.0, |said| said.weight);
    let weight = match (unready.is_some() || stated > 0.0, suffering.len(), own.is_empty()) {
        (true, 0 | 1, _) => limit::MARK_CLEAR.value + stated,
        (true, _, _) => limit::MARK_CERTAIN.value + stated,
        (false, 2.., false) => limit::MARK_CERTAIN.value,
        (false, 2.., true) => limit::MARK_WEAK.value,
        (false, _, _) => return None,
    };
    Some(Fit {
        mode: FaultMode::BadHost,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(unready
            .into_iter()
            .chain(said.map(|said| said.observation))
            .chain(own)
            .chain(suffering)),
        reason: "what runs on it suffers together".to_owned(),
    })
}

/// Guests that slow down or fail for no reason of their own: not those that wait for another guest
/// that does, nor those that ran short of something themselves.
fn suffering<'a>(place: &Place<'a>) -> Vec<&'a Observation> {
    let topology = place.scene.view.case.topology;
    let guests = topology.dependents(place.id).filter(|r| r.kind == RelationKind::RunsOn);
    let hurt: Vec<&Observation> = guests
        .filter_map(|guest| {
            place.scene.observations.iter().find(|o| {
                o.entity == guest.from
                    && o.peer.is_none()
                    && o.is_abnormal()
                    && matches!(o.kind, ObservationKind::Latency | ObservationKind::Errors)
            })
        })
        .collect();
    let waits = |o: &Observation| {
        hurt.iter().any(|other| {
            other.entity != o.entity && topology.path(&o.entity, &other.entity).is_some()
        })
    };
    let short = |o: &Observation| {
        place.scene.observations.iter().any(|other| {
            other.entity == o.entity
                && other.is_abnormal()
                && matches!(
                    other.kind,
                    ObservationKind::Saturation
                        | ObservationKind::Restart
                        | ObservationKind::Throttling
                        | ObservationKind::Backlog
                )
        })
    };
    hurt.iter().copied().filter(|o| !waits(o) && !short(o)).collect()
}
