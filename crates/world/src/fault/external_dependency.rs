use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};

/// Somebody else's system answers slowly and fails now and then.
pub(super) struct ExternalDependency;

/// Time to answer compared with the usual one, at severity 1.
const TIME_FACTOR: f64 = 10.0;
/// Share of requests that fail, at severity 1.
const ERROR_SHARE: f64 = 0.08;

impl Fault for ExternalDependency {
    fn mode(&self) -> FaultMode {
        FaultMode::ExternalDependency
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().kind() == EntityKind::External
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let factor = 1.0 + (TIME_FACTOR - 1.0) * place.severity;
        let share = (ERROR_SHARE * place.severity).min(0.9);
        Effect {
            apply: Box::new(move |system, _| {
                system.nodes[at].work *= factor;
                system.nodes[at].error_share += share;
            }),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
