use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, scalar, shorten};
use crate::cloudwatch::{Watched, add_watched, key, region, status};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;

pub(crate) fn fits(message: &Value) -> bool {
    let text = |path: &str| find(message, path).and_then(scalar).unwrap_or_default();
    text("detail-type").starts_with("CloudWatch Alarm")
        || (text("source") == "aws.cloudwatch" && find(message, "detail").is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    if let Some(kind) = body.text("detail-type")
        && kind != "CloudWatch Alarm State Change"
    {
        return Err(Refusal::NoAlert(format!(
            "`detail-type` should be `CloudWatch Alarm State Change`; found `{}`",
            shorten(&kind)
        )));
    }
    let name = body.need(&["detail.alarmName"])?;
    let state = body.need(&["detail.state.value"])?;
    let arn = body.tags("resources").into_iter().find(|arn| arn.starts_with("arn:"));
    let account = body.text("account");
    let status = status(&mut body, &state);
    let key = key(arn.as_deref(), account.as_deref(), &name);
    let mut draft = Draft::new(key, Some(name), status);
    draft.description = paragraphs([
        body.text("detail.configuration.description"),
        body.text("detail.state.reason"),
    ]);
    draft.labels = body.map("detail.alarmTags");
    let watched = watched(&mut body);
    add_watched(&mut draft, &watched);
    let query = body.text("detail.configuration.alarmRule").or_else(|| expression(&mut body));
    draft.label("query", query);
    draft.label("account", account);
    let place = body.text("region").or_else(|| arn.as_deref().and_then(region));
    draft.label("region", place);
    draft.label("alarm_arn", arn);

    let at = body.time_of(&["detail.state.timestamp", "time"]);
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
        // The state before is the alarm, and so its time the start.
        let before = body.text("detail.previousState.value");
        if before.as_deref() == Some("ALARM") {
            draft.starts_at = body.time("detail.previousState.timestamp");
        }
    } else {
        draft.starts_at = at;
    }
    Ok(vec![draft.noted(body)])
}

fn watched(body: &mut Body<'_>) -> Vec<Watched> {
    let mut watched = Vec::new();
    for (index, item) in body.list("detail.configuration.metrics").iter().enumerate() {
        let mut metric = Body::part(item, format!("detail.configuration.metrics[{index}]"));
        if let Some(name) = metric.text("metricStat.metric.name") {
            let namespace = metric.text("metricStat.metric.namespace");
            let dimensions = metric.map("metricStat.metric.dimensions").into_iter().collect();
            watched.push(Watched { namespace, name, dimensions });
        }
        body.notes.extend(metric.notes);
    }
    watched
}

/// The formula of a metric-math alarm.
fn expression(body: &mut Body<'_>) -> Option<String> {
    let metrics = body.list("detail.configuration.metrics").iter();
    metrics.filter_map(|metric| find(metric, "expression").and_then(scalar)).next_back()
}
