//! Google Cloud Monitoring, webhooks and Pub/Sub, version 1.2.

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    let marks = ["policy_name", "scoping_project_id", "condition_name", "started_at"];
    find(message, "incident.incident_id").is_some()
        && marks.iter().any(|mark| find(message, &format!("incident.{mark}")).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let Some(incident) = find(message, "incident") else {
        return Err(Refusal::Unreadable("`incident` should be an object; found nothing".into()));
    };
    let mut body = Body::part(incident, "incident".into());
    let key = body.need(&["incident_id"])?;
    let status = status(&mut body);
    let title = body.text_of(&["documentation.subject", "policy_name", "condition_name"]);
    let title = title.or_else(|| body.text_of(&["condition.displayName", "summary"]));
    let mut draft = Draft::new(key, title, status);
    let documentation = match body.find("documentation") {
        Some(Value::Object(_)) => body.text("documentation.content"),
        Some(_) | None => body.text("documentation"),
    };
    draft.description = paragraphs([body.text("summary"), documentation]);
    draft.severity = severity(&mut body);

    if let Some(resource) = body.text("resource_display_name") {
        draft.names.add(&resource);
    }
    for place in ["resource.labels", "metric.labels", "metadata.user_labels", "policy_user_labels"]
    {
        for (name, value) in body.map(place) {
            draft.labels.entry(name).or_insert(value);
        }
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);

    let metric = body.text("metric.type");
    let failed = ["response_code_class", "response_code"]
        .iter()
        .any(|name| labels.get(*name).is_some_and(|code| code.starts_with('5')));
    draft.signal = match metric.as_deref().and_then(signals::of_metric) {
        Some(Signal::Requests) if failed => Some(Signal::Errors),
        Some(signal) => Some(signal),
        None => signals::of_text(&draft.title),
    };
    draft.label("metric", metric);
    draft.label("query", body.text("condition.conditionThreshold.filter"));
    draft.label("resource_type", body.text("resource.type"));
    draft.label("project", body.text("scoping_project_id"));
    draft.label("condition", body.text_of(&["condition_name", "condition.displayName"]));
    draft.label("observed_value", body.text("observed_value"));
    draft.label("threshold_value", body.text("threshold_value"));

    draft.starts_at = body.time("started_at");
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time("ended_at");
    }
    draft.url = body.text("url");
    Ok(vec![draft.noted(body)])
}

fn status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text("state") else { return AlertStatus::Firing };
    match fold(&word).as_str() {
        "open" => AlertStatus::Firing,
        "acknowledged" => AlertStatus::Acknowledged,
        "closed" => AlertStatus::Resolved,
        _ => {
            let word = shorten(&word);
            body.notes.push(format!("`incident.state` `{word}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    }
}

fn severity(body: &mut Body<'_>) -> Severity {
    let word = body.text("severity").filter(|word| fold(word) != "noseverity");
    severity::noted(word, &mut body.notes)
}
