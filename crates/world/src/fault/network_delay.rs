use nightjar_incident::FaultMode;
use nightjar_topology::RelationKind;

use super::{Effect, Fault, Place};

/// Requests over one connection take long on the way.
pub(super) struct NetworkDelay;

/// Time added in each direction at severity 1, seconds, at least.
const DELAY_SECONDS: f64 = 0.3;
/// Where the caller takes long anyway, so much of its time is added on average: less isn't felt.
const FELT: f64 = 1.15;
/// But the answer still comes in time, mostly.
const MOST_OF_TIMEOUT: f64 = 0.7;
/// A call that fewer of the caller's requests make doesn't hurt the caller.
const LEAST_SHARE: f64 = 0.3;

impl Fault for NetworkDelay {
    fn mode(&self) -> FaultMode {
        FaultMode::NetworkDelay
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        is_felt_on(place, f64::INFINITY)
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let call = place.call;
        let slow = call.map_or(DELAY_SECONDS, |call| {
            let call = &place.system.calls[call];
            let felt = place.times[call.from] * FELT / call.share / 2.0;
            felt.max(DELAY_SECONDS).min(call.timeout * MOST_OF_TIMEOUT / 2.0)
        });
        let extra = slow * place.severity;
        // Nobody can tell from outside at which end of a connection it is slow.
        let caller = call.map(|call| &place.system.nodes[place.system.calls[call].from]);
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(call) = call {
                    system.calls[call].delay += extra;
                }
            }),
            change: None,
            accept: caller.map(|caller| caller.entity.id.clone()).into_iter().collect(),
            entity: None,
        }
    }
}

/// Whether a slow connection there, by at most so many seconds a request, would hurt the caller, and
/// the caller would know.
pub(super) fn is_felt_on(place: &Place<'_>, most_seconds: f64) -> bool {
    place.call.is_some_and(|call| {
        let call = &place.system.calls[call];
        let added = call.share * most_seconds.min(call.timeout * MOST_OF_TIMEOUT);
        call.kind != RelationKind::Publishes
            && call.share >= LEAST_SHARE
            && place.times[call.from] * FELT < added
            && place.system.nodes[call.from].is_instrumented()
    })
}
