//! Jaeger, by a fake of ours after its documentation and the form that its pages read.

use nightjar_connect::{ErrorKind, Question};
use nightjar_incident::{Content, Span, SpanStatus};
use nightjar_topology::Topology;
use serde_json::{Value, json};

use crate::conformance::{Subject, open, query, within};
use crate::fake::{Fake, Reply, Request};

/// The first trace's time: 03:10:00, Unix microseconds. One every ten seconds.
const BEGIN: i64 = 1_795_403_400_000_000;
const TRACES: i64 = 60;

fn tag(key: &str, value: impl Into<Value>) -> Value {
    json!({ "key": key, "type": "string", "value": value.into() })
}

/// A trace of three services: gateway asks cart, and cart asks its database; from the fortieth on in vain.
fn trace(number: i64) -> Value {
    let id = format!("{:016x}", number + 1);
    let start = BEGIN + number * 10_000_000;
    let is_bad = number >= 40;
    let span = |n: i64, parent: i64, name: &str, process: &str, tags: Value| {
        let references = match parent {
            0 => json!([]),
            parent => {
                json!([{ "refType": "CHILD_OF", "traceID": id, "spanID": format!("{parent:x}") }])
            }
        };
        json!({
            "traceID": id, "spanID": format!("{n:x}"), "operationName": name, "references": references,
            "startTime": start + n * 1000, "duration": 100_000 - n * 2000, "tags": tags, "logs": [],
            "processID": process, "warnings": null,
        })
    };
    json!({
        "traceID": id,
        "spans": [
            span(1, 0, "GET /", "p1", json!([tag("span.kind", "server")])),
            span(2, 1, "GET", "p1", json!([
                tag("span.kind", "client"), tag("server.address", "127.0.0.1"), tag("server.port", 8081),
            ])),
            span(3, 2, "GET /cart", "p2", json!([tag("span.kind", "server"), tag("error", is_bad)])),
            span(4, 3, "SELECT shop.carts", "p2", json!([
                tag("span.kind", "client"), tag("db.system", "postgresql"), tag("net.peer.name", "carts-db"),
                tag("otel.status_code", if is_bad { "ERROR" } else { "OK" }),
            ])),
        ],
        "processes": {
            "p1": { "serviceName": "gateway", "tags": [tag("hostname", "vm-1")] },
            "p2": { "serviceName": "cart", "tags": [tag("service.version", "1.2")] },
        },
        "warnings": null,
    })
}

fn good(request: &Request) -> Reply {
    let number = |name: &str| request.param(name).unwrap().parse::<i64>().unwrap();
    let data = match request.path.as_str() {
        "/api/services" => json!(["gateway", "cart", "idle"]),
        "/api/dependencies" => json!([{ "parent": "gateway", "child": "cart", "callCount": 60 }]),
        "/api/traces" if request.param("service") == Some("idle") => json!([]),
        "/api/traces" => {
            let (start, end) = (number("start"), number("end"));
            let all =
                (0..TRACES).rev().filter(|n| (start..=end).contains(&(BEGIN + n * 10_000_000)));
            let limit = usize::try_from(number("limit")).unwrap();
            all.take(limit).map(trace).collect()
        }
        _ => return Reply::status(404),
    };
    Reply::json(
        json!({ "data": data, "total": 0, "limit": 0, "offset": 0, "errors": null }).to_string(),
    )
}

#[tokio::test]
async fn jaeger_conforms() {
    let subject = Subject {
        kind: "jaeger",
        config: json!({}),
        questions: &[Question::Traces, Question::Inventory],
        entities: &["gateway", "cart"],
        good,
        reads: |request| request.method == "GET" && request.path.starts_with("/api/"),
    };
    subject.conforms().await;
}

fn spans(content: Content) -> Vec<Span> {
    match content {
        Content::Spans(spans) => spans,
        other => panic!("{other:?}"),
    }
}

fn topology(content: Content) -> Topology {
    match content {
        Content::Inventory(topology) => topology,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn traces_come_whole_and_once() {
    let fake = Fake::new(good).await;
    let jaeger = open("jaeger", &fake.url, &json!({ "traces_per_service": 100 }));
    let answer = jaeger.ask(&query(Question::Traces, &["cart"], 1000)).await.unwrap().unwrap();
    assert_eq!(answer.truncated, None);
    assert_eq!(
        answer.query,
        "/api/traces?service=cart&start=1795402800000000&end=1795404599999999&limit=100"
    );
    let found = spans(answer.content);
    assert_eq!(found.len(), 240);
    let [root, call, served, asked] = &found[..4] else { panic!() };
    assert_eq!(root.trace_id, "00000000000000000000000000000001");
    assert_eq!((root.entity.as_str(), root.parent_id.as_deref()), ("gateway", None));
    // The address is known as the cart's by who answered there.
    assert_eq!(call.peer.as_ref().map(|peer| peer.as_str()), Some("cart"));
    assert_eq!(served.parent_id.as_deref(), Some(call.span_id.as_str()));
    assert_eq!(served.entity.as_str(), "cart");
    assert_eq!(asked.peer.as_ref().map(|peer| peer.as_str()), Some("carts-db"));
    assert_eq!((asked.status, served.status), (SpanStatus::Ok, SpanStatus::Unset));
    assert_eq!(found[239].status, SpanStatus::Error);
    let both = query(Question::Traces, &["cart", "gateway"], 1000);
    let both = jaeger.ask(&both).await.unwrap().unwrap();
    assert_eq!(spans(both.content), found);
}

#[tokio::test]
async fn what_is_cut_is_cut_evenly_before_and_since_the_trouble_and_said() {
    let fake = Fake::new(good).await;
    let jaeger = open("jaeger", &fake.url, &json!({ "traces_per_service": 40 }));
    let mut asked = query(Question::Traces, &["cart"], 42);
    asked.since = Some("2026-11-23T03:16:40Z".parse().unwrap());
    let answer = jaeger.ask(&asked).await.unwrap().unwrap();
    assert_eq!(
        answer.truncated.as_deref(),
        Some(
            "cut here: 40 of 160 spans, 10 of 40 traces; \
             2 of 2 searches gave as many traces as they may; there may be more"
        )
    );
    let found = spans(answer.content.clone());
    within(&answer, &asked);
    let bad = found.iter().filter(|span| span.status == SpanStatus::Error).count();
    // Two of the four spans of a trace fail, and half of ten traces are since.
    assert_eq!(bad, 10);
    for span in &found {
        let whole = found.iter().filter(|other| other.trace_id == span.trace_id).count();
        assert_eq!(whole, 4);
    }
}

#[tokio::test]
async fn the_call_graph_knows_databases_machines_and_other_names() {
    let fake = Fake::new(good).await;
    let jaeger = open("jaeger", &fake.url, &json!({}));
    let answer = jaeger.ask(&query(Question::Inventory, &[], 100)).await.unwrap().unwrap();
    let found = topology(answer.content);
    let relations: Vec<String> =
        found.relations().map(|r| format!("{} {} {}", r.from, r.kind.label(), r.to)).collect();
    assert_eq!(relations, ["cart reads carts-db", "gateway calls cart", "gateway runs on vm-1"]);
    assert_eq!(found.resolve("127.0.0.1:8081").unwrap().id.as_str(), "cart");
    assert!(found.resolve("idle").is_some());
    let near = jaeger.ask(&query(Question::Inventory, &["cart"], 100)).await.unwrap().unwrap();
    let near = topology(near.content);
    assert!(near.resolve("gateway").is_some() && near.resolve("idle").is_none());
}

#[tokio::test]
async fn a_service_of_a_wicked_name_stays_a_name() {
    let fake = Fake::new(|request: &Request| match request.path.as_str() {
        "/api/services" => Reply::json("{\"data\":[\"a&limit=1#\\u001b[2J\"],\"errors\":null}"),
        _ => good(request),
    })
    .await;
    let jaeger = open("jaeger", &fake.url, &json!({}));
    let answer = jaeger.ask(&query(Question::Traces, &[], 1000)).await.unwrap().unwrap();
    assert!(!answer.query.chars().any(|c| c.is_control() && c != '\n'), "{:?}", answer.query);
    let asked = fake.seen().into_iter().find(|request| request.path == "/api/traces").unwrap();
    assert_eq!(asked.param("service"), Some("a&limit=1#\u{1b}[2J"));
    assert_eq!(asked.param("limit"), Some("60"));
}

#[tokio::test]
async fn spans_that_make_no_sense_are_left_out_and_told() {
    let fake = Fake::new(|request: &Request| match request.path.as_str() {
        "/api/traces" => {
            let mut bad = trace(1);
            bad["spans"][0]["traceID"] = "../../etc".into();
            bad["spans"][1]["duration"] = (-5).into();
            bad["spans"][2]["startTime"] = i64::MAX.into();
            bad["spans"][3]["processID"] = "nobody".into();
            Reply::json(json!({ "data": [bad, trace(2)], "errors": null }).to_string())
        }
        _ => good(request),
    })
    .await;
    let jaeger = open("jaeger", &fake.url, &json!({}));
    let answer = jaeger.ask(&query(Question::Traces, &["cart"], 1000)).await.unwrap().unwrap();
    assert_eq!(answer.content.len(), 4);
    assert_eq!(
        answer.notes,
        [
            "left out: a span that starts before 1970 or after 2262 (1)",
            "left out: a span with a negative duration (1)",
            "left out: a span without a process (1)",
            "left out: an id that isn't hexadecimal (1)",
        ]
    );
}

#[tokio::test]
async fn trouble_in_an_answer_of_success_is_trouble() {
    let fake = Fake::new(|_| {
        Reply::json(r#"{"data":null,"errors":[{"code":500,"msg":"storage\u001b[31m is down"}]}"#)
    })
    .await;
    let jaeger = open("jaeger", &fake.url, &json!({}));
    let error = jaeger.ask(&query(Question::Traces, &["cart"], 10)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.message, "storage [31m is down");
}
