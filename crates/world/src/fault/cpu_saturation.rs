use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};

/// A runaway computation in the process takes most of its processors.
pub(super) struct CpuSaturation;

/// What the requests need of the processors that are left, at severity 1: nearly all
/// of it, so that queues grow long.
const LOAD: f64 = 0.95;
/// More of it for each further severity.
const LOAD_PER_SEVERITY: f64 = 0.1;
/// Even a runaway computation leaves this share: schedulers are fair.
const LEAST_LEFT: f64 = 0.04;

impl Fault for CpuSaturation {
    fn mode(&self) -> FaultMode {
        FaultMode::CpuSaturation
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        matches!(place.node().kind(), EntityKind::Service | EntityKind::Database)
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let load = LOAD + LOAD_PER_SEVERITY * (place.severity - 1.0);
        let left = (place.utilization() / load.max(0.5)).clamp(LEAST_LEFT, 1.0);
        let hog = place.node().processors as f64 * (1.0 - left);
        Effect {
            apply: Box::new(move |system, _| system.nodes[at].hog = hog),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
