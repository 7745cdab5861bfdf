use nightjar_incident::FaultMode;

use super::{Effect, Fault, Place};

/// Each request leaves memory behind, until the process is killed and starts again.
pub(super) struct MemoryLeak;

/// From the base to the limit in so many seconds at severity 1.
const SECONDS_TO_LIMIT: f64 = 200.0;

impl Fault for MemoryLeak {
    fn mode(&self) -> FaultMode {
        FaultMode::MemoryLeak
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().memory.is_some() && place.rate() > 0.0
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let room = place.node().memory.as_ref().map_or(0.0, |memory| memory.limit - memory.base);
        let leak = room * place.severity / (place.rate() * SECONDS_TO_LIMIT);
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(memory) = &mut system.nodes[at].memory {
                    memory.leaked_per_request = leak;
                }
            }),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
