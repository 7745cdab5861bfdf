//! ServiceNow incident records, as a business rule or flow sends them: the columns of the table,
//! all values texts, references as `{display_value, link}` or `{link, value}`.

use nightjar_incident::{AlertStatus, Severity};
use serde_json::Value;

use crate::body::{Body, find, fold, joined, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

/// Where a record may stand in the message.
const WRAPPINGS: [&str; 3] = ["result", "record", "incident"];

pub(crate) fn fits(message: &Value) -> bool {
    let is_record = |record: &Value| {
        (find(record, "sys_id").is_some() || find(record, "number").is_some())
            && (find(record, "short_description").is_some()
                || find(record, "sys_class_name").is_some())
    };
    records(message).iter().any(|(_, record)| is_record(record))
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut drafts = Vec::new();
    let mut refused = Vec::new();
    for (place, record) in records(message) {
        let body =
            if place.is_empty() { Body::new(record) } else { Body::part(record, place.clone()) };
        match read_record(body) {
            Ok(draft) => drafts.push(draft),
            Err(reason) => refused.push(reason),
        }
    }
    match drafts.first_mut() {
        None if refused.is_empty() => {
            Err(Refusal::Unreadable("`result` should hold a record; found none".into()))
        }
        None => Err(Refusal::Unreadable(joined(&refused))),
        Some(first) => {
            first.notes.extend(refused);
            Ok(drafts)
        }
    }
}

/// The records of a message, each with its place in it.
fn records(message: &Value) -> Vec<(String, &Value)> {
    for wrapping in WRAPPINGS {
        match find(message, wrapping) {
            Some(Value::Array(items)) => {
                let place = |(index, item)| (format!("{wrapping}[{index}]"), item);
                return items.iter().enumerate().map(place).collect();
            }
            Some(record @ Value::Object(_)) => return vec![(wrapping.to_owned(), record)],
            Some(_) | None => {}
        }
    }
    vec![(String::new(), message)]
}

fn read_record(mut body: Body<'_>) -> Result<Draft, String> {
    let key = body.need(&["sys_id", "number"])?;
    let status = status(&mut body);
    let title = body.text("short_description");
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([body.text("description"), body.text("close_notes")]);
    draft.severity = severity(&mut body);

    for column in ["cmdb_ci", "business_service", "service_offering", "u_service", "host"] {
        let name = reference(&mut body, column);
        if let Some(name) = &name {
            draft.names.add(name);
        }
        draft.label(column, name);
    }
    for column in ["number", "category", "subcategory", "environment", "u_environment", "location"]
    {
        let text = reference(&mut body, column);
        draft.label(column, text);
    }
    let group = reference(&mut body, "assignment_group");
    draft.label("assignment_group", group);
    draft.signal = signals::of_text(&draft.title);

    draft.starts_at = match body.time("reopened_time") {
        Some(again) if status != AlertStatus::Resolved => Some(again),
        Some(_) | None => body.time_of(&["opened_at", "sys_created_on"]),
    };
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time_of(&["resolved_at", "closed_at", "sys_updated_on"]);
    }
    draft.url = body.text_of(&["url", "link", "record_url"]);
    Ok(draft.noted(body))
}

/// A column that is a text or a reference: what people read if it is there, else the value.
fn reference(body: &mut Body<'_>, column: &str) -> Option<String> {
    if let Some(Value::Object(_)) = body.find(column) {
        let inside = |part: &str| format!("{column}.{part}");
        let name = body.text_of(&[&inside("display_value"), &inside("name")]);
        return name.or_else(|| {
            let value = body.text(&inside("value"))?;
            body.notes.push(format!(
                "`{column}` is a reference without `display_value`; its value `{}` stands in",
                shorten(&value)
            ));
            Some(value)
        });
    }
    body.text(column)
}

/// States of the incident table, as numbers or as the words of the default list.
fn status(body: &mut Body<'_>) -> AlertStatus {
    let stated = match body.find("state") {
        Some(Value::Object(_)) => body.text_of(&["state.value", "state.display_value"]),
        Some(_) => body.text("state"),
        None => body.text("incident_state"),
    };
    let Some(word) = stated else { return AlertStatus::Firing };
    match fold(&word).as_str() {
        "1" | "new" => AlertStatus::Firing,
        // Someone works on it, or waits for somebody else.
        "2" | "3" | "4" | "5" | "inprogress" | "active" | "onhold" | "awaitingproblem"
        | "awaitinguserinfo" | "awaitingevidence" => AlertStatus::Acknowledged,
        "6" | "7" | "8" | "resolved" | "closed" | "canceled" | "cancelled" => AlertStatus::Resolved,
        _ => {
            body.notes.push(format!("`state` `{}` is not known; taken as firing", shorten(&word)));
            AlertStatus::Firing
        }
    }
}

/// Priority 1 to 5, else impact or severity 1 to 3, with or without the word behind the number.
fn severity(body: &mut Body<'_>) -> Severity {
    for column in ["priority", "impact", "severity"] {
        let Some(word) = reference(body, column) else { continue };
        match word.chars().next() {
            Some('1') => return Severity::Critical,
            Some('2') => return Severity::High,
            Some('3') => return Severity::Warning,
            Some('4' | '5') => return Severity::Info,
            _ => return severity::noted(Some(word), &mut body.notes),
        }
    }
    Severity::Unknown
}
