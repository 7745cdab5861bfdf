//! What is wrong at a place: each fault mode by the marks it leaves.

use nightjar_incident::{
    ChangeKind, Direction, FaultMode, Observation, ObservationId, ObservationKind, Signal,
};
use nightjar_topology::EntityId;

use super::{Candidate, Scene, Suspect, is_outside, triggers};
use crate::excess::Kind;
use crate::flow::Culprit;
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
            Culprit::Entity(id) => o.entity == *id || stands_for(scene, o, id),
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
}

/// What callers see of an entity that says nothing itself.
fn stands_for(scene: &Scene<'_>, observation: &Observation, id: &EntityId) -> bool {
    observation.peer.as_ref() == Some(id)
        && scene.graph.is_none_or(|graph| graph.entity(id).is_none())
}

/// All fault modes that fit a candidate, with "for an unknown reason" as the one to beat.
pub(super) fn judge(scene: &Scene<'_>, candidate: &Candidate) -> Vec<Suspect> {
    let marks = Marks::at(scene, &candidate.culprit);
    let mut fits = Vec::new();
    match &candidate.culprit {
        Culprit::Connection { to, .. } => fits.extend(network_delay(scene, &marks, to)),
        Culprit::Entity(id) => {
            fits.extend(connection_pool(&marks));
            fits.extend(throttled(&marks));
            fits.extend(memory_leak(&marks));
            fits.extend(cpu(&marks));
            fits.extend(unavailable(scene, &marks, id));
            fits.extend(deployment(scene, &marks, id));
            if is_outside(scene, id) {
                fits.push(external(&marks));
            } else {
                fits.extend(unknown(candidate, &marks));
            }
        }
    }
    let suspect = |fit: Fit| {
        let id = match &candidate.culprit {
            Culprit::Entity(id) | Culprit::Connection { to: id, .. } => id,
        };
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
    fits.into_iter().map(suspect).collect()
}

/// The change that may have set a fault mode off, and what its timing is worth.
fn set_off_by<'a>(
    scene: &Scene<'a>,
    mode: FaultMode,
    entity: &EntityId,
) -> (Option<&'a nightjar_incident::Change>, f64) {
    let fits = |kind: ChangeKind| match mode {
        FaultMode::BadDeployment => is_code(kind),
        FaultMode::MemoryLeak | FaultMode::CpuSaturation | FaultMode::WrongResult => {
            is_code(kind) || kind == ChangeKind::Configuration
        }
        FaultMode::ConnectionPoolExhausted
        | FaultMode::Throttled
        | FaultMode::Slow
        | FaultMode::Failing
        | FaultMode::Unavailable => true,
        FaultMode::NetworkDelay => kind == ChangeKind::Infrastructure,
        FaultMode::ExternalDependency | FaultMode::TrafficSurge => false,
    };
    let found = triggers(scene, entity).into_iter().find(|(change, _)| fits(change.kind));
    match found {
        // The deployment is already what the mode was judged by.
        Some((change, _)) if mode == FaultMode::BadDeployment => (Some(change), 0.0),
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

fn connection_pool(marks: &Marks<'_>) -> Option<Fit> {
    let full = marks.signal(ObservationKind::Saturation, Signal::PoolUsage);
    let waiting = marks
        .signal(ObservationKind::Backlog, Signal::PoolPending)
        .or_else(|| marks.signal(ObservationKind::Backlog, Signal::PoolTimeouts));
    let weight = match (full, waiting) {
        (Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None) => limit::MARK_CLEAR.value,
        (None, Some(_)) => limit::MARK_CLEAR.value,
        (None, None) => return None,
    };
    let says = marks.of(ObservationKind::Logs).filter(|o| mentions(o, &["pool", "connection"]));
    let support = ids(full.into_iter().chain(waiting).chain(says));
    let reason = "its connections are all in use while requests wait for one".to_owned();
    Some(Fit { mode: FaultMode::ConnectionPoolExhausted, weight, decisive: true, support, reason })
}

fn throttled(marks: &Marks<'_>) -> Option<Fit> {
    let turned_away = marks.of(ObservationKind::Throttling).next()?;
    Some(Fit {
        mode: FaultMode::Throttled,
        weight: limit::MARK_CERTAIN.value,
        decisive: true,
        support: ids([turned_away]),
        reason: "it turns requests away above its capacity".to_owned(),
    })
}

fn memory_leak(marks: &Marks<'_>) -> Option<Fit> {
    let grew = marks
        .signal(ObservationKind::Saturation, Signal::MemoryUsage)
        .or_else(|| marks.signal(ObservationKind::Saturation, Signal::MemoryUtilization));
    let restarted = marks.of(ObservationKind::Restart).next();
    let killed = marks.of(ObservationKind::Logs).find(|o| mentions(o, &["oom", "out of memory"]));
    let weight = match (grew, restarted, killed) {
        (Some(_), Some(_), _) | (_, Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None, Some(_)) | (None, None, Some(_)) => limit::MARK_CLEAR.value,
        (Some(_), None, None) => limit::MARK_WEAK.value,
        (None, Some(_), None) | (None, None, None) => return None,
    };
    Some(Fit {
        mode: FaultMode::MemoryLeak,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(grew.into_iter().chain(restarted).chain(killed)),
        reason: "its memory climbs to the limit and the process is started again".to_owned(),
    })
}

fn cpu(marks: &Marks<'_>) -> Option<Fit> {
    let busy = marks.signal(ObservationKind::Saturation, Signal::CpuUtilization)?;
    // Retries of waiting callers raise the traffic too, but nowhere near as much as the CPU.
    let times = |o: &Observation| o.seen / o.usual.max(f64::MIN_POSITIVE);
    let surge = marks.of(ObservationKind::Traffic).find(|o| {
        o.direction == Direction::Up && times(o) >= limit::SURGE_FOLLOWS.value * times(busy)
    });
    let rise = busy.seen - busy.usual;
    let weight = if busy.seen >= limit::CPU_FULL.value || rise >= limit::CPU_RISE.value {
        limit::MARK_CLEAR.value
    } else {
        limit::MARK_WEAK.value
    };
    // More requests need more CPU: then the CPU is a consequence.
    let weight = weight - if surge.is_some() { limit::MARK_CLEAR.value } else { 0.0 };
    let reason = match surge {
        Some(_) => "its CPU use rose, but so did its requests",
        None => "its CPU use rose, and not because of more requests",
    };
    Some(Fit {
        mode: FaultMode::CpuSaturation,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids([busy]),
        reason: reason.to_owned(),
    })
}

/// Whatever is wrong outside the estate is an external dependency's trouble to us.
fn external(marks: &Marks<'_>) -> Fit {
    Fit {
        mode: FaultMode::ExternalDependency,
        weight: 0.0,
        decisive: false,
        support: ids(marks.of(ObservationKind::Spans)),
        reason: "it lies outside the estate, and what calls it waits or fails".to_owned(),
    }
}

fn unavailable(scene: &Scene<'_>, marks: &Marks<'_>, id: &EntityId) -> Option<Fit> {
    let silent = marks.of(ObservationKind::Missing).next()?;
    let failing = scene
        .observations
        .iter()
        .filter(|o| o.kind == ObservationKind::Errors && o.peer.as_ref() == Some(id));
    Some(Fit {
        mode: FaultMode::Unavailable,
        weight: limit::MARK_CLEAR.value,
        decisive: true,
        support: ids([silent].into_iter().chain(failing)),
        reason: "its telemetry stopped".to_owned(),
    })
}

fn deployment(scene: &Scene<'_>, marks: &Marks<'_>, id: &EntityId) -> Option<Fit> {
    let (_, weight) = triggers(scene, id).into_iter().find(|(change, _)| is_code(change.kind))?;
    let new_lines: Vec<&Observation> = marks
        .of(ObservationKind::Logs)
        .filter(|o| o.direction == Direction::Appeared)
        .take(3)
        .collect();
    let bonus = if new_lines.is_empty() { 0.0 } else { limit::NEW_LINES.value };
    let origin = marks.of(ObservationKind::Spans);
    Some(Fit {
        mode: FaultMode::BadDeployment,
        weight: weight + bonus,
        decisive: weight >= limit::MARK_WEAK.value,
        support: ids(new_lines.iter().copied().chain(origin)),
        reason: "the excess is its own and began after it was deployed".to_owned(),
    })
}

/// A callee that restarts or has no room left makes callers wait at its door: then the network is
/// the lesser explanation.
fn network_delay(scene: &Scene<'_>, marks: &Marks<'_>, to: &EntityId) -> Option<Fit> {
    let troubled = Marks::at(scene, &Culprit::Entity(to.clone())).all.into_iter().any(|o| {
        matches!(
            o.kind,
            ObservationKind::Restart
                | ObservationKind::Saturation
                | ObservationKind::Throttling
                | ObservationKind::Backlog
                | ObservationKind::Missing
        ) && o.is_abnormal()
    });
    let gap = marks.of(ObservationKind::NetworkGap).next();
    let seen = marks.of(ObservationKind::Latency).next();
    let told = if gap.is_some() { limit::MARK_CLEAR.value } else { 0.0 };
    let weight = if troubled { told - limit::MARK_CERTAIN.value } else { told };
    (gap.is_some() || seen.is_some()).then(|| Fit {
        mode: FaultMode::NetworkDelay,
        weight,
        decisive: gap.is_some() && !troubled,
        support: ids(gap.into_iter().chain(seen)),
        reason: "the caller waits longer than the callee takes".to_owned(),
    })
}

/// The place is at fault, and nothing seen says why.
fn unknown(candidate: &Candidate, marks: &Marks<'_>) -> Vec<Fit> {
    let lines: Vec<&Observation> = marks.of(ObservationKind::Logs).take(3).collect();
    let spans: Vec<&Observation> = marks.of(ObservationKind::Spans).collect();
    let mut support = ids(lines.iter().copied());
    support.extend(ids(spans.iter().copied()));
    let told = (if lines.is_empty() { 0.0 } else { limit::NEW_LINES.value })
        + (if spans.is_empty() { 0.0 } else { limit::MARK_WEAK.value });
    let fails = marks.of(ObservationKind::Errors).next().is_some();
    let slows = marks.of(ObservationKind::Latency).next().is_some();
    let mode = match candidate.kind {
        Some(Kind::Time) => FaultMode::Slow,
        Some(Kind::Errors) => FaultMode::Failing,
        None if fails => FaultMode::Failing,
        None if slows => FaultMode::Slow,
        None if lines.is_empty() && spans.is_empty() => return Vec::new(),
        None => FaultMode::WrongResult,
    };
    vec![Fit {
        mode,
        weight: told,
        decisive: false,
        support,
        reason: "what it calls doesn't explain what it costs more".to_owned(),
    }]
}

fn mentions(observation: &Observation, words: &[&str]) -> bool {
    let summary = observation.summary.to_lowercase();
    words.iter().any(|word| summary.contains(word))
}
