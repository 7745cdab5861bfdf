//! Bad host: what runs on one host suffers together, or the platform says that the host is sick.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind, Signal};
use nightjar_series::robust::median;
use nightjar_topology::{EntityId, EntityKind, RelationKind, Topology};

use super::{Fit, Place, ids};
use crate::excess::Kind;
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
        // What runs there uses the processor and the disk: that is their fault mode, or its own.
        .filter(|o| o.signal != Some(Signal::CpuUtilization))
        .filter(|o| o.signal != Some(Signal::DiskOperations) || o.direction != Direction::Up)
        .collect();
    let sufferers = Sufferers::of(place);
    let stated = said.as_ref().map_or(0.0, |said| said.weight);
    let known = unready.is_some() || stated > 0.0;
    let weight = match (known, sufferers.guests.len(), own.is_empty()) {
        (true, 0 | 1, _) => limit::MARK_CLEAR.value + stated,
        (true, _, _) => limit::MARK_CERTAIN.value + stated,
        (false, 2.., false) => sufferers.coincidence().max(limit::MARK_CERTAIN.value),
        (false, 2.., true) => sufferers.coincidence(),
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
            .chain(sufferers.guests)),
        reason: "what runs on it suffers together".to_owned(),
    })
}

/// Those that slow down or fail for no reason of their own: not those that wait for another that
/// does, nor those that ran short of something themselves.
struct Sufferers<'a> {
    guests: Vec<&'a Observation>,
    /// How many others there are that suffer as much and don't run on this host.
    others: f64,
    /// Whether at least half of the guests that are measured slow down or fail, and none that used up
    /// something does so most: that one would be the cause.
    at_fault: bool,
}

impl<'a> Sufferers<'a> {
    fn of(place: &Place<'a>) -> Self {
        let topology = place.scene.view.case.topology;
        let guests: BTreeSet<&EntityId> = guests(topology, place.id).collect();
        let mut hurt: BTreeMap<&EntityId, &Observation> = BTreeMap::new();
        // Who is only slower doesn't suffer from what makes requests fail.
        let fails = place.scene.flow.is_some_and(|flow| flow.symptom.1 == Kind::Errors);
        for o in place.scene.observations.iter().filter(|o| o.peer.is_none() && o.is_abnormal()) {
            let suffers =
                o.kind == ObservationKind::Errors || o.kind == ObservationKind::Latency && !fails;
            if suffers && o.z >= limit::OWN_TEST.value {
                hurt.entry(&o.entity).or_insert(o);
            }
        }
        let measured = guests.iter().filter(|id| place.scene.is_measured(id)).count();
        let most = 2 * guests.iter().filter(|id| hurt.contains_key(**id)).count() >= measured;
        let marked = place.scene.observations.iter().filter(|o| is_own_trouble(o));
        let marked = marked.map(|o| &o.entity).filter(|id| *id != place.id);
        let waiting = waiting(topology, hurt.keys().copied().chain(marked));
        let short = |id: &EntityId| {
            place.scene.observations.iter().any(|o| {
                o.entity == *id
                    && o.is_abnormal()
                    && matches!(
                        o.kind,
                        ObservationKind::Saturation
                            | ObservationKind::Restart
                            | ObservationKind::Throttling
                            | ObservationKind::Backlog
                    )
            })
        };
        let of_guests = |id: &EntityId| guests.contains(id);
        let hog = hurt.iter().filter(|(id, _)| of_guests(id) && short(id)).map(|(_, o)| o.z);
        let hog = hog.fold(0.0, f64::max);
        hurt.retain(|id, _| !waiting.contains(id) && !short(id));
        // What one host does to its guests it does to all of them: who is hurt far less than others is hurt by what
        // those do.
        let worst = |kind| {
            let of_kind = hurt.values().filter(|o| o.kind == kind);
            of_kind.map(|o| severity(o)).fold(0.0, f64::max)
        };
        let (slowest, worst) = (worst(ObservationKind::Latency), worst(ObservationKind::Errors));
        hurt.retain(|_, o| {
            let most = if o.kind == ObservationKind::Latency { slowest } else { worst };
            severity(o) >= limit::SPARED.value * most
        });
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            hurt.into_iter().partition(|(id, _)| of_guests(id));
        let here: Vec<&Observation> = here.into_iter().map(|(_, o)| o).collect();
        let usual = median(&here.iter().map(|o| o.z).collect::<Vec<_>>());
        let others = elsewhere.iter().map(|(_, o)| (o.z / usual).min(1.0)).sum();
        Self { guests: here, others, at_fault: most && hog < usual }
    }

    /// Log odds of so many at once on one host, against as many faults of their own: two may be
    /// chance, each further one is a coincidence more, and each that runs elsewhere speaks for
    /// something wider.
    fn coincidence(&self) -> f64 {
        if !self.at_fault {
            return 0.0;
        }
        let beyond = self.guests.len() as f64 - 2.0 - self.others;
        (limit::MARK_WEAK.value + limit::MARK_CLEAR.value * beyond).max(0.0)
    }
}

/// How badly an entity suffers: slower by so many times its usual latency, or the share of requests that fail.
fn severity(o: &Observation) -> f64 {
    match o.kind {
        ObservationKind::Latency => o.seen / o.usual.max(f64::MIN_POSITIVE) - 1.0,
        _ => o.seen,
    }
}

/// Whether it is trouble of an entity's own, measured or not, for which those who call it wait.
fn is_own_trouble(o: &Observation) -> bool {
    let is_of_a_kind = match o.kind {
        ObservationKind::Saturation => o.signal != Some(Signal::CpuUtilization),
        ObservationKind::Throttling | ObservationKind::Locks | ObservationKind::Missing => true,
        ObservationKind::Stated => true,
        _ => false,
    };
    is_of_a_kind && o.is_abnormal() && o.peer.is_none()
}

/// Whoever waits for one of these, directly or through others.
fn waiting<'a>(
    topology: &'a Topology,
    hurt: impl Iterator<Item = &'a EntityId>,
) -> BTreeSet<&'a EntityId> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&EntityId> = hurt.collect();
    while let Some(here) = open.pop() {
        let callers = topology.dependents(here).filter(|r| r.kind.is_request() && r.from != *here);
        for relation in callers {
            if seen.insert(&relation.from) {
                open.push(&relation.from);
            }
        }
    }
    seen
}

/// What runs on a host.
fn guests<'a>(topology: &'a Topology, host: &EntityId) -> impl Iterator<Item = &'a EntityId> {
    let guests = topology.dependents(host).filter(|r| r.kind == RelationKind::RunsOn);
    guests.map(|relation| &relation.from)
}
