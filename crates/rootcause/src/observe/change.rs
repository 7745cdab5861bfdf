//! Changes that took effect before the symptom began, near enough to have set it off.

use nightjar_incident::{Content, Direction, ObservationKind};

use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "change",
    kind: ObservationKind::Change,
    measured: "minutes from a change to the onset",
    unit: "min",
    thresholds: &[limit::CHANGE_LOOKBACK],
    method: "comparison; no test",
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
                found.push(Draft {
                    entity: entity.clone(),
                    peer: None,
                    kind: ObservationKind::Change,
                    signal: None,
                    stated: None,
                    direction: Direction::Appeared,
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
                        "{} of `{entity}`, {when}: {}",
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
