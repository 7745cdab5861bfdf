//! Grafana webhooks: unified alerting (version 8 and later), whose groups are those of
//! Alertmanager with a few fields more, and the alerting before it.

use std::collections::BTreeMap;

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{alertmanager, signals};

/// Fields that Grafana adds to a group, and to an alert of it.
const MARKS: [&str; 2] = ["orgId", "state"];
const ALERT_MARKS: [&str; 5] = ["silenceURL", "dashboardURL", "panelURL", "valueString", "values"];

pub(crate) fn fits(message: &Value) -> bool {
    let has_any = |value: &Value, marks: &[&str]| marks.iter().any(|m| find(value, m).is_some());
    let first = find(message, "alerts").and_then(|alerts| alerts.get(0));
    alertmanager::is_group(message)
        && (has_any(message, &MARKS) || first.is_some_and(|alert| has_any(alert, &ALERT_MARKS)))
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    alertmanager::read_group(message, add)
}

/// Takes in what only Grafana says of an alert.
fn add(body: &mut Body<'_>, annotations: &BTreeMap<String, String>, draft: &mut Draft) {
    let values = body.map("values");
    let values = values.iter().map(|(name, value)| format!("{name} = {value}"));
    let values = Some(values.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty());
    let description = Some(std::mem::take(&mut draft.description)).filter(|text| !text.is_empty());
    draft.description = paragraphs([description, body.text("valueString").or(values)]);

    let rule = draft.labels.get("alertname").map(String::as_str);
    let stands_for = match rule {
        Some("DatasourceNoData") => Some("NoData"),
        Some("DatasourceError") => Some("Error"),
        Some(_) | None => None,
    };
    // An alert of its own that Grafana raises in the place of a rule it couldn't evaluate: what
    // the rule measures isn't known to be wrong.
    if let Some(state) = stands_for {
        let name = draft.labels.get("rulename").cloned();
        if let Some(name) = name.filter(|_| rule == Some(draft.title.as_str())) {
            let what = if state == "Error" { "can't be evaluated" } else { "gets no data" };
            draft.title = format!("{name}: the rule {what}");
        }
        draft.signal = None;
    }
    let reason = annotations.get("grafana_state_reason").map(String::as_str).or(stands_for);
    if let Some(reason) = reason {
        let reason = shorten(reason);
        draft.notes.push(match draft.status {
            AlertStatus::Resolved => {
                format!("Grafana resolves it by reason of `{reason}`, not because all is well")
            }
            AlertStatus::Firing | AlertStatus::Acknowledged => {
                format!("Grafana's reason is `{reason}`; unknown is taken as firing")
            }
        });
    }
}

/// The form before version 8: one rule, its state, and what matched.
pub(crate) fn legacy_fits(message: &Value) -> bool {
    find(message, "ruleName").is_some()
        && ["evalMatches", "ruleId", "ruleUrl"].iter().any(|mark| find(message, mark).is_some())
}

/// Reads the older form. It carries no time; the rule's number is its key.
pub(crate) fn read_legacy(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let rule = body.need(&["ruleName"])?;
    let key = body.text("ruleId").unwrap_or_else(|| rule.clone());
    let status = legacy_status(&mut body);
    let mut draft = Draft::new(key, Some(rule), status);
    draft.description = paragraphs([body.text("message")]);
    draft.labels = body.map("tags");
    let mut metric = None;
    for (index, matched) in body.list("evalMatches").iter().enumerate() {
        let mut matched = Body::part(matched, format!("evalMatches[{index}]"));
        metric = metric.or_else(|| matched.text("metric"));
        for (name, value) in matched.map("tags") {
            draft.labels.entry(name).or_insert(value);
        }
        body.notes.extend(matched.notes);
    }
    let labels = draft.labels.clone();
    draft.severity = crate::severity::noted(labels.get("severity").cloned(), &mut body.notes);
    draft.names.add_labels(&labels);
    draft.signal =
        metric.as_deref().and_then(signals::of_metric).or_else(|| signals::of_text(&draft.title));
    draft.label("metric", metric);
    draft.url = body.text("ruleUrl");
    Ok(vec![draft.noted(body)])
}

fn legacy_status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text("state") else { return AlertStatus::Firing };
    match fold(&word).as_str() {
        "alerting" | "pending" => AlertStatus::Firing,
        "nodata" => {
            body.notes.push("no data arrives; unknown is taken as firing".into());
            AlertStatus::Firing
        }
        "ok" => AlertStatus::Resolved,
        _ => {
            body.notes.push(format!("`state` `{}` is not known; taken as firing", shorten(&word)));
            AlertStatus::Firing
        }
    }
}
