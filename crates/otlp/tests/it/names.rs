//! Whom a call goes to, and what that is.

use std::collections::BTreeMap;

use nightjar_otlp::{Names, Peer, Role};
use nightjar_topology::{Entity, EntityId, EntityKind, RelationKind, Topology};

fn estate() -> Topology {
    let mut topology = Topology::default();
    let mut db = Entity::new(EntityId::new("orders-db").unwrap(), EntityKind::Database);
    db.aliases.push("127.0.0.1:5432".to_owned());
    topology.add(db);
    topology
}

fn peer(role: Role, operation: &str, own: &[(&str, &str)]) -> Option<Peer> {
    let own: BTreeMap<String, String> =
        own.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let topology = estate();
    Names::new(&topology).peer(&own, operation, role).unwrap()
}

/// Id, kind and relation of the peer, as words.
fn check(role: Role, own: &[(&str, &str)], expected: &str) {
    let found = peer(role, "", own).map_or_else(
        || "nobody".to_owned(),
        |peer| format!("{} · {} · {}", peer.relation.label(), peer.kind.label(), peer.id),
    );
    assert_eq!(found, expected, "{own:?}");
}

#[test]
fn the_most_telling_attribute_names_the_peer() {
    use Role::{Client, Consumer, Producer, Server};
    let address = [("server.address", "127.0.0.1"), ("server.port", "8080")];
    check(Client, &address, "calls · service · 127.0.0.1:8080");
    check(Client, &[address[0], address[1], ("peer.service", "cart")], "calls · service · cart");
    check(Server, &address, "nobody");
    check(Client, &[("server.address", "cart"), ("server.port", "80")], "calls · service · cart");
    check(
        Client,
        &[("server.address", "api.bank.com")],
        "calls · external dependency · api.bank.com",
    );
    check(Client, &[("net.peer.name", "cart"), ("net.peer.port", "80")], "calls · service · cart");
    check(Client, &[("net.sock.peer.addr", "10.0.0.7")], "calls · service · 10.0.0.7");
    check(
        Client,
        &[("http.url", "https://u:p@bank.example/x")],
        "calls · external dependency · bank.example",
    );
    check(Client, &[("http.host", "cart:8080")], "calls · service · cart");
    check(
        Client,
        &[("db.system.name", "postgresql"), ("db.namespace", "shop")],
        "calls · database · shop",
    );
    check(Client, &[("db.system", "mysql")], "calls · database · mysql");
    check(
        Client,
        &[
            ("db.system", "dynamodb"),
            ("aws.dynamodb.table_names", "[\"carts\"]"),
            ("server.address", "dynamodb.eu-west-1.amazonaws.com"),
        ],
        "calls · table · carts",
    );
    check(
        Producer,
        &[
            ("messaging.system", "kafka"),
            ("messaging.destination.name", "orders"),
            ("server.address", "kafka"),
        ],
        "publishes to · queue · orders",
    );
    check(Consumer, &[("messaging.destination.name", "orders")], "consumes from · queue · orders");
    check(Consumer, &address, "nobody");
    check(Client, &[], "nobody");
    check(Client, &[("server.address", "")], "nobody");
}

#[test]
fn an_address_that_the_topology_knows_names_its_entity() {
    let own =
        [("server.address", "127.0.0.1"), ("server.port", "5432"), ("db.system", "postgresql")];
    check(Role::Client, &own, "calls · database · orders-db");
}

#[test]
fn the_first_word_of_an_operation_tells_reading_from_writing() {
    let relation = |operation: &str, own: &[(&str, &str)]| {
        let mut all = vec![("db.system.name", "redis"), ("server.address", "cache")];
        all.extend(own);
        peer(Role::Client, operation, &all).unwrap().relation
    };
    assert_eq!(relation("GET", &[]), RelationKind::Reads);
    assert_eq!(relation("x", &[("db.operation.name", "HSET")]), RelationKind::Writes);
    assert_eq!(relation("x", &[("db.query.text", " select 1")]), RelationKind::Reads);
    assert_eq!(relation("x", &[("db.statement", "INSERT INTO a")]), RelationKind::Writes);
    assert_eq!(relation("EVAL", &[]), RelationKind::Calls);
    assert_eq!(relation("", &[]), RelationKind::Calls);
}

#[test]
fn a_cache_is_no_database_and_keeps_its_address_as_a_name() {
    let own =
        [("db.system.name", "redis"), ("server.address", "cache.local"), ("server.port", "6379")];
    let found = peer(Role::Client, "", &own).unwrap();
    assert_eq!(found.kind, EntityKind::Cache);
    assert_eq!(found.addresses, ["cache.local:6379", "cache.local"]);
    assert_eq!(found.entity().aliases, ["cache.local:6379"]);
}

#[test]
fn a_name_that_can_be_no_id_is_refused_with_its_attribute() {
    let own = BTreeMap::from([("peer.service".to_owned(), "\u{1b}[2J".to_owned())]);
    let topology = Topology::default();
    let refused = Names::new(&topology).peer(&own, "", Role::Client);
    assert_eq!(refused.unwrap_err(), "peer.service: an entity id holds a control character");
}

#[test]
fn roles_are_known_by_all_their_words() {
    for word in ["client", "Client", "SPAN_KIND_CLIENT"] {
        assert_eq!(Role::of_word(word), Role::Client, "{word}");
    }
    assert_eq!(Role::of_word("whatever"), Role::Internal);
}
