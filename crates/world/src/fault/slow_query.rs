use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};

/// One caller's statement takes a worse plan: it reads many times the rows.
pub(super) struct SlowQuery;

/// Work of the statement compared with before, at severity 1, at least.
const WORK_FACTOR: f64 = 5.0;
/// Where the caller takes long anyway, so much of its time is added: less isn't felt.
const FELT: f64 = 0.9;
/// But the answer still comes in time, mostly.
const MOST_OF_TIMEOUT: f64 = 0.6;

impl Fault for SlowQuery {
    fn mode(&self) -> FaultMode {
        FaultMode::SlowQuery
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().kind() == EntityKind::Database && place.call.is_some()
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let call = place.call;
        let factor = call.map_or(WORK_FACTOR, |call| {
            let call = &place.system.calls[call];
            let work = place.node().work.max(1e-6);
            let felt = 1.0 + FELT * place.times[call.from] / (call.share * work);
            felt.max(WORK_FACTOR).min(call.timeout * MOST_OF_TIMEOUT / work)
        });
        let factor = 1.0 + (factor - 1.0) * place.severity;
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(call) = call {
                    system.calls[call].weight *= factor;
                }
            }),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
