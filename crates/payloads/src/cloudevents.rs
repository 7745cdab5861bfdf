//! CloudEvents in structured mode, where `data` is no other provider's message: an alert told by
//! `type`, `subject` and the fields of `data`.

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, scalar, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{envelope, severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    ["specversion", "type", "source"].iter().all(|field| find(message, field).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let source = body.need(&["source"])?;
    let kind = body.need(&["type"])?;
    let subject = body.text("subject");
    let content = envelope::data_of_event(message)?;
    let mut data = match &content {
        Some(content) => Body::part(content, "data".into()),
        None => Body::part(&Value::Null, "data".into()),
    };
    let status = status(&mut data, &kind);
    let id = data.text_of(&["alertId", "incidentId", "fingerprint", "key"]);
    let key = key(&source, id.as_deref(), subject.as_deref(), &kind);
    let title = data.text_of(&["title", "summary", "name", "message"]);
    let title = title.unwrap_or_else(|| match &subject {
        Some(subject) => format!("{kind}: {subject}"),
        None => kind.clone(),
    });
    let mut draft = Draft::new(key, Some(title), status);
    draft.description = paragraphs([data.text_of(&["description", "details", "message"])]);
    let stated = data.text_of(&["severity", "priority", "level"]);
    let stated = stated.or_else(|| body.text("severitytext"));
    draft.severity = severity::noted(stated, &mut body.notes);

    for (name, value) in data.map("labels") {
        draft.label(&name, Some(value));
    }
    // What is no single value there is the original event, and stays in the raw message.
    for fields in [data.find("metadata"), content.as_deref()] {
        for (name, value) in fields.and_then(Value::as_object).into_iter().flatten() {
            draft.label(name, scalar(value));
        }
    }
    draft.names.add_all(data.names("entities"));
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    if let Some(subject) = &subject {
        draft.names.add(subject);
    }
    let metric = data.text("metric");
    draft.signal = match metric.as_deref() {
        Some(metric) => signals::of_metric(metric),
        None => signals::of_text(&draft.title),
    };
    draft.label("event_type", Some(kind));
    draft.label("event_source", Some(source));
    draft.label("subject", subject);

    let at = data.time_of(&["startsAt", "startTime"]).or_else(|| body.time("time"));
    if status == AlertStatus::Resolved {
        draft.starts_at = data.time_of(&["startsAt", "startTime"]);
        draft.ends_at = data.time_of(&["endsAt", "endTime"]).or_else(|| body.time("time"));
    } else {
        draft.starts_at = at;
    }
    draft.url = data.text_of(&["url", "link"]);
    body.notes.append(&mut data.notes);
    Ok(vec![draft.noted(body)])
}

/// What stays the same from one event to the next: an id that `data` gives, else the subject, else
/// the kind of event without the word at its end that tells the state. The event's own `id` is new
/// each time.
fn key(source: &str, id: Option<&str>, subject: Option<&str>, kind: &str) -> String {
    let stem = match kind.rsplit_once('.') {
        Some((stem, word)) if of_word(word).is_some() => stem,
        Some(_) | None => kind,
    };
    let parts = [Some(source), id.or(subject), id.or(subject).is_none().then_some(stem)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(":")
}

fn status(data: &mut Body<'_>, kind: &str) -> AlertStatus {
    let stated = data.text_of(&["status", "state", "action"]);
    let last = kind.rsplit(['.', '/', ':']).next().unwrap_or(kind);
    if let Some(status) = stated.as_deref().and_then(of_word).or_else(|| of_word(last)) {
        return status;
    }
    let word = shorten(stated.as_deref().unwrap_or(kind));
    data.notes.push(format!("`{word}` names no state that is known; taken as firing"));
    AlertStatus::Firing
}

/// The state that a word stands for.
fn of_word(word: &str) -> Option<AlertStatus> {
    match fold(word).as_str() {
        "fired" | "firing" | "triggered" | "created" | "opened" | "open" | "alarm" | "alerting"
        | "alert" | "started" | "updated" | "failed" | "down" => Some(AlertStatus::Firing),
        "acknowledged" | "acked" => Some(AlertStatus::Acknowledged),
        "resolved" | "closed" | "cleared" | "recovered" | "ended" | "ok" | "up" => {
            Some(AlertStatus::Resolved)
        }
        _ => None,
    }
}
