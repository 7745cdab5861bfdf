use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};
use crate::system::Stream;

/// Many more requests come from outside.
pub(super) struct TrafficSurge;

/// Requests compared with the usual number, at severity 1.
const FACTOR: f64 = 3.5;

impl Fault for TrafficSurge {
    fn mode(&self) -> FaultMode {
        FaultMode::TrafficSurge
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        matches!(place.node().kind(), EntityKind::Gateway | EntityKind::Service)
            && place.node().consumes.is_none()
            && place.rate() > 0.0
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let extra = Stream {
            to: at,
            per_second: place.rate() * (FACTOR - 1.0) * place.severity,
            drift: 0.05,
            period: 1800.0,
            phase: 0.0,
        };
        Effect {
            apply: Box::new(move |system| system.streams.push(extra.clone())),
            change: None,
            accept: accept(place),
        }
    }
}

/// Whoever sends the requests is right as well, and so is the node that can serve them least: the
/// mode means "more requests than the entity can serve".
fn accept(place: &Place<'_>) -> Vec<nightjar_topology::EntityId> {
    let clients = place.system.bystanders.iter().filter(|e| e.kind == EntityKind::Client);
    let mut accept: Vec<_> = clients.map(|client| client.id.clone()).collect();
    let fullest = place.system.nodes.refs().max_by(|&a, &b| {
        let use_of = |node| Place { node, ..*place }.utilization();
        use_of(a).total_cmp(&use_of(b))
    });
    if let Some(fullest) = fullest.filter(|&fullest| fullest != place.node) {
        accept.push(place.system.nodes[fullest].entity.id.clone());
    }
    accept
}
