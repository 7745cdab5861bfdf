//! Whom a span speaks to, and what that is.

use std::collections::BTreeMap;

use nightjar_topology::{Entity, EntityId, EntityKind, RelationKind};

use crate::address;
use crate::attributes::{Attributes, first};
use crate::{PEER, operation};

/// The part a span has in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It calls nobody itself, or doesn't say.
    Internal,
    /// It answers a request.
    Server,
    /// It sends a request and waits for the answer.
    Client,
    /// It puts a message on a queue.
    Producer,
    /// It takes messages off a queue.
    Consumer,
}

impl Role {
    /// The role by the word that OpenTelemetry, Jaeger and the collector's ClickHouse tables use,
    /// letter case and a prefix `SPAN_KIND_` aside; [`Role::Internal`] for any other.
    pub fn of_word(word: &str) -> Self {
        let word = word.to_ascii_lowercase();
        match word.strip_prefix("span_kind_").unwrap_or(&word) {
            "server" => Self::Server,
            "client" => Self::Client,
            "producer" => Self::Producer,
            "consumer" => Self::Consumer,
            _ => Self::Internal,
        }
    }
}

/// The other end of a call, as the side that speaks of it names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its id.
    pub id: EntityId,
    /// What it is, by the attributes of the call and the form of its address.
    pub kind: EntityKind,
    /// What the caller does with it.
    pub relation: RelationKind,
    /// Its address as `host:port` and `host`, the former where the port is known. A host that many
    /// programs share (`127.0.0.1`) is no name.
    pub addresses: Vec<String>,
    /// Which database, which sort of store.
    pub attributes: BTreeMap<String, String>,
}

impl Peer {
    /// The entity that the peer is.
    pub fn entity(&self) -> Entity {
        let aliases = self.addresses.iter().filter(|name| *name != self.id.as_str()).cloned();
        let mut entity = Entity::new(self.id.clone(), self.kind);
        entity.aliases = aliases.collect();
        entity.attributes.clone_from(&self.attributes);
        entity
    }
}

/// The names a peer goes by, the best one first, and the attribute they stand in.
pub(crate) struct Called {
    pub(crate) key: &'static str,
    pub(crate) names: Vec<String>,
}

/// Who operates the store of a call.
const STORE: [&str; 2] = ["db.system.name", "db.system"];
/// Systems that keep values for others rather than the truth.
const CACHES: [&str; 7] =
    ["redis", "valkey", "keydb", "memcached", "dragonfly", "hazelcast", "ehcache"];
/// Attributes that name a service that is called. `service.peer.name` is the newer name.
const SERVICE: [&str; 2] = ["service.peer.name", "peer.service"];
/// Things of a cloud that are named more exactly than by the address of its API.
const THINGS: [&str; 3] = ["aws.s3.bucket", "faas.invoked_name", "aws.dynamodb.table_names"];
const DESTINATION: [&str; 2] = ["messaging.destination.name", "messaging.destination"];
/// Names of the host that is called, in the conventions' order of age.
const HOST: [&str; 3] = ["server.address", "net.peer.name", "http.host"];
const PORT: [&str; 2] = ["server.port", "net.peer.port"];
/// Addresses as the socket saw them.
const SOCKET: [(&str, &str); 3] = [
    ("network.peer.address", "network.peer.port"),
    ("net.sock.peer.addr", "net.sock.peer.port"),
    ("net.peer.ip", "net.peer.port"),
];
const URL: [&str; 2] = ["url.full", "http.url"];
const NAMESPACE: [&str; 2] = ["db.namespace", "db.name"];

/// Whom these attributes name; `None` if nobody. An address is the remote end's only for the side
/// that calls.
pub(crate) fn called(own: &(impl Attributes + ?Sized), role: Role) -> Option<Called> {
    for key in SERVICE {
        if let Some(name) = first(own, &[key]) {
            return Some(Called { key, names: vec![name] });
        }
    }
    match role {
        Role::Internal | Role::Server => return None,
        Role::Consumer | Role::Producer => {
            if let Some(name) = first(own, &DESTINATION) {
                return Some(Called { key: DESTINATION[0], names: vec![name] });
            }
        }
        Role::Client => {
            for key in THINGS {
                // DynamoDB's is a list; one table is a name, several are none.
                let one = first(own, &[key]).and_then(|text| only(&text));
                if let Some(name) = one {
                    return Some(Called { key, names: vec![name] });
                }
            }
        }
    }
    if role == Role::Consumer {
        return None;
    }
    if let Some((key, host, port)) = address_of(own) {
        let full = port.map(|port| address::join(&host, port));
        let names = match full {
            // Whoever looks it up should find the program, not its machine.
            Some(full) if address::is_machine(&host) => vec![full],
            Some(full) => vec![host, full],
            None => vec![host],
        };
        return Some(Called { key, names });
    }
    for keys in [&NAMESPACE[..], &STORE[..], &DESTINATION[..]] {
        if let (Some(name), Some(key)) = (first(own, keys), keys.first()) {
            return Some(Called { key, names: vec![name] });
        }
    }
    None
}

/// Whether the peer is named as such, and not by where a message was.
pub(crate) fn says_so(own: &(impl Attributes + ?Sized)) -> bool {
    first(own, &[PEER]).or_else(|| first(own, &SERVICE)).is_some()
}

/// What the peer of this id is, by the same attributes.
pub(crate) fn described(
    id: EntityId,
    own: &(impl Attributes + ?Sized),
    operation: &str,
    role: Role,
) -> Peer {
    let store = first(own, &STORE);
    let messaging =
        first(own, &["messaging.system"]).is_some() || first(own, &DESTINATION).is_some();
    let address = address_of(own);
    let kind = if let Some(store) = &store {
        let cache = CACHES.contains(&store.to_ascii_lowercase().as_str());
        let table = first(own, &["aws.dynamodb.table_names"]).and_then(|text| only(&text));
        match (cache, table) {
            (true, _) => EntityKind::Cache,
            (false, Some(table)) if table == id.as_str() => EntityKind::Table,
            (false, _) => EntityKind::Database,
        }
    } else if messaging {
        EntityKind::Queue
    } else if first(own, &["aws.s3.bucket"]).is_some() {
        EntityKind::Bucket
    } else if first(own, &["faas.invoked_name"]).is_some() {
        EntityKind::Function
    } else if address.as_ref().is_some_and(|(_, host, _)| address::is_public(host)) {
        EntityKind::External
    } else {
        EntityKind::Service
    };
    let relation = match role {
        Role::Producer => RelationKind::Publishes,
        Role::Consumer => RelationKind::Consumes,
        Role::Internal | Role::Server | Role::Client if store.is_some() => {
            operation::relation(own, operation)
        }
        Role::Internal | Role::Server | Role::Client => RelationKind::Calls,
    };
    let mut addresses = Vec::new();
    // What stands in one queue or one table isn't what listens at the address.
    let shared = match kind {
        EntityKind::Queue | EntityKind::Table | EntityKind::Bucket | EntityKind::Function => true,
        _ => role == Role::Consumer,
    };
    if let Some((_, host, port)) = address.filter(|_| !shared) {
        addresses.extend(port.map(|port| address::join(&host, port)));
        if !address::is_machine(&host) {
            addresses.push(host);
        }
    }
    let mut attributes = BTreeMap::new();
    if let Some(store) = store {
        attributes.insert("db.system.name".to_owned(), store);
    }
    if let Some(system) = first(own, &["messaging.system"]) {
        attributes.insert("messaging.system".to_owned(), system);
    }
    Peer { id, kind, relation, addresses, attributes }
}

/// Host and port of whom is called, and the attribute they stand in.
fn address_of(own: &(impl Attributes + ?Sized)) -> Option<(&'static str, String, Option<u16>)> {
    for key in HOST {
        if let Some(text) = first(own, &[key]) {
            let (host, port) = address::split(&text);
            let port = port.or_else(|| first(own, &PORT)?.parse().ok());
            return Some((key, host.to_owned(), port));
        }
    }
    for key in URL {
        if let Some((host, port)) = first(own, &[key]).and_then(|url| address::of_url(&url)) {
            return Some((key, host, port));
        }
    }
    for (key, port) in SOCKET {
        if let Some(host) = first(own, &[key]) {
            return Some((key, host, first(own, &[port]).and_then(|port| port.parse().ok())));
        }
    }
    None
}

/// The one name in a text or in a JSON list of texts.
fn only(text: &str) -> Option<String> {
    if !text.starts_with('[') {
        return Some(text.to_owned());
    }
    let names: Vec<String> = serde_json::from_str(text).ok()?;
    match names.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}
