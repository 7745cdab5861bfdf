//! ClickHouse: the contract against a fake, the queries against the real engine.

mod engine;
mod old;
mod stage;

use nightjar_connect::Question;
use serde_json::json;

use crate::conformance::Subject;
use crate::fake::{Reply, Request};

/// 03:29:00 in Unix nanoseconds, within the window that is asked about.
const AT: i64 = 1_795_404_540_000_000_000;

/// Answers each of the connector's queries as a server would that holds two of everything.
fn good(request: &Request) -> Reply {
    let sql = &request.body;
    let entity = |name: &str| json!([name, "shop", "1", "prod", ["node-1"], []]);
    let point = |name: &str| {
        json!([[name, "latency", "ms", {}], [["0", [250.0]], ["1", [null]], ["2", [200.0]]], 0])
    };
    let line = |name: &str, nanos: i64| {
        json!([
            nanos.to_string(),
            name,
            17,
            "ERROR",
            "no way",
            "0af7651916cd43dd8448eb211c80319c",
            ""
        ])
    };
    let span = |name: &str, id: &str, parent: &str| {
        json!([
            "0af7651916cd43dd8448eb211c80319c",
            id,
            parent,
            name,
            "SERVER",
            "GET /",
            AT.to_string(),
            1_000_000,
            "Error",
            {}
        ])
    };
    let is = |part: &str| sql.contains(part);
    let rows = if is("version()") {
        json!([["26.9.2.1"]])
    } else if is("SHOW GRANTS") {
        json!([["GRANT SELECT ON default.* TO reader"]])
    } else if is("system.columns") {
        let tables = ["otel_logs", "otel_traces", "otel_metrics_gauge"];
        json!(tables.map(|table| [
            table,
            "ResourceAttributes",
            "Map(LowCardinality(String), String)"
        ]))
    } else if is("sum(least(length(Body)") {
        json!([[2, 2, 12]])
    } else if is("AS sort") {
        json!([["7", "cart", 2, 1, 0, "no way"], ["8", "orders", 2, "0", "1", "no way"]])
    } else if is("SeverityNumber, toString(SeverityText)") {
        json!([line("cart", AT), line("orders", AT + 1)])
    } else if is("quantileIf") {
        json!([[2, 900, 900]])
    } else if is("SELECT class,") {
        json!([[2, 0, 2, 1]])
    } else if is("AS role, toString(SpanName)") {
        json!([
            span("cart", "00000000000000aa", ""),
            span("orders", "00000000000000bb", "00000000000000aa")
        ])
    } else if is("AS distance") {
        json!([[0, "11", 60_000.0], [0, "12", 60_000.0]])
    } else if is("avg(last)") {
        json!([point("cart"), point("orders")])
    } else if is("groupUniqArray") {
        json!([entity("cart"), entity("orders")])
    } else if is("AS callee") {
        json!([["cart", "CLIENT", { "server.address": "orders-host" }, "orders", "SERVER", 5]])
    } else if is("SELECT count() FROM") {
        json!([[2]])
    } else {
        return Reply::status(400);
    };
    Reply::json(json!({ "meta": [], "data": rows, "rows": 2 }).to_string())
}

#[tokio::test]
async fn clickhouse_conforms() {
    let subject = Subject {
        kind: "clickhouse",
        config: json!({}),
        questions: &[Question::Logs, Question::Traces, Question::Metrics, Question::Inventory],
        entities: &["cart", "orders"],
        good,
        reads: |request| {
            let begins =
                ["SELECT ", "SHOW GRANTS"].iter().any(|word| request.body.starts_with(word));
            request.method == "POST" && begins && request.param("readonly") == Some("2")
        },
    };
    subject.conforms().await;
}
