//! Wrong configuration: the program says so, or its own trouble began after a setting was edited.

use nightjar_incident::{ChangeKind, FaultMode, ObservationKind};

use super::{Fit, Place, ids, triggers};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let edit = triggers(place.scene, place.id)
        .into_iter()
        .find(|(change, _)| change.kind == ChangeKind::Configuration);
    let edited = edit.map(|(_, weight)| weight);
    // It complains of the very thing that the edit told it to use.
    let of_that = edit.and_then(|(change, _)| place.complains_of_what_it_was_told(change));
    let said = place.marks.stated(FaultMode::ConfigurationError);
    let stated = said.as_ref().map_or(0.0, |said| said.weight);
    // The program's own words say more than the platform's, which only sees it end.
    let ends = place.marks.of(ObservationKind::Restart).next().is_some()
        || place.marks.of(ObservationKind::Replicas).next().is_some();
    let ends = if ends && stated > 0.0 { limit::MARK_WEAK.value } else { 0.0 };
    // A resource that ran short explains more: then the edit is what set that off.
    let short = place.marks.all.iter().any(|o| {
        o.is_abnormal()
            && matches!(
                o.kind,
                ObservationKind::Saturation
                    | ObservationKind::Throttling
                    | ObservationKind::Backlog
                    | ObservationKind::Disk
                    | ObservationKind::Locks
                    | ObservationKind::Replication
                    | ObservationKind::Statement
            )
    });
    let short = if short { limit::MARK_WEAK.value } else { 0.0 };
    let told = if of_that.is_some() { limit::MARK_CLEAR.value } else { 0.0 };
    let weight = match (edited, &said) {
        (Some(timing), _) => timing + stated + told - short,
        (None, Some(_)) => stated + ends,
        (None, None) => return None,
    };
    let reason = match edited {
        Some(_) if of_that.is_some() => "it fails at what an edit of its settings told it to use",
        Some(_) => "the trouble is its own and began after a setting of it was edited",
        None => "it says itself that a setting is missing or wrong",
    };
    Some(Fit {
        mode: FaultMode::ConfigurationError,
        weight,
        decisive: weight >= limit::MARK_WEAK.value
            && (edited.is_some() || weight >= limit::MARK_CLEAR.value),
        support: ids(said.map(|said| said.observation).into_iter().chain(of_that)),
        reason: reason.to_owned(),
    })
}
