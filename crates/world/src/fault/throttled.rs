use nightjar_incident::{ChangeKind, FaultMode};

use super::{Effect, Fault, Place, Trigger};

/// The provisioned capacity is cut below what the traffic needs.
pub(super) struct Throttled;

/// The new capacity as a share of the demand, at severity 1.
const CAPACITY_SHARE: f64 = 0.5;

impl Fault for Throttled {
    fn mode(&self) -> FaultMode {
        FaultMode::Throttled
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().admitted_per_second.is_some()
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let old = place.node().admitted_per_second.unwrap_or(0.0);
        let needed = place.rate() * CAPACITY_SHARE / place.severity;
        // Small ones count in tenths.
        let new = if needed < 2.0 { (needed * 10.0).ceil() / 10.0 } else { needed.round() };
        let id = &place.node().entity.id;
        let summary = format!("set provisioned write capacity of {id} to {new} (was {old})");
        let change = place.is_change_recorded.then(|| Trigger {
            kind: ChangeKind::Scaling,
            summary,
            previous: Some(old.to_string()),
        });
        Effect {
            apply: Box::new(move |system, _| system.nodes[at].admitted_per_second = Some(new)),
            change,
            accept: Vec::new(),
            entity: None,
        }
    }
}
