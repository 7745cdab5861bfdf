//! Certificate expired: it has ended, and who connects is told so.

use nightjar_incident::{FaultMode, ObservationKind};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let ended = place.marks.of(ObservationKind::Expiry).find(|o| o.seen <= 0.0);
    let said = place.marks.stated(FaultMode::CertificateExpired);
    let said = said.or_else(|| place.caller_states(FaultMode::CertificateExpired));
    let weight = match (ended, &said) {
        (Some(_), Some(_)) => limit::MARK_CERTAIN.value,
        (Some(_), None) => limit::MARK_CLEAR.value,
        (None, Some(said)) => said.weight,
        (None, None) => return None,
    };
    Some(Fit {
        mode: FaultMode::CertificateExpired,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(ended.into_iter().chain(said.map(|said| said.observation))),
        reason: "its certificate has ended".to_owned(),
    })
}
