use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn workflow() -> Sender {
    Sender {
        provider: "newrelic",
        form: "workflow",
        sample: json!({
            "id": "7a1f-issue",
            "issueUrl": "https://one.newrelic.example/issue/7a1f",
            "title": "checkout: response time above 2 s",
            "priority": "CRITICAL",
            "impactedEntities": ["checkout", "cart"],
            "totalIncidents": 1,
            "state": "ACTIVATED",
            "trigger": "STATE_CHANGE",
            "isCorrelated": false,
            "createdAt": 1_795_402_812_000_i64,
            "updatedAt": 1_795_402_813_000_i64,
            "sources": ["newrelic"],
            "alertPolicyNames": ["Shop"],
            "alertConditionNames": ["Checkout response time"],
            "workflowName": "to nightjar",
        }),
        wrap: bare,
        again: vec![
            ("/trigger", json!("INCIDENT_ADDED")),
            ("/totalIncidents", json!(2)),
            ("/updatedAt", json!(1_795_402_900_000_i64)),
        ],
        acknowledged: Some(vec![("/trigger", json!("ISSUE_ACKNOWLEDGED"))]),
        resolved: Some(vec![
            ("/state", json!("CLOSED")),
            ("/updatedAt", json!(1_795_404_000_000_i64)),
        ]),
        another: vec![("/id", json!("8b2e-issue"))],
        odd_state: Some(vec![("/state", json!("Exploded"))]),
        odd_severity: Some(vec![("/priority", json!("purple"))]),
        no_service: vec![("/impactedEntities", json!([]))],
        no_title: Some(vec![("/title", json!(null)), ("/alertConditionNames", json!([]))]),
        no_key: (vec![("/id", json!(null))], "`id` or `issueId` should be a text; found nothing"),
        start: &["/createdAt"],
        batch: None,
        expected: Expected {
            key: "7a1f-issue",
            title: "checkout: response time above 2 s",
            description: "",
            severity: Severity::Critical,
            signal: Some(Signal::Latency),
            names: &["checkout", "cart"],
            labels: &[("condition", "Checkout response time"), ("policy", "Shop")],
            url: Some("https://one.newrelic.example/issue/7a1f"),
            notes: &[],
        },
    }
}

/// The notification channel that workflows replaced.
pub(crate) fn channel() -> Sender {
    Sender {
        form: "channel",
        sample: json!({
            "account_name": "Shop",
            "condition_name": "Error percentage (high)",
            "current_state": "open",
            "details": "Error percentage above 5 % on checkout",
            "duration": 0,
            "event_type": "INCIDENT",
            "incident_id": 163_450_695,
            "incident_url": "https://alerts.newrelic.example/incidents/163450695",
            "owner": "",
            "policy_name": "Shop",
            "severity": "WARNING",
            "targets": [{
                "id": "1", "name": "checkout", "product": "APM", "type": "Application",
                "labels": { "team": "shop" },
            }],
            "timestamp": 1_795_402_812_000_i64,
        }),
        again: vec![("/duration", json!(60))],
        acknowledged: Some(vec![("/current_state", json!("acknowledged"))]),
        resolved: Some(vec![
            ("/current_state", json!("closed")),
            ("/timestamp", json!(1_795_404_000_000_i64)),
        ]),
        another: vec![("/incident_id", json!(163_450_696))],
        odd_state: Some(vec![("/current_state", json!("Exploded"))]),
        odd_severity: Some(vec![("/severity", json!("purple"))]),
        no_service: vec![("/targets", json!([]))],
        no_title: Some(vec![("/condition_name", json!([])), ("/policy_name", json!(null))]),
        no_key: (vec![("/incident_id", json!([]))], "`incident_id` should be a text; found a list"),
        start: &["/timestamp"],
        expected: Expected {
            key: "163450695",
            title: "Error percentage (high)",
            description: "Error percentage above 5 % on checkout",
            severity: Severity::Warning,
            signal: Some(Signal::Errors),
            names: &["checkout"],
            labels: &[("team", "shop"), ("policy", "Shop")],
            url: Some("https://alerts.newrelic.example/incidents/163450695"),
            notes: &[],
        },
        ..workflow()
    }
}
