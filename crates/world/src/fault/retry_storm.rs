use nightjar_incident::{ChangeKind, FaultMode};
use nightjar_topology::{EntityKind, RelationKind};

use super::{Effect, Fault, Place, Trigger};
use crate::system::Call;
use crate::table::Ref;

/// A caller gives up too early and asks again at once: the callee works for nobody, gets slower by
/// it, and is asked even more often.
pub(super) struct RetryStorm;

/// The new time-out as a share of the callee's usual time, at severity 1.
const TIMEOUT_SHARE: f64 = 0.6;
/// Attempts after the first.
const RETRIES: u32 = 5;
/// Wait before the next attempt, seconds.
const BACKOFF_SECONDS: f64 = 0.02;
/// A call that fewer of the caller's requests make doesn't hurt the caller.
const LEAST_SHARE: f64 = 0.3;
/// Processor use of the callee below which not even six times the requests are a storm.
const LEAST_UTILIZATION: f64 = 0.05;

impl Fault for RetryStorm {
    fn mode(&self) -> FaultMode {
        FaultMode::RetryStorm
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        place.node().kind() == EntityKind::Service && longest_call(place).is_some()
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let Some(at) = longest_call(place) else {
            return Effect {
                apply: Box::new(|_, _| ()),
                change: None,
                accept: Vec::new(),
                entity: None,
            };
        };
        let call = &place.system.calls[at];
        let timeout = place.times[call.to] * TIMEOUT_SHARE / place.severity;
        let (from, to) = (&place.node().entity.id, &place.system.nodes[call.to].entity.id);
        let millis = (timeout * 1000.0).round();
        let change = place.is_change_recorded.then(|| Trigger {
            kind: ChangeKind::Configuration,
            summary: format!(
                "edit client of {to} in {from}: timeout {millis} ms, retries {RETRIES}, no backoff"
            ),
            previous: Some(format!("timeout {} s, retries {}", call.timeout, call.retries)),
        });
        Effect {
            apply: Box::new(move |system, _| {
                let call = &mut system.calls[at];
                call.timeout = timeout;
                call.retries = RETRIES;
                call.backoff = BACKOFF_SECONDS;
            }),
            change,
            // The requests multiply there.
            accept: vec![to.clone()],
            entity: None,
        }
    }
}

/// The call to a service that takes longest.
fn longest_call(place: &Place<'_>) -> Option<Ref<Call>> {
    let calls = place.node().calls.iter().copied().filter(|&call| {
        let call = &place.system.calls[call];
        let callee = Place { node: call.to, ..*place };
        call.kind == RelationKind::Calls
            && call.share >= LEAST_SHARE
            && callee.node().kind() == EntityKind::Service
            && callee.utilization() >= LEAST_UTILIZATION
    });
    let time = |call: Ref<Call>| place.times[place.system.calls[call].to];
    calls.max_by(|&a, &b| time(a).total_cmp(&time(b)))
}
