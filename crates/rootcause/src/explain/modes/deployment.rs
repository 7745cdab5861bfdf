//! Bad deployment: the excess is the place's own and began after it was deployed.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind};

use super::{Fit, Place, ids, is_code, triggers};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let (_, weight) =
        triggers(place.scene, place.id).into_iter().find(|(change, _)| is_code(change.kind))?;
    let new_lines: Vec<&Observation> = place
        .marks
        .of(ObservationKind::Logs)
        .filter(|o| o.direction == Direction::Appeared)
        .take(3)
        .collect();
    let new_ways: Vec<&Observation> = place.does_new_things().collect();
    let bonus = if new_lines.is_empty() { 0.0 } else { limit::NEW_LINES.value }
        + if new_ways.is_empty() { 0.0 } else { limit::MARK_WEAK.value };
    let origin = place.marks.of(ObservationKind::Spans);
    Some(Fit {
        mode: FaultMode::BadDeployment,
        weight: weight + bonus,
        // An hour after a deployment, trouble is as often something else.
        decisive: weight + bonus >= limit::MARK_CLEAR.value,
        support: ids(new_lines.iter().copied().chain(new_ways).chain(origin)),
        reason: "the excess is its own and began after it was deployed".to_owned(),
    })
}
