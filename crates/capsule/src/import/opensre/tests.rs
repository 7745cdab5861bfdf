//! Small suites of our own writing, in the layout of the data set.

use std::fs;
use std::path::Path;

use nightjar_incident::{ChangeKind, ExpectedVerdict, LogSeverity, Signal, signal};
use nightjar_topology::{EntityKind, RelationKind};
use serde_json::json;

use super::*;

fn write(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

fn write_json(folder: &Path, name: &str, value: &Value) {
    write(folder, name, &value.to_string());
}

fn only_case(path: &Path) -> Case {
    let mut found: Vec<_> = cases(path).unwrap().collect();
    assert_eq!(found.len(), 1, "one scenario");
    found.remove(0).unwrap()
}

fn metric(name: &str, unit: &str, values: &[f64]) -> Value {
    let times: Vec<String> =
        (0..values.len()).map(|minute| format!("2026-01-02T03:{minute:02}:00Z")).collect();
    json!({"metric_name": name, "stat": "Average", "unit": unit, "status_code": "Complete",
        "dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-db"}],
        "timestamps": times, "values": values})
}

fn database(root: &Path) -> PathBuf {
    let folder = root.join("rds/001-telling-name");
    write(&folder, "scenario.yml", "scenario_id: 001-telling-name\nfailure_mode: telling_label\n");
    write(
        &folder,
        "answer.yml",
        "root_cause_category: resource_exhaustion\nforbidden_categories: [infrastructure]\nforbidden_keywords: [failover]\n",
    );
    let message = json!({"title": "Telling Title", "state": "alerting",
        "commonLabels": {"alertname": "TellingName", "severity": "critical"},
        "commonAnnotations": {"summary": "telling summary", "rds_failure_mode": "telling_label",
            "db_instance_identifier": "orders-db", "read_replica": "orders-db-replica-1"}});
    write_json(&folder, "alert.json", &message);
    let metrics = json!({"end_time": "2026-01-02T03:03:00Z", "metric_data_results": [
        metric("CPUUtilization", "Percent", &[50.0, 60.0]),
        metric("WriteLatency", "Milliseconds", &[2.0]),
        {"metric_name": "ReplicaLag", "unit": "Seconds", "timestamps": [], "values": [],
            "dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-db-replica-1"}]},
    ]});
    write_json(&folder, "aws_cloudwatch_metrics.json", &metrics);
    let event = |date: &str, message: &str, category: &str| {
        json!({"date": date, "message": message, "source_identifier": "orders-db",
            "event_categories": [category]})
    };
    let events = json!({"events": [
        event("2026-01-02T01:00:00Z", "moved to the standby", "failover"),
        event("2026-01-02T03:02:00Z", "storage is short", "notification"),
    ]});
    write_json(&folder, "aws_rds_events.json", &events);
    folder
}

#[test]
fn nothing_that_tells_the_answer_reaches_the_engine() {
    let root = tempfile::tempdir().unwrap();
    let folder = database(root.path());
    let case = only_case(&folder);
    let shown = json!({
        "alerts": case.recording.alerts, "topology": case.recording.topology,
        "metrics": case.recording.metrics, "logs": case.recording.logs,
        "changes": case.recording.changes, "notes": case.recording.notes,
    });
    let shown = shown.to_string().to_lowercase();
    assert!(!shown.contains("telling"), "{shown}");
    let truth = case.recording.expect.unwrap();
    assert_eq!(truth.verdict, ExpectedVerdict::CauseFound);
    assert_eq!(truth.category.as_deref(), Some("resource_exhaustion"));
    assert_eq!(truth.must_not_blame, ["infrastructure"]);
}

#[test]
fn a_database_becomes_columns_lines_and_changes() {
    let root = tempfile::tempdir().unwrap();
    database(root.path());
    // A suite and a folder of suites are recognised as well.
    let case = only_case(root.path());
    let recording = &case.recording;
    let cpu = recording.metrics.iter().find(|m| m.name == "aws.rds.cpu_utilization").unwrap();
    assert_eq!(signal::of(cpu), Signal::CpuUtilization);
    assert_eq!(cpu.column.values(), [0.5, 0.6]);
    let slow = recording.metrics.iter().find(|m| m.name == "aws.rds.write_latency").unwrap();
    assert_eq!((slow.unit.as_str(), slow.column.values()), ("s", &[0.002][..]));
    let changes: Vec<_> = recording.changes.iter().map(|change| change.kind).collect();
    assert_eq!(changes, [ChangeKind::Infrastructure]);
    let lines: Vec<_> = recording.logs.iter().map(|line| line.body.as_str()).collect();
    assert_eq!(lines, ["storage is short"]);
    let relation = recording.topology.relations().next().unwrap();
    assert_eq!(relation.from.as_str(), "orders-db-replica-1");
    assert_eq!(relation.kind, RelationKind::Reads);
    assert!(recording.notes.iter().any(|note| note.contains("`ReplicaLag` has no values")));
    let end = "2026-01-02T03:03:00Z".parse().unwrap();
    assert_eq!(recording.alerts.first().map(|alert| alert.received_at), Some(end));
}

fn cluster(root: &Path) -> PathBuf {
    let base = root.join("000-healthy");
    write(&base, "scenario.yml", "scenario_id: 000-healthy\n");
    let nodes = json!({"nodes": [{"name": "node-a", "ready": "True", "disk_pressure": "True"}]});
    write_json(&base, "eks_node_health.json", &nodes);
    write_json(
        &base,
        "eks_events.json",
        &json!({"warning_events": [
        {"reason": "Old", "message": "of the base", "involved_object": "Pod/shop-1",
            "first_time": "2026-01-01T00:00:00Z"}]}),
    );
    let folder = root.join("001-case");
    write(&folder, "scenario.yml", "base: 000-healthy\n");
    write(&folder, "answer.yml", "root_cause_category: healthy\n");
    let message = json!({"state": "alerting",
        "commonLabels": {"severity": "warning", "cluster_name": "c", "workload_name": "shop"},
        "commonAnnotations": {"kube_pod": "shop-1"}});
    write_json(&folder, "alert.json", &message);
    let container = json!({"ready": false, "restart_count": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}});
    write_json(
        &folder,
        "eks_pods.json",
        &json!({"pods": [
            {"name": "shop-1", "phase": "Running", "node_name": "node-a",
                "start_time": "2026-01-02T03:00:00Z", "containers": [container]},
            {"name": "shop-0", "phase": "Running", "deletion_timestamp": "2026-01-02T02:00:00Z",
                "containers": [container]},
        ]}),
    );
    write_json(
        &folder,
        "eks_events.json",
        &json!({"warning_events": [
        {"reason": "BackOff", "message": "restarting", "type": "Warning", "count": 9,
            "involved_object": "Pod/shop-1", "first_time": "2026-01-02T03:01:00Z",
            "last_time": "2026-01-02T03:20:00Z"}]}),
    );
    let log = "2026-01-02T03:10:00Z FATAL no setting\n[container ended]\n";
    write_json(&folder, "eks_pod_logs.json", &json!({"pod_name": "shop-1", "logs": log}));
    folder
}

#[test]
fn a_cluster_becomes_states_and_lines_and_the_base_fills_in_what_is_absent() {
    let root = tempfile::tempdir().unwrap();
    let case = only_case(&cluster(root.path()));
    let recording = &case.recording;
    assert!(case.quiet);
    let bodies: Vec<_> = recording.logs.iter().map(|line| line.body.as_str()).collect();
    assert!(!bodies.iter().any(|body| body.contains("of the base")), "{bodies:?}");
    assert!(bodies.contains(&"BackOff: restarting"));
    assert!(bodies.contains(&"CrashLoopBackOff: back-off"));
    assert!(bodies.iter().any(|body| body.starts_with("NodeHasDiskPressure")));
    let fatal = recording.logs.iter().find(|line| line.body == "FATAL no setting").unwrap();
    assert_eq!(fatal.severity, LogSeverity::Fatal);
    // Of the pod that is being deleted only that is told.
    assert!(recording.metrics.iter().all(|series| series.entity.as_str() != "shop-0"));
    assert!(recording.changes.iter().any(|change| change.id.as_str() == "deleted-shop-0"));
    let topology = &recording.topology;
    let shop = topology.entities().find(|entity| entity.id.as_str() == "shop").unwrap();
    assert_eq!(shop.kind, EntityKind::Service);
    assert_eq!(topology.dependents(&shop.id).count(), 2);
    let restarts = recording.metrics.iter().find(|m| m.name == "k8s.container.restarts").unwrap();
    assert_eq!(restarts.column.values(), [0.0, 3.0]);
}

#[test]
fn a_base_is_a_neighbour_and_never_a_path() {
    let root = tempfile::tempdir().unwrap();
    let folder = cluster(root.path());
    for base in ["../000-healthy", "..", "missing"] {
        write(&folder, "scenario.yml", &format!("base: '{base}'\n"));
        let error = cases(&folder).unwrap().next().unwrap().unwrap_err().to_string();
        assert!(error.contains("beside this one"), "{error}");
    }
}

#[test]
fn what_is_malformed_is_noted_or_refused_and_never_panics() {
    let root = tempfile::tempdir().unwrap();
    let folder = database(root.path());
    for (file, text) in [
        ("aws_rds_events.json", "{\"events\": [1, {\"date\": \"x\"}, {\"message\": 3}]}"),
        ("aws_performance_insights.json", "{\"top_sql\": [{}], \"db_load\": []}"),
        ("datadog_logs.json", "{\"logs\": [null, {\"timestamp\": \"2026-01-02T03:01:00Z\"}]}"),
        ("eks_pods.json", "{\"pods\": {}}"),
        ("eks_node_health.json", "[]"),
    ] {
        write(&folder, file, text);
    }
    let case = only_case(&folder);
    assert!(case.recording.notes.len() >= 5, "{:?}", case.recording.notes);
    write(&folder, "aws_rds_events.json", "{");
    assert!(only_case(&folder).recording.notes.iter().any(|note| note.contains("JSON")));
    write(&folder, "scenario.yml", "base: [");
    assert!(cases(&folder).unwrap().next().unwrap().is_err());
}

#[test]
fn names_of_metrics_are_read_as_words() {
    for (name, words) in [
        ("CPUUtilization", "cpu_utilization"),
        ("ReadIOPS", "read_iops"),
        ("DBLoad", "db_load"),
        ("FreeStorageSpace", "free_storage_space"),
        ("MaximumUsedTransactionIDs", "maximum_used_transaction_ids"),
    ] {
        assert_eq!(metrics::snake(name), words);
    }
}
