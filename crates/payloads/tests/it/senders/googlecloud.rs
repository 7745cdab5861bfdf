use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn webhook() -> Sender {
    Sender {
        provider: "googlecloud",
        form: "webhook 1.2",
        sample: json!({
            "version": "1.2",
            "incident": {
                "incident_id": "0.abc123",
                "scoping_project_id": "shop-prod",
                "scoping_project_number": 4711,
                "url": "https://console.cloud.google.example/alerts/0.abc123",
                "started_at": 1_795_402_812,
                "ended_at": null,
                "state": "open",
                "severity": "Error",
                "summary": "Request latency of checkout is above 2 s",
                "observed_value": "3.1",
                "threshold_value": "2",
                "resource": {
                    "type": "cloud_run_revision",
                    "labels": { "service_name": "checkout", "location": "europe-west1" },
                },
                "resource_display_name": "",
                "metric": {
                    "type": "run.googleapis.com/request_latencies",
                    "displayName": "Request latency",
                    "labels": { "response_code_class": "2xx" },
                },
                "metadata": { "system_labels": {}, "user_labels": { "team": "shop" } },
                "policy_name": "checkout is slow",
                "policy_user_labels": {},
                "documentation": { "content": "See the runbook.", "mime_type": "text/markdown" },
                "condition": {
                    "name": "projects/shop-prod/alertPolicies/1/conditions/2",
                    "displayName": "p95 above 2 s",
                    "conditionThreshold": { "filter": "metric.type=x", "thresholdValue": 2 },
                },
                "condition_name": "p95 above 2 s",
            },
        }),
        wrap: bare,
        again: vec![("/incident/observed_value", json!("3.4"))],
        acknowledged: Some(vec![("/incident/state", json!("acknowledged"))]),
        resolved: Some(vec![
            ("/incident/state", json!("closed")),
            ("/incident/ended_at", json!(1_795_404_000)),
        ]),
        another: vec![("/incident/incident_id", json!("0.def456"))],
        odd_state: Some(vec![("/incident/state", json!("Exploded"))]),
        odd_severity: Some(vec![("/incident/severity", json!("purple"))]),
        no_service: vec![("/incident/resource", json!(null))],
        no_title: Some(vec![
            ("/incident/policy_name", json!(null)),
            ("/incident/condition_name", json!(null)),
            ("/incident/condition", json!(null)),
            ("/incident/summary", json!(null)),
        ]),
        no_key: (
            vec![("/incident/incident_id", json!(null))],
            "`incident.incident_id` should be a text; found nothing",
        ),
        start: &["/incident/started_at"],
        batch: None,
        expected: Expected {
            key: "0.abc123",
            title: "checkout is slow",
            description: "Request latency of checkout is above 2 s\n\nSee the runbook.",
            severity: Severity::High,
            signal: Some(Signal::Latency),
            names: &["checkout"],
            labels: &[("team", "shop"), ("project", "shop-prod"), ("query", "metric.type=x")],
            url: Some("https://console.cloud.google.example/alerts/0.abc123"),
            notes: &[],
        },
    }
}

/// As Pub/Sub pushes it: in base64, in which 3 bytes are 4 letters.
pub(crate) fn over_pubsub() -> Sender {
    Sender {
        form: "over Pub/Sub",
        wrap: |message| {
            json!({
                "message": {
                    "data": base64(message.to_string().as_bytes()),
                    "messageId": "1",
                    "publishTime": "2026-11-23T03:00:20Z",
                },
                "subscription": "projects/shop-prod/subscriptions/alerts",
            })
        },
        ..webhook()
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let held = chunk.iter().fold(0_usize, |held, byte| held << 8 | usize::from(*byte));
        let held = held << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(LETTERS[held >> (18 - 6 * place) & 63]));
        }
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}
