use nightjar_incident::FaultMode;

use super::{Effect, Fault, Place};

/// A machine is ill: what runs on it slows down and fails now and then, whatever it is.
pub(super) struct BadHost;

/// How fast everything goes, compared with a machine that is well, at severity 1.
const HEALTH: f64 = 0.22;
/// Share of requests that fail, at severity 1.
const FAULT_SHARE: f64 = 0.1;
/// Fewer guests can't tell it from a fault of their own.
const LEAST_GUESTS: usize = 2;

impl Fault for BadHost {
    fn mode(&self) -> FaultMode {
        FaultMode::BadHost
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let Some(host) = place.node().host else { return false };
        let guests = place.system.nodes.iter().filter(|(_, node)| node.host == Some(host));
        guests.count() >= LEAST_GUESTS
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let host = place.node().host;
        let health = (HEALTH / place.severity).min(0.9);
        let share = (FAULT_SHARE * place.severity).min(0.8);
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(host) = host {
                    system.hosts[host].health = health;
                    system.hosts[host].fault_share = share;
                }
            }),
            change: None,
            accept: Vec::new(),
            entity: host.map(|host| place.system.hosts[host].entity.id.clone()),
        }
    }
}
