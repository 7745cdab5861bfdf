use nightjar_incident::{ChangeKind, FaultMode};

use super::{Effect, Fault, Place, Trigger};
use crate::number::whole;

/// A setting makes the pool smaller than the traffic needs. Where no change is to be recorded,
/// connections aren't given back instead, until none is left.
pub(super) struct ConnectionPoolExhausted;

/// Size of the new pool as a share of the connections in use on average, at severity 1.
const SIZE_SHARE: f64 = 0.75;
/// Connections in use on average that a pool of one can't provide.
const LEAST_DEMAND: f64 = 1.15;
/// With a leak, the pool is empty after about so many seconds at severity 1.
const LEAK_SECONDS: f64 = 120.0;

impl Fault for ConnectionPoolExhausted {
    fn mode(&self) -> FaultMode {
        FaultMode::ConnectionPoolExhausted
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        // A pool of one connection is the smallest there is; less traffic than this doesn't
        // exhaust it. A leak exhausts any pool that is used.
        let (uses, held) = demand(place);
        place.node().pool.is_some()
            && if place.is_change_recorded { uses * held > LEAST_DEMAND } else { uses > 0.0 }
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let node = place.node();
        let size = node.pool.as_ref().map_or(0, |pool| pool.size);
        let (uses, held) = demand(place);
        if !place.is_change_recorded {
            let share = (size as f64 * place.severity / (LEAK_SECONDS * uses.max(1e-6))).min(1.0);
            return Effect {
                apply: Box::new(move |system, _| {
                    if let Some(pool) = &mut system.nodes[at].pool {
                        pool.leaked_share = share;
                    }
                }),
                change: None,
                accept: Vec::new(),
                entity: None,
            };
        }
        let smaller = whole(uses * held * SIZE_SHARE / place.severity).max(1);
        let summary =
            format!("set maximumPoolSize of {} to {smaller} (was {size})", node.entity.id);
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(pool) = &mut system.nodes[at].pool {
                    pool.size = smaller;
                }
            }),
            change: Some(Trigger {
                kind: ChangeKind::Configuration,
                summary,
                previous: Some(size.to_string()),
            }),
            accept: Vec::new(),
            entity: None,
        }
    }
}

/// Uses of the pool per second, and how long each holds its connection, seconds.
fn demand(place: &Place<'_>) -> (f64, f64) {
    let (mut uses, mut busy) = (0.0, 0.0);
    for &call in &place.node().calls {
        let call = &place.system.calls[call];
        if call.is_pooled {
            let per_second = place.rate() * call.share;
            uses += per_second;
            busy += per_second * (place.system.nodes[call.to].work + 2.0 * call.delay);
        }
    }
    (uses, if uses > 0.0 { busy / uses } else { 0.0 })
}
