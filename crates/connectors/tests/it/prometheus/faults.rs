//! What goes wrong, by a fake of ours after the documentation of Prometheus' HTTP API.

use nightjar_connect::{ErrorKind, Question};
use nightjar_incident::Content;
use serde_json::{Value, json};

use crate::conformance::{Subject, open, query};
use crate::fake::{Fake, Reply, Request};

fn success(data: &Value) -> Reply {
    Reply::json(json!({ "status": "success", "data": data }).to_string())
}

/// The numbers of the expressions that stand in one query.
fn numbers(query: &str) -> Vec<&str> {
    query.split("\"nightjar\", \"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// One database with its connections and their limit.
fn good(request: &Request) -> Reply {
    let asked = request.param("query").unwrap_or_default();
    let names = ["up", "pg_stat_database_numbackends", "pg_settings_max_connections"];
    let postgres = json!({ "job": "postgres", "instance": "10.0.0.3:9187" });
    let vector = |result: Value| success(&json!({ "resultType": "vector", "result": result }));
    match request.path.as_str() {
        "/api/v1/label/__name__/values" => success(&json!(names)),
        "/api/v1/status/buildinfo" => {
            success(&json!({ "version": "2.14.0", "application": "Grafana Mimir" }))
        }
        "/api/v1/alerts" => success(&json!({ "alerts": [] })),
        "/api/v1/query" if asked.starts_with("count(up") => {
            vector(json!([{ "metric": {}, "value": [1.0, "1"] }]))
        }
        "/api/v1/query" if asked.starts_with("count by") => {
            vector(json!([{ "metric": postgres, "value": [1.0, "2"] }]))
        }
        "/api/v1/query" if asked.contains("[10m]") && asked.starts_with("up") => {
            let values = json!([[0, "1"], [15, "1"], [30, "1"]]);
            let result = json!([{ "metric": postgres, "values": values }]);
            success(&json!({ "resultType": "matrix", "result": result }))
        }
        "/api/v1/query" => {
            let result = numbers(asked).into_iter().map(|number| {
                let metric = match asked.contains("topk") {
                    true => json!({ "job": "postgres", "nightjar": number }),
                    false => json!({ "nightjar": number }),
                };
                json!({ "metric": metric, "value": [1.0, if asked.contains("topk") { "9.5" } else { "1" }] })
            });
            vector(result.collect())
        }
        "/api/v1/query_range" => {
            let time = |name: &str| request.param(name).unwrap().parse::<i64>().unwrap();
            let values: Vec<Value> = (time("start")..=time("end"))
                .step_by(usize::try_from(time("step")).unwrap())
                .map(|at| json!([at, if at % 7 == 0 { "NaN" } else { "20" }]))
                .collect();
            let result = numbers(asked).into_iter().map(|number| {
                json!({ "metric": { "job": "postgres", "nightjar": number }, "values": values })
            });
            success(&json!({ "resultType": "matrix", "result": result.collect::<Vec<_>>() }))
        }
        _ => Reply::status(404),
    }
}

#[tokio::test]
async fn prometheus_conforms() {
    let subject = Subject {
        kind: "prometheus",
        config: json!({ "tenant": "team-a", "only": { "cluster": "prod" } }),
        questions: &[Question::Metrics, Question::Inventory],
        entities: &["postgres"],
        good,
        reads: |request| {
            let is_query =
                ["/api/v1/query", "/api/v1/query_range"].contains(&request.path.as_str());
            (request.method == "GET" || request.method == "POST" && is_query)
                && request.header("x-scope-orgid") == Some("team-a")
                && request.params.iter().any(|(_, value)| value.contains("cluster=\"prod\""))
        },
    };
    subject.conforms().await;
}

#[tokio::test]
async fn what_the_server_warns_of_is_noted() {
    let fake = Fake::new(|request| match good(request) {
        Reply::Whole(status, headers, body) => {
            let warning = r#"{"warnings":["store a didn't \u001b[2Janswer"],"#;
            Reply::Whole(status, headers, body.replacen('{', warning, 1))
        }
        other => other,
    })
    .await;
    let connection = open("prometheus", &fake.url, &json!({}));
    let answer =
        connection.ask(&query(Question::Metrics, &["postgres"], 100)).await.unwrap().unwrap();
    assert_eq!(answer.notes, ["store a didn't  [2Janswer"]);
    assert!(!answer.content.is_empty());
}

#[tokio::test]
async fn what_fails_alone_is_told_and_the_rest_comes() {
    // The first half of what is asked comes, then the server has enough.
    for (status, told) in [(422, "queries failed"), (504, "cut here")] {
        let ranges = std::sync::atomic::AtomicUsize::new(0);
        let fake = Fake::new(move |request| {
            let is_range = request.path.ends_with("query_range");
            let came = ranges.fetch_add(usize::from(is_range), std::sync::atomic::Ordering::SeqCst);
            match is_range && came > 0 {
                true => Reply::status(status),
                false => good(request),
            }
        })
        .await;
        let connection = open("prometheus", &fake.url, &json!({}));
        let mut asked = query(Question::Metrics, &["postgres"], 100);
        asked.window.from = asked.window.to - jiff::SignedDuration::from_hours(24 * 35);
        let answer = connection.ask(&asked).await.unwrap().unwrap();
        assert!(answer.truncated.as_deref().unwrap().contains(told), "{:?}", answer.truncated);
        assert!(!answer.content.is_empty());
    }
}

#[tokio::test]
async fn samples_nobody_asked_for_are_left_out() {
    let fake = Fake::new(|request| {
        if !request.path.ends_with("query_range") {
            return good(request);
        }
        // Late, early, twice, out of order, and of somebody else.
        let first: i64 = request.param("start").unwrap().parse().unwrap();
        let values = json!([
            [first + 60, "2"],
            [first, "1"],
            [first, "+Inf"],
            [first - 90_000, "9"],
            [1e15, "9"]
        ]);
        let odd = json!({ "metric": { "nightjar": "no number" }, "values": values });
        let nobody = json!({ "metric": { "nightjar": "0" }, "values": values });
        let far = json!({ "metric": { "nightjar": "99", "job": "postgres" }, "values": values });
        let good = json!({ "metric": { "nightjar": "0", "job": "postgres" }, "values": values });
        success(&json!({ "resultType": "matrix", "result": [odd, nobody, far, good] }))
    })
    .await;
    let connection = open("prometheus", &fake.url, &json!({}));
    let answer =
        connection.ask(&query(Question::Metrics, &["postgres"], 100)).await.unwrap().unwrap();
    let Content::Series(series) = answer.content else { panic!() };
    assert_eq!(series.len(), 1);
    assert_eq!(series[0].column.len(), 2);
    assert!(series[0].repairs.any());
}

#[tokio::test]
async fn an_error_in_the_envelope_is_no_empty_answer() {
    let fake = Fake::new(|_| {
        Reply::json(r#"{"status":"error","errorType":"internal","error":"so\nit is"}"#)
    })
    .await;
    let connection = open("prometheus", &fake.url, &json!({}));
    let error =
        connection.ask(&query(Question::Metrics, &["postgres"], 100)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("so it is"), "{error}");
}
