use serde_json::{Value, json};

use super::Transition;

/// The message of a V3 webhook subscription.
pub(super) fn payload(transition: &Transition<'_>) -> Value {
    let Transition { rule, .. } = transition;
    let id = &rule.entity;
    let incident = format!("Q{:013X}", transition.number * 2_654_435_761 % (1 << 50));
    let (event_type, status) = if transition.is_firing {
        ("incident.triggered", "triggered")
    } else {
        ("incident.resolved", "resolved")
    };
    let page = format!("https://example-shop.pagerduty.com/incidents/{incident}");
    json!({
        "event": {
            "id": format!("01{:022X}", transition.number * 31 + u64::from(transition.is_firing)),
            "event_type": event_type,
            "resource_type": "incident",
            "occurred_at": transition.at.to_string(),
            "agent": null,
            "client": null,
            "data": {
                "id": incident,
                "type": "incident",
                "self": format!("https://api.pagerduty.com/incidents/{incident}"),
                "html_url": page,
                "number": transition.number % 100_000,
                "status": status,
                "incident_key": format!("{id}/{:?}", rule.subject).to_lowercase(),
                "created_at": transition.since.to_string(),
                "title": rule.title(),
                "service": {
                    "id": format!("P{:06X}", transition.number % 0x00FF_FFFF),
                    "type": "service_reference",
                    "summary": id.as_str(),
                    "self": null,
                    "html_url": null,
                },
                "assignees": [],
                "escalation_policy": { "id": "PGY4TQ1", "type": "escalation_policy_reference", "summary": "Shop on call" },
                "teams": [],
                "priority": { "id": "PSO75BM", "type": "priority", "summary": "P1" },
                "urgency": "high",
                "conference_bridge": null,
                "resolve_reason": null,
            },
        },
    })
}
