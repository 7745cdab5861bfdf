//! New Relic: the webhook of a workflow, whose default template is the form read here, and the
//! notification channel before it.

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

/// Fields of the default template; a template that keeps two of them is known by them.
const MARKS: [&str; 7] = [
    "issueUrl",
    "alertConditionNames",
    "alertPolicyNames",
    "impactedEntities",
    "totalIncidents",
    "isCorrelated",
    "workflowName",
];

pub(crate) fn fits(message: &Value) -> bool {
    MARKS.iter().filter(|mark| find(message, mark).is_some()).count() >= 2
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let key = body.need(&["id", "issueId"])?;
    let status = status(&mut body);
    let conditions = body.names("alertConditionNames");
    let title = first(&mut body, "title").or_else(|| conditions.first().cloned());
    let mut draft = Draft::new(key, title, status);
    let description = first(&mut body, "description").or_else(|| first(&mut body, "details"));
    draft.description = paragraphs([description]);
    let priority = body.text_of(&["priority", "severity"]);
    draft.severity = severity::noted(priority, &mut body.notes);

    draft.names.add_all(body.names("impactedEntities"));
    draft.labels = body.map("labels");
    for (name, value) in body.map("tags") {
        draft.labels.entry(name).or_insert_with(|| value);
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    draft.signal = signals::of_text(&draft.title)
        .or_else(|| conditions.iter().find_map(|name| signals::of_metric(name)));
    draft.label("condition", Some(conditions.join(", ")));
    draft.label("policy", Some(body.names("alertPolicyNames").join(", ")));
    draft.label("workflow", body.text("workflowName"));

    draft.starts_at = body.time_of(&["createdAt", "activatedAt"]);
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time_of(&["closedAt", "updatedAt"]);
    }
    draft.url = body.text_of(&["issueUrl", "issuePageUrl"]);
    Ok(vec![draft.noted(body)])
}

/// A text, or the first of a list: what gathers over an issue comes as lists.
fn first(body: &mut Body<'_>, path: &str) -> Option<String> {
    match body.find(path) {
        Some(Value::Array(_)) => body.names(path).into_iter().next(),
        Some(_) | None => body.text(path),
    }
}

/// The state of the issue; that someone acknowledged it shows in the event only.
fn status(body: &mut Body<'_>) -> AlertStatus {
    let is_acknowledged = body.has("acknowledgedAt")
        || body.text_of(&["trigger", "triggerEvent"]).is_some_and(|event| {
            fold(&event).contains("acknowledged") && !fold(&event).contains("unacknowledged")
        });
    let word = body.text("state");
    match word.as_deref().map(fold).as_deref() {
        None | Some("created" | "activated" | "open" | "active") => {
            if is_acknowledged {
                AlertStatus::Acknowledged
            } else {
                AlertStatus::Firing
            }
        }
        Some("acknowledged") => AlertStatus::Acknowledged,
        Some("closed" | "resolved" | "deactivated") => AlertStatus::Resolved,
        Some(_) => {
            let word = shorten(&word.unwrap_or_default());
            body.notes.push(format!("`state` `{word}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    }
}

/// The notification channel before workflows: one incident and its state.
pub(crate) fn channel_fits(message: &Value) -> bool {
    find(message, "current_state").is_some()
        && find(message, "incident_id").is_some()
        && ["condition_name", "policy_name"].iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read_channel(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let key = body.need(&["incident_id"])?;
    let word = body.need(&["current_state"])?;
    let status = match fold(&word).as_str() {
        "open" => AlertStatus::Firing,
        "acknowledged" => AlertStatus::Acknowledged,
        "closed" => AlertStatus::Resolved,
        _ => {
            let word = shorten(&word);
            body.notes.push(format!("`current_state` `{word}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    };
    let condition = body.text("condition_name");
    let policy = body.text("policy_name");
    let title = condition.clone().or_else(|| policy.clone());
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([body.text("details")]);
    let stated = body.text("severity");
    draft.severity = severity::noted(stated, &mut body.notes);

    draft.names.add_all(body.names("targets"));
    for (index, target) in body.list("targets").iter().enumerate() {
        let mut target = Body::part(target, format!("targets[{index}]"));
        for (name, value) in target.map("labels") {
            draft.labels.entry(name).or_insert(value);
        }
        body.notes.extend(target.notes);
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    draft.signal = signals::of_text(&draft.title).or_else(|| signals::of_metric(&draft.title));
    draft.label("condition", condition);
    draft.label("policy", policy);
    draft.label("account", body.text("account_name"));

    let at = body.time("timestamp");
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text("incident_url");
    Ok(vec![draft.noted(body)])
}
