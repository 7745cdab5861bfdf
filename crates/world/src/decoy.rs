//! What makes a case hard: things that look like causes and aren't, and telemetry that is missing.
//!
//! Each can be put around any fault, or around none; the truth stays what it was.

mod hidden;

use jiff::SignedDuration;
use nightjar_incident::{Change, ChangeId, ChangeKind};
use nightjar_topology::EntityKind;
use serde::{Deserialize, Serialize};

pub(crate) use self::hidden::{hide, is_watched};
use crate::Recipe;
use crate::alarm::{self, rule};
use crate::background::author;
use crate::dice::{Dice, Purpose};
use crate::event::Edit;
use crate::fault::next_version;
use crate::number::micros;
use crate::system::{Host, Node, System};
use crate::table::Ref;
use crate::telemetry::{Clock, DatabaseLine, LogKind};

/// Something that fools whoever looks for the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoy {
    /// A service that has no part in it is busy with work that gives way to requests.
    CpuPeak,
    /// A job without urgency fills the processors of a host; nothing is slower for it.
    NoisyNeighbour,
    /// A neighbour of the cause was deployed shortly before; the release is good.
    InnocentDeployment,
    /// A database failed over long before.
    OldFailover,
    /// A database writes a checkpoint: its processor is busy, its answers are as fast as ever.
    Checkpoint,
    /// Something else was slow for a minute a quarter of an hour before; an alert fired and
    /// resolved.
    RecoveredAlert,
    /// Nobody watches the entity at fault: it has no alert of its own.
    SilentCause,
    /// Only the callers' callers have alerts.
    DistantAlerts,
    /// The entity at fault tells of its requests, but not of its resources.
    MissingMetric,
    /// The entity at fault has no telemetry at all.
    DarkCause,
    /// A service that has no part in it has no telemetry.
    DarkBystander,
}

impl Decoy {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::CpuPeak,
        Self::NoisyNeighbour,
        Self::InnocentDeployment,
        Self::OldFailover,
        Self::Checkpoint,
        Self::RecoveredAlert,
        Self::SilentCause,
        Self::DistantAlerts,
        Self::MissingMetric,
        Self::DarkCause,
        Self::DarkBystander,
    ];

    /// The name in recipes.
    pub fn id(self) -> &'static str {
        match self {
            Self::CpuPeak => "cpu_peak",
            Self::NoisyNeighbour => "noisy_neighbour",
            Self::InnocentDeployment => "innocent_deployment",
            Self::OldFailover => "old_failover",
            Self::Checkpoint => "checkpoint",
            Self::RecoveredAlert => "recovered_alert",
            Self::SilentCause => "silent_cause",
            Self::DistantAlerts => "distant_alerts",
            Self::MissingMetric => "missing_metric",
            Self::DarkCause => "dark_cause",
            Self::DarkBystander => "dark_bystander",
        }
    }
}

/// Share of the processors that an innocent peak keeps busy.
const PEAK: f64 = 0.92;
/// A recovered alert is so much older than the onset, seconds.
pub(crate) const RECOVERED_BEFORE_SECONDS: f64 = 900.0;
/// Clients find the new primary after so long, seconds.
const FAILOVER_SECONDS: f64 = 15.0;

/// What decoys do to the system, and what is on record of it.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) edits: Vec<Edit>,
    pub(crate) changes: Vec<Change>,
}

/// Plans the decoys of a recipe around the nodes at fault.
pub(crate) fn plan(
    recipe: &Recipe,
    system: &System,
    clock: &Clock,
    onset: f64,
    guilty: &[Ref<Node>],
) -> Around {
    let mut scene = Scene {
        system,
        clock,
        onset,
        guilty,
        dice: Dice::new(recipe.seed, Purpose::Decoys),
        around: Around::default(),
    };
    for &decoy in &recipe.decoys {
        match decoy {
            Decoy::CpuPeak => scene.cpu_peak(),
            Decoy::NoisyNeighbour => scene.noisy_neighbour(),
            Decoy::InnocentDeployment => scene.innocent_deployment(),
            Decoy::OldFailover => scene.old_failover(),
            Decoy::Checkpoint => scene.checkpoint(),
            Decoy::RecoveredAlert => {
                let at = onset - RECOVERED_BEFORE_SECONDS;
                scene.around.edits.extend(alarm::blip(system, guilty, at));
            }
            // These only hide something.
            Decoy::SilentCause
            | Decoy::DistantAlerts
            | Decoy::MissingMetric
            | Decoy::DarkCause
            | Decoy::DarkBystander => {}
        }
    }
    scene.around
}

struct Scene<'a> {
    system: &'a System,
    clock: &'a Clock,
    onset: f64,
    guilty: &'a [Ref<Node>],
    dice: Dice,
    around: Around,
}

impl Scene<'_> {
    fn edit(&mut self, at: f64, apply: impl Fn(&mut System) + 'static) {
        self.around.edits.push(Edit::silent(at, apply));
    }

    /// Somewhere about the onset: some such things begin a little before, some after.
    fn about_onset(&mut self) -> f64 {
        self.onset + self.dice.between(-120.0, 90.0)
    }

    fn innocent(&mut self, kind: EntityKind) -> Option<Ref<Node>> {
        let all: Vec<Ref<Node>> = self.system.innocent(kind, self.guilty);
        self.dice.pick(&all).copied()
    }

    fn cpu_peak(&mut self) {
        let Some(at) = self.innocent(EntityKind::Service) else { return };
        let begin = self.about_onset();
        let processors = self.system.nodes[at].processors as f64;
        self.edit(begin, move |system| system.nodes[at].idle_work = PEAK * processors);
    }

    fn noisy_neighbour(&mut self) {
        let of_guilty: Vec<Option<Ref<Host>>> =
            self.guilty.iter().map(|&at| self.system.nodes[at].host).collect();
        let hosts: Vec<Ref<Host>> =
            self.system.hosts.refs().filter(|&at| !of_guilty.contains(&Some(at))).collect();
        let Some(&host) = self.dice.pick(&hosts) else { return };
        let begin = self.about_onset();
        let Host { processors, neighbour, .. } = self.system.hosts[host];
        let idle = (processors - neighbour) * PEAK;
        self.edit(begin, move |system| system.hosts[host].idle_work = idle);
    }

    fn checkpoint(&mut self) {
        let Some(at) = self.innocent(EntityKind::Database) else { return };
        let begin = self.about_onset();
        let processors = self.system.nodes[at].processors as f64;
        let says = Some((at, LogKind::Database(DatabaseLine::Checkpoint)));
        self.edit(begin, move |system| system.nodes[at].idle_work = 0.85 * processors);
        let end = begin + self.dice.between(180.0, 400.0);
        let apply = Box::new(move |system: &mut System| system.nodes[at].idle_work = 0.0);
        self.around.edits.push(Edit { at: end, apply, says });
    }

    fn old_failover(&mut self) {
        let Some(at) = self.innocent(EntityKind::Database) else { return };
        let begin = self.onset * self.dice.between(0.15, 0.4);
        let says = Some((at, LogKind::Database(DatabaseLine::Failover)));
        let refuse = crate::frame::CallError::Refused;
        let apply =
            Box::new(move |system: &mut System| system.nodes[at].barred = Some((refuse, 1.0)));
        self.around.edits.push(Edit { at: begin, apply, says });
        self.edit(begin + FAILOVER_SECONDS, move |system| system.nodes[at].barred = None);
        let summary = format!("failover of {} to its standby", self.system.nodes[at].entity.id);
        self.record(at, begin, ChangeKind::Infrastructure, summary, None);
    }

    /// A release of a caller or callee of the cause, or of anyone if it has none.
    fn innocent_deployment(&mut self) {
        let near = |at: Ref<Node>| {
            self.system.calls.iter().any(|(_, call)| {
                (call.from == at && self.guilty.contains(&call.to))
                    || (call.to == at && self.guilty.contains(&call.from))
            })
        };
        let all = self.system.innocent(EntityKind::Service, self.guilty);
        let neighbours: Vec<Ref<Node>> = all.iter().copied().filter(|&at| near(at)).collect();
        let chosen = if neighbours.is_empty() { &all } else { &neighbours };
        let Some(&at) = self.dice.pick(chosen) else { return };
        let begin = self.onset - self.dice.between(40.0, 360.0);
        let old = self.system.nodes[at].version.clone();
        let new = next_version(&old);
        let summary = format!("deploy {} {new} (was {old})", self.system.nodes[at].entity.id);
        self.edit(begin, move |system| system.nodes[at].version.clone_from(&new));
        self.record(at, begin, ChangeKind::Deployment, summary, Some(old));
    }

    fn record(
        &mut self,
        at: Ref<Node>,
        seconds: f64,
        kind: ChangeKind,
        summary: String,
        previous: Option<String>,
    ) {
        let instant = self.clock.timestamp(self.clock.warm_up + micros(seconds));
        let number = 5200 + 13 * self.around.changes.len();
        self.around.changes.push(Change {
            id: ChangeId::new(format!("change-{number}")),
            kind,
            at: instant - SignedDuration::from_nanos(i64::from(instant.subsec_nanosecond())),
            entities: vec![self.system.nodes[at].entity.id.clone()],
            summary,
            author: author(&mut self.dice),
            previous,
            url: None,
        });
    }
}

impl System {
    /// Nodes of a kind that aren't at fault; neither are those on the same host.
    fn innocent(&self, kind: EntityKind, guilty: &[Ref<Node>]) -> Vec<Ref<Node>> {
        let hosts: Vec<Ref<Host>> = guilty.iter().filter_map(|&at| self.nodes[at].host).collect();
        let is_apart = |node: &Node| node.host.is_none_or(|host| !hosts.contains(&host));
        let all =
            || self.nodes.iter().filter(|(at, node)| node.kind() == kind && !guilty.contains(at));
        let apart: Vec<_> = all().filter(|(_, node)| is_apart(node)).map(|(at, _)| at).collect();
        if apart.is_empty() { all().map(|(at, _)| at).collect() } else { apart }
    }
}

/// The rule that noticed what had recovered by the onset.
pub(crate) fn recovered_rule(
    system: &System,
    guilty: &[Ref<Node>],
    metrics: &rule::Measures<'_>,
    onset_millis: i64,
) -> Option<rule::Rule> {
    #[expect(clippy::cast_possible_truncation, reason = "a quarter of an hour")]
    let at = onset_millis - (RECOVERED_BEFORE_SECONDS * 1000.0) as i64;
    rule::near_blip(system, guilty, metrics, at, onset_millis)
}
