use nightjar_incident::FaultMode;
use nightjar_topology::{EntityId, EntityKind};

use super::{Effect, Fault, Place};
use crate::system::{Node, Stream};
use crate::table::Ref;

/// Many more requests come from outside than can be served.
pub(super) struct TrafficSurge;

/// Requests compared with the usual number, at least, at severity 1.
const FACTOR: f64 = 3.5;
/// What the requests then need of the processors of whoever has the least room, at least.
const LOAD: f64 = 1.05;
/// Where it would take more than this many times the traffic, a surge hurts nobody.
const MOST_FACTOR: f64 = 12.0;

impl Fault for TrafficSurge {
    fn mode(&self) -> FaultMode {
        FaultMode::TrafficSurge
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let node = place.node();
        matches!(node.kind(), EntityKind::Gateway | EntityKind::Service)
            && node.consumes.is_none()
            && fullest(place).1 * MOST_FACTOR > LOAD
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let (bottleneck, utilization) = fullest(place);
        let factor = FACTOR.max(LOAD / utilization).min(MOST_FACTOR);
        let extra = Stream {
            to: at,
            per_second: place.rate() * (factor - 1.0) * place.severity,
            drift: 0.05,
            period: 1800.0,
            phase: 0.0,
            season: None,
        };
        // Whoever sends the requests is right as well, and so is whoever can serve them least: the
        // mode means "more requests than the entity can serve".
        let clients = place.system.bystanders.iter().filter(|e| e.kind == EntityKind::Client);
        let mut accept: Vec<EntityId> = clients.map(|client| client.id.clone()).collect();
        if bottleneck != at {
            accept.push(place.system.nodes[bottleneck].entity.id.clone());
        }
        Effect {
            apply: Box::new(move |system, _| system.streams.push(extra.clone())),
            change: None,
            accept,
            entity: None,
        }
    }
}

/// The service with the least room among the node and what it calls, up to two calls down: deeper
/// ones see too small a part of the surge. And how full it is.
fn fullest(place: &Place<'_>) -> (Ref<Node>, f64) {
    let mut near = vec![place.node];
    for _ in 0..2 {
        for at in near.clone() {
            for &call in &place.system.nodes[at].calls {
                let to = place.system.calls[call].to;
                let is_service = place.system.nodes[to].kind() == EntityKind::Service;
                if is_service && !near.contains(&to) {
                    near.push(to);
                }
            }
        }
    }
    let mut fullest = (place.node, 0.0);
    for node in near {
        // A node that others call as well sees only a part of its traffic grow.
        let only_caller = place.incoming[node].len() <= 1;
        let utilization = Place { node, ..*place }.utilization();
        if utilization > fullest.1 && (only_caller || node == place.node) {
            fullest = (node, utilization);
        }
    }
    fullest
}
