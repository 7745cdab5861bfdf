use nightjar_incident::{Severity, Signal};
use serde_json::{Value, json};

use crate::samples;
use crate::sender::{Expected, Sender, bare};

pub(crate) fn group() -> Sender {
    Sender {
        provider: "alertmanager",
        form: "group",
        sample: samples::alertmanager(),
        wrap: bare,
        again: vec![],
        acknowledged: Some(vec![("/alerts/0/status", json!("suppressed"))]),
        resolved: Some(vec![
            ("/alerts/0/status", json!("resolved")),
            ("/alerts/0/endsAt", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/alerts/0/fingerprint", json!("0000000000000001"))],
        odd_state: Some(vec![("/alerts/0/status", json!("Exploded"))]),
        odd_severity: Some(vec![("/alerts/0/labels/severity", json!("purple"))]),
        no_service: vec![("/alerts/0/labels", json!({ "alertname": "HighLatency" }))],
        no_title: Some(vec![
            ("/alerts/0/annotations/summary", json!(null)),
            ("/alerts/0/labels/alertname", json!(null)),
            ("/commonLabels/alertname", json!(null)),
        ]),
        no_key: (
            vec![
                ("/commonLabels", json!(null)),
                ("/alerts/0/labels", json!(null)),
                ("/alerts/0/fingerprint", json!(null)),
            ],
            "`alerts[0].fingerprint` or `alerts[0].labels.alertname` should be a text; found nothing",
        ),
        start: &["/alerts/0/startsAt"],
        batch: Some(of_alerts),
        expected: Expected {
            key: "c4e1f0a9b8d7e6f5",
            title: "checkout is slow",
            description: "p95 is 3.1 s",
            severity: Severity::Critical,
            signal: Some(Signal::Latency),
            names: &["checkout", "10.0.0.1:9100"],
            labels: &[("cluster", "a"), ("alertname", "HighLatency")],
            url: Some(
                "https://prometheus.example/graph?g0.expr=histogram_quantile%280.95%2C+rate%28http_request_duration_seconds_bucket%5B5m%5D%29%29+%3E+2&g0.tab=1",
            ),
            notes: &[],
        },
    }
}

/// The first message with the alerts of all.
pub(crate) fn of_alerts(messages: Vec<Value>) -> Value {
    let alerts: Vec<Value> = messages.iter().map(|message| message["alerts"][0].clone()).collect();
    let mut group = messages[0].clone();
    group["alerts"] = json!(alerts);
    group
}
