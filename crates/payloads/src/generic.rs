//! The generic webhook body of the public contract: `eventType`, `incidentId`, `action`,
//! `priority`, `title`, and optionally `description`, `timestamp`, `service` and `data`.
//!
//! `data` is the sender's own; `data.metric` may name a metric, `data.entities` a list of names.

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, scalar, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{newrelic, severity, signalfx, signals};

pub(crate) fn fits(message: &Value) -> bool {
    // Others have an incident's id and an event's type as well.
    let is_others = signalfx::fits(message) || newrelic::channel_fits(message);
    let marks = ["eventType", "action", "priority"];
    find(message, "incidentId").is_some()
        && marks.iter().any(|mark| find(message, mark).is_some())
        && !is_others
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    if let Some(kind) = body.text("eventType")
        && kind != "incident"
    {
        return Err(Refusal::NoAlert(format!(
            "`eventType` should be `incident`; found `{}`",
            shorten(&kind)
        )));
    }
    let key = body.need(&["incidentId"])?;
    let status = status(&mut body);
    let title = body.text("title");
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([body.text("description")]);
    let priority = body.text("priority");
    draft.severity = severity::noted(priority, &mut body.notes);

    draft.labels = details(&mut body);
    draft.names.add_all(body.tags("data.entities"));
    let service = match body.find("service") {
        Some(Value::Object(_)) => body.text_of(&["service.name", "service.id"]),
        Some(_) | None => body.text("service"),
    };
    if let Some(service) = &service {
        draft.names.add(service);
    }
    draft.label("service", service);
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);

    let metric = body.text("data.metric");
    draft.signal = match metric.as_deref() {
        Some(metric) => signals::of_metric(metric),
        None => signals::of_text(&draft.title),
    };
    draft.label("metric", metric);

    let at = body.time("timestamp");
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text_of(&["url", "data.url"]);
    Ok(vec![draft.noted(body)])
}

fn status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text("action") else { return AlertStatus::Firing };
    match fold(&word).as_str() {
        "created" | "updated" => AlertStatus::Firing,
        "acknowledged" => AlertStatus::Acknowledged,
        "closed" | "resolved" => AlertStatus::Resolved,
        _ => {
            body.notes.push(format!("`action` `{}` is not known; taken as firing", shorten(&word)));
            AlertStatus::Firing
        }
    }
}

/// What `data` says in single values, its `metadata` and `labels` included; larger parts are the
/// original event and stay in the raw message.
fn details(body: &mut Body<'_>) -> std::collections::BTreeMap<String, String> {
    let mut labels = std::collections::BTreeMap::new();
    for place in ["data", "data.metadata", "data.labels", "data.tags"] {
        let Some(Value::Object(fields)) = body.find(place) else { continue };
        for (name, value) in fields {
            if let Some(text) = scalar(value).filter(|text| !text.is_empty() && !name.is_empty()) {
                labels.entry(name.clone()).or_insert(text);
            }
        }
    }
    for tag in body.find("data.tags").map_or(Vec::new(), |tags| match tags {
        Value::Object(_) => Vec::new(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            body.tags("data.tags")
        }
    }) {
        let (name, value) = tag.split_once([':', '=']).unwrap_or((tag.as_str(), ""));
        labels.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    labels
}
