//! Dynatrace problem notifications. The body is a template of placeholders; the shape read here
//! carries them under their own names (`{ProblemID}` as `ProblemID`).

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::names::Names;
use crate::refusal::Refusal;
use crate::{severity, signals, tags};

/// Fields that, beside an id, only a Dynatrace template has.
const MARKS: [&str; 6] = [
    "ProblemTitle",
    "ProblemSeverity",
    "ProblemImpact",
    "ProblemDetailsText",
    "ImpactedEntity",
    "ProblemURL",
];

pub(crate) fn fits(message: &Value) -> bool {
    ["ProblemID", "PID"].iter().any(|id| find(message, id).is_some())
        && MARKS.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    // `PID` is the problem's id, `ProblemID` the number that people see.
    let key = body.need(&["PID", "ProblemID"])?;
    let status = status(&mut body);
    let title = body.text("ProblemTitle");
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([body.text_of(&["ProblemDetailsText", "ProblemDetails"])]);

    let details = ["ProblemDetailsJSONv2", "ProblemDetailsJSON"];
    let details = details.iter().find_map(|path| body.embedded(path)).filter(|d| d.is_object());
    let details = details.unwrap_or_default();
    let mut details = Body::part(&details, "ProblemDetailsJSON".into());
    add_entities(&mut draft.names, &mut body, &mut details);
    draft.labels = tags::labels(body.tags("Tags"));
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);

    let kind = body.text_of(&["ProblemSeverity", "SeverityLevel"]);
    let kind = kind.or_else(|| details.text("severityLevel"));
    let (severity, signal) = meaning(kind.as_deref(), &mut body.notes);
    draft.severity = severity;
    draft.signal =
        signals::of_text(&draft.title).or_else(|| signals::of_metric(&draft.title)).or(signal);
    draft.label("category", kind);
    draft.label("impact", body.text("ProblemImpact"));
    draft.label("problem", body.text("ProblemID"));

    // -1 stands for an end that hasn't come.
    let is_over = details.find("endTime").is_some_and(|end| end.as_i64() != Some(-1));
    draft.starts_at = body.time("StartTime").or_else(|| details.time("startTime"));
    if status == AlertStatus::Resolved {
        let end = body.time("EndTime");
        draft.ends_at = end.or_else(|| is_over.then(|| details.time("endTime")).flatten());
    }
    draft.url = body.text("ProblemURL");
    body.notes.append(&mut details.notes);
    Ok(vec![draft.noted(body)])
}

fn status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text_of(&["State", "ProblemStatus"]) else { return AlertStatus::Firing };
    match fold(&word).as_str() {
        "open" => AlertStatus::Firing,
        "merged" => {
            body.notes.push("merged into another problem, which goes on; taken as firing".into());
            AlertStatus::Firing
        }
        "acknowledged" => AlertStatus::Acknowledged,
        "resolved" | "closed" => AlertStatus::Resolved,
        _ => {
            body.notes.push(format!("`State` `{}` is not known; taken as firing", shorten(&word)));
            AlertStatus::Firing
        }
    }
}

/// The names of the entities, then their ids. `ImpactedEntity` of several is but their number
/// (`3 impacted entities`).
fn add_entities(names: &mut Names, body: &mut Body<'_>, details: &mut Body<'_>) {
    let mut found = body.names("ImpactedEntities");
    if found.is_empty() {
        found = body.names("ImpactedEntityNames");
    }
    if found.is_empty() {
        found.extend(body.text("ImpactedEntity").filter(|text| !is_count(text)));
    }
    for place in ["impactedEntities", "affectedEntities"] {
        found.extend(details.names(place));
    }
    names.add_all(found);
    let entities = body.embedded("ImpactedEntities");
    for (index, item) in entities.iter().filter_map(|list| list.as_array()).flatten().enumerate() {
        let mut item = Body::part(item, format!("ImpactedEntities[{index}]"));
        if let Some(id) = item.text("entity") {
            names.add(&id);
        }
        body.notes.extend(item.notes);
    }
}

fn is_count(text: &str) -> bool {
    let text = text.to_lowercase();
    text.starts_with(|c: char| c.is_ascii_digit()) && text.contains("impacted")
}

/// Dynatrace's categories in its own order: what is down, what fails, what is slow, what is short.
fn meaning(category: Option<&str>, notes: &mut Vec<String>) -> (Severity, Option<Signal>) {
    let Some(word) = category else { return (Severity::Unknown, None) };
    match fold(word).as_str() {
        "availability" => (Severity::Critical, Some(Signal::Availability)),
        "error" | "errors" => (Severity::High, Some(Signal::Errors)),
        "performance" | "slowdown" => (Severity::Warning, Some(Signal::Latency)),
        "resourcecontention" | "resource" | "monitoringunavailable" => (Severity::Warning, None),
        // A custom alert doesn't say how bad it is.
        "customalert" | "custom" => (Severity::Unknown, None),
        _ => (severity::noted(Some(word.to_owned()), notes), None),
    }
}
