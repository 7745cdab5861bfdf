//! Connection pool exhausted: all in use while requests wait for one.

use nightjar_incident::{ChangeKind, FaultMode, Observation, ObservationKind, Signal};
use nightjar_topology::{EntityId, EntityKind};

use super::{Fit, Place, disk_is_full, ids, mentions, triggers};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let full = place.marks.signal(ObservationKind::Saturation, Signal::PoolUsage);
    let waiting = place
        .marks
        .signal(ObservationKind::Backlog, Signal::PoolPending)
        .or_else(|| place.marks.signal(ObservationKind::Backlog, Signal::PoolTimeouts));
    let stated = place.marks.stated(FaultMode::ConnectionPoolExhausted);
    let weight = match (full, waiting, &stated) {
        (Some(_), Some(_), _) => limit::MARK_CERTAIN.value,
        (Some(_), None, Some(said)) | (None, Some(_), Some(said)) => {
            limit::MARK_CLEAR.value + said.weight
        }
        (Some(_), None, None) | (None, Some(_), None) => limit::MARK_CLEAR.value,
        (None, None, Some(said)) => said.weight,
        (None, None, None) => return None,
    };
    // Connections fill up where nothing can be written, or where all wait for a disk, a lock or a statement.
    let below = place.scene.view.case.topology.dependencies(place.id);
    let below: Vec<_> = below.filter(|r| r.kind.is_request()).map(|r| &r.to).collect();
    let held = place
        .scene
        .observations
        .iter()
        .any(|o| holds_connections(o) && o.is_abnormal() && below.contains(&&o.entity));
    let held = (held || is_held_longer(place, full)) && !was_resized(place);
    let weight = if held { weight - limit::MARK_CERTAIN.value } else { weight };
    let weight = if disk_is_full(place) { weight - limit::MARK_CERTAIN.value } else { weight };
    let says =
        place.marks.of(ObservationKind::Logs).filter(|o| mentions(o, &["pool", "connection"]));
    let stated = stated.map(|said| said.observation);
    let support = ids(full.into_iter().chain(waiting).chain(stated).chain(says));
    let reason = "its connections are all in use while requests wait for one".to_owned();
    Some(Fit {
        mode: FaultMode::ConnectionPoolExhausted,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support,
        reason,
    })
}

/// Whether somebody edited how many connections it may have right before: then that is why they don't suffice.
fn was_resized(place: &Place<'_>) -> bool {
    let mut edits = triggers(place.scene, place.id).into_iter().map(|(change, _)| change);
    edits.any(|edit| {
        let text = edit.summary.to_lowercase();
        let names_it = text.contains("connection") || text.contains("pool");
        edit.kind == ChangeKind::Configuration && names_it
    })
}

/// Whether what was seen of a database keeps those who are connected to it waiting.
fn holds_connections(o: &Observation) -> bool {
    matches!(o.kind, ObservationKind::Locks | ObservationKind::Disk)
        || (o.kind == ObservationKind::Statement && o.stated.is_some())
        || (o.kind == ObservationKind::Stated && o.stated == Some(FaultMode::LockContention))
}

/// Whether the connections are in use because what they lead to takes longer: by Little's law (1961)
/// a pool holds as many connections as requests come in while one is held.
fn is_held_longer(place: &Place<'_>, full: Option<&Observation>) -> bool {
    let topology = place.scene.view.case.topology;
    let is_database = |id: &EntityId| topology.kind(id) == EntityKind::Database;
    let mut databases = topology.dependencies(place.id).filter(|r| r.kind.is_request());
    let has_database = databases.any(|r| is_database(&r.to));
    // Connections to databases are what is pooled, where it calls any.
    let is_pooled = |id: &EntityId| !has_database || is_database(id);
    let slower = place
        .scene
        .observations
        .iter()
        .filter(|o| o.entity == *place.id && o.peer.as_ref().is_some_and(is_pooled))
        .filter(|o| o.is_abnormal())
        .filter(|o| o.kind == ObservationKind::Latency && o.z >= limit::OWN_TEST.value)
        .map(|o| o.seen / o.usual.max(f64::MIN_POSITIVE))
        .fold(1.0, f64::max);
    match full {
        Some(o) => o.usual.max(limit::POOL_FLOOR.value) * slower >= limit::POOL_HELD.value * o.seen,
        None => slower >= limit::OVERRUN.value,
    }
}
