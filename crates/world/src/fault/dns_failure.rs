use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};
use crate::frame::CallError;

/// The name of something isn't found any more; it is well itself, and is asked less.
pub(super) struct DnsFailure;

/// Share of attempts that don't find the name, at severity 1: some have it in a cache still.
const SHARE: f64 = 0.6;
const MOST: f64 = 0.98;

impl Fault for DnsFailure {
    fn mode(&self) -> FaultMode {
        FaultMode::DnsFailure
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let has_name = matches!(
            place.node().kind(),
            EntityKind::Service | EntityKind::External | EntityKind::Database
        );
        has_name && place.is_called()
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let share = (SHARE * place.severity).min(MOST);
        Effect {
            apply: Box::new(move |system, _| {
                system.nodes[at].barred = Some((CallError::Dns, share));
            }),
            change: None,
            // Where there is one caller, its resolver may be as much at fault as the name.
            accept: place.only_caller().into_iter().collect(),
            entity: None,
        }
    }
}
