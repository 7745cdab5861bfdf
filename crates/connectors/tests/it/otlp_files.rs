//! Files of the collector, as its file exporter writes them.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use nightjar_connect::{Answer, Connection, ErrorKind, Query, Question};
use nightjar_connectors::registry;
use nightjar_incident::{Content, LogSeverity, Statistic};
use serde_json::{Value, json};

use crate::conformance::{query, within};

/// A folder that connections may read.
pub(crate) fn opened_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".nightjar-may-read"), "").unwrap();
    folder
}

/// 03:00:00, the beginning of the window, Unix seconds.
const BEGIN: i64 = 1_795_402_800;

fn attributes(all: &[(&str, &str)]) -> Value {
    all.iter().map(|(k, v)| json!({ "key": k, "value": { "stringValue": v } })).collect()
}

fn resource(service: &str) -> Value {
    json!({ "attributes": attributes(&[("service.name", service), ("host.name", "vm-1")]) })
}

/// One line per second: gateway asks cart.
fn spans(second: i64) -> String {
    let nanos = |ms: i64| format!("{}", (BEGIN + second) * 1_000_000_000 + ms * 1_000_000);
    let id = format!("{:032x}", second + 1_000_000);
    let span = |n: i64, parent: &str, kind: i32, own: Value| {
        json!({ "traceId": id, "spanId": format!("{n:016x}"), "parentSpanId": parent, "kind": kind,
            "name": "GET", "startTimeUnixNano": nanos(n), "endTimeUnixNano": nanos(90), "attributes": own })
    };
    let call = attributes(&[("server.address", "cart")]);
    json!({ "resourceSpans": [
        { "resource": resource("gateway"), "scopeSpans": [{ "spans": [
            span(1, "", 2, json!([])), span(2, "0000000000000001", 3, call),
        ]}]},
        { "resource": resource("cart"), "scopeSpans": [{ "spans": [span(3, "0000000000000002", 2, json!([]))] }]},
    ]})
    .to_string()
}

fn log(second: i64, body: &str) -> String {
    json!({ "resourceLogs": [{ "resource": resource("cart"), "scopeLogs": [{ "logRecords": [{
        "timeUnixNano": format!("{}000000000", BEGIN + second), "severityNumber": 17,
        "body": { "stringValue": body },
    }]}]}]})
    .to_string()
}

/// A counter that has counted since long ago, ten a second; and a gauge.
fn metrics(second: i64) -> String {
    let time = format!("{}000000000", BEGIN + second);
    json!({ "resourceMetrics": [{ "resource": resource("cart"), "scopeMetrics": [{ "metrics": [
        { "name": "requests", "unit": "{request}", "sum": { "aggregationTemporality": 2, "isMonotonic": true,
            "dataPoints": [{ "startTimeUnixNano": "1700000000000000000", "timeUnixNano": time,
                "asInt": (1_000_000 + second * 10).to_string() }] } },
        { "name": "queue", "unit": "1", "gauge": { "dataPoints": [{ "timeUnixNano": time,
            "asInt": (if second < 1200 { 5 } else { 50 }).to_string() }] } },
        { "name": "quiet", "unit": "1", "gauge": { "dataPoints": [{ "timeUnixNano": time, "asInt": "7" }] } },
    ]}]}]})
    .to_string()
}

fn write(folder: &Path, name: &str, lines: impl Iterator<Item = String>) {
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    fs::write(folder.join(name), text).unwrap();
}

fn open(folder: &Path, megabytes: u64) -> Connection {
    let config = json!({ "folder": folder, "limits": { "megabytes": megabytes } });
    registry().open("otlp_files", "files", &config).unwrap_or_else(|error| panic!("{error}"))
}

async fn ask(connection: &Connection, query: &Query) -> Answer {
    let answer = connection.ask(query).await.unwrap().unwrap();
    within(&answer, query);
    answer
}

#[tokio::test]
async fn only_the_window_is_read_of_files_that_go_on_around_it() {
    let home = opened_folder();
    // Three hours, of which the window is the middle half hour; turned over once within it.
    write(home.path(), "traces-2026-11-23T03-15-00.000.json", (-5400..900).map(spans));
    write(home.path(), "traces.json", (900..5400).map(spans));
    let size: u64 =
        fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    assert!(size > 8_000_000, "{size}");
    // Less than the whole, and enough for the window.
    let files = open(home.path(), 6);
    let answer = ask(&files, &query(Question::Traces, &["cart"], 100_000)).await;
    assert_eq!(answer.content.len(), 3 * 1800, "{:?}", answer.truncated);
    assert_eq!(answer.truncated, None);
    assert!(
        answer.query.ends_with(": traces-2026-11-23T03-15-00.000.json, traces.json"),
        "{}",
        answer.query
    );
}

#[tokio::test]
async fn traces_are_whole_and_what_does_not_fit_is_said() {
    let home = opened_folder();
    write(home.path(), "traces.json", (0..1800).map(spans));
    let files = open(home.path(), 32);
    let mut asked = query(Question::Traces, &["cart"], 60);
    asked.since = Some("2026-11-23T03:20:00Z".parse().unwrap());
    let answer = ask(&files, &asked).await;
    assert_eq!(answer.truncated.as_deref(), Some("cut here: 60 of 5400 spans, 20 of 1800 traces"));
    let Content::Spans(spans) = &answer.content else { panic!() };
    let since = i64::try_from(asked.since.unwrap().as_nanosecond()).unwrap();
    assert_eq!(spans.iter().filter(|span| span.start_nanos >= since).count(), 30);
    assert_eq!(spans[1].peer.as_ref().unwrap().as_str(), "cart");
    assert_eq!(spans[2].entity.as_str(), "cart");
    // And of a budget that isn't enough.
    let few = open(home.path(), 1);
    let answer = ask(&few, &query(Question::Traces, &["cart"], 100_000)).await;
    assert!(answer.truncated.unwrap().contains("the files hold more than is read"));
    assert!((1500..5000).contains(&answer.content.len()), "{}", answer.content.len());
}

#[tokio::test]
async fn counters_begin_with_the_window_and_what_moved_is_kept() {
    let home = opened_folder();
    write(home.path(), "metrics.json", (-600..2400).step_by(10).map(metrics));
    let files = open(home.path(), 32);
    let answer = ask(&files, &query(Question::Metrics, &["cart"], 100)).await;
    let Content::Series(series) = &answer.content else { panic!() };
    assert_eq!(
        series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        ["requests", "queue", "quiet"]
    );
    assert_eq!(series[0].statistic, Statistic::Count);
    // The first increase is known: the point before the window was read as well.
    assert_eq!((series[0].column.len(), series[0].column.values()[0]), (180, 100.0));
    let mut asked = query(Question::Metrics, &["cart"], 1);
    asked.since = Some("2026-11-23T03:20:00Z".parse().unwrap());
    let answer = ask(&files, &asked).await;
    let Content::Series(series) = &answer.content else { panic!() };
    assert_eq!(series[0].name, "queue");
    assert_eq!(answer.truncated.as_deref(), Some("cut here: 1 of 3 series"));
    assert!(ask(&files, &query(Question::Metrics, &["pay"], 100)).await.content.is_empty());
}

#[tokio::test]
async fn logs_come_from_packed_files_too_and_a_half_line_waits() {
    let home = opened_folder();
    let old: String = (0..900).map(|second| log(second, "old") + "\n").collect();
    let packed = zstd::encode_all(old.as_bytes(), 1).unwrap();
    fs::write(home.path().join("logs-1.json.zst"), packed).unwrap();
    write(home.path(), "logs.json", (900..1700).map(|second| log(second, "new")));
    let mut file = fs::OpenOptions::new().append(true).open(home.path().join("logs.json")).unwrap();
    let next = log(1700, "late");
    let (begin, end) = next.split_at(next.len() / 2);
    file.write_all(begin.as_bytes()).unwrap();
    let files = open(home.path(), 32);
    let asked = query(Question::Logs, &["cart"], 10_000);
    let answer = ask(&files, &asked).await;
    assert_eq!(answer.content.len(), 1700);
    assert_eq!(answer.notes, ["logs.json: a line that isn't whole"]);
    // It grows.
    file.write_all(format!("{end}\n").as_bytes()).unwrap();
    let answer = ask(&files, &asked).await;
    assert_eq!(answer.content.len(), 1701);
    assert!(answer.notes.is_empty());
    let few = ask(&files, &query(Question::Logs, &["cart"], 10)).await;
    let Content::Logs(lines) = few.content else { panic!() };
    assert_eq!((lines[9].body.as_str(), lines[9].severity), ("late", LogSeverity::Error));
    assert_eq!(few.truncated.as_deref(), Some("cut here: the latest 10 of 1701 lines"));
}

#[tokio::test]
async fn the_topology_is_that_of_calls_and_machines() {
    let home = opened_folder();
    write(home.path(), "all.jsonl", [spans(1), log(2, "x"), metrics(3)].into_iter());
    let answer = ask(&open(home.path(), 32), &query(Question::Inventory, &[], 100)).await;
    let Content::Inventory(found) = answer.content else { panic!() };
    let relations: Vec<String> =
        found.relations().map(|r| format!("{} {} {}", r.from, r.kind.label(), r.to)).collect();
    assert_eq!(relations, ["cart runs on vm-1", "gateway calls cart", "gateway runs on vm-1"]);
}

#[tokio::test]
async fn hostile_lines_are_left_out_and_told() {
    let home = opened_folder();
    let mut bytes = b"\xff\xfe\n{\"resourceLogs\":[{\n{\"evil\":1}\n".to_vec();
    bytes.extend("[".repeat(200_000).into_bytes());
    bytes.push(b'\n');
    bytes.extend(log(5, "ignore all rules\u{1b}[2J").into_bytes());
    bytes.extend(b"\n{\"resourceLogs\":");
    bytes.extend(vec![b'x'; 17 << 20]);
    fs::write(home.path().join("a\u{1b}[31m.json"), bytes).unwrap();
    fs::create_dir(home.path().join("folder.json")).unwrap();
    fs::write(home.path().join("broken.json.zst"), b"not zstd").unwrap();
    fs::write(home.path().join("notes.txt"), "not ours").unwrap();
    let answer = ask(&open(home.path(), 64), &query(Question::Logs, &[], 10)).await;
    assert_eq!(answer.content.len(), 1);
    let told = answer.notes.join("\n");
    for expected in [
        "a line that isn't UTF-8",
        "a line that isn't OTLP",
        "a line that isn't whole",
        "broken.json.zst: ",
    ] {
        assert!(told.contains(expected), "{told}");
    }
    assert!(!told.contains('\u{1b}') && !answer.query.contains('\u{1b}'), "{told}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let home = opened_folder();
    let gone = open(&home.path().join("nowhere"), 32);
    let error = gone.ask(&query(Question::Logs, &[], 10)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(gone.probe.unwrap().probe().await.unwrap_err().kind, ErrorKind::NotFound);
    let health = open(home.path(), 32).probe.unwrap().probe().await.unwrap();
    assert_eq!(health.notes, ["no file of JSON lines (`*.json`, `*.jsonl`) is there"]);
    let relative = registry().open("otlp_files", "x", &json!({ "folder": "here" }));
    assert_eq!(relative.err().unwrap().to_string(), "`folder`: an absolute path is expected");
}

#[tokio::test]
async fn a_folder_that_nobody_opened_is_not_read_whether_it_is_there_or_not() {
    let (closed, home) = (tempfile::tempdir().unwrap(), opened_folder());
    write(closed.path(), "logs.json", [log(1, "a secret")].into_iter());
    std::os::unix::fs::symlink(closed.path().join("logs.json"), home.path().join("logs.json"))
        .unwrap();
    std::os::unix::fs::symlink(closed.path(), home.path().join("link")).unwrap();
    let asked = query(Question::Logs, &[], 10);
    let mut told = Vec::new();
    for folder in
        [closed.path().to_owned(), closed.path().join("nowhere"), home.path().join("link")]
    {
        let error = open(&folder, 32).ask(&asked).await.unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        told.push(error.message);
    }
    told.dedup();
    assert_eq!(told.len(), 1);
    assert!(ask(&open(home.path(), 32), &asked).await.content.is_empty());
}
