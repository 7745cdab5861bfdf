//! Throttled: requests turned away above a capacity limit.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let turned_away = place.marks.of(ObservationKind::Throttling).next()?;
    Some(Fit {
        mode: FaultMode::Throttled,
        weight: limit::MARK_CERTAIN.value,
        decisive: true,
        support: ids([turned_away]),
        reason: "it turns requests away above its capacity".to_owned(),
    })
}
