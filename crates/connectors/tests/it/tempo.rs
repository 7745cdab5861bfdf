//! Tempo, by a fake of ours after its documentation.

use nightjar_connect::Question;
use nightjar_incident::{Content, Span, SpanStatus};
use nightjar_otlp::{Parse as _, TracesData};
use prost::Message as _;
use serde_json::{Value, json};

use crate::conformance::{Subject, open, query};
use crate::fake::{Fake, Reply, Request};

/// The first trace's time: 03:10:00, Unix seconds. One every ten seconds.
const BEGIN: i64 = 1_795_403_400;
const TRACES: i64 = 60;

fn attributes(all: &[(&str, &str)]) -> Value {
    all.iter().map(|(k, v)| json!({ "key": k, "value": { "stringValue": v } })).collect()
}

/// Gateway asks cart, cart its cache. Ids as `id` spells them, enums as `word` does.
fn trace(number: i64, id: fn(u64, usize) -> String, word: fn(&str, i32) -> Value) -> Value {
    let nanos =
        |offset: i64| format!("{}", (BEGIN + number * 10) * 1_000_000_000 + offset * 1_000_000);
    let trace = u64::try_from(number + 1).unwrap();
    let span = |n: u64, parent: u64, kind: Value, name: &str, own: Value, status: Value| {
        let mut span = json!({
            "traceId": id(trace, 16), "spanId": id(n, 8), "name": name, "kind": kind, "attributes": own,
            "startTimeUnixNano": nanos(n.try_into().unwrap()), "endTimeUnixNano": nanos(90), "status": status,
        });
        if parent > 0 {
            span["parentSpanId"] = id(parent, 8).into();
        }
        span
    };
    let of = |service: &str, spans: Vec<Value>| {
        json!({
            "resource": { "attributes": attributes(&[("service.name", service)]) },
            "scopeSpans": [{ "spans": spans }],
        })
    };
    let (server, client) = (word("SPAN_KIND_SERVER", 2), word("SPAN_KIND_CLIENT", 3));
    let error = json!({ "code": word("STATUS_CODE_ERROR", 2) });
    let call = attributes(&[("server.address", "cart")]);
    let cache = attributes(&[("db.system.name", "redis"), ("server.address", "carts-cache")]);
    json!([
        of(
            "gateway",
            vec![
                span(1, 0, server.clone(), "GET /", json!([]), json!({})),
                span(2, 1, client.clone(), "GET", call, json!({})),
            ]
        ),
        of(
            "cart",
            vec![
                span(3, 2, server, "GET /cart", json!([]), error),
                span(4, 3, client, "HGETALL", cache, json!({})),
            ]
        ),
    ])
}

fn hex(id: u64, bytes: usize) -> String {
    format!("{id:0>width$x}", width = 2 * bytes)
}

fn data(number: i64) -> Vec<u8> {
    let spans = trace(number, hex, |_, number| number.into());
    let text = json!({ "resourceSpans": spans }).to_string();
    TracesData::from_json(&text).unwrap().encode_to_vec()
}

/// Field 1 of the newer answer, and 3 that says that it is a part.
fn newer(trace: &[u8], is_part: bool) -> Vec<u8> {
    let mut bytes = vec![0x0a];
    prost::encoding::encode_varint(trace.len() as u64, &mut bytes);
    bytes.extend(trace);
    if is_part {
        bytes.extend([0x18, 1]);
    }
    bytes
}

fn good(request: &Request) -> Reply {
    let number = |name: &str| request.param(name).unwrap().parse::<i64>().unwrap();
    match request.path.as_str() {
        "/api/status/buildinfo" => Reply::json(r#"{"version":"2.9.0"}"#),
        "/api/v2/search/tag/resource.service.name/values" => Reply::json(
            r#"{"tagValues":[{"type":"string","value":"gateway"},{"type":"string","value":"cart"}]}"#,
        ),
        "/api/search" => {
            let asked = request.param("q").unwrap();
            assert!(asked.starts_with("{resource.service.name=\""), "{asked}");
            let (start, end) = (number("start"), number("end"));
            let all = (0..TRACES).filter(|n| (start..end).contains(&(BEGIN + n * 10)));
            let limit = usize::try_from(number("limit")).unwrap();
            let hits: Vec<Value> = all
                .take(limit)
                .map(|n| {
                    json!({
                        // Zeros in front are left out.
                        "traceID": format!("{:x}", n + 1), "rootServiceName": "gateway",
                        "startTimeUnixNano": format!("{}000000000", BEGIN + n * 10), "durationMs": 90,
                    })
                })
                .collect();
            Reply::json(json!({ "traces": hits, "metrics": {} }).to_string())
        }
        path => match path.strip_prefix("/api/v2/traces/") {
            Some(id) => {
                assert_eq!(request.header("accept"), Some("application/protobuf"));
                let number = i64::from_str_radix(id, 16).unwrap() - 1;
                Reply::Bytes("application/protobuf", newer(&data(number), false))
            }
            None => Reply::status(404),
        },
    }
}

#[tokio::test]
async fn tempo_conforms() {
    let subject = Subject {
        kind: "tempo",
        config: json!({ "tenant": "team-a" }),
        questions: &[Question::Traces, Question::Inventory],
        entities: &["gateway", "cart"],
        good,
        reads: |request| {
            request.method == "GET" && request.header("x-scope-orgid") == Some("team-a")
        },
    };
    subject.conforms().await;
}

fn spans(content: Content) -> Vec<Span> {
    match content {
        Content::Spans(spans) => spans,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn traces_are_found_by_service_and_fetched_whole() {
    let fake = Fake::new(good).await;
    let tempo = open("tempo", &fake.url, &json!({ "traces": 100 }));
    let answer = tempo.ask(&query(Question::Traces, &["cart"], 1000)).await.unwrap().unwrap();
    assert_eq!(answer.truncated, None);
    assert_eq!(
        answer.query,
        "{resource.service.name=\"cart\"} start=1795402800 end=1795404600 limit=100"
    );
    let found = spans(answer.content);
    assert_eq!(found.len(), 240);
    let [_, call, served, cache] = &found[..4] else { panic!() };
    assert_eq!(served.trace_id, "00000000000000000000000000000001");
    assert_eq!(served.parent_id.as_deref(), Some(call.span_id.as_str()));
    assert_eq!((served.entity.as_str(), served.status), ("cart", SpanStatus::Error));
    assert_eq!(cache.peer.as_ref().map(|peer| peer.as_str()), Some("carts-cache"));
}

#[tokio::test]
async fn where_more_is_found_than_fetched_it_is_spread_over_the_time_and_said() {
    let fake = Fake::new(good).await;
    let tempo = open("tempo", &fake.url, &json!({ "traces": 10 }));
    let mut asked = query(Question::Traces, &["cart", "gateway"], 1000);
    asked.since = Some("2026-11-23T03:16:40Z".parse().unwrap());
    let answer = tempo.ask(&asked).await.unwrap().unwrap();
    assert_eq!(
        answer.truncated.as_deref(),
        Some("4 of 4 searches gave as many traces as they may; there may be more")
    );
    let found = spans(answer.content);
    assert_eq!(found.len(), 40);
    let since = i64::try_from(asked.since.unwrap().as_nanosecond()).unwrap();
    assert_eq!(found.iter().filter(|span| span.start_nanos >= since).count(), 20);
}

#[tokio::test]
async fn an_older_tempo_and_one_that_speaks_json_say_the_same() {
    fn base64(id: u64, bytes: usize) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut all = vec![0; bytes - 8];
        all.extend(id.to_be_bytes());
        let mut text = String::new();
        for three in all.chunks(3) {
            let n = three.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b))
                << (8 * (3 - three.len()));
            for place in 0..4 {
                let letter = letters[n >> (18 - 6 * place) & 63] as char;
                text.push(if place <= three.len() { letter } else { '=' });
            }
        }
        text
    }
    let older = |request: &Request| match request.path.strip_prefix("/api/traces/") {
        Some(id) => {
            let number = i64::from_str_radix(id, 16).unwrap() - 1;
            Reply::Bytes("application/protobuf", data(number))
        }
        None if request.path.starts_with("/api/v2/traces/") => Reply::status(404),
        None => good(request),
    };
    let json = |request: &Request| match request.path.strip_prefix("/api/v2/traces/") {
        Some(id) => {
            let number = i64::from_str_radix(id, 16).unwrap() - 1;
            let trace = trace(number, base64, |word, _| word.into());
            Reply::json(json!({ "trace": { "resourceSpans": trace }, "metrics": {} }).to_string())
        }
        None => good(request),
    };
    let fake = Fake::new(good).await;
    let tempo = open("tempo", &fake.url, &json!({}));
    let asked = query(Question::Traces, &["cart"], 1000);
    let expected = tempo.ask(&asked).await.unwrap().unwrap();
    fake.answer(older);
    assert_eq!(tempo.ask(&asked).await.unwrap().unwrap(), expected);
    fake.answer(json);
    assert_eq!(tempo.ask(&asked).await.unwrap().unwrap(), expected);
}

#[tokio::test]
async fn traces_that_are_gone_or_in_part_are_told() {
    let fake = Fake::new(|request: &Request| match request.path.as_str() {
        "/api/v2/traces/1" => Reply::Bytes("application/protobuf", newer(&data(0), true)),
        "/api/v2/traces/2" | "/api/traces/2" => Reply::status(404),
        "/api/search" => Reply::json(
            r#"{"traces":[{"traceID":"1"},{"traceID":"2"},{"traceID":"../../flush"},{"traceID":"3"}]}"#,
        ),
        _ => good(request),
    })
    .await;
    let tempo = open("tempo", &fake.url, &json!({}));
    let answer = tempo.ask(&query(Question::Traces, &["cart"], 1000)).await.unwrap().unwrap();
    assert_eq!(answer.content.len(), 8);
    assert_eq!(
        answer.truncated.as_deref(),
        Some("a trace came in part: it is larger than Tempo gives")
    );
    assert_eq!(answer.notes, ["1 traces that were found aren't there any more"]);
    assert!(fake.seen().iter().all(|request| !request.path.contains("flush")));
}

#[tokio::test]
async fn the_call_graph_follows_from_traces() {
    let fake = Fake::new(good).await;
    let tempo = open("tempo", &fake.url, &json!({}));
    let answer = tempo.ask(&query(Question::Inventory, &[], 100)).await.unwrap().unwrap();
    let Content::Inventory(found) = answer.content else { panic!() };
    let relations: Vec<String> =
        found.relations().map(|r| format!("{} {} {}", r.from, r.kind.label(), r.to)).collect();
    assert_eq!(relations, ["cart reads carts-cache", "gateway calls cart"]);
}

#[tokio::test]
async fn a_service_of_a_wicked_name_is_quoted() {
    let fake = Fake::new(|request: &Request| match request.path.as_str() {
        "/api/search" => Reply::json(r#"{"traces":[]}"#),
        _ => Reply::json(r#"{"tagValues":["a\" || {} || \"\\"]}"#),
    })
    .await;
    let tempo = open("tempo", &fake.url, &json!({}));
    tempo.ask(&query(Question::Traces, &[], 10)).await.unwrap().unwrap();
    let asked = fake.seen().into_iter().find(|request| request.path == "/api/search").unwrap();
    assert_eq!(asked.param("q"), Some(r#"{resource.service.name="a\" || {} || \"\\"}"#));
}
