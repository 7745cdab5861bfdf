use nightjar_incident::FaultMode;

use super::network_delay::is_felt_on;
use super::{Effect, Fault, Place};

/// Packets of one connection get lost; a part of the requests waits until they are sent again.
pub(super) struct PacketLoss;

/// Share of packets lost at severity 1.
const SHARE: f64 = 0.15;
/// That adds about so much to a request and its answer, seconds.
const ADDED_SECONDS: f64 = 0.8;
/// More would be no connection any longer.
const MOST: f64 = 0.2;

impl Fault for PacketLoss {
    fn mode(&self) -> FaultMode {
        FaultMode::PacketLoss
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        is_felt_on(place, ADDED_SECONDS)
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let call = place.call;
        let share = (SHARE * place.severity).min(MOST);
        // Nobody can tell from outside at which end of a connection packets get lost.
        let caller = call.map(|call| &place.system.nodes[place.system.calls[call].from]);
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(call) = call {
                    system.calls[call].loss = share;
                }
            }),
            change: None,
            accept: caller.map(|caller| caller.entity.id.clone()).into_iter().collect(),
            entity: None,
        }
    }
}
