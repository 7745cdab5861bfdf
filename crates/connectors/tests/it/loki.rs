//! Loki, by a fake of ours after its documentation.

use jiff::Timestamp;
use nightjar_connect::{Query, Question};
use nightjar_incident::{Content, LogRecord, LogSeverity};
use serde_json::json;

use crate::conformance::{Subject, open, query, window, within};
use crate::fake::{Fake, Reply, Request};

/// The first line's time: 03:29:00.000000000.
const BEGIN: i64 = 1_795_404_540_000_000_000;

/// A line of a service: Unix nanoseconds, service, level, text.
type Line = (i64, &'static str, &'static str, String);

/// Lines of two services, one a second.
fn few() -> Vec<Line> {
    let mut all = Vec::new();
    for number in 0..20 {
        for service in ["cart", "orders"] {
            let at = BEGIN + number * 1_000_000_000 + i64::from(service == "orders");
            let level = if number % 10 == 0 { "error" } else { "info" };
            all.push((at, service, level, format!("level={level} msg=\"order {number}\"")));
        }
    }
    all
}

fn good(request: &Request) -> Reply {
    serve(&few(), request)
}

/// As much of Loki as the connector uses; `start`, `end`, `limit` and filters are obeyed as Loki does it.
fn serve(all: &[Line], request: &Request) -> Reply {
    let data = |data: serde_json::Value| {
        Reply::json(json!({ "status": "success", "data": data }).to_string())
    };
    match request.path.as_str() {
        "/loki/api/v1/labels" => data(json!(["service_name", "env"])),
        "/loki/api/v1/label/service_name/values" => data(json!(["cart", "orders"])),
        "/loki/api/v1/status/buildinfo" => Reply::json(r#"{"version":"3.4.1"}"#),
        "/loki/api/v1/query_range" => data(streams(all, request)),
        "/loki/api/v1/query" => data(counts(all, request)),
        "/loki/api/v1/patterns" => data(json!([
            { "pattern": "breaker <_> opened", "samples": [[1_795_404_550, 3]] },
            { "pattern": "order <_> is paid", "samples": [[1_795_402_900, 3], [1_795_404_550, 3]] },
        ])),
        _ => Reply::status(404),
    }
}

/// Whether a line is one that a query asks for.
fn is_asked((_, service, level, text): &Line, query: &str) -> bool {
    let is_bad = *level == "error";
    query.contains(service)
        && (!query.contains("| detected_level=~") || is_bad)
        && (!query.contains("| detected_level!~") || !is_bad)
        && (!query.contains("|> \"breaker <_> opened\"") || text.starts_with("breaker"))
        && (!query.contains("!> \"breaker <_> opened\"") || !text.starts_with("breaker"))
}

fn streams(all: &[Line], request: &Request) -> serde_json::Value {
    let number = |name: &str| request.param(name).unwrap().parse::<i64>().unwrap();
    let (start, end, limit) = (number("start"), number("end"), number("limit"));
    let query = request.param("query").unwrap();
    let mut found: Vec<&Line> = all
        .iter()
        .filter(|line| is_asked(line, query) && start <= line.0 && line.0 < end)
        .collect();
    found.sort_by_key(|line| std::cmp::Reverse(line.0));
    found.truncate(usize::try_from(limit).unwrap());
    let streams: Vec<_> = ["cart", "orders"]
        .into_iter()
        .map(|service| {
            let values: Vec<_> = found
                .iter()
                .filter(|line| line.1 == service)
                .map(|(at, _, _, line)| match at % 2 {
                    0 => json!([at.to_string(), line]),
                    _ => json!([at.to_string(), line, { "trace_id": "0af7651916cd43dd8448eb211c80319c" }]),
                })
                .collect();
            json!({ "stream": { "service_name": service, "env": "prod" }, "values": values })
        })
        .collect();
    json!({ "resultType": "streams", "result": streams })
}

fn counts(all: &[Line], request: &Request) -> serde_json::Value {
    let query = request.param("query").unwrap();
    let time: i64 = request.param("time").unwrap().parse().unwrap();
    let (_, range) = query.rsplit_once('[').unwrap();
    let seconds: i64 = range.split('s').next().unwrap().parse().unwrap();
    let count = |level: &str| {
        let is_in = |line: &&Line| {
            line.2 == level
                && is_asked(line, query)
                && time - seconds * 1_000_000_000 <= line.0
                && line.0 < time
        };
        all.iter().filter(is_in).count().to_string()
    };
    let one = |level: &str| json!({ "metric": { "detected_level": level }, "value": [1.5, count(level)] });
    json!({ "resultType": "vector", "result": [one("error"), one("info")] })
}

#[tokio::test]
async fn loki_conforms() {
    let subject = Subject {
        kind: "loki",
        config: json!({ "tenant": "team-a" }),
        questions: &[Question::Logs, Question::Inventory],
        entities: &["cart", "orders"],
        good,
        reads: |request| {
            request.method == "GET" && request.header("x-scope-orgid") == Some("team-a")
        },
    };
    subject.conforms().await;
}

fn told(content: Content) -> Vec<LogRecord> {
    match content {
        Content::Logs(lines) => lines,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lines_come_page_by_page_with_severity_and_trace() {
    let fake = Fake::new(good).await;
    let loki = open("loki", &fake.url, &json!({}));
    let all = loki.ask(&query(Question::Logs, &["orders"], 100)).await.unwrap().unwrap();
    assert_eq!(all.query, r#"{service_name="orders"}"#);
    let all = told(all.content);
    assert_eq!(all.len(), 20);
    assert_eq!((all[0].severity, all[1].severity), (LogSeverity::Error, LogSeverity::Info));
    assert!(all.iter().all(|line| line.entity.as_str() == "orders"));
    assert_eq!(all[0].trace_id.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
    let few = loki.ask(&query(Question::Logs, &["orders"], 7)).await.unwrap().unwrap();
    assert!(few.truncated.unwrap().contains("of 20 lines"));
    let errors =
        told(few.content).iter().filter(|line| line.severity == LogSeverity::Error).count();
    assert_eq!(errors, 2, "all there are");
    let nobody = loki.ask(&query(Question::Logs, &["cart\"} or {x=\""], 7)).await.unwrap().unwrap();
    assert!(nobody.content.is_empty());
}

#[tokio::test]
async fn lines_of_the_nanosecond_at_a_border_are_neither_lost_nor_told_twice() {
    let lines: Vec<Line> = (0..12_000)
        .map(|number| (BEGIN + number / 100, "cart", "info", format!("line {number}")))
        .collect();
    let fake = Fake::new(move |request| serve(&lines, request)).await;
    let loki = open("loki", &fake.url, &json!({ "limits": { "megabytes": 20 } }));
    let all = loki.ask(&query(Question::Logs, &["cart"], 50_000)).await.unwrap().unwrap();
    assert_eq!(all.truncated, None);
    let mut bodies: Vec<String> = told(all.content).into_iter().map(|line| line.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 12_000);
}

/// 30 lines a second for half an hour, half of the errors in its last ten minutes.
#[tokio::test]
async fn errors_and_news_are_kept_and_the_rest_lies_evenly_on_both_sides() {
    let nanos = |at: Timestamp| i64::try_from(at.as_nanosecond()).unwrap();
    let from = nanos(window().from);
    let mut lines: Vec<Line> = (0..54_000)
        .map(|number| {
            let at = from + number * 33_333_334;
            match number % 300 {
                0 => (at, "cart", "error", "refused".to_owned()),
                7 if number > 36_000 => (at, "cart", "info", format!("breaker {number} opened")),
                _ => (at, "cart", "info", format!("order {number} is paid")),
            }
        })
        .collect();
    lines.retain(|line| line.0 < nanos(window().to));
    let fake = Fake::new(move |request| serve(&lines, request)).await;
    let config =
        json!({ "limits": { "seconds": 30, "megabytes": 20, "requests_per_second": 1000 } });
    let loki = open("loki", &fake.url, &config);
    let since = "2026-11-23T03:20:00Z".parse().unwrap();
    let question = Query { since: Some(since), ..query(Question::Logs, &["cart"], 5_000) };
    let answer = loki.ask(&question).await.unwrap().unwrap();
    within(&answer, &question);
    assert!(answer.truncated.unwrap().contains("of 54,000 lines"));
    assert!(answer.notes[0].contains("180 are errors, 120 of them before"), "{:?}", answer.notes);
    assert!(answer.notes[1].contains("breaker <_> opened"), "{:?}", answer.notes);
    let lines = told(answer.content);
    assert!((3_500..=5_000).contains(&lines.len()), "{}", lines.len());
    let count = |part: &str| {
        let of = lines.iter().filter(|line| line.body.contains(part));
        let (before, after): (Vec<_>, Vec<_>) = of.partition(|line| line.at < since);
        (before.len() as f64, after.len() as f64)
    };
    assert_eq!((count("refused"), count("breaker")), ((120.0, 60.0), (0.0, 60.0)));
    let (before, after) = count("is paid");
    assert!((before / after / 2.0 - 1.0).abs() < 0.1, "{before} {after}");
}
