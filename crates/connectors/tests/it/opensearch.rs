//! OpenSearch and Elasticsearch, by a fake of ours after their documentation.

mod index;

use jiff::Timestamp;
use nightjar_connect::{ErrorKind, Query, Question};
use nightjar_incident::{Content, LogRecord, LogSeverity};
use serde_json::{Value, json};

use self::index::{Index, good};
use crate::conformance::{Subject, open, query, within};
use crate::fake::{Fake, Reply, Request};
use crate::servers::skipped;

#[tokio::test]
async fn opensearch_conforms() {
    let subject = Subject {
        kind: "opensearch",
        config: json!({ "index": "logs-*" }),
        questions: &[Question::Logs, Question::Inventory],
        entities: &["cart", "orders"],
        good,
        reads: is_reading,
    };
    subject.conforms().await;
}

/// OpenSearch's own client from PyPI takes our fake for the real thing.
#[tokio::test]
async fn the_fake_answers_opensearchs_own_client() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("../../target/tools/python/bin/python");
    if !python.exists() {
        return skipped("OpenSearch's client isn't installed (make tools)");
    }
    let fake = Fake::new(good).await;
    let mut client = tokio::process::Command::new(python);
    client.arg(here.join("tests/opensearch/client.py")).arg(&fake.url);
    let output = client.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `_search` takes its query in a body, by `POST`; nothing else may be posted.
fn is_reading(request: &Request) -> bool {
    match request.method.as_str() {
        "GET" => request.path == "/" || request.path.ends_with("/_field_caps"),
        "POST" => request.path.ends_with("/_search"),
        _ => false,
    }
}

fn lines(content: Content) -> Vec<LogRecord> {
    match content {
        Content::Logs(lines) => lines,
        other => panic!("{other:?}"),
    }
}

/// Each second ten lines of `cart`; since 03:20 one of them is an error, and one says something new.
fn busy() -> Index {
    let mut index = Index::default();
    for second in 0..1_800 {
        for number in 0..10 {
            let late = second >= 1_200;
            let (level, message) = match number {
                0 if late || second % 60 == 0 => ("ERROR", format!("payment {second} was refused")),
                1 if late => ("INFO", format!("breaker opened for {second}")),
                _ => ("INFO", format!("order {second} is paid")),
            };
            index.add(
                second * 1_000 + number,
                &json!({
                    "service": { "name": "cart" }, "log": { "level": level }, "message": message,
                    "trace.id": "0AF7651916CD43DD8448EB211C80319C",
                }),
            );
        }
    }
    index
}

fn asked(entities: &[&str], limit: usize) -> Query {
    let since: Timestamp = "2026-11-23T03:20:00Z".parse().unwrap();
    Query { since: Some(since), ..query(Question::Logs, entities, limit) }
}

#[tokio::test]
async fn all_lines_come_page_by_page() {
    let fake = Fake::new(busy().serve()).await;
    let config =
        json!({ "index": "logs-*", "limits": { "seconds": 30, "requests_per_second": 1000 } });
    let search = open("opensearch", &fake.url, &config);
    let question = asked(&["cart"], 50_000);
    let answer = search.ask(&question).await.unwrap().unwrap();
    within(&answer, &question);
    assert_eq!((answer.truncated, answer.notes), (None, Vec::<String>::new()));
    assert!(answer.query.starts_with("POST /logs-*/_search {"), "{}", answer.query);
    let lines = lines(answer.content);
    assert_eq!(lines.len(), 18_000);
    let first = &lines[0];
    assert_eq!((first.severity, first.entity.as_str()), (LogSeverity::Error, "cart"));
    assert_eq!(first.trace_id.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
    for name in ["cart\"}}", "*", "_all", "c?rt"] {
        let answer = search.ask(&asked(&[name], 10)).await.unwrap().unwrap();
        assert!(answer.content.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_is_bad_or_new_is_kept_and_nothing_is_made_up() {
    let fake = Fake::new(busy().serve()).await;
    let config =
        json!({ "index": "logs-*", "limits": { "seconds": 30, "requests_per_second": 1000 } });
    let search = open("opensearch", &fake.url, &config);
    let question = asked(&["cart"], 3_000);
    let answer = search.ask(&question).await.unwrap().unwrap();
    within(&answer, &question);
    let told = answer.truncated.unwrap();
    assert!(told.contains("of 18,000 lines"), "{told}");
    assert!(
        answer.notes.iter().any(|note| note.contains("600 hold words") && note.contains("breaker")),
        "{:?}",
        answer.notes
    );
    assert!(
        answer.notes.iter().any(|note| note.contains("620 are errors, 20 of them before")),
        "{:?}",
        answer.notes
    );
    let lines = lines(answer.content);
    assert!((2_800..=3_000).contains(&lines.len()), "{}", lines.len());
    let count = |part: &str| {
        let of = lines.iter().filter(|line| line.body.contains(part));
        let (before, after): (Vec<_>, Vec<_>) =
            of.partition(|line| line.at < question.since.unwrap());
        (before.len() as f64, after.len() as f64)
    };
    assert_eq!((count("refused"), count("breaker")), ((20.0, 600.0), (0.0, 600.0)));
    let (before, after) = count("is paid");
    // 11,980 before, 4,800 since.
    assert!((before / after / (11_980.0 / 4_800.0) - 1.0).abs() < 0.2, "{before} {after}");
}

#[tokio::test]
async fn other_shippers_have_other_fields() {
    let mut index = Index::default();
    index.add(5, &json!({
        "resource": { "attributes": { "service.name": "otel" } }, "body": { "text": "as OpenTelemetry" },
        "severity_number": 13, "trace_id": "ab", "span_id": "00",
    }));
    index.add(6, &json!({ "host": { "name": "node-1" }, "message": "level=fatal plain" }));
    index.add(7, &json!({ "message": "whose" }));
    let fake = Fake::new(index.serve()).await;
    let search = open("opensearch", &fake.url, &json!({ "index": "logs-*" }));
    let answer = search.ask(&asked(&[], 10)).await.unwrap().unwrap();
    assert_eq!(answer.notes, ["1 lines without a time or without who wrote them were set aside"]);
    let told: Vec<_> = lines(answer.content)
        .into_iter()
        .map(|line| {
            (line.entity.as_str().to_owned(), line.body, line.severity, line.trace_id, line.span_id)
        })
        .collect();
    let ab = Some("ab".to_owned());
    assert_eq!(
        told,
        [
            ("otel".to_owned(), "as OpenTelemetry".to_owned(), LogSeverity::Warn, ab, None),
            ("node-1".to_owned(), "level=fatal plain".to_owned(), LogSeverity::Fatal, None, None),
        ]
    );
}

#[tokio::test]
async fn shards_that_fail_are_told() {
    let index = busy();
    let serve = index.serve();
    let fake = Fake::new(move |request| {
        let Reply::Whole(status, headers, body) = serve(request) else { panic!() };
        let mut body: Value = serde_json::from_str(&body).unwrap();
        body["_shards"] = json!({ "total": 5, "failed": 1, "failures": [
            { "reason": { "type": "x", "reason": "no\u{1b}[31m disk" } },
        ] });
        Reply::Whole(status, headers, body.to_string())
    })
    .await;
    let search = open("opensearch", &fake.url, &json!({ "index": "logs-*" }));
    let answer = search.ask(&asked(&["cart"], 50)).await.unwrap().unwrap();
    let told = answer.truncated.unwrap();
    assert!(told.ends_with("1 of 5 shards didn't answer: no [31m disk"), "{told}");
}

#[tokio::test]
async fn calls_come_from_the_service_map_where_there_is_one() {
    let fake = Fake::new(good).await;
    let search = open("opensearch", &fake.url, &json!({ "index": "logs-*" }));
    let answer = search.ask(&query(Question::Inventory, &[], 10)).await.unwrap().unwrap();
    let Content::Inventory(topology) = answer.content else { panic!() };
    let calls: Vec<_> =
        topology.relations().map(|call| (call.from.as_str(), call.to.as_str())).collect();
    assert_eq!(calls, [("cart", "orders")]);
    fake.answer(|request| match request.path.contains("service-map") {
        true => Reply::status(403),
        false => good(request),
    });
    let answer = search.ask(&query(Question::Inventory, &[], 10)).await.unwrap().unwrap();
    assert!(answer.notes[0].starts_with("no service map: 403"), "{:?}", answer.notes);
    let health = search.probe.as_ref().unwrap().probe().await.unwrap();
    assert_eq!((health.system.as_str(), health.version.as_deref()), ("OpenSearch", Some("2.19.1")));
    fake.answer(|_| Reply::json(r#"{"fields":{}}"#));
    let health = search.probe.as_ref().unwrap().probe().await.unwrap();
    assert_eq!(health.notes.len(), 3, "{:?}", health.notes);
    fake.answer(|_| Reply::status(404));
    let error = search.ask(&asked(&["cart"], 50)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
