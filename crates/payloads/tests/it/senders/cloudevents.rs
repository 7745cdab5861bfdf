use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};
use crate::senders::generic;

pub(crate) fn own() -> Sender {
    Sender {
        provider: "cloudevents",
        form: "an alert of its own",
        sample: json!({
            "specversion": "1.0",
            "id": "e-1",
            "source": "/monitoring/shop",
            "type": "com.example.alert.fired",
            "subject": "checkout",
            "time": "2026-11-23T03:00:12Z",
            "datacontenttype": "application/json",
            "data": {
                "summary": "checkout answers slowly",
                "description": "p95 is 3.1 s",
                "severity": "high",
                "metric": "latency",
                "labels": { "team": "shop" },
                "url": "https://monitoring.example/1",
            },
        }),
        wrap: bare,
        again: vec![("/id", json!("e-2"))],
        acknowledged: Some(vec![("/type", json!("com.example.alert.acknowledged"))]),
        resolved: Some(vec![
            ("/id", json!("e-3")),
            ("/type", json!("com.example.alert.resolved")),
            ("/time", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/subject", json!("cart"))],
        odd_state: Some(vec![("/data/status", json!("Exploded")), ("/type", json!("com.x.y"))]),
        odd_severity: Some(vec![("/data/severity", json!("purple"))]),
        no_service: vec![("/subject", json!(null))],
        no_title: None,
        no_key: (vec![("/source", json!({}))], "`source` should be a text; found an object"),
        start: &["/time"],
        batch: None,
        expected: Expected {
            key: "/monitoring/shop:checkout",
            title: "checkout answers slowly",
            description: "p95 is 3.1 s",
            severity: Severity::High,
            signal: Some(Signal::Latency),
            names: &["checkout"],
            labels: &[("team", "shop"), ("event_type", "com.example.alert.fired")],
            url: Some("https://monitoring.example/1"),
            notes: &[],
        },
    }
}

/// Around the message of another.
pub(crate) fn around_another() -> Sender {
    Sender {
        form: "within a CloudEvent",
        wrap: |message| {
            json!({
                "specversion": "1.0", "id": "e-1", "source": "/relay", "type": "com.example.relayed",
                "data": message,
            })
        },
        ..generic::incident()
    }
}
