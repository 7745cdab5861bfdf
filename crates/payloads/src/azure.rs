//! Azure Monitor, common alert schema.

use nightjar_incident::{AlertStatus, Severity};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    let essentials = ["alertId", "originAlertId", "monitorCondition", "alertRule"];
    find(message, "data.essentials")
        .is_some_and(|inner| essentials.iter().any(|field| find(inner, field).is_some()))
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    // The id is of one time that the rule fires, from there to its end.
    let key = body.need(&["data.essentials.alertId", "data.essentials.originAlertId"])?;
    let status = status(&mut body);
    let rule = body.text("data.essentials.alertRule");
    let title = rule.or_else(|| body.text("data.alertContext.properties.title"));
    let mut draft = Draft::new(key, title, status);
    draft.description = paragraphs([
        body.text("data.essentials.description"),
        body.text("data.alertContext.properties.communication"),
        body.text("data.alertContext.annotations.description"),
    ]);
    draft.severity = severity(&mut body);

    let targets = body.tags("data.essentials.alertTargetIDs");
    draft.names.add_all(body.tags("data.essentials.configurationItems"));
    draft.names.add_all(targets.iter().cloned());
    draft.labels = body.map("data.customProperties");
    for (name, value) in body.map("data.alertContext.labels") {
        draft.labels.entry(name).or_insert(value);
    }
    let metric = add_conditions(&mut draft, &mut body);
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    draft.label("resource", targets.into_iter().next());
    for name in ["monitoringService", "signalType"] {
        draft.label(name, body.text(&format!("data.essentials.{name}")));
    }
    let query = body.text_of(&["data.alertContext.expression", "data.alertContext.SearchQuery"]);
    draft.signal = metric
        .as_deref()
        .and_then(signals::of_metric)
        .or_else(|| query.as_deref().and_then(signals::of_query))
        .or_else(|| signals::of_text(&draft.title));
    draft.label("query", query);

    draft.starts_at = body.time("data.essentials.firedDateTime");
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time("data.essentials.resolvedDateTime");
    }
    let links = ["data.essentials.investigationLink", "data.alertContext.LinkToSearchResults"];
    draft.url = draft.url.or_else(|| body.text_of(&links));
    Ok(vec![draft.noted(body)])
}

fn status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text("data.essentials.monitorCondition") else {
        return AlertStatus::Firing;
    };
    match fold(&word).as_str() {
        "fired" | "activated" => AlertStatus::Firing,
        "resolved" | "deactivated" => AlertStatus::Resolved,
        _ => {
            let word = shorten(&word);
            body.notes.push(format!("`monitorCondition` `{word}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    }
}

/// Azure counts from 0: critical, error, warning, informational, verbose.
fn severity(body: &mut Body<'_>) -> Severity {
    let word = body.text("data.essentials.severity");
    match word.as_deref().map(fold).as_deref() {
        Some("sev0") => Severity::Critical,
        Some("sev1") => Severity::High,
        Some("sev2") => Severity::Warning,
        Some("sev3" | "sev4" | "verbose") => Severity::Info,
        Some(_) | None => severity::noted(word, &mut body.notes),
    }
}

/// Takes over what the rule watches; gives the first metric.
fn add_conditions(draft: &mut Draft, body: &mut Body<'_>) -> Option<String> {
    let mut first = None;
    let all = body.list("data.alertContext.condition.allOf");
    for (index, condition) in all.iter().enumerate() {
        let place = format!("data.alertContext.condition.allOf[{index}]");
        let mut condition = Body::part(condition, place);
        for (name, value) in condition.pairs("dimensions") {
            draft.label(&name, Some(value));
        }
        let metric = condition.text_of(&["metricName", "metricMeasureColumn"]);
        let parts = [
            condition.text("timeAggregation"),
            metric.clone(),
            condition.text("operator"),
            condition.text("threshold"),
        ];
        let line: Vec<String> = parts.into_iter().flatten().collect();
        let query = condition.text("searchQuery");
        draft.label("query", query.or((!line.is_empty()).then(|| line.join(" "))));
        draft.label("metric", metric.clone());
        first = first.or(metric);
        let links = ["linkToFilteredSearchResultsUI", "linkToSearchResultsUI"];
        draft.url = draft.url.take().or_else(|| condition.text_of(&links));
        body.notes.extend(condition.notes);
    }
    first
}
