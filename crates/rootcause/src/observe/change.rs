//! Changes that took effect before the symptom began, near enough to have set it off; and innocent ones, as
//! counter-evidence: what came after the symptom, or altered an entity whose requests are as usual.

use nightjar_incident::{Content, Direction, ObservationKind};
use nightjar_topology::EntityId;

use super::{About, Draft, View};
use crate::excess::{Excess, Kind};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "change",
    kind: ObservationKind::Change,
    measured: "minutes from a change to the onset",
    unit: "min",
    thresholds: &[limit::CHANGE_LOOKBACK, limit::CALM_Z],
    method: "comparison in time; no test. Too late for the symptom, or requests as usual: a notably normal fact",
    reason: "most faulty changes show within minutes",
    means: "somebody or the platform altered this shortly before",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut found = Vec::new();
    for piece in view.case.evidence {
        let Content::Changes(changes) = &piece.content else { continue };
        for change in changes {
            let minutes = view.onset.duration_since(change.at).as_secs_f64() / 60.0;
            if minutes > limit::CHANGE_LOOKBACK.value || change.at > view.case.now {
                continue;
            }
            for entity in &change.entities {
                let when = if minutes.abs() < 1.0 {
                    "within a minute of the symptom's onset".to_owned()
                } else if minutes >= 0.0 {
                    format!("{minutes:.0} minutes before the symptom")
                } else {
                    format!("{:.0} minutes after the symptom began", -minutes)
                };
                let innocent = innocence(view, entity, minutes);
                let but = innocent.as_ref().map_or(String::new(), |why| format!(" ({why})"));
                found.push(Draft {
                    entity: entity.clone(),
                    peer: None,
                    kind: ObservationKind::Change,
                    signal: None,
                    stated: None,
                    direction: if innocent.is_some() {
                        Direction::Steady
                    } else {
                        Direction::Appeared
                    },
                    onset: Some(nightjar_incident::Onset {
                        at: change.at,
                        earliest: change.at,
                        latest: change.at,
                    }),
                    usual: 0.0,
                    seen: minutes,
                    unit: "min".to_owned(),
                    z: 0.0,
                    summary: format!(
                        "{} of `{entity}`, {when}{but}: {}",
                        change.kind.label(),
                        change.summary
                    ),
                    evidence: vec![piece.id.clone()],
                });
            }
        }
    }
    found
}

/// Why a change can't have set the symptom off, or hardly can, where it can't.
fn innocence(view: &View<'_>, entity: &EntityId, minutes: f64) -> Option<String> {
    if limit::trigger_weight(minutes).is_none() && minutes < 0.0 {
        return Some("too late to have set it off".to_owned());
    }
    // Its requests are measured, enough is known of them, and they are as usual.
    let (_, graph) = view.requests?;
    let node = graph.nodes.get(graph.entity(entity)?)?;
    let measured: Vec<&Excess> =
        Kind::BOTH.iter().filter_map(|kind| node.excess(*kind)).filter(|e| e.known).collect();
    let calm = measured.iter().all(|excess| excess.z() < limit::CALM_Z.value);
    (calm && !measured.is_empty()).then(|| format!("the requests of `{entity}` are as usual"))
}
