use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};
use crate::frame::CallError;

/// What was granted for the day is used up: from now on requests are refused.
pub(super) struct QuotaReached;

/// Share of requests that count against the quota, at severity 1.
const SHARE: f64 = 0.85;

impl Fault for QuotaReached {
    fn mode(&self) -> FaultMode {
        FaultMode::QuotaReached
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let is_granted = matches!(
            place.node().kind(),
            EntityKind::External | EntityKind::Function | EntityKind::Bucket | EntityKind::Queue
        );
        is_granted && place.is_called()
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let share = (SHARE * place.severity).min(1.0);
        Effect {
            apply: Box::new(move |system, _| {
                system.nodes[at].barred = Some((CallError::Quota, share));
            }),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
