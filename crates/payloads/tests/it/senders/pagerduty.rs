use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::samples;
use crate::sender::{Expected, Sender, bare};

pub(crate) fn incident() -> Sender {
    Sender {
        provider: "pagerduty",
        form: "incident v3",
        sample: samples::pagerduty(),
        wrap: bare,
        again: vec![
            ("/event/id", json!("01BBYB")),
            ("/event/event_type", json!("incident.escalated")),
            ("/event/occurred_at", json!("2026-11-23T03:05:00Z")),
        ],
        acknowledged: Some(vec![
            ("/event/event_type", json!("incident.acknowledged")),
            ("/event/data/status", json!("acknowledged")),
        ]),
        resolved: Some(vec![
            ("/event/event_type", json!("incident.resolved")),
            ("/event/data/status", json!("resolved")),
            ("/event/occurred_at", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/event/data/id", json!("PGR0VU3"))],
        odd_state: Some(vec![
            ("/event/event_type", json!("incident.exploded")),
            ("/event/data/status", json!("Exploded")),
        ]),
        odd_severity: Some(vec![("/event/data/urgency", json!("purple"))]),
        no_service: vec![("/event/data/service", json!(null))],
        no_title: Some(vec![("/event/data/title", json!(null))]),
        no_key: (
            vec![
                ("/event/data/id", json!(null)),
                ("/event/data/incident_key", json!(null)),
                ("/event/data/number", json!(null)),
            ],
            "`event.data.id` or `event.data.incident_key` or `event.data.number` should be a text; found nothing",
        ),
        start: &["/event/data/created_at", "/event/occurred_at"],
        batch: None,
        expected: Expected {
            key: "PGR0VU2",
            title: "checkout errors above 5 %",
            description: "",
            severity: Severity::High,
            signal: Some(Signal::Errors),
            names: &["checkout"],
            labels: &[("service", "checkout"), ("number", "2")],
            url: Some("https://acme.pagerduty.example/incidents/PGR0VU2"),
            notes: &[],
        },
    }
}
