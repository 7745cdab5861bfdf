use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};
use crate::system::Lock;

/// Transactions keep rows that most others need, longer than the traffic allows.
pub(super) struct LockContention;

/// Share of requests that need the rows.
const SHARE: f64 = 0.6;
/// Time the rows are kept compared with the time between two requests for them, at severity 1: the
/// queue grows slowly, as it does where a batch begins.
const LOAD: f64 = 1.1;
/// More of it for each further severity.
const LOAD_PER_SEVERITY: f64 = 0.5;
/// `lock_timeout`, seconds.
const TIMEOUT_SECONDS: f64 = 4.0;
/// No transaction keeps its rows for longer, seconds.
const MOST_HOLD_SECONDS: f64 = 2.5;

impl Fault for LockContention {
    fn mode(&self) -> FaultMode {
        FaultMode::LockContention
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let needed = LOAD / (place.rate() * SHARE).max(1e-6);
        place.node().kind() == EntityKind::Database && needed < MOST_HOLD_SECONDS
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let load = LOAD + LOAD_PER_SEVERITY * (place.severity - 1.0);
        let hold = load.max(0.9) / (place.rate() * SHARE).max(1e-6);
        let lock =
            Lock { share: SHARE, hold: hold.min(MOST_HOLD_SECONDS), timeout: TIMEOUT_SECONDS };
        Effect {
            apply: Box::new(move |system, _| system.nodes[at].lock = Some(lock.clone())),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
