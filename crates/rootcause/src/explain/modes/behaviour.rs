//! Wrong results and failing code: what an operation writes and calls per call of it changed, and
//! nothing that it calls changed more.

use nightjar_incident::{Direction, FaultMode, Observation, Signal};

use super::super::away;
use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let own = |o: &&Observation| away::tells(o) && o.peer.is_none() && o.entity == *place.id;
    let seen: Vec<&Observation> = place.marks.all.iter().copied().filter(own).collect();
    let strongest = seen.iter().copied().max_by(|a, b| a.z.total_cmp(&b.z))?;
    // Errors that a program writes are its way to answer; an exception is the code giving up.
    let is_exception = |o: &&&Observation| {
        o.signal == Some(Signal::Errors)
            && matches!(o.direction, Direction::Up | Direction::Appeared)
    };
    let exception = seen.iter().filter(is_exception).map(|o| o.z).fold(0.0, f64::max);
    let (mode, reason) = if exception >= limit::EXCEPTION_SHARE.value * strongest.z {
        (FaultMode::Failing, "its operations end in exceptions, and nothing that they call does")
    } else {
        (
            FaultMode::WrongResult,
            "its operations go other ways than usual, and what they call doesn't",
        )
    };
    let mut by_z = seen.clone();
    by_z.sort_by(|a, b| b.z.total_cmp(&a.z));
    Some(Fit {
        mode,
        // What it is worth is in the place's probability already.
        weight: if strongest.z >= limit::CHANGED_FOR_SURE_Z.value {
            limit::MARK_WEAK.value
        } else {
            0.0
        },
        decisive: strongest.z >= limit::CHANGED_FOR_SURE_Z.value,
        support: ids(by_z.into_iter().take(3)),
        reason: reason.to_owned(),
    })
}
