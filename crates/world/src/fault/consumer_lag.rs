use nightjar_incident::FaultMode;

use super::{Effect, Fault, Place};

/// A message that can't be worked on holds up those behind it.
pub(super) struct ConsumerLag;

/// Share of the messages that come behind it, at severity 1: those of its partitions.
const SHARE: f64 = 0.7;

impl Fault for ConsumerLag {
    fn mode(&self) -> FaultMode {
        FaultMode::ConsumerLag
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().consumes.is_some() && place.rate() > 0.0
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let share = (SHARE * place.severity).min(1.0);
        let queue = place.node().consumes.map(|queue| &place.system.nodes[queue].entity.id);
        Effect {
            apply: Box::new(move |system, _| system.nodes[at].stuck_share = share),
            change: None,
            // The message is on the queue; the consumer can't work on it.
            accept: queue.cloned().into_iter().collect(),
            entity: None,
        }
    }
}
