//! Splunk Observability Cloud, called SignalFx before: detectors' incidents.

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    let marks = ["sf_schema", "detectorUrl", "detectOnCondition", "statusExtended", "detectorId"];
    find(message, "incidentId").is_some() && marks.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let key = body.need(&["incidentId"])?;
    let status = status(&mut body);
    let rule = body.text("rule");
    let detector = body.text("detector");
    let title = body.text("messageTitle").or_else(|| rule.clone()).or_else(|| detector.clone());
    let mut draft = Draft::new(key, title, status);
    draft.description =
        paragraphs([body.text("description"), body.text("messageBody"), body.text("tip")]);
    draft.severity = severity(&mut body);

    draft.labels = body.map("dimensions");
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    let metric = body.text("originatingMetric");
    draft.signal =
        metric.as_deref().and_then(signals::of_metric).or_else(|| signals::of_text(&draft.title));
    draft.label("metric", metric);
    draft.label("query", body.text("detectOnCondition"));
    draft.label("rule", rule);
    draft.label("detector", detector);
    draft.label("runbook_url", body.text("runbookUrl"));

    let at = body.time("timestamp");
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text("detectorUrl");
    Ok(vec![draft.noted(body)])
}

fn status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text_of(&["statusExtended", "status"]) else {
        return AlertStatus::Firing;
    };
    match fold(&word).as_str() {
        "anomalous" => AlertStatus::Firing,
        "ok" | "manuallyresolved" | "autoresolved" | "resolved" => AlertStatus::Resolved,
        "stopped" => {
            body.notes.push("the detector was stopped: resolved, but not seen to be well".into());
            AlertStatus::Resolved
        }
        _ => {
            body.notes.push(format!("`status` `{}` is not known; taken as firing", shorten(&word)));
            AlertStatus::Firing
        }
    }
}

/// Critical, major, minor, warning, info; minor is above warning there.
fn severity(body: &mut Body<'_>) -> nightjar_incident::Severity {
    let word = body.text("severity");
    severity::noted(word, &mut body.notes)
}
