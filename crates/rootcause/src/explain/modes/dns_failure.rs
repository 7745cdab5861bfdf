//! Name resolution failure: who calls says that a name can't be resolved.

use nightjar_incident::FaultMode;

use super::{Fit, Place, ids};

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let said = place
        .marks
        .stated(FaultMode::DnsFailure)
        .or_else(|| place.caller_states(FaultMode::DnsFailure))?;
    // A name that somebody has just written into a setting was never resolved: the resolver is well.
    if place.was_just_named() {
        return None;
    }
    Some(Fit {
        mode: FaultMode::DnsFailure,
        weight: said.weight,
        decisive: said.is_clear(),
        support: ids([said.observation]),
        reason: "names can't be resolved on the way".to_owned(),
    })
}
