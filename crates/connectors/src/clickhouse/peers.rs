//! Whom a span speaks to, by its attributes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nightjar_topology::{Entity, EntityId, EntityKind, RelationKind};

/// The attributes that name a peer, in the order of [`Attributes`]; older names stand behind newer ones.
pub(super) const ATTRIBUTES: &str = "[
    if(SpanAttributes['service.peer.name'] != '', SpanAttributes['service.peer.name'], SpanAttributes['peer.service']),
    if(SpanAttributes['server.address'] != '', SpanAttributes['server.address'], SpanAttributes['net.peer.name']),
    if(SpanAttributes['server.port'] != '', SpanAttributes['server.port'], SpanAttributes['net.peer.port']),
    if(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system']),
    if(SpanAttributes['db.namespace'] != '', SpanAttributes['db.namespace'], SpanAttributes['db.name']),
    if(SpanAttributes['messaging.destination.name'] != '', SpanAttributes['messaging.destination.name'],
       SpanAttributes['messaging.destination'])]";

/// The part that a span has in a call, in capitals and without the prefix of older exporters.
pub(super) const ROLE: &str = "upper(replaceOne(toString(SpanKind), 'SPAN_KIND_', ''))";

/// What [`ATTRIBUTES`] gives: service, address, port, kind of database, its name, queue.
pub(super) type Attributes = [String; 6];

/// The other end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) entity: Entity,
    /// What the caller does with it.
    pub(super) relation: RelationKind,
}

/// Systems that keep values for others rather than the truth.
const CACHES: [&str; 5] = ["redis", "valkey", "memcached", "keydb", "dragonfly"];

/// Whom a span of that role speaks to; nobody, if it doesn't say or doesn't call.
pub(super) fn peer(role: &str, attributes: &Attributes) -> Option<Peer> {
    let [service, address, port, system, namespace, queue] = attributes;
    let relation = match role {
        "CLIENT" => RelationKind::Calls,
        "PRODUCER" => RelationKind::Publishes,
        "CONSUMER" => RelationKind::Consumes,
        _ => return None,
    };
    let named = |name: &str, kind: EntityKind| Some(Entity::new(EntityId::new(name).ok()?, kind));
    if relation != RelationKind::Calls {
        return Some(Peer { entity: named(queue, EntityKind::Queue)?, relation });
    }
    let kind = match system.as_str() {
        "" => EntityKind::Unknown,
        system if CACHES.contains(&system) => EntityKind::Cache,
        _ => EntityKind::Database,
    };
    if !service.is_empty() {
        return Some(Peer { entity: named(service, kind)?, relation });
    }
    let full = match (address.as_str(), port.as_str()) {
        (address, "") => address.to_owned(),
        (address, port) => format!("{address}:{port}"),
    };
    // Many programs share a machine; only the port tells them apart.
    let is_machine = address == "localhost" || address.parse::<IpAddr>().is_ok();
    let name = match (address.as_str(), is_machine) {
        ("", _) if namespace.is_empty() => system,
        ("", _) => namespace,
        (_, true) => &full,
        (address, false) => address,
    };
    let mut entity = named(name, kind)?;
    if !full.is_empty() && full != *name {
        entity.aliases.push(full.clone());
    }
    let told = [("db.system.name", system), ("db.namespace", namespace)];
    let told = told.into_iter().filter(|(_, value)| !value.is_empty());
    entity.attributes =
        told.map(|(key, value)| (key.to_owned(), value.clone())).collect::<BTreeMap<_, _>>();
    Some(Peer { entity, relation })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: &str, attributes: [&str; 6]) -> Option<(String, EntityKind, RelationKind)> {
        let peer = peer(role, &attributes.map(str::to_owned))?;
        Some((peer.entity.id.as_str().to_owned(), peer.entity.kind, peer.relation))
    }

    #[test]
    fn attributes_tell_whom_a_span_speaks_to() {
        let check = |role, attributes, name: &str, kind, relation| {
            assert_eq!(of(role, attributes), Some((name.to_owned(), kind, relation)));
        };
        use EntityKind::{Cache, Database, Queue, Unknown};
        use RelationKind::{Calls, Consumes, Publishes};
        check("CLIENT", ["cart", "10.0.0.1", "80", "", "", ""], "cart", Unknown, Calls);
        check("CLIENT", ["", "10.0.0.1", "80", "", "", ""], "10.0.0.1:80", Unknown, Calls);
        check("CLIENT", ["", "db", "5432", "postgresql", "shop", ""], "db", Database, Calls);
        check("CLIENT", ["", "", "", "redis", "", ""], "redis", Cache, Calls);
        check("PRODUCER", ["", "mq", "", "", "", "orders"], "orders", Queue, Publishes);
        check("CONSUMER", ["", "", "", "", "", "orders"], "orders", Queue, Consumes);
        assert_eq!(of("SERVER", ["cart", "x", "", "", "", ""]), None);
        assert_eq!(of("CLIENT", [""; 6]), None);
        assert_eq!(of("CLIENT", ["a\nb", "", "", "", "", ""]), None);
    }
}
