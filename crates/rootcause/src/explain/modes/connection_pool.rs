//! Connection pool exhausted: all in use while requests wait for one.

use nightjar_incident::{FaultMode, ObservationKind, Signal};

use super::{Fit, Place, ids, mentions};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let full = place.marks.signal(ObservationKind::Saturation, Signal::PoolUsage);
    let waiting = place
        .marks
        .signal(ObservationKind::Backlog, Signal::PoolPending)
        .or_else(|| place.marks.signal(ObservationKind::Backlog, Signal::PoolTimeouts));
    let weight = match (full, waiting) {
        (Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None) => limit::MARK_CLEAR.value,
        (None, Some(_)) => limit::MARK_CLEAR.value,
        (None, None) => return None,
    };
    let says =
        place.marks.of(ObservationKind::Logs).filter(|o| mentions(o, &["pool", "connection"]));
    let support = ids(full.into_iter().chain(waiting).chain(says));
    let reason = "its connections are all in use while requests wait for one".to_owned();
    Some(Fit { mode: FaultMode::ConnectionPoolExhausted, weight, decisive: true, support, reason })
}
