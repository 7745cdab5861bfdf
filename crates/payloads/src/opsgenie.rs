//! Opsgenie webhooks: one action on one alert. Jira Service Management sends the same.

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals, tags};

pub(crate) fn fits(message: &Value) -> bool {
    let marks = ["alert.alertId", "alert.tinyId", "alert.alias"];
    find(message, "action").is_some() && marks.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let action = body.need(&["action"])?;
    let status = status(&action)?;
    // The id is new when an alert comes back after it was closed; the alias is the same for all
    // times, and serves where a template left out the id.
    let key = body.need(&["alert.alertId", "alert.alias", "alert.tinyId"])?;
    let title = body.text("alert.message");
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([body.text("alert.description"), body.text("alert.note")]);
    let priority = body.text("alert.priority");
    draft.severity = severity::noted(priority, &mut body.notes);

    draft.labels = body.map("alert.details");
    for (name, value) in tags::labels(body.tags("alert.tags")) {
        draft.labels.entry(name).or_insert(value);
    }
    if let Some(entity) = body.text("alert.entity") {
        draft.names.add(&entity);
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    draft.label("alias", body.text("alert.alias"));
    draft.label("source", body.text("alert.source"));
    draft.signal = signals::of_text(&draft.title);

    draft.starts_at = body.time("alert.createdAt");
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time_of(&["alert.closedAt", "alert.updatedAt"]);
    }
    draft.url = body.text("alert.link");
    Ok(vec![draft.noted(body)])
}

/// What the action made of the alert. Notes, tags and the buttons that teams make themselves
/// change nothing about what it says, and an alert that is long closed can still get them.
fn status(action: &str) -> Result<AlertStatus, Refusal> {
    Ok(match fold(action).as_str() {
        "create" | "unacknowledge" | "escalate" | "escalatenext" | "escalatetonext"
        | "snoozeended" | "reopen" => AlertStatus::Firing,
        "acknowledge" | "snooze" => AlertStatus::Acknowledged,
        "close" | "delete" => AlertStatus::Resolved,
        _ => {
            return Err(Refusal::NoAlert(format!(
                "`action` should be one that changes the state of an alert (`Create`, \
                 `Acknowledge`, `Close`, …); found `{}`",
                shorten(action)
            )));
        }
    })
}
