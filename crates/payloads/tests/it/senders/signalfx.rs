use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn detector() -> Sender {
    Sender {
        provider: "signalfx",
        form: "detector",
        sample: json!({
            "incidentId": "EJ1",
            "detector": "Shop latency",
            "detectorId": "DB7",
            "detectorUrl": "https://app.signalfx.example/#/detector/DB7",
            "rule": "p95 of checkout",
            "severity": "Critical",
            "status": "anomalous",
            "statusExtended": "anomalous",
            "messageTitle": "checkout is slow",
            "messageBody": "p95 is 3.1 s",
            "description": "The p95 is above 2 for 5m.",
            "originatingMetric": "http.server.duration.p95",
            "detectOnCondition": "when(A > 2, '5m')",
            "dimensions": { "service.name": "checkout", "sf_environment": "prod" },
            "inputs": { "A": { "value": "3.1" } },
            "eventType": "DB7_p95",
            "sf_schema": 2,
            "runbookUrl": "",
            "timestamp": "2026-11-23T03:00:12Z",
        }),
        wrap: bare,
        again: vec![("/messageBody", json!("p95 is 3.4 s"))],
        acknowledged: None,
        resolved: Some(vec![
            ("/status", json!("ok")),
            ("/statusExtended", json!("ok")),
            ("/timestamp", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/incidentId", json!("EJ2"))],
        odd_state: Some(vec![("/statusExtended", json!("Exploded"))]),
        odd_severity: Some(vec![("/severity", json!("purple"))]),
        no_service: vec![("/dimensions", json!({}))],
        no_title: Some(vec![
            ("/messageTitle", json!(null)),
            ("/rule", json!(null)),
            ("/detector", json!(null)),
        ]),
        no_key: (vec![("/incidentId", json!([]))], "`incidentId` should be a text; found a list"),
        start: &["/timestamp"],
        batch: None,
        expected: Expected {
            key: "EJ1",
            title: "checkout is slow",
            description: "The p95 is above 2 for 5m.\n\np95 is 3.1 s",
            severity: Severity::Critical,
            signal: Some(Signal::Latency),
            names: &["checkout"],
            labels: &[("sf_environment", "prod"), ("rule", "p95 of checkout")],
            url: Some("https://app.signalfx.example/#/detector/DB7"),
            notes: &[],
        },
    }
}
