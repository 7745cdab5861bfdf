//! PagerDuty webhooks, version 3. They carry no metric: the service and the headline must do.

use nightjar_incident::{AlertStatus, Severity};
use serde_json::Value;

use crate::body::{Body, find, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

/// Beginnings of events that happen beside an incident, whatever their `data` is.
const BESIDE: [&str; 6] = [
    "annotated",
    "responder.",
    "status_update_published",
    "conference_bridge.",
    "workflow.",
    "custom_field_values.",
];

pub(crate) fn fits(message: &Value) -> bool {
    find(message, "event.event_type").is_some() && find(message, "event.data").is_some()
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let event = body.need(&["event.event_type"])?;
    let Some(action) = event.strip_prefix("incident.") else {
        return Err(Refusal::NoAlert(format!(
            "`event.event_type` should begin with `incident.`; found `{}`",
            shorten(&event)
        )));
    };
    let kind = body.text("event.data.type").unwrap_or_else(|| "incident".into());
    if kind != "incident" && kind != "incident_reference" {
        return Err(Refusal::NoAlert(format!(
            "`event.data.type` should be `incident`; found `{}`, which says nothing new of the \
             alert",
            shorten(&kind)
        )));
    }
    if BESIDE.iter().any(|beside| action.starts_with(beside)) {
        return Err(Refusal::NoAlert(format!(
            "`event.event_type` is `{}`, which says nothing new of the alert",
            shorten(&event)
        )));
    }
    let key = body.need(&["event.data.id", "event.data.incident_key", "event.data.number"])?;
    let status = status(&mut body, action);
    let title = body.text_of(&["event.data.title", "event.data.summary"]);
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([
        body.text_of(&["event.data.description", "event.data.body.details"]),
        body.text("event.data.resolve_reason.type"),
    ]);
    draft.severity = severity(&mut body);

    let service = body.text_of(&["event.data.service.summary", "event.data.service.name"]);
    if let Some(service) = &service {
        draft.names.add(service);
    }
    draft.label("service", service);
    draft.label("service_id", body.text("event.data.service.id"));
    draft.label("urgency", body.text("event.data.urgency"));
    draft.label("incident_key", body.text("event.data.incident_key"));
    draft.label("number", body.text("event.data.number"));
    draft.label("client", body.text("event.client.name"));
    draft.signal = signals::of_text(&draft.title);

    let occurred = body.time("event.occurred_at");
    // A reopened incident keeps the date of its creation; it is firing since now.
    draft.starts_at = match action {
        "reopened" => occurred,
        _ => body.time("event.data.created_at").or(occurred),
    };
    if status == AlertStatus::Resolved {
        // What happens to an incident after its end (a new priority) happens later than the end.
        let end = body.time_of(&["event.data.resolved_at", "event.data.last_status_change_at"]);
        draft.ends_at = end.or(occurred.filter(|_| action == "resolved"));
    }
    draft.url = body.text_of(&["event.data.html_url", "event.data.self"]);
    Ok(vec![draft.noted(body)])
}

/// What the event made of the incident; for events that change something else (escalated,
/// reassigned), the incident's own status.
fn status(body: &mut Body<'_>, action: &str) -> AlertStatus {
    match action {
        "triggered" | "unacknowledged" | "reopened" => return AlertStatus::Firing,
        "acknowledged" => return AlertStatus::Acknowledged,
        "resolved" => return AlertStatus::Resolved,
        _ => {}
    }
    let status = body.text("event.data.status").unwrap_or_default();
    match status.as_str() {
        "triggered" => AlertStatus::Firing,
        "acknowledged" => AlertStatus::Acknowledged,
        "resolved" => AlertStatus::Resolved,
        other => {
            body.notes.push(format!(
                "`event.data.status` `{}` of event `{}` is not known; taken as firing",
                shorten(other),
                shorten(action)
            ));
            AlertStatus::Firing
        }
    }
}

/// The priority, where the team uses priorities; else the urgency: high pages someone, low waits.
fn severity(body: &mut Body<'_>) -> Severity {
    let priority = body.text_of(&["event.data.priority.summary", "event.data.priority.name"]);
    let known = priority.as_deref().map_or(Severity::Unknown, severity::of);
    if known != Severity::Unknown {
        return known;
    }
    match body.text("event.data.urgency").as_deref() {
        Some("high") => Severity::High,
        Some("low") => Severity::Warning,
        word => severity::noted(word.map(str::to_owned).or(priority), &mut body.notes),
    }
}
