use nightjar_incident::Signal;
use serde_json::json;

use crate::samples;
use crate::sender::{Expected, Sender};
use crate::senders::alertmanager;

pub(crate) fn unified() -> Sender {
    let group = alertmanager::group();
    Sender {
        provider: "grafana",
        form: "unified",
        sample: samples::grafana(),
        expected: Expected {
            description: "p95 is 3.1 s\n\nB = 3.1, C = 1",
            url: Some("https://grafana.example/d/1"),
            ..group.expected
        },
        ..group
    }
}

/// Before version 8. It carries no time at all.
pub(crate) fn legacy() -> Sender {
    Sender {
        provider: "grafana",
        form: "legacy",
        sample: samples::grafana_legacy(),
        again: vec![("/evalMatches/0/value", json!(3.4))],
        acknowledged: None,
        resolved: Some(vec![("/state", json!("ok")), ("/evalMatches", json!([]))]),
        another: vec![("/ruleId", json!(8))],
        odd_state: Some(vec![("/state", json!("Exploded"))]),
        odd_severity: Some(vec![("/tags", json!({ "severity": "purple" }))]),
        no_service: vec![("/evalMatches", json!([]))],
        no_title: None,
        no_key: (vec![("/ruleName", json!([]))], "`ruleName` should be a text; found a list"),
        start: &[],
        batch: None,
        expected: Expected {
            key: "7",
            title: "checkout latency",
            description: "p95 above 2 s",
            severity: nightjar_incident::Severity::Unknown,
            signal: Some(Signal::Latency),
            names: &["checkout"],
            labels: &[("metric", "latency")],
            url: Some("https://grafana.example/rule/7"),
            notes: &["the message has no usable time; the time of its arrival stands in"],
        },
        ..alertmanager::group()
    }
}
