//! The attempt to break a hypothesis before it is believed: what would have to be true as well?

use nightjar_incident::{Direction, Observation, ObservationId, ObservationKind, Signal, amount};

use crate::excess::{Excess, Kind};
use crate::explain::{Scene, Suspect};
use crate::graph::{Culprit, Node};
use crate::ledger::Place;
use crate::thresholds as limit;

/// Tries to break the leading suspects; scores, counter-evidence and reasons change, and notably
/// normal facts are added to the observations.
pub(crate) fn attack(scene: &Scene<'_>, suspects: &mut [Suspect]) -> Vec<Observation> {
    let mut calm = Vec::new();
    for suspect in suspects.iter_mut().take(limit::ATTACKED) {
        order_of_onsets(scene, suspect);
        share_of_symptom(scene, suspect);
        serves_others(scene, suspect);
        neighbours(scene, suspect, &mut calm);
    }
    calm
}

/// A cause isn't later than its effect.
fn order_of_onsets(scene: &Scene<'_>, suspect: &mut Suspect) {
    let onsets = scene
        .observations
        .iter()
        .filter(|o| suspect.support.contains(&o.id) && o.kind != ObservationKind::Change)
        .filter(|o| &o.entity == suspect.entity() || o.peer.as_ref() == Some(suspect.entity()))
        .filter_map(|o| Some((o, o.onset?)));
    let Some((first, onset)) = onsets.min_by_key(|(_, onset)| onset.earliest) else { return };
    let late = onset.earliest.duration_since(scene.view.onset).as_secs_f64();
    let row = scene.view.requests.map_or(60.0, |(ledger, _)| ledger.step as f64 / 1000.0);
    if late > limit::LATE_ROWS.value * row {
        suspect.score -= limit::MARK_WEAK.value;
        suspect.against.push(first.id.clone());
        suspect
            .reasons
            .push(format!("what speaks for it began {:.0} minutes after the symptom", late / 60.0));
    }
}

/// A cause that would take away little of the symptom isn't the cause of it.
fn share_of_symptom(scene: &Scene<'_>, suspect: &mut Suspect) {
    let (Some(flow), Some(share)) = (scene.flow, suspect.share_explained) else { return };
    if flow.symptoms.iter().any(|symptom| suspect.node == Some(symptom.0)) {
        return;
    }
    let what = match flow.symptom.1 {
        Kind::Time => "excess time",
        Kind::Errors => "excess errors",
    };
    let percent = amount(100.0 * share, "%");
    suspect.reasons.push(format!("{percent} of the symptom's {what} would go away with it"));
    if share < limit::SHARE_TOO_SMALL.value {
        suspect.score -= limit::ATTACK_WEIGHT.value;
    }
}

/// A place at which nothing is seen, and that serves some of its callers as usual, isn't at fault: what is seen of a lock or
/// a statement hurts only those who need it.
fn serves_others(scene: &Scene<'_>, suspect: &mut Suspect) {
    let Culprit::Entity(id) = &suspect.culprit else { return };
    if suspect.decisive {
        return;
    }
    if let Some(spared) = scene.spared.get(id) {
        suspect.score -= limit::MARK_CLEAR.value;
        suspect.reasons.push(format!("`{spared}` calls it as well and is served as usual"));
    }
}

/// Others that call the same place should suffer too, and what the place itself calls should be
/// calm.
fn neighbours(scene: &Scene<'_>, suspect: &mut Suspect, calm: &mut Vec<Observation>) {
    let (Some(graph), Some(node)) = (scene.graph, suspect.node) else { return };
    let Some((ledger, _)) = scene.view.requests else { return };
    let Some(center) = graph.nodes.get(node) else { return };
    let loud = Kind::BOTH.into_iter().max_by(|a, b| {
        let z = |kind: &Kind| center.excess(*kind).map_or(0.0, Excess::z);
        z(a).total_cmp(&z(b))
    });
    let Some(kind) =
        loud.filter(|kind| center.excess(*kind).is_some_and(|e| e.z() >= limit::OWN_TEST.value))
    else {
        return;
    };
    let total = center.excess(kind).map_or(0.0, Excess::total);
    let requests: f64 = center.excess(kind).map_or(0.0, |e| e.requests.iter().sum());
    // The notably normal fact of a neighbour; one that is already noted isn't noted twice.
    let note = |neighbour: &Node, excess: &Excess, calm: &mut Vec<Observation>| {
        let (entity, peer) = match &neighbour.place {
            Place::Entity(id) => (id, None),
            Place::Edge { from, to } => (from, Some(to)),
        };
        let number = scene.observations.len() + calm.len() + 1;
        let mut fact = steady(number, entity, peer, excess, kind);
        let same = |o: &&Observation| {
            o.kind == fact.kind && o.entity == fact.entity && o.peer == fact.peer
        };
        if let Some(known) = calm.iter().find(same) {
            return known.id.clone();
        }
        fact.evidence = neighbour.table(ledger).map_or(Vec::new(), |table| table.evidence.clone());
        let id = fact.id.clone();
        calm.push(fact);
        id
    };
    for callee in center.callees.iter().filter_map(|&callee| graph.nodes.get(callee)) {
        let excess = callee.excess(kind).filter(|excess| excess.known);
        if let Some(excess) = excess.filter(|excess| excess.z() < limit::CALM_Z.value) {
            suspect.support.push(note(callee, excess, calm));
        }
    }
    for caller in center.callers.iter().filter_map(|&caller| graph.nodes.get(caller)) {
        let Some(excess) = caller.excess(kind).filter(|excess| excess.known) else { continue };
        let sent: f64 = excess.requests.iter().sum();
        // What the caller should suffer, were it hurt in proportion, against what would show.
        let due = total * (sent / requests.max(1.0)).min(1.0);
        let noise =
            excess.variance.iter().sum::<f64>().sqrt() + excess.offset.iter().sum::<f64>().abs();
        if excess.z() < 1.0 && due > limit::OWN_TEST.value * noise && sent > 0.2 * requests {
            suspect.against.push(note(caller, excess, calm));
            suspect.score -= limit::ATTACK_WEIGHT.value;
        }
    }
}

fn steady(
    number: usize,
    entity: &nightjar_topology::EntityId,
    peer: Option<&nightjar_topology::EntityId>,
    excess: &Excess,
    kind: Kind,
) -> Observation {
    let requests: f64 = excess.requests.iter().sum();
    let seen = excess.usual + excess.total() / requests.max(f64::MIN_POSITIVE);
    let whom = peer.map_or(String::new(), |peer| format!(" calling `{peer}`"));
    let (kind, signal, unit, what) = match kind {
        Kind::Time => (ObservationKind::Latency, Signal::Latency, "s", "answers as fast"),
        Kind::Errors => (ObservationKind::Errors, Signal::Errors, "1", "fails as rarely"),
    };
    Observation {
        id: ObservationId::new(format!("obs-{number}")),
        entity: entity.clone(),
        peer: peer.cloned(),
        kind,
        signal: Some(signal),
        stated: None,
        direction: Direction::Steady,
        onset: None,
        usual: excess.usual,
        seen: if requests > 0.0 { seen.max(0.0) } else { excess.usual },
        unit: unit.to_owned(),
        z: 0.0,
        summary: format!("`{entity}`{whom} {what} as usual"),
        evidence: Vec::new(),
    }
}
