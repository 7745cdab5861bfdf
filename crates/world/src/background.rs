//! Unrelated things that happen in every estate: deployments of others, a busy host.

use jiff::SignedDuration;
use nightjar_incident::{Change, ChangeId, ChangeKind};
use nightjar_topology::EntityKind;

use crate::dice::{Dice, Purpose};
use crate::event::Edit;
use crate::fault::next_version;
use crate::number::micros;
use crate::system::{Host, Node, System};
use crate::table::Ref;
use crate::telemetry::Clock;

/// Innocent changes of parameters and their records.
pub(crate) struct Background {
    pub(crate) edits: Vec<Edit>,
    pub(crate) changes: Vec<Change>,
}

const AUTHORS: &[&str] = &["a.meyer", "j.okafor", "l.santos", "release-bot", "t.nguyen"];

/// Plans what happens around the incident; the nodes at fault are left alone, so that the truth
/// stays the truth.
pub(crate) fn plan(
    system: &System,
    clock: &Clock,
    onset: f64,
    guilty: &[Ref<Node>],
    seed: u64,
) -> Background {
    let mut dice = Dice::new(seed, Purpose::Background);
    let mut background = Background { edits: Vec::new(), changes: Vec::new() };
    let mut innocent: Vec<Ref<Node>> = system
        .nodes
        .iter()
        .filter(|(at, node)| node.kind() == EntityKind::Service && !guilty.contains(at))
        .map(|(at, _)| at)
        .collect();
    for number in 0..2u64 {
        let Some(&at) = dice.pick(&innocent) else { continue };
        innocent.retain(|&other| other != at);
        let seconds = dice.between(0.1, 0.92) * onset;
        background.deploy(system, clock, at, seconds, number, &mut dice);
    }
    let hosts: Vec<_> = system.hosts.refs().collect();
    if let Some(&host) = dice.pick(&hosts) {
        let begin = dice.between(0.1, 0.7) * onset;
        let extra = dice.between(0.1, 0.2) * system.hosts[host].processors;
        let end = begin + dice.between(120.0, 360.0);
        let add =
            move |amount: f64| move |system: &mut System| system.hosts[host].neighbour += amount;
        background.edits.push(Edit::silent(begin, add(extra)));
        background.edits.push(Edit::silent(end, add(-extra)));
    }
    background
}

impl Background {
    fn deploy(
        &mut self,
        system: &System,
        clock: &Clock,
        at: Ref<Node>,
        seconds: f64,
        number: u64,
        dice: &mut Dice,
    ) {
        let node = &system.nodes[at];
        let (old, new) = (node.version.clone(), next_version(&node.version));
        let version = new.clone();
        self.edits.push(Edit::silent(seconds, move |system| {
            system.nodes[at].version.clone_from(&version);
        }));
        let instant = clock.timestamp(clock.warm_up + micros(seconds));
        self.changes.push(Change {
            id: ChangeId::new(format!("deploy-{}", 4100 + 10 * number + dice.below(10))),
            kind: ChangeKind::Deployment,
            at: instant - SignedDuration::from_nanos(i64::from(instant.subsec_nanosecond())),
            entities: vec![node.entity.id.clone()],
            summary: format!("deploy {} {new} (was {old})", node.entity.id),
            author: dice.pick(AUTHORS).map(|author| (*author).to_owned()),
            previous: Some(old),
            url: None,
        });
    }
}

/// A host without guests runs out of disk: it reaches `level` about `seconds` after the beginning.
pub(crate) fn filling_disk(system: &System, level: f64, seconds: f64) -> Option<Edit> {
    let is_free = |at: &Ref<Host>| system.nodes.iter().all(|(_, node)| node.host != Some(*at));
    let host = system.hosts.refs().find(is_free)?;
    let apply = move |system: &mut System| {
        let host = &mut system.hosts[host];
        host.disk_per_hour = 0.06;
        host.disk = level - host.disk_per_hour * seconds / 3600.0;
    };
    Some(Edit::silent(0.0, apply))
}

/// Someone who makes changes.
pub(crate) fn author(dice: &mut Dice) -> Option<String> {
    dice.pick(AUTHORS).map(|author| (*author).to_owned())
}
