//! The call graph.

use nightjar_otlp::{CallGraph, Calls, Names, Parse as _, Traced, TracesData};
use nightjar_topology::{EntityId, Topology};
use serde_json::json;

use crate::traces::{CLIENT, CONSUMER, INTERNAL, PRODUCER, SERVER, Spoken, attributes, read};

fn calls(spans: &[Traced]) -> Calls {
    let mut graph = CallGraph::new();
    graph.add(spans);
    graph.finish()
}

/// Entities with their kinds, then relations, one per line.
fn shown(topology: &Topology) -> Vec<String> {
    let entities = topology.entities().map(|e| format!("{} {}", e.kind.label(), e.id));
    let relations = topology.relations().map(|r| format!("{} {} {}", r.from, r.kind.label(), r.to));
    entities.chain(relations).collect()
}

#[test]
fn calls_follow_spans_across_services_and_end_at_peers_without_spans() {
    let spans = read(&[
        Spoken("gateway", 1, 0, SERVER, "GET /", json!({})),
        Spoken(
            "gateway",
            2,
            1,
            CLIENT,
            "GET",
            json!({ "server.address": "cart", "server.port": 80 }),
        ),
        Spoken("cart", 3, 2, SERVER, "GET /cart", json!({})),
        Spoken("cart", 4, 3, INTERNAL, "work", json!({})),
        Spoken(
            "cart",
            5,
            4,
            CLIENT,
            "SELECT carts",
            json!({ "db.system": "postgresql", "server.address": "db" }),
        ),
        Spoken(
            "cart",
            6,
            4,
            CLIENT,
            "GET",
            json!({ "db.system": "redis", "server.address": "127.0.0.1", "server.port": 6379 }),
        ),
        Spoken(
            "cart",
            7,
            4,
            CLIENT,
            "SET",
            json!({ "db.system": "redis", "server.address": "127.0.0.1", "server.port": 6379 }),
        ),
        Spoken("cart", 8, 4, CLIENT, "POST", json!({ "server.address": "api.bank.com" })),
    ]);
    assert_eq!(
        shown(&calls(&spans).topology),
        [
            "cache 127.0.0.1:6379",
            "external dependency api.bank.com",
            "service cart",
            "database db",
            "service gateway",
            "cart writes 127.0.0.1:6379",
            "cart calls api.bank.com",
            "cart reads db",
            "gateway calls cart",
        ]
    );
}

#[test]
fn an_address_at_which_one_service_answers_is_a_name_of_it() {
    let address = json!({ "server.address": "127.0.0.1", "server.port": 8081 });
    let mut spans = read(&[
        Spoken("gateway", 1, 0, CLIENT, "GET", address.clone()),
        Spoken("cart", 2, 1, SERVER, "GET /cart", json!({})),
        // Nobody answered this one.
        Spoken("shop", 3, 0, CLIENT, "GET", address),
    ]);
    let calls = calls(&spans);
    assert_eq!(
        shown(&calls.topology),
        [
            "service cart",
            "service gateway",
            "service shop",
            "gateway calls cart",
            "shop calls cart"
        ]
    );
    let found = calls.topology.resolve("127.0.0.1:8081").unwrap();
    assert_eq!(found.id.as_str(), "cart");
    calls.settle(&mut spans);
    let peers: Vec<Option<&str>> =
        spans.iter().map(|s| s.span.peer.as_ref().map(EntityId::as_str)).collect();
    assert_eq!(peers, [Some("cart"), None, Some("cart")]);
}

#[test]
fn an_address_behind_which_two_services_answer_is_a_name_of_neither() {
    let address = json!({ "server.address": "balancer" });
    let mut spans = read(&[
        Spoken("gateway", 1, 0, CLIENT, "GET", address.clone()),
        Spoken("cart", 2, 1, SERVER, "GET /cart", json!({})),
        Spoken("gateway", 3, 0, CLIENT, "GET", address.clone()),
        Spoken("pay", 4, 3, SERVER, "GET /pay", json!({})),
        Spoken("gateway", 5, 0, CLIENT, "GET", address),
    ]);
    let calls = calls(&spans);
    assert_eq!(
        shown(&calls.topology),
        [
            "service balancer",
            "service cart",
            "service gateway",
            "service pay",
            "gateway calls balancer",
            "gateway calls cart",
            "gateway calls pay",
        ]
    );
    calls.settle(&mut spans);
    let peer = |at: usize| spans[at].span.peer.as_ref().unwrap().as_str();
    assert_eq!([peer(0), peer(2), peer(4)], ["cart", "pay", "balancer"]);
}

#[test]
fn a_message_passes_through_its_queue() {
    let spans = read(&[
        Spoken(
            "shop",
            1,
            0,
            PRODUCER,
            "orders publish",
            json!({ "messaging.system": "rabbitmq", "messaging.destination.name": "orders" }),
        ),
        Spoken("worker", 2, 1, CONSUMER, "orders process", json!({})),
        Spoken("worker", 3, 2, CLIENT, "GET", json!({ "server.address": "mail" })),
        Spoken("mailer", 4, 3, SERVER, "POST", json!({})),
    ]);
    assert_eq!(
        shown(&calls(&spans).topology),
        [
            "service mailer",
            "queue orders",
            "service shop",
            "service worker",
            "shop publishes to orders",
            "worker calls mailer",
            "worker consumes from orders",
        ]
    );
    assert_eq!(spans[1].span.peer, None);
}

#[test]
fn what_starts_when_its_parent_is_over_was_not_waited_for_unless_the_parent_is_a_client() {
    // Each span is open for a hundred seconds.
    let spans = |kind| {
        read(&[
            Spoken("shop", 1, 0, kind, "a", json!({})),
            Spoken("audit", 150, 1, SERVER, "b", json!({})),
        ])
    };
    assert_eq!(calls(&spans(INTERNAL)).topology.relations().count(), 0);
    assert_eq!(calls(&spans(CLIENT)).topology.relations().count(), 1);
}

#[test]
fn a_trace_that_calls_itself_in_a_circle_ends() {
    let mut spans = read(&[
        Spoken("a", 1, 2, CLIENT, "x", json!({})),
        Spoken("b", 2, 1, CLIENT, "y", json!({})),
        Spoken("b", 3, 3, SERVER, "its own parent", json!({})),
    ]);
    let calls = calls(&spans);
    assert_eq!(shown(&calls.topology), ["service a", "service b", "a calls b", "b calls a"]);
    calls.settle(&mut spans);
}

#[test]
fn resources_tell_other_names_and_machines() {
    let resource = |own: serde_json::Value| {
        let span = json!({ "traceId": "01", "spanId": "02", "startTimeUnixNano": "1", "endTimeUnixNano": "2" });
        json!({ "resource": { "attributes": attributes(&own) }, "scopeSpans": [{ "spans": [span] }] })
    };
    let text = json!({ "resourceSpans": [
        resource(json!({
            "service.name": "cart", "service.version": "1.2", "k8s.pod.name": "cart-7f9c-abcde",
            "k8s.node.name": "node-1", "host.name": "cart-7f9c-abcde", "service.instance.id": "627cc493",
        })),
        resource(json!({ "service.name": "cart", "k8s.pod.name": "cart-7f9c-fghij", "k8s.node.name": "node-2" })),
        resource(json!({ "service.name": "pay", "host.name": "vm-3", "service.instance.id": "10.0.0.1:9102" })),
        resource(json!({ "service.name": "mail", "host.name": "9f86d081884c" })),
        resource(json!({ "service.name": "\u{7}" })),
    ]});
    let data = TracesData::from_json(&text.to_string()).unwrap();
    let topology = Topology::default();
    let mut graph = CallGraph::new();
    let resources = data.resource_spans.iter().filter_map(|of| of.resource.as_ref());
    graph.describe_all(resources, &mut Names::new(&topology));
    let topology = graph.finish().topology;
    assert_eq!(
        shown(&topology),
        [
            "service cart",
            "service mail",
            "host node-1",
            "host node-2",
            "service pay",
            "host vm-3",
            "cart runs on node-1",
            "cart runs on node-2",
            "pay runs on vm-3",
        ]
    );
    let cart = topology.resolve("cart-7f9c-fghij").unwrap();
    assert_eq!(cart.aliases, ["cart-7f9c-abcde", "cart-7f9c-fghij"]);
    assert_eq!(cart.attributes["service.version"], "1.2");
    assert_eq!(topology.resolve("10.0.0.1:9102").unwrap().id.as_str(), "pay");
}
