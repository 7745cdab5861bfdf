use nightjar_incident::{ChangeKind, FaultMode};
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place, Trigger};

/// An edit leaves a setting without the value that some requests need; the code is the same.
pub(super) struct ConfigurationError;

/// Share of requests that need the setting, at severity 1.
const SHARE: f64 = 0.3;

impl Fault for ConfigurationError {
    fn mode(&self) -> FaultMode {
        FaultMode::ConfigurationError
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().kind() == EntityKind::Service
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let share = (SHARE * place.severity).min(1.0);
        let id = &place.node().entity.id;
        let change = place.is_change_recorded.then(|| Trigger {
            kind: ChangeKind::Configuration,
            summary: format!("edit config map of {id}: replace key `currency-table`"),
            previous: Some("currency-table=v1".into()),
        });
        Effect {
            apply: Box::new(move |system, _| system.nodes[at].misconfigured_share = share),
            change,
            accept: Vec::new(),
            entity: None,
        }
    }
}
