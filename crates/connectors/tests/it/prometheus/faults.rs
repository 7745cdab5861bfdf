//! What goes wrong, by a fake of ours after the documentation of Prometheus' HTTP API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use nightjar_connect::{ErrorKind, Question};
use nightjar_incident::Content;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

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

/// A database with more metrics than fit into two queries.
fn much(request: &Request) -> Reply {
    let names = [
        "numbackends",
        "deadlocks",
        "tup_fetched",
        "tup_returned",
        "xact_commit",
        "xact_rollback",
        "temp_bytes",
        "conflicts",
        "blks_read",
    ];
    let mut names = names.map(|name| format!("pg_stat_database_{name}")).to_vec();
    let more = [
        "pg_settings_max_connections",
        "pg_locks_count",
        "pg_replication_lag",
        "pg_stat_bgwriter_checkpoints_req_total",
        "pg_stat_bgwriter_checkpoints_timed_total",
        "pg_stat_activity_count",
        "pg_stat_activity_max_tx_duration",
        "pg_database_size_bytes",
    ];
    names.extend(more.map(str::to_owned));
    match request.path.as_str() {
        "/api/v1/label/__name__/values" => success(&json!(names)),
        _ => good(request),
    }
}

/// Five weeks: what is old is asked for beside what is new.
fn five_weeks() -> nightjar_connect::Query {
    let mut asked = query(Question::Metrics, &["postgres"], 100);
    asked.window.from = asked.window.to - jiff::SignedDuration::from_hours(24 * 35);
    asked
}

#[tokio::test]
async fn requests_of_one_question_run_beside_each_other_and_their_answers_keep_an_order() {
    let limits = json!({ "limits": { "seconds": 20, "concurrency": 2, "megabytes": 32 } });
    let in_turn = Fake::new(much).await;
    let connection = open("prometheus", &in_turn.url, &limits);
    let expected = connection.ask(&five_weeks()).await.unwrap().unwrap();
    // What is asked third is answered after what is asked fourth: whoever waits for it waits for ever.
    let (permits, ranges) = (Arc::new(Semaphore::new(0)), AtomicUsize::new(0));
    let fake = Fake::new(move |request| {
        let is_range = request.path.ends_with("query_range");
        match is_range.then(|| ranges.fetch_add(1, SeqCst)) {
            Some(2) => return Reply::Held(Arc::clone(&permits), Box::new(much(request))),
            Some(3) => permits.add_permits(1),
            Some(_) | None => {}
        }
        much(request)
    })
    .await;
    let connection = open("prometheus", &fake.url, &limits);
    let answer = connection.ask(&five_weeks()).await.unwrap().unwrap();
    // As text: samples that are no numbers equal nothing, not even themselves.
    assert!(format!("{answer:?}") == format!("{expected:?}"), "{}", answer.query);
    assert_eq!(answer.query.lines().count(), 6, "{}", answer.query);
    assert_eq!(fake.most_at_once(), 2);
}

#[tokio::test]
async fn what_matters_most_comes_where_the_budget_is_too_small_for_all() {
    // A megabyte: what is new fits, what is old doesn't. What is new takes its time, so that the other would come
    // first if it were asked beside it.
    let fake = Fake::new(|request| {
        let is_old = request.param("step") == Some("3600");
        match (request.path.ends_with("query_range"), good(request)) {
            (true, Reply::Whole(status, headers, body)) if is_old => {
                Reply::Whole(status, headers, body + &" ".repeat(1_200_000))
            }
            (true, reply) => {
                let permits = Arc::new(Semaphore::new(0));
                let later = Arc::clone(&permits);
                tokio::spawn(async move {
                    for _ in 0..5_000 {
                        tokio::task::yield_now().await;
                    }
                    later.add_permits(1);
                });
                Reply::Held(permits, Box::new(reply))
            }
            (false, reply) => reply,
        }
    })
    .await;
    let connection = open("prometheus", &fake.url, &json!({}));
    let answer = connection.ask(&five_weeks()).await.unwrap().unwrap();
    let truncated = answer.truncated.as_deref().unwrap_or_default();
    assert!(truncated.contains("cut here"), "{truncated}");
    assert_eq!(answer.content.len(), 2);
}

#[tokio::test]
async fn while_the_server_wants_a_pause_nothing_is_asked() {
    let first = query(Question::Inventory, &["postgres"], 100);
    let start = first.window.to.as_second() - 3600;
    let is_first = move |request: &Request| {
        let told = request.param("start").and_then(|start| start.parse::<f64>().ok());
        told.is_some_and(|told| (told - start as f64).abs() < 1.0)
    };
    let came = AtomicUsize::new(0);
    let fake =
        Fake::new(move |request| match is_first(request) && came.fetch_add(1, SeqCst) == 0 {
            true => Reply::Whole(429, vec![("retry-after", "0".into())], "x".into()),
            false => good(request),
        })
        .await;
    let connection = open("prometheus", &fake.url, &json!({}));
    let mut later = first.clone();
    later.window.to += jiff::SignedDuration::from_mins(5);
    let others = futures::future::join_all((0..12).map(|_| connection.ask(&later)));
    let (first, others) = futures::future::join(connection.ask(&first), others).await;
    assert!(first.unwrap().is_ok() && others.into_iter().all(|other| other.unwrap().is_ok()));
    let seen = fake.seen();
    let mut places = seen.iter().enumerate().filter(|(_, request)| is_first(request));
    let (refused, again) = (places.next().unwrap().0, places.next().unwrap().0);
    // Only what was on its way when the server refused, and what was as quick when the pause was over: without
    // one all the others are through before the first asks again.
    assert!(again - refused < seen.len() / 2, "{refused} {again} of {}", seen.len());
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
        let ranges = AtomicUsize::new(0);
        let fake = Fake::new(move |request| {
            let is_range = request.path.ends_with("query_range");
            let came = ranges.fetch_add(usize::from(is_range), SeqCst);
            match is_range && came > 0 {
                true => Reply::status(status),
                false => good(request),
            }
        })
        .await;
        let connection = open("prometheus", &fake.url, &json!({}));
        let answer = connection.ask(&five_weeks()).await.unwrap().unwrap();
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
