use nightjar_incident::{Severity, Signal};
use serde_json::{Value, json};

use crate::sender::{Expected, Sender, bare};

fn wrapped(action: &str, data: &Value) -> Value {
    json!({
        "action": action,
        "actor": { "id": "sentry", "name": "Sentry", "type": "application" },
        "installation": { "uuid": "24b1" },
        "data": data,
    })
}

/// An event that matched a rule of alerts. That its issue is over, the issue itself tells.
pub(crate) fn issue_alert() -> Sender {
    Sender {
        provider: "sentry",
        form: "event of an issue alert",
        sample: wrapped(
            "triggered",
            &json!({
                "event": {
                    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
                    "issue_id": "1170820242",
                    "issue_url": "https://sentry.example/api/0/issues/1170820242/",
                    "web_url": "https://sentry.example/organizations/shop/issues/1170820242/events/e4/",
                    "title": "TimeoutError: payment provider",
                    "culprit": "checkout.pay in charge",
                    "level": "error",
                    "platform": "python",
                    "environment": "prod",
                    "timestamp": 1_795_402_812.0,
                    "project": 1,
                    "project_slug": "checkout",
                    "tags": [["server_name", "checkout-7"], ["region", "eu-west-1"]],
                },
                "triggered_rule": "Errors of checkout",
            }),
        ),
        wrap: bare,
        again: vec![("/data/event/event_id", json!("f5"))],
        acknowledged: None,
        resolved: None,
        another: vec![("/data/event/issue_id", json!("1170820243"))],
        odd_state: None,
        odd_severity: Some(vec![("/data/event/level", json!("purple"))]),
        no_service: vec![
            ("/data/event/tags", json!([])),
            ("/data/event/project_slug", json!(null)),
        ],
        no_title: Some(vec![("/data/event/title", json!(null))]),
        no_key: (
            vec![
                ("/data/event/issue_id", json!(null)),
                ("/data/event/issue_url", json!("x")),
                ("/data/event/web_url", json!(null)),
                ("/data/event/event_id", json!(null)),
            ],
            "`data.event.groupid` or `data.event.event_id` should be a text; found nothing",
        ),
        start: &["/data/event/timestamp"],
        batch: None,
        expected: Expected {
            key: "1170820242",
            title: "TimeoutError: payment provider",
            description: "checkout.pay in charge",
            severity: Severity::High,
            signal: Some(Signal::Errors),
            names: &["checkout-7", "checkout"],
            labels: &[("environment", "prod"), ("region", "eu-west-1"), ("project", "checkout")],
            url: Some("https://sentry.example/organizations/shop/issues/1170820242/events/e4/"),
            notes: &[],
        },
    }
}

/// The issue behind it.
pub(crate) fn issue() -> Sender {
    Sender {
        form: "issue",
        sample: wrapped(
            "created",
            &json!({
                "issue": {
                    "id": "1170820242",
                    "shortId": "CHECKOUT-7",
                    "title": "TimeoutError: payment provider",
                    "culprit": "checkout.pay in charge",
                    "level": "error",
                    "status": "unresolved",
                    "project": { "id": "1", "name": "Checkout", "slug": "checkout" },
                    "firstSeen": "2026-11-23T03:00:12Z",
                    "lastSeen": "2026-11-23T03:00:12Z",
                    "permalink": "https://sentry.example/issues/1170820242/",
                },
            }),
        ),
        again: vec![("/action", json!("triggered"))],
        acknowledged: Some(vec![("/action", json!("archived"))]),
        resolved: Some(vec![
            ("/action", json!("resolved")),
            ("/data/issue/status", json!("resolved")),
            ("/data/issue/lastSeen", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/data/issue/id", json!("1170820243"))],
        odd_severity: Some(vec![("/data/issue/level", json!("purple"))]),
        no_service: vec![("/data/issue/project", json!(null))],
        no_title: Some(vec![("/data/issue/title", json!(null))]),
        no_key: (
            vec![("/data/issue/id", json!(null))],
            "`data.issue.id` should be a text; found nothing",
        ),
        start: &["/data/issue/firstSeen"],
        expected: Expected {
            names: &["checkout"],
            labels: &[("issue", "CHECKOUT-7"), ("project", "checkout")],
            url: Some("https://sentry.example/issues/1170820242/"),
            ..issue_alert().expected
        },
        ..issue_alert()
    }
}

pub(crate) fn metric_alert() -> Sender {
    Sender {
        form: "metric alert",
        sample: wrapped(
            "critical",
            &json!({
                "description_text": "p95 is 3.1 s in the last 10 minutes",
                "description_title": "Critical: checkout is slow",
                "web_url": "https://sentry.example/alerts/7/",
                "metric_alert": {
                    "id": "7",
                    "identifier": "7",
                    "status": 20,
                    "date_started": "2026-11-23T03:00:12Z",
                    "date_detected": "2026-11-23T03:00:20Z",
                    "date_closed": null,
                    "alert_rule": {
                        "id": "11",
                        "name": "checkout is slow",
                        "aggregate": "p95(transaction.duration)",
                        "query": "service:checkout",
                        "environment": "prod",
                        "projects": ["checkout"],
                    },
                },
            }),
        ),
        again: vec![("/data/description_text", json!("p95 is 3.4 s"))],
        acknowledged: None,
        resolved: Some(vec![
            ("/action", json!("resolved")),
            ("/data/metric_alert/date_closed", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/data/metric_alert/id", json!("8"))],
        odd_severity: None,
        no_service: vec![("/data/metric_alert/alert_rule", json!({ "name": "slow" }))],
        no_title: Some(vec![
            ("/data/metric_alert/alert_rule/name", json!(null)),
            ("/data/description_title", json!(null)),
        ]),
        no_key: (
            vec![
                ("/data/metric_alert/id", json!(null)),
                ("/data/metric_alert/identifier", json!(null)),
            ],
            "`data.metric_alert.id` or `data.metric_alert.identifier` should be a text; found nothing",
        ),
        start: &["/data/metric_alert/date_started", "/data/metric_alert/date_detected"],
        expected: Expected {
            key: "metric_alert:7",
            title: "checkout is slow",
            description: "p95 is 3.1 s in the last 10 minutes",
            severity: Severity::Critical,
            signal: Some(Signal::Latency),
            names: &["checkout"],
            labels: &[("metric", "p95(transaction.duration)"), ("environment", "prod")],
            url: Some("https://sentry.example/alerts/7/"),
            notes: &[],
        },
        ..issue_alert()
    }
}

/// The older plugin tells only that something happened.
pub(crate) fn plugin() -> Sender {
    Sender {
        form: "plugin",
        sample: json!({
            "id": "1170820242",
            "project": "checkout",
            "project_name": "Checkout",
            "project_slug": "checkout",
            "level": "error",
            "culprit": "checkout.pay in charge",
            "message": "TimeoutError: payment provider",
            "url": "https://sentry.example/issues/1170820242/",
            "event": {
                "event_id": "e4874d",
                "title": "TimeoutError: payment provider",
                "level": "error",
                "platform": "python",
                "timestamp": 1_795_402_812.0,
                "environment": "prod",
                "tags": [["server_name", "checkout-7"]],
                "exception": { "values": [{ "type": "TimeoutError", "value": "payment provider" }] },
            },
        }),
        again: vec![("/event/event_id", json!("f5"))],
        another: vec![("/id", json!("1170820243"))],
        odd_severity: Some(vec![("/level", json!("purple")), ("/event/level", json!("purple"))]),
        no_service: vec![
            ("/project", json!("1")),
            ("/project_slug", json!(null)),
            ("/project_name", json!(null)),
            ("/event/tags", json!([])),
        ],
        no_title: Some(vec![
            ("/event/title", json!(null)),
            ("/message", json!(null)),
            ("/culprit", json!(null)),
        ]),
        no_key: (
            vec![("/id", json!(null)), ("/event/event_id", json!([]))],
            "`id` or `event.event_id` should be a text; found a list",
        ),
        start: &["/event/timestamp"],
        expected: Expected {
            description: "TimeoutError: payment provider\n\ncheckout.pay in charge",
            labels: &[("environment", "prod"), ("project", "checkout")],
            url: Some("https://sentry.example/issues/1170820242/"),
            ..issue_alert().expected
        },
        ..issue_alert()
    }
}
