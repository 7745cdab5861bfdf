use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};
use crate::system::Stream;

/// Many more requests come from outside.
pub(super) struct TrafficSurge;

/// Requests compared with the usual number, at severity 1.
const FACTOR: f64 = 3.5;

/// What a service's requests need of its processors in a surge, at least.
const LOAD: f64 = 1.15;
/// A service that would need more than this many times its traffic for that isn't hurt by a surge.
const MOST_FACTOR: f64 = 6.0;

impl Fault for TrafficSurge {
    fn mode(&self) -> FaultMode {
        FaultMode::TrafficSurge
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        match place.node().kind() {
            EntityKind::Gateway => place.rate() > 0.0,
            EntityKind::Service => {
                place.node().consumes.is_none() && place.utilization() * MOST_FACTOR > LOAD
            }
            _ => false,
        }
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let mut factor = FACTOR;
        if place.node().kind() == EntityKind::Service {
            // A service is sized for several times its traffic; a surge is more than that.
            factor = factor.max(LOAD / place.utilization()).min(MOST_FACTOR);
        }
        let extra = Stream {
            to: at,
            per_second: place.rate() * (factor - 1.0) * place.severity,
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
    let mut below = vec![place.node];
    let mut next = 0;
    while let Some(&at) = below.get(next) {
        next += 1;
        for &call in &place.system.nodes[at].calls {
            let to = place.system.calls[call].to;
            if !below.contains(&to) {
                below.push(to);
            }
        }
    }
    let use_of = |node| Place { node, ..*place }.utilization();
    let fullest = below.into_iter().max_by(|&a, &b| use_of(a).total_cmp(&use_of(b)));
    if let Some(fullest) = fullest.filter(|&fullest| fullest != place.node) {
        accept.push(place.system.nodes[fullest].entity.id.clone());
    }
    accept
}
