//! Loki, by a fake of ours after its documentation.

use nightjar_connect::Question;
use nightjar_incident::{Content, LogRecord, LogSeverity};
use serde_json::json;

use crate::conformance::{Subject, open, query};
use crate::fake::{Fake, Reply, Request};

/// The first line's time: 03:29:00.000000000.
const BEGIN: i64 = 1_795_404_540_000_000_000;

/// Lines of two services, one a second; `limit` and `end` are obeyed as Loki does it.
fn good(request: &Request) -> Reply {
    match request.path.as_str() {
        "/loki/api/v1/labels" => {
            Reply::json(r#"{"status":"success","data":["service_name","env"]}"#)
        }
        "/loki/api/v1/label/service_name/values" => {
            Reply::json(r#"{"status":"success","data":["cart","orders"]}"#)
        }
        "/loki/api/v1/status/buildinfo" => Reply::json(r#"{"version":"3.4.1"}"#),
        "/loki/api/v1/query_range" => lines(request),
        _ => Reply::status(404),
    }
}

fn lines(request: &Request) -> Reply {
    let end: i64 = request.param("end").unwrap().parse().unwrap();
    let start: i64 = request.param("start").unwrap().parse().unwrap();
    let limit: usize = request.param("limit").unwrap().parse().unwrap();
    let asked = request.param("query").unwrap();
    let mut all: Vec<(i64, &str, String)> = Vec::new();
    for number in 0..20 {
        for service in ["cart", "orders"] {
            let at = BEGIN + number * 1_000_000_000 + i64::from(service == "orders");
            if asked.contains(service) && start <= at && at < end {
                let level = if number % 10 == 0 { "error" } else { "info" };
                all.push((at, service, format!("level={level} msg=\"order {number}\"")));
            }
        }
    }
    all.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    all.truncate(limit);
    let streams: Vec<_> = ["cart", "orders"]
        .into_iter()
        .map(|service| {
            let values: Vec<_> = all
                .iter()
                .filter(|(_, by, _)| *by == service)
                .map(|(at, _, line)| match at % 2 {
                    0 => json!([at.to_string(), line]),
                    _ => json!([at.to_string(), line, { "trace_id": "0af7651916cd43dd8448eb211c80319c" }]),
                })
                .collect();
            json!({ "stream": { "service_name": service, "env": "prod" }, "values": values })
        })
        .collect();
    let data = json!({ "resultType": "streams", "result": streams });
    Reply::json(json!({ "status": "success", "data": data }).to_string())
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
    assert_eq!(told(few.content), all[13..], "the latest");
    assert_eq!(few.truncated.as_deref(), Some("cut here: the latest 7 lines; there are more"));
    let nobody = loki.ask(&query(Question::Logs, &["cart\"} or {x=\""], 7)).await.unwrap().unwrap();
    assert!(nobody.content.is_empty());
}
