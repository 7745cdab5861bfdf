//! What is wrong at a place: each fault mode by the marks it leaves, one file each.

mod bad_host;
mod behaviour;
mod certificate_expired;
mod configuration_error;
mod connection_pool;
mod consumer_lag;
mod cpu;
mod crash_loop;
mod deployment;
mod disk_full;
mod dns_failure;
mod external;
mod failover;
mod image_pull_failure;
mod io_saturation;
mod lock_contention;
mod memory_leak;
mod network_delay;
mod packet_loss;
mod probe_failure;
mod quota_reached;
mod replication_lag;
mod retry_storm;
mod slow_query;
mod throttled;
mod unavailable;
mod unknown;
mod unschedulable;

use nightjar_incident::{
    Change, ChangeKind, Direction, FaultMode, Observation, ObservationId, ObservationKind, Signal,
};
use nightjar_topology::{Entity, EntityId, EntityKind, RelationKind};

use super::candidates::Candidate;
use super::{Scene, Suspect, is_outside, triggers};
use crate::calm::is_complete;
use crate::graph::Culprit;
use crate::thresholds as limit;

/// A fault mode that fits, and how well.
struct Fit {
    mode: FaultMode,
    /// Log odds against the same place being at fault for an unknown reason.
    weight: f64,
    decisive: bool,
    support: Vec<ObservationId>,
    reason: String,
}

/// The observations at one place, sorted out.
struct Marks<'a> {
    all: Vec<&'a Observation>,
}

impl<'a> Marks<'a> {
    fn at(scene: &Scene<'a>, culprit: &Culprit) -> Self {
        let here = |o: &&Observation| match culprit {
            Culprit::Entity(id) => {
                o.entity == *id || stands_for(scene, o, id) || is_part_of(scene, &o.entity, id)
            }
            Culprit::Connection { from, to } => {
                (o.entity == *to && o.peer.as_ref() == Some(from))
                    || (o.entity == *from && o.peer.as_ref() == Some(to))
            }
        };
        Self { all: scene.observations.iter().filter(here).collect() }
    }

    fn of(&self, kind: ObservationKind) -> impl Iterator<Item = &'a Observation> + '_ {
        self.all.iter().copied().filter(move |o| o.kind == kind && o.is_abnormal())
    }

    fn signal(&self, kind: ObservationKind, signal: Signal) -> Option<&'a Observation> {
        self.of(kind).find(|o| o.signal == Some(signal))
    }

    /// What is stated of a fault, by the place and its replicas together; not what they say of
    /// others.
    fn stated(&self, mode: FaultMode) -> Option<Said<'a>> {
        Said::together(self.of(ObservationKind::Stated).filter(|o| o.peer.is_none()), mode)
    }
}

/// A fault in the system's own words, and what they are worth.
struct Said<'a> {
    observation: &'a Observation,
    /// Log odds.
    weight: f64,
}

impl<'a> Said<'a> {
    /// Several witnesses that say the same are clearer than one.
    fn together(
        observations: impl Iterator<Item = &'a Observation>,
        mode: FaultMode,
    ) -> Option<Self> {
        let said: Vec<&Observation> = observations
            .filter(|o| {
                o.kind == ObservationKind::Stated && o.stated == Some(mode) && o.is_abnormal()
            })
            .collect();
        let observation = said.iter().copied().max_by(|a, b| a.z.total_cmp(&b.z))?;
        let is_clear = said.iter().map(|o| o.z).sum::<f64>() >= limit::GAUGE_Z.value;
        let weight = if is_clear { limit::MARK_CLEAR.value } else { limit::MARK_WEAK.value };
        Some(Self { observation, weight })
    }

    /// Whether more than one witness says so.
    fn is_clear(&self) -> bool {
        self.weight >= limit::MARK_CLEAR.value
    }
}

/// Whether an entity is a replica of another: what is seen at a pod is seen at its workload.
fn is_part_of(scene: &Scene<'_>, part: &EntityId, whole: &EntityId) -> bool {
    let topology = scene.view.case.topology;
    topology.kind(part) == EntityKind::Pod
        && topology.dependencies(part).any(|r| r.kind == RelationKind::BelongsTo && r.to == *whole)
}

/// What callers see of an entity that says nothing itself.
fn stands_for(scene: &Scene<'_>, observation: &Observation, id: &EntityId) -> bool {
    observation.peer.as_ref() == Some(id) && scene.graph.is_none_or(|graph| !graph.is_measured(id))
}

/// A candidate entity with what is seen there; for a connection, the entity it leads to.
struct Place<'a> {
    scene: &'a Scene<'a>,
    candidate: &'a Candidate,
    id: &'a EntityId,
    marks: Marks<'a>,
}

impl<'a> Place<'a> {
    /// Whether a caller's settings were edited shortly before the onset, and the edit names this place: what
    /// fails on the way here may never have worked.
    fn was_just_named(&self) -> bool {
        let topology = self.scene.view.case.topology;
        let callers = topology.dependents(self.id).filter(|relation| relation.kind.is_request());
        callers.map(|relation| &relation.from).any(|caller| {
            let edits = triggers(self.scene, caller).into_iter().map(|(change, _)| change);
            edits.filter(|change| change.kind == ChangeKind::Configuration).any(|edit| {
                topology.entity(self.id).is_some_and(|entity| names(&edit.summary, entity))
            })
        })
    }

    /// What this place says of another that an edit of its own settings names.
    fn complains_of_what_it_was_told(&self, edit: &Change) -> Option<&'a Observation> {
        let topology = self.scene.view.case.topology;
        self.scene.observations.iter().find(|o| {
            o.kind == ObservationKind::Stated
                && o.is_abnormal()
                && o.entity == *self.id
                && o.peer
                    .as_ref()
                    .and_then(|peer| topology.entity(peer))
                    .is_some_and(|peer| names(&edit.summary, peer))
        })
    }

    /// Whether what was seen names something that the place calls.
    fn names_a_callee(&self, observation: &Observation) -> bool {
        let topology = self.scene.view.case.topology;
        let called = topology.dependencies(self.id).filter(|relation| relation.kind.is_request());
        called
            .filter_map(|relation| topology.entity(&relation.to))
            .any(|entity| names(&observation.summary, entity))
    }

    /// What its own operations do that they never did before, for sure.
    fn does_new_things(&self) -> impl Iterator<Item = &'a Observation> + '_ {
        self.marks.of(ObservationKind::Calls).filter(|o| {
            o.peer.is_none()
                && o.direction == Direction::Appeared
                && o.z >= limit::CHANGED_FOR_SURE_Z.value
        })
    }

    /// Whether it does new things since it was deployed: what it needs more of follows from that.
    fn is_another_program(&self) -> bool {
        let mut changes = triggers(self.scene, self.id).into_iter();
        changes.any(|(change, _)| is_code(change.kind)) && self.does_new_things().next().is_some()
    }

    /// What those who call the place say of a fault: they meet it, the place doesn't.
    fn caller_states(&self, mode: FaultMode) -> Option<Said<'a>> {
        let topology = self.scene.view.case.topology;
        let callers: Vec<&EntityId> = match &self.candidate.culprit {
            Culprit::Connection { from, .. } => vec![from],
            Culprit::Entity(id) => topology
                .dependents(id)
                .filter(|relation| {
                    relation.kind.is_request() || relation.kind == RelationKind::Publishes
                })
                .map(|relation| &relation.from)
                .collect(),
        };
        let of_here = |o: &&Observation| o.peer.as_ref().is_none_or(|peer| peer == self.id);
        let said = self.scene.observations.iter().filter(|o| callers.contains(&&o.entity));
        Said::together(said.filter(of_here), mode)
    }
}

/// Whether a text names an entity: its id or an alias, as a word.
fn names(text: &str, entity: &Entity) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "._-:/".contains(letter);
    let mut words =
        text.split(|letter| !is_part(letter)).map(|word| word.trim_end_matches(['.', ':']));
    words.any(|word| {
        word.eq_ignore_ascii_case(entity.id.as_str())
            || entity.aliases.iter().any(|alias| word.eq_ignore_ascii_case(alias))
    })
}

/// Whether the platform has as many of the place running as it should, and none was started anew:
/// what it complained of before is over.
fn has_recovered(place: &Place<'_>) -> bool {
    is_complete(place.scene.view.case.topology, place.id, place.scene.observations)
}

/// Whether a full disk is seen at the place: then what waits, waits for space.
fn disk_is_full(place: &Place<'_>) -> bool {
    let marks = &place.marks;
    marks.signal(ObservationKind::Saturation, Signal::DiskUtilization).is_some()
        || marks.signal(ObservationKind::Saturation, Signal::DiskFree).is_some()
        || marks.stated(FaultMode::DiskFull).is_some()
}

/// What may be wrong with an entity, one file each.
const OF_ENTITIES: &[fn(&Place<'_>) -> Option<Fit>] = &[
    connection_pool::judge,
    throttled::judge,
    memory_leak::judge,
    cpu::judge,
    disk_full::judge,
    io_saturation::judge,
    lock_contention::judge,
    slow_query::judge,
    replication_lag::judge,
    failover::judge,
    dns_failure::judge,
    certificate_expired::judge,
    packet_loss::judge,
    consumer_lag::judge,
    quota_reached::judge,
    retry_storm::judge,
    bad_host::judge,
    crash_loop::judge,
    image_pull_failure::judge,
    probe_failure::judge,
    unschedulable::judge,
    unavailable::judge,
    configuration_error::judge,
    deployment::judge,
    external::judge,
    behaviour::judge,
    unknown::judge,
];

/// What may be wrong on the way from one entity to another.
const OF_CONNECTIONS: &[fn(&Place<'_>) -> Option<Fit>] = &[
    network_delay::judge,
    packet_loss::judge,
    dns_failure::judge,
    certificate_expired::judge,
    quota_reached::judge,
    retry_storm::judge,
];

/// All fault modes that fit a candidate, with "for an unknown reason" as the one to beat.
pub(super) fn judge(scene: &Scene<'_>, candidate: &Candidate) -> Vec<Suspect> {
    let (id, rules) = match &candidate.culprit {
        Culprit::Entity(id) => (id, OF_ENTITIES),
        Culprit::Connection { to, .. } => (to, OF_CONNECTIONS),
    };
    let place = Place { scene, candidate, id, marks: Marks::at(scene, &candidate.culprit) };
    let marks = &place.marks;
    let suspect = |fit: Fit| {
        let (trigger, bonus) = set_off_by(scene, fit.mode, id);
        let mut support = fit.support;
        support.extend(marks.of(ObservationKind::Latency).map(|o| o.id.clone()));
        support.extend(marks.of(ObservationKind::Errors).map(|o| o.id.clone()));
        let mut reasons = vec![fit.reason];
        if let Some(change) = trigger {
            let made = scene.observations.iter().find(|o| {
                o.kind == ObservationKind::Change
                    && o.onset.is_some_and(|onset| onset.at == change.at)
                    && change.entities.contains(&o.entity)
            });
            support.extend(made.map(|o| o.id.clone()));
            reasons.push(format!("{} `{}` came shortly before", change.kind.label(), change.id));
        }
        support.sort();
        support.dedup();
        Suspect {
            culprit: candidate.culprit.clone(),
            mode: fit.mode,
            trigger: trigger.map(|change| change.id.clone()),
            support,
            against: Vec::new(),
            score: candidate.mass.ln() + (fit.weight + bonus).min(limit::MARKS_CAP.value),
            decisive: fit.decisive,
            node: candidate.node,
            share_explained: candidate.share,
            path: candidate.path.clone(),
            reasons,
            confidence: 0.0,
        }
    };
    rules.iter().filter_map(|rule| rule(&place)).map(suspect).collect()
}

/// The change that may have set a fault mode off, and what its timing is worth.
fn set_off_by<'a>(
    scene: &Scene<'a>,
    mode: FaultMode,
    entity: &EntityId,
) -> (Option<&'a Change>, f64) {
    let is_setting = |kind: ChangeKind| kind == ChangeKind::Configuration;
    let is_platform = |kind: ChangeKind| kind == ChangeKind::Infrastructure;
    let fits = |kind: ChangeKind| match mode {
        FaultMode::BadDeployment => is_code(kind),
        FaultMode::MemoryLeak
        | FaultMode::CpuSaturation
        | FaultMode::WrongResult
        | FaultMode::SlowQuery
        | FaultMode::LockContention
        | FaultMode::IoSaturation
        | FaultMode::CrashLoop
        | FaultMode::ConsumerLag
        | FaultMode::RetryStorm => is_code(kind) || is_setting(kind),
        FaultMode::ConnectionPoolExhausted
        | FaultMode::Throttled
        | FaultMode::Slow
        | FaultMode::Failing
        | FaultMode::Unavailable
        | FaultMode::DnsFailure
        | FaultMode::CertificateExpired
        | FaultMode::ImagePullFailure
        | FaultMode::ProbeFailure
        | FaultMode::Unschedulable => true,
        FaultMode::ConfigurationError => is_setting(kind),
        FaultMode::NetworkDelay
        | FaultMode::PacketLoss
        | FaultMode::BadHost
        | FaultMode::Failover => is_platform(kind),
        FaultMode::DiskFull | FaultMode::QuotaReached => is_setting(kind) || is_platform(kind),
        // What is written more comes from a program.
        FaultMode::ReplicationLag => is_code(kind) || is_platform(kind),
        FaultMode::ExternalDependency | FaultMode::TrafficSurge => false,
    };
    let found = triggers(scene, entity).into_iter().find(|(change, _)| fits(change.kind));
    match found {
        // The change is already what the mode was judged by.
        Some((change, _))
            if matches!(mode, FaultMode::BadDeployment | FaultMode::ConfigurationError) =>
        {
            (Some(change), 0.0)
        }
        Some((change, weight)) => (Some(change), weight / 3.0),
        None => (None, 0.0),
    }
}

fn is_code(kind: ChangeKind) -> bool {
    matches!(kind, ChangeKind::Deployment | ChangeKind::Commit | ChangeKind::FeatureFlag)
}

fn ids<'a>(observations: impl IntoIterator<Item = &'a Observation>) -> Vec<ObservationId> {
    observations.into_iter().map(|o| o.id.clone()).collect()
}

fn mentions(observation: &Observation, words: &[&str]) -> bool {
    let summary = observation.summary.to_lowercase();
    words.iter().any(|word| summary.contains(word))
}
