use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::json;

use crate::{from, one, samples, time};

#[test]
fn an_alert_keeps_its_labels_and_the_query_behind_it() {
    let alert = one(samples::alertmanager());
    assert_eq!(alert.key, "c4e1f0a9b8d7e6f5");
    assert_eq!(alert.title, "checkout is slow");
    assert_eq!(alert.severity, Severity::Critical);
    assert_eq!(alert.signal, Some(Signal::Latency));
    assert_eq!(alert.entity_names, ["checkout", "10.0.0.1:9100"]);
    assert_eq!(alert.labels["cluster"], "a");
    assert_eq!(
        alert.labels["query"],
        "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 2"
    );
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.ends_at, None);
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn a_batch_of_mixed_states_gives_each_its_own_and_sets_bad_ones_aside() {
    let mut message = samples::alertmanager();
    let mut over = message["alerts"][0].clone();
    over["status"] = json!("resolved");
    over["fingerprint"] = json!("other");
    over["endsAt"] = json!("2026-11-23T03:00:50Z");
    message["alerts"].as_array_mut().unwrap().extend([over, json!(7), json!(null)]);
    message["truncatedAlerts"] = json!(3);
    message["commonLabels"] = json!({});
    let alerts = from(None, message).unwrap();
    let statuses: Vec<AlertStatus> = alerts.iter().map(|alert| alert.status).collect();
    assert_eq!(statuses, [AlertStatus::Firing, AlertStatus::Resolved]);
    assert_eq!(alerts[1].ends_at, Some(time("2026-11-23T03:00:50Z")));
    assert_eq!(alerts[0].notes.len(), 3, "{:?}", alerts[0].notes);
    assert_eq!(alerts[0].notes[0], "the sender left out 3 alerts of the group");
}

#[test]
fn without_a_fingerprint_the_labels_are_the_key() {
    let mut message = samples::alertmanager();
    message["alerts"][0].as_object_mut().unwrap().remove("fingerprint");
    let firing = one(message.clone());
    message["alerts"][0]["status"] = json!("resolved");
    assert_eq!(one(message).key, firing.key);
    assert!(firing.key.contains("service=checkout"));
}

#[test]
fn a_status_left_out_is_that_of_the_group() {
    let mut message = samples::alertmanager();
    message["alerts"][0].as_object_mut().unwrap().remove("status");
    message["status"] = json!("resolved");
    assert_eq!(one(message).status, AlertStatus::Resolved);
}

#[test]
fn a_broken_query_address_costs_only_the_query() {
    for address in ["https://p.example/graph?g0.expr=up%", "https://p.example/graph?g0.expr=%ff%zz"]
    {
        let mut message = samples::alertmanager();
        message["alerts"][0]["generatorURL"] = json!(address);
        let alert = one(message);
        assert!(!alert.labels.contains_key("query"));
        assert_eq!(alert.url.as_deref(), Some(address));
    }
}
