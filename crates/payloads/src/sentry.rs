//! Sentry: what its integrations send (`{action, data}`: issues, events that matched an alert
//! rule, metric alerts), and the flat message of the older webhook plugin.

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::Value;

use crate::body::{Body, find, fold, scalar, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

/// What the subject of a message can be under `data`, and where the subject is an event.
const SUBJECTS: [&str; 3] = ["data.metric_alert", "data.event", "data.error"];

pub(crate) fn fits(message: &Value) -> bool {
    let has = |path: &str| find(message, path).is_some();
    let is_issue = ["shortId", "permalink", "culprit", "project"]
        .iter()
        .any(|mark| has(&format!("data.issue.{mark}")));
    let is_event = ["data.event", "data.error"]
        .iter()
        .any(|subject| has(&format!("{subject}.event_id")) || has(&format!("{subject}.issue_url")));
    has("action") && (is_issue || is_event || has("data.metric_alert") || has("installation.uuid"))
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let action = body.need(&["action"])?;
    let subject = SUBJECTS.into_iter().find(|path| body.find(path).is_some_and(Value::is_object));
    let draft = match subject {
        Some("data.metric_alert") => read_metric_alert(&mut body, &action)?,
        Some(place) => {
            let event = body.find(place).unwrap_or(&Value::Null);
            let mut event = Body::part(event, place.into());
            let draft = read_event(&mut event)?;
            body.notes.append(&mut event.notes);
            draft
        }
        None => read_issue(&mut body, &action)?,
    };
    Ok(vec![draft.noted(body)])
}

/// An issue: created, resolved, ignored, or something that only concerns who works on it.
fn read_issue(body: &mut Body<'_>, action: &str) -> Result<Draft, Refusal> {
    let status = match fold(action).as_str() {
        "created" | "unresolved" | "triggered" => AlertStatus::Firing,
        "ignored" | "archived" => AlertStatus::Acknowledged,
        "resolved" => AlertStatus::Resolved,
        _ => return Err(not_an_alert(action)),
    };
    if !body.has("data.issue") {
        return Err(Refusal::NoAlert(
            "`data` should hold an issue, an event, an error or a metric alert; found none".into(),
        ));
    }
    let key = body.need(&["data.issue.id"])?;
    let title = body.text("data.issue.title");
    let mut draft = Draft::new(key, title, status);
    draft.description =
        paragraphs([body.text("data.issue.metadata.value"), body.text("data.issue.culprit")]);
    let level = body.text("data.issue.level");
    draft.severity = severity::noted(level, &mut body.notes);
    let project = body.text_of(&["data.issue.project.slug", "data.issue.project.name"]);
    add_project(&mut draft, project);
    draft.label("issue", body.text("data.issue.shortId"));
    draft.signal = Some(Signal::Errors);
    // An issue that came back keeps its first date; it is firing since now.
    if fold(action).as_str() != "unresolved" {
        draft.starts_at = body.time("data.issue.firstSeen");
    }
    if status == AlertStatus::Resolved {
        draft.ends_at =
            body.time_of(&["data.issue.statusDetails.resolvedAt", "data.issue.lastSeen"]);
    }
    draft.url = body.text_of(&["data.issue.permalink", "data.issue.web_url"]);
    Ok(draft)
}

/// An event that matched a rule. Its issue is what stays the same from one to the next.
fn read_event(body: &mut Body<'_>) -> Result<Draft, Refusal> {
    let key = match body.text("issue_id").or_else(|| issue_in_address(body)) {
        Some(issue) => issue,
        None => body.need(&["groupid", "event_id"])?,
    };
    let title = body.text_of(&["title", "metadata.title", "message"]);
    let mut draft = Draft::new(key, title, AlertStatus::Firing);
    describe_event(&mut draft, body);
    draft.url = body.text_of(&["web_url", "url"]);
    Ok(draft)
}

/// The issue's number in `https://…/issues/1170820242/`.
fn issue_in_address(body: &mut Body<'_>) -> Option<String> {
    let address = body.text_of(&["issue_url", "web_url"])?;
    let (_, behind) = address.split_once("/issues/")?;
    let number = behind.split('/').next()?;
    (!number.is_empty()).then(|| number.to_owned())
}

/// What an event says beside its title, wherever it stands.
fn describe_event(draft: &mut Draft, body: &mut Body<'_>) {
    draft.description = paragraphs([
        body.text("metadata.value"),
        body.text_of(&["message", "logentry.formatted"]),
        body.text("culprit"),
    ]);
    let level = body.text("level");
    draft.severity = severity::noted(level, &mut body.notes);
    for (name, value) in body.pairs("tags") {
        draft.label(&name, Some(value));
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    if let Some(server) = labels.get("server_name") {
        draft.names.add(server);
    }
    let project = match body.find("project") {
        // A number there says nothing to anyone.
        Some(Value::Number(_)) | None => body.text_of(&["project_slug", "project_name"]),
        Some(Value::Object(_)) => body.text_of(&["project.slug", "project.name"]),
        Some(_) => body.text_of(&["project_slug", "project"]),
    };
    add_project(draft, project);
    for field in ["environment", "release", "platform"] {
        draft.label(field, body.text(field));
    }
    draft.signal = Some(Signal::Errors);
    draft.starts_at = body.time_of(&["timestamp", "datetime", "received"]);
}

/// A project is mostly one service.
fn add_project(draft: &mut Draft, project: Option<String>) {
    if let Some(project) = &project {
        draft.names.add(project);
    }
    draft.label("project", project);
}

/// A metric alert; each time that its rule is broken has a number of its own.
fn read_metric_alert(body: &mut Body<'_>, action: &str) -> Result<Draft, Refusal> {
    let status = match fold(action).as_str() {
        "critical" | "warning" | "open" | "created" => AlertStatus::Firing,
        "resolved" | "closed" => AlertStatus::Resolved,
        _ => return Err(not_an_alert(action)),
    };
    let id = body.need(&["data.metric_alert.id", "data.metric_alert.identifier"])?;
    let rule = "data.metric_alert.alert_rule";
    let name = body.text_of(&[&format!("{rule}.name"), "data.metric_alert.title"]);
    let title = name.or_else(|| body.text("data.description_title"));
    // Issues have numbers as well.
    let mut draft = Draft::new(format!("metric_alert:{id}"), title, status);
    draft.description = paragraphs([body.text("data.description_text")]);
    draft.severity = match status {
        AlertStatus::Firing => severity::of(action),
        AlertStatus::Acknowledged | AlertStatus::Resolved => Severity::Unknown,
    };
    let query = body.text(&format!("{rule}.query"));
    draft.labels = tags_in(query.as_deref().unwrap_or_default());
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    for project in body.names(&format!("{rule}.projects")) {
        add_project(&mut draft, Some(project));
    }
    let metric = body.text(&format!("{rule}.aggregate"));
    draft.signal = metric
        .as_deref()
        .and_then(signals::of_metric)
        .or_else(|| query.as_deref().and_then(signals::of_query))
        .or_else(|| signals::of_text(&draft.title));
    draft.label("metric", metric);
    draft.label("query", query);
    draft.label("environment", body.text(&format!("{rule}.environment")));
    draft.starts_at =
        body.time_of(&["data.metric_alert.date_started", "data.metric_alert.date_detected"]);
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time("data.metric_alert.date_closed");
    }
    draft.url = body.text("data.web_url");
    Ok(draft)
}

/// The conditions of a search that name a value: `service:cart level:error`.
fn tags_in(query: &str) -> std::collections::BTreeMap<String, String> {
    crate::tags::labels(query.split_whitespace().filter(|word| word.contains(':')).map(Into::into))
}

fn not_an_alert(action: &str) -> Refusal {
    Refusal::NoAlert(format!(
        "`action` should be one that changes the state of an issue or an alert (`created`, \
         `triggered`, `resolved`, …); found `{}`",
        shorten(action)
    ))
}

/// The message of the older plugin: the issue's fields and its event.
pub(crate) fn plugin_fits(message: &Value) -> bool {
    find(message, "event").is_some_and(|event| find(event, "event_id").is_some())
        && ["project", "project_slug", "culprit"].iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read_plugin(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let key = body.need(&["id", "event.event_id"])?;
    let event = body.find("event").unwrap_or(&Value::Null);
    let mut event = Body::part(event, "event".into());
    let title = event.text("title").or_else(|| body.text_of(&["message", "culprit"]));
    let mut draft = Draft::new(key, title, AlertStatus::Firing);
    describe_event(&mut draft, &mut event);
    let more = [body.text("message"), body.text("culprit")];
    let description = std::mem::take(&mut draft.description);
    let description = Some(description).filter(|text| !text.is_empty());
    draft.description = paragraphs(std::iter::once(description).chain(more));
    if draft.severity == Severity::Unknown {
        let level = body.text("level");
        draft.severity = severity::noted(level, &mut body.notes);
    }
    let project = body.text_of(&["project_slug", "project", "project_name"]);
    add_project(&mut draft, project.filter(|name| !name.bytes().all(|b| b.is_ascii_digit())));
    draft.label("rule", find(message, "triggering_rules.0").and_then(scalar));
    draft.url = body.text("url");
    body.notes.append(&mut event.notes);
    Ok(vec![draft.noted(body)])
}
