//! Pingdom: a check that changed its state.

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::names::host;
use crate::refusal::Refusal;
use crate::{severity, tags};

pub(crate) fn fits(message: &Value) -> bool {
    find(message, "check_id").is_some() && find(message, "current_state").is_some()
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let key = body.need(&["check_id"])?;
    let word = body.need(&["current_state"])?;
    let status = match fold(&word).as_str() {
        "down" | "unconfirmeddown" | "failing" | "failed" => AlertStatus::Firing,
        "up" | "success" | "succeeded" => AlertStatus::Resolved,
        _ => {
            let word = shorten(&word);
            body.notes.push(format!("`current_state` `{word}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    };
    let title = body.text("check_name");
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([
        body.text("custom_message"),
        body.text("description"),
        body.text("long_description"),
    ]);
    draft.severity = severity(&mut body);
    let address = body.text_of(&["check_params.full_url", "check_params.url"]);
    let target = body.text("check_params.hostname");
    let target = target.or_else(|| address.as_deref().and_then(host).map(str::to_owned));
    draft.labels = tags::labels(body.tags("tags"));
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    if let Some(target) = &target {
        draft.names.add(target);
    }
    draft.label("host", target);
    draft.label("address", address);
    draft.label("check_type", body.text("check_type"));
    // It asks from outside whether there is an answer.
    draft.signal = Some(Signal::Availability);

    let at = body.time_of(&["state_changed_timestamp", "state_changed_utc_time"]);
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text("check_url");
    Ok(vec![draft.noted(body)])
}

/// The importance has two words; what is low there still is down.
fn severity(body: &mut Body<'_>) -> Severity {
    let word = body.text("importance_level");
    match word.as_deref().map(fold).as_deref() {
        Some("low") => Severity::Warning,
        Some(_) | None => severity::noted(word, &mut body.notes),
    }
}
