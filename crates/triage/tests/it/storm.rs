//! A storm of alerts whose truth is known because it was made: faults spread along the calls of an
//! estate, and the monitors of what they reach fire, repeat and resolve.
//!
//! Nothing here asks triage anything. A monitor that fires already doesn't fire again: what an
//! alert belongs to is the fault that made it fire.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{Alert, AlertId, AlertStatus, Severity};
use nightjar_topology::{EntityId, RelationKind, Topology};

use crate::storm_estate::{named, topology};
use crate::storm_monitors::{Monitor, report, watching};

/// Incidents that begin within two minutes of each other, in waves a quarter of an hour apart.
const WAVES: usize = 4;
const IN_A_WAVE: usize = 5;

/// How near to each other faults of one wave begin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// What they share is what all share. Their neighbours' faults begin half an hour later.
    Apart,
    /// Two of five in teams of which one calls the other.
    Neighbours,
}

/// A storm and its truth.
pub(crate) struct Storm {
    pub(crate) topology: Topology,
    /// In the order of arrival, each with the number of the fault it is of.
    pub(crate) messages: Vec<(Alert, usize)>,
}

/// So many messages: of the incidents, and of single alerts in the background, each about nothing
/// else; a storm doesn't stop the rest of the estate.
pub(crate) fn storm(count: usize, background: usize, shape: Shape, seed: u64) -> Storm {
    let topology = topology();
    let mut dice = Dice(seed);
    let mut busy = BTreeSet::new();
    let mut messages = Vec::new();
    let incidents = WAVES * IN_A_WAVE;
    for fault in 0..incidents {
        let share = (count - background) / incidents;
        let wave = i64::try_from(fault / IN_A_WAVE).unwrap_or_default();
        let begins = seconds(900 * wave + dice.below(120));
        let monitors = hit(team_of(fault, shape), fault, &topology, &mut dice, &mut busy);
        messages.extend(tell(&monitors, begins, share, &mut dice).map(|alert| (alert, fault)));
    }
    for number in 0..count - messages.len() {
        let entity = dice.pick(&topology.entities().collect::<Vec<_>>()).id.clone();
        let monitor = Monitor::of_a_disk(&entity, number);
        let begins = seconds(dice.below(4_000));
        messages.push((
            monitor.fires(begins, begins + SignedDuration::from_secs(60)),
            incidents + number,
        ));
    }
    messages.sort_by_key(|(alert, _)| alert.received_at);
    for (number, (alert, _)) in messages.iter_mut().enumerate() {
        alert.id = AlertId::new(format!("alert-{number}"));
    }
    Storm { topology, messages }
}

/// The team a fault begins in, each its own.
fn team_of(fault: usize, shape: Shape) -> usize {
    let (wave, place) = (fault / IN_A_WAVE, fault % IN_A_WAVE);
    let (pair, in_pair) = match (shape, wave) {
        (Shape::Neighbours, 0) if place < 2 => (10, place),
        (Shape::Neighbours, 1) if place < 2 => (11, place),
        (Shape::Neighbours, 2) if place < 2 => (0, place),
        (Shape::Neighbours, _) if place < 2 => (5, place),
        // The other team of a pair has its fault half an hour later.
        (Shape::Neighbours | Shape::Apart, _) => (wave % 2 * IN_A_WAVE + place, wave / 2),
    };
    2 * pair + in_pair
}

/// The monitors that a fault makes fire, each with how long after it began.
fn hit(
    team: usize,
    fault: usize,
    topology: &Topology,
    dice: &mut Dice,
    busy: &mut BTreeSet<(&'static str, String)>,
) -> Vec<(Monitor, i64)> {
    let roots = ["*-db", "*-items", "node-*-2", "*-cache", "*-rules", "*-events"];
    let root: &str = dice.pick::<&str>(&roots);
    let root = named(root, team);
    let mut monitors = Vec::new();
    for (entity, delay) in spread(root, topology, dice) {
        for monitor in watching(&entity, topology, dice) {
            // Monitors that average over minutes find out later than those that count requests.
            monitors.push((monitor, delay + 20 + dice.below(200)));
        }
    }
    if dice.chance(60) {
        monitors.push((report(team, fault), 400 + dice.below(400)));
    }
    monitors.retain(|(monitor, _)| busy.insert((monitor.provider, monitor.key.clone())));
    monitors
}

/// What a fault reaches: whoever needs what it is in, and so on, less and less surely; with the
/// seconds until it is felt there.
fn spread(root: EntityId, topology: &Topology, dice: &mut Dice) -> BTreeMap<EntityId, i64> {
    let mut reached = BTreeMap::from([(root.clone(), 0)]);
    let mut edge = vec![root];
    for sure in [95, 80, 60] {
        let mut next = Vec::new();
        for here in edge {
            let delay = reached.get(&here).copied().unwrap_or_default();
            for relation in topology.dependents(&here) {
                let is_filing = relation.kind == RelationKind::BelongsTo;
                if is_filing || reached.contains_key(&relation.from) || !dice.chance(sure) {
                    continue;
                }
                reached.insert(relation.from.clone(), delay + 5 + dice.below(40));
                next.push(relation.from.clone());
            }
        }
        edge = next;
    }
    reached
}

/// All messages of a fault's monitors: each fires, some are acknowledged, all resolve; repeats make
/// up the number, and one in twenty-five of them comes late, after the resolve.
fn tell(
    monitors: &[(Monitor, i64)],
    begins: Timestamp,
    count: usize,
    dice: &mut Dice,
) -> impl Iterator<Item = Alert> {
    let ends = 1_200 + dice.below(480);
    let after = |from: i64| begins + SignedDuration::from_secs(from);
    let mut told = Vec::new();
    let mut lives = Vec::new();
    for (monitor, from) in monitors {
        let (from, to) = (*from, ends + dice.below(120));
        lives.push((monitor, from, to));
        told.push(monitor.fires(after(from), after(from + 3)));
        if dice.chance(15) {
            let seen = after(from + 60 + dice.below(300));
            let status = AlertStatus::Acknowledged;
            told.push(Alert { status, ..monitor.fires(after(from), seen) });
        }
        let status = AlertStatus::Resolved;
        let ends_at = Some(after(to));
        told.push(Alert { status, ends_at, ..monitor.fires(after(from), after(to + 3)) });
    }
    while told.len() < count {
        let (monitor, from, to) = *dice.pick(&lives);
        let is_late = dice.chance(4);
        let at =
            if is_late { to + 5 + dice.below(200) } else { from + 4 + dice.below(to - from - 4) };
        let mut again = monitor.fires(after(from), after(at));
        if dice.chance(10) {
            again.severity = Severity::Critical;
        }
        told.push(again);
    }
    told.into_iter()
}

fn seconds(after: i64) -> Timestamp {
    let start: Timestamp = "2026-11-23T03:00:00Z".parse().expect("invariant: a constant");
    start + SignedDuration::from_secs(after)
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same throws for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 and below the limit.
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        i64::try_from(self.next() % limit.unsigned_abs()).expect("invariant: below the limit")
    }

    /// Whether something happens that happens so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let place = self.next() % from.len() as u64;
        from.get(usize::try_from(place).unwrap_or_default()).expect("invariant: within the list")
    }
}
