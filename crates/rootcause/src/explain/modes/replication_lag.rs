//! Replication lag: a replica falls behind what is written. Where the primary writes more than
//! usual the cause is there, else at the replica.

use nightjar_incident::{FaultMode, Observation, ObservationKind, Signal};
use nightjar_topology::{EntityKind, RelationKind};

use super::{Fit, Place, Said, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let topology = place.scene.view.case.topology;
    let replicates = |kind: RelationKind| kind == RelationKind::Reads;
    let is_database = |id| topology.kind(id) == EntityKind::Database;
    let replicas = topology
        .dependents(place.id)
        .filter(|r| replicates(r.kind) && is_database(&r.from) && is_database(place.id))
        .map(|r| &r.from);
    let sources = topology
        .dependencies(place.id)
        .filter(|r| replicates(r.kind) && is_database(&r.to) && is_database(place.id))
        .map(|r| &r.to);
    let here: Vec<_> = [place.id].into_iter().chain(replicas).collect();
    let there: Vec<_> = [place.id].into_iter().chain(sources).collect();
    let found = |signal: Signal, of: &[&_]| -> Option<&Observation> {
        place.scene.observations.iter().find(|o| {
            o.kind == ObservationKind::Replication
                && o.signal == Some(signal)
                && of.contains(&&o.entity)
        })
    };
    let lag = found(Signal::ReplicationLag, &here);
    let written = found(Signal::WriteAheadLog, &there);
    let seen = place.scene.observations.iter().filter(|o| here.contains(&&o.entity));
    let stated = Said::together(seen, FaultMode::ReplicationLag);
    let said = stated.as_ref().map_or(0.0, |said| said.weight);
    let weight = match (lag, written) {
        (Some(_), Some(_)) => limit::MARK_CERTAIN.value + said,
        (Some(_), None) => limit::MARK_CLEAR.value + said,
        (None, Some(_)) if said > 0.0 => limit::MARK_CLEAR.value + said,
        (None, None) if said > 0.0 => said,
        (None, _) => return None,
    };
    // What the primary writes too much is the primary's doing.
    let elsewhere = written.is_some_and(|o| o.entity != *place.id);
    let weight = if elsewhere { weight.min(limit::MARK_CLEAR.value) } else { weight };
    let reason = match written {
        Some(_) => "the primary writes more than the replica can apply",
        None => "the replica falls behind, though no more than usual is written",
    };
    Some(Fit {
        mode: FaultMode::ReplicationLag,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(lag.into_iter().chain(written).chain(stated.map(|said| said.observation))),
        reason: reason.to_owned(),
    })
}
