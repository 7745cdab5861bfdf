//! The same questions to real servers.

use jiff::Timestamp;
use nightjar_connect::{Answer, Connection, Query, Question};
use nightjar_incident::{Content, MetricSeries, Signal, Statistic, signal};
use nightjar_topology::{EntityId, EntityKind, RelationKind, Topology};
use serde_json::{Value, json};

use super::server::Server;
use super::shop::{self, ODD};
use crate::conformance::within;

fn open(url: &str, more: &Value) -> Connection {
    let mut config =
        json!({ "url": url, "limits": { "seconds": 60, "requests_per_second": 1000 } });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    nightjar_connectors::registry().open("prometheus", "mine", &config).unwrap()
}

fn query(question: Question, entities: &[&str], limit: usize) -> Query {
    let entities = entities.iter().map(|name| EntityId::new(*name).unwrap()).collect();
    let since = Some(Timestamp::from_second(shop::SINCE).unwrap());
    Query { question, entities, window: shop::window(), limit, since }
}

async fn ask(connection: &Connection, query: &Query) -> Answer {
    let answer = connection.ask(query).await.unwrap().unwrap_or_else(|error| panic!("{error}"));
    within(&answer, query);
    answer
}

fn series(answer: Answer) -> Vec<MetricSeries> {
    match answer.content {
        Content::Series(series) => series,
        other => panic!("{other:?}"),
    }
}

fn topology(answer: Answer) -> Topology {
    match answer.content {
        Content::Inventory(topology) => topology,
        other => panic!("{other:?}"),
    }
}

/// Mean of what a column says before the trouble and in its last five minutes.
fn levels(series: &MetricSeries) -> (f64, f64) {
    let (from, since, to) = (shop::FROM + 600, shop::SINCE, shop::TO);
    let mean = |from: i64, to: i64| {
        let part = series.column.between(from * 1000, to * 1000);
        let values: Vec<f64> = part.values().iter().copied().filter(|v| v.is_finite()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    (mean(from, since), mean(to - 300, to))
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 0.03 * expected.abs().max(1e-6)
}

/// The columns of a signal of an entity, by what sets them apart.
fn of<'a>(all: &'a [MetricSeries], entity: &str, wanted: Signal) -> Vec<&'a MetricSeries> {
    all.iter().filter(|s| s.entity.as_str() == entity && signal::of(s) == wanted).collect()
}

fn only<'a>(
    all: &'a [MetricSeries],
    entity: &str,
    wanted: Signal,
    statistic: Statistic,
) -> &'a MetricSeries {
    let mut found = of(all, entity, wanted);
    found.retain(|s| s.statistic == statistic && !s.name.contains("client"));
    assert_eq!(found.len(), 1, "{entity} {wanted:?} {statistic:?}: {found:?}");
    found[0]
}

async fn answers_as_it_should(url: &str) {
    let connection = open(url, &json!({}));
    let health = connection.probe.clone().unwrap().probe().await.unwrap();
    assert!(!health.system.is_empty());
    let known = topology(ask(&connection, &query(Question::Inventory, &[], 100)).await);
    let kinds: Vec<(&str, EntityKind)> =
        known.entities().map(|entity| (entity.id.as_str(), entity.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("10.0.0.2", EntityKind::Host),
            ("cart", EntityKind::Service),
            ("https://shop.example", EntityKind::Unknown),
            ("indexer-1", EntityKind::Pod),
            ("n1", EntityKind::Host),
            (ODD, EntityKind::Service),
            ("postgres", EntityKind::Database),
            ("redis", EntityKind::Cache),
            ("ship", EntityKind::Service),
            ("ship-abc-1", EntityKind::Pod),
            ("web", EntityKind::Service),
            ("worker", EntityKind::Service),
        ]
    );
    let postgres = known.resolve("10.0.0.3:5432").unwrap_or_else(|| panic!("{known:?}"));
    assert_eq!(postgres.id.as_str(), "postgres");
    let relations: Vec<(&str, RelationKind, &str)> =
        known.relations().map(|r| (r.from.as_str(), r.kind, r.to.as_str())).collect();
    assert!(relations.contains(&("web", RelationKind::Calls, "cart")), "{relations:?}");
    assert!(relations.contains(&("cart", RelationKind::RunsOn, "10.0.0.2")), "{relations:?}");
    assert!(relations.contains(&("ship-abc-1", RelationKind::BelongsTo, "ship")), "{relations:?}");
    assert!(relations.contains(&("ship-abc-1", RelationKind::RunsOn, "n1")), "{relations:?}");
    // Whoever tells of it runs elsewhere.
    assert!(
        !relations.iter().any(|(from, kind, _)| *from == "ship" && *kind == RelationKind::RunsOn)
    );
    assert!(known.entity(&EntityId::new("ship").unwrap()).unwrap().aliases == ["shop/ship"]);
    let asked = query(
        Question::Metrics,
        &[
            "cart",
            "web",
            "postgres",
            "redis",
            "10.0.0.2",
            "ship",
            "https://shop.example",
            "indexer-1",
        ],
        1000,
    );
    let answer = ask(&connection, &asked).await;
    assert_eq!(answer.truncated, None, "{}", answer.query);
    assert_eq!(
        answer.notes,
        [
            "`http_request_duration_seconds` counts the same requests as `http_requests_total`: left out"
        ]
    );
    let first = answer.query.lines().next().unwrap().split(" # ").next().unwrap().to_owned();
    let all = series(answer);
    measured(&all);
    // What is told as the query can be asked again.
    let mut again = reqwest::Url::parse(&format!("{url}/api/v1/query")).unwrap();
    let time = (shop::TO - 60).to_string();
    again.query_pairs_mut().append_pair("query", &first).append_pair("time", &time);
    let again = reqwest::get(again);
    let again: Value = again.await.unwrap().error_for_status().unwrap().json().await.unwrap();
    assert!(!again["data"]["result"].as_array().unwrap().is_empty(), "{again}");
    let dead = series(ask(&connection, &query(Question::Metrics, &["worker"], 1000)).await);
    let last = dead.first().and_then(|series| series.column.times().last().copied()).unwrap();
    let about = (shop::SINCE - 60) * 1000..(shop::SINCE + 360) * 1000;
    assert!(about.contains(&last), "{last}");
    // Names that look like queries are names.
    let odd = series(ask(&connection, &query(Question::Metrics, &[ODD], 1000)).await);
    assert!(!odd.is_empty() && odd.iter().all(|series| series.entity.as_str() == ODD), "{odd:?}");
    let nobody = ask(&connection, &query(Question::Metrics, &["\"} or up or {x=\""], 1000)).await;
    assert!(nobody.content.is_empty() && nobody.truncated.is_none());
    let few = ask(&connection, &query(Question::Metrics, &["cart"], 3)).await;
    assert!(few.truncated.is_some() && few.content.len() <= 3);
    let elsewhere = open(url, &json!({ "only": { "job": "web" } }));
    let elsewhere = topology(ask(&elsewhere, &query(Question::Inventory, &[], 100)).await);
    assert!(elsewhere.entities().all(|entity| entity.id.as_str() != "postgres"));
}

/// What the columns of the shop say.
fn measured(all: &[MetricSeries]) {
    // A minute's requests, by histogram and by counter.
    let count = |name: &str, wanted: Signal| {
        let mut found = of(all, "cart", wanted);
        found.retain(|s| s.name == name && s.statistic == Statistic::Count);
        assert_eq!(found.len(), 1, "{name} {wanted:?}");
        levels(found[0])
    };
    let (before, during) = count("http_requests_total", Signal::Requests);
    assert!(close(before, 1200.0) && close(during, 900.0), "{before} {during}");
    let (before, during) = count("http_requests_total", Signal::Errors);
    assert!(close(before, 0.0) && close(during, 300.0), "{before} {during}");
    // One request isn't two because a histogram counts it as well.
    assert_eq!(of(all, "cart", Signal::Requests).len(), 1);
    let (before, during) = levels(only(all, "cart", Signal::Latency, Statistic::Mean));
    assert!(close(before, 0.05) && close(during, 0.8), "{before} {during}");
    let (before, during) = levels(only(all, "cart", Signal::Latency, Statistic::P95));
    assert!(before <= 0.1 && (0.9..=1.0).contains(&during), "{before} {during}");
    assert_eq!(of(all, "web", Signal::Latency).iter().filter(|s| s.peer.is_some()).count(), 4);
    let call = all.iter().find(|s| s.peer.is_some()).unwrap();
    assert_eq!((call.entity.as_str(), call.peer.as_ref().unwrap().as_str()), ("web", "cart"));
    let restarts = only(all, "cart", Signal::Restarts, Statistic::Last);
    assert_eq!(restarts.column.values().last(), Some(&1.0));
    let level = |entity, wanted, statistic| levels(only(all, entity, wanted, statistic));
    let (cpu, _) = level("10.0.0.2", Signal::CpuUtilization, Statistic::Mean);
    assert!(close(cpu, 0.2), "{cpu}");
    let (memory, _) = level("10.0.0.2", Signal::MemoryUtilization, Statistic::Last);
    assert!(close(memory, 0.75), "{memory}");
    let (disk, _) = level("10.0.0.2", Signal::DiskUtilization, Statistic::Last);
    assert!(close(disk, 0.75), "{disk}");
    assert!(of(all, "node", Signal::Restarts).is_empty());
    let (before, during) = level("postgres", Signal::PoolUsage, Statistic::Last);
    assert!(close(before, 20.0) && close(during, 100.0), "{before} {during}");
    let (wanted, available) = (
        level("ship", Signal::ReplicasWanted, Statistic::Last),
        level("ship", Signal::ReplicasAvailable, Statistic::Last),
    );
    assert!(close(wanted.1, 2.0) && close(available.0, 2.0) && close(available.1, 1.0));
    let (limit, _) = level("postgres", Signal::PoolLimit, Statistic::Last);
    assert!(close(limit, 100.0));
    assert_eq!(of(all, "redis", Signal::MemoryUsage).len(), 1);
    assert!(of(all, "redis", Signal::MemoryLimit).is_empty(), "no limit is no limit of nothing");
    let (before, during) = level("indexer-1", Signal::CpuThrottling, Statistic::Mean);
    assert!(close(before, 0.0) && close(during, 1.0), "no period counted is none held back");
    let left = only(all, "https://shop.example", Signal::CertificateLeft, Statistic::Last);
    assert!(close(*left.column.values().last().unwrap(), 86_460.0));
}

async fn screens(url: &str) {
    // 200 services with 7 columns each; an answer may hold 60.
    let connection = open(url, &json!({ "most_columns": 60 }));
    let answer = ask(&connection, &query(Question::Metrics, &[], 50_000)).await;
    let truncated = answer.truncated.clone().unwrap();
    assert!(truncated.contains("of 1400 columns"), "{truncated}");
    let all = series(answer);
    assert!(!all.is_empty() && all.len() <= 60);
    let names: std::collections::BTreeSet<&str> = all.iter().map(|s| s.entity.as_str()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["svc-123"], "only what changed travels");
    let mean = only(&all, "svc-123", Signal::Latency, Statistic::Mean);
    assert!(close(levels(mean).1, 0.8));
}

async fn calls_entities_by_labels_of_ones_own(url: &str) {
    let own = json!({ "entity_labels": ["team_service"], "host_labels": ["rack", "machine"] });
    let connection = open(url, &own);
    let known = topology(ask(&connection, &query(Question::Inventory, &[], 100)).await);
    let kinds: Vec<(&str, EntityKind)> =
        known.entities().map(|entity| (entity.id.as_str(), entity.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("cart", EntityKind::Service),
            ("n1", EntityKind::Host),
            ("orders-db", EntityKind::Database),
            // It has no label of the team's.
            ("pods", EntityKind::Service),
            ("users-db", EntityKind::Database),
            ("vm-2", EntityKind::Host),
            ("vm-3", EntityKind::Host),
            // Nobody watches it; something runs there.
            ("vm-4", EntityKind::Host),
        ]
    );
    let relations: Vec<(&str, RelationKind, &str)> =
        known.relations().map(|r| (r.from.as_str(), r.kind, r.to.as_str())).collect();
    assert_eq!(
        relations,
        [
            ("cart", RelationKind::RunsOn, "vm-2"),
            // The address its exporter asks, and not where the exporter is.
            ("orders-db", RelationKind::RunsOn, "vm-3"),
            ("pods", RelationKind::RunsOn, "vm-4"),
            ("users-db", RelationKind::RunsOn, "vm-3"),
        ]
    );
    assert_eq!(known.resolve("10.0.0.3").map(|host| host.id.as_str()), Some("vm-3"));
    // What it calls itself, where that is a name.
    assert_eq!(known.resolve("orange").map(|host| host.id.as_str()), Some("vm-2"));
    assert_eq!(known.resolve("localhost"), None);
    assert_eq!(known.resolve("10.0.0.2:9100").map(|host| host.id.as_str()), Some("vm-2"));
    let all = series(ask(&connection, &query(Question::Metrics, &[], 100)).await);
    let level = |entity, wanted| levels(only(&all, entity, wanted, Statistic::Last)).1;
    assert!(close(level("orders-db", Signal::PoolUsage), 7.0));
    assert!(close(level("users-db", Signal::PoolUsage), 9.0));
    assert!(close(level("cart", Signal::MemoryUsage), 5e7));
    assert!(close(level("pods", Signal::MemoryUsage), 6e7));
    assert!(close(level("vm-3", Signal::MemoryUtilization), 0.75));
    let few = series(ask(&connection, &query(Question::Metrics, &["users-db"], 100)).await);
    assert!(few.iter().all(|series| series.entity.as_str() == "users-db") && few.len() == 1);
    // Without these labels they are one.
    let all = series(ask(&open(url, &json!({})), &query(Question::Metrics, &[], 100)).await);
    let plain = open(url, &json!({}));
    let known = topology(ask(&plain, &query(Question::Inventory, &[], 100)).await);
    assert_eq!(known.resolve("orange").map(|host| host.id.as_str()), Some("10.0.0.2"));
    let both = levels(only(&all, "postgres", Signal::PoolUsage, Statistic::Last)).1;
    assert!(close(both, 16.0), "{both}");
}

#[tokio::test]
async fn prometheus_calls_entities_by_labels_of_ones_own() {
    let Some(server) = Server::prometheus(&shop::named(), "").await else { return };
    calls_entities_by_labels_of_ones_own(&server.url).await;
}

#[tokio::test]
async fn victoria_metrics_calls_entities_by_labels_of_ones_own() {
    let Some(server) = Server::victoria_metrics(&shop::named()).await else { return };
    calls_entities_by_labels_of_ones_own(&server.url).await;
}

#[tokio::test]
async fn prometheus_answers_as_it_should() {
    let Some(server) = Server::prometheus(&shop::series(), "").await else { return };
    answers_as_it_should(&server.url).await;
}

#[tokio::test]
async fn victoria_metrics_answers_as_it_should() {
    let Some(server) = Server::victoria_metrics(&shop::series()).await else { return };
    answers_as_it_should(&server.url).await;
}

#[tokio::test]
async fn prometheus_screens_where_the_data_is() {
    let Some(server) = Server::prometheus(&shop::many(200, 123), "").await else { return };
    screens(&server.url).await;
}

#[tokio::test]
async fn victoria_metrics_screens_where_the_data_is() {
    let Some(server) = Server::victoria_metrics(&shop::many(200, 123)).await else { return };
    screens(&server.url).await;
}

#[tokio::test]
async fn alerts_of_prometheus_come_as_alertmanager_would_send_them() {
    let rules = "groups:\n- name: g\n  rules:\n  - alert: Always\n    expr: vector(1)\n    labels: {severity: critical, job: cart}\n";
    let Some(server) = Server::prometheus(&[], rules).await else { return };
    let connection = open(&server.url, &json!({}));
    let alerts = connection.alerts.unwrap();
    let mut found = Vec::new();
    let begun = std::time::Instant::now();
    // Rules are looked at once a second.
    while found.is_empty() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60));
        found = alerts.alerts(Timestamp::MAX).await.unwrap();
    }
    assert_eq!(found.len(), 1);
    let alert = &found[0].payload["alerts"][0];
    assert_eq!(
        alert["labels"],
        json!({ "alertname": "Always", "severity": "critical", "job": "cart" })
    );
    assert_eq!(alert["annotations"]["rule"], "vector(1) for 0 s");
    assert!(alerts.alerts(Timestamp::MIN).await.unwrap().is_empty());
}
