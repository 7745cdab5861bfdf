use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, scalar};
use crate::cloudwatch::{Watched, add_watched, key, region, status};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;

/// The alarm as it stands in a notification of SNS, or bare as raw message delivery sends it.
pub(crate) fn fits(message: &Value) -> bool {
    find(message, "AlarmName").is_some() && find(message, "NewStateValue").is_some()
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let name = body.need(&["AlarmName"])?;
    let state = body.need(&["NewStateValue"])?;
    let arn = body.text("AlarmArn");
    let account = body.text("AWSAccountId");
    let status = status(&mut body, &state);
    let key = key(arn.as_deref(), account.as_deref(), &name);
    let mut draft = Draft::new(key, Some(name), status);
    draft.description = paragraphs([body.text("AlarmDescription"), body.text("NewStateReason")]);
    let watched = watched(&mut body);
    add_watched(&mut draft, &watched);
    draft.label("query", condition(&mut body));
    draft.label("account", account);
    let place = arn.as_deref().and_then(region).or_else(|| body.text("Region"));
    draft.label("region", place);
    draft.label("alarm_arn", arn);

    let at = body.time("StateChangeTime");
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    Ok(vec![draft.noted(body)])
}

/// The metric of the trigger, or all metrics of a metric-math alarm; a composite alarm has none.
fn watched(body: &mut Body<'_>) -> Vec<Watched> {
    if let Some(name) = body.text("Trigger.MetricName") {
        let namespace = body.text("Trigger.Namespace");
        let dimensions = body.pairs("Trigger.Dimensions");
        return vec![Watched { namespace, name, dimensions }];
    }
    let mut watched = Vec::new();
    for (index, item) in body.list("Trigger.Metrics").iter().enumerate() {
        let mut metric = Body::part(item, format!("Trigger.Metrics[{index}]"));
        if let Some(name) = metric.text("MetricStat.Metric.MetricName") {
            let namespace = metric.text("MetricStat.Metric.Namespace");
            let dimensions = metric.pairs("MetricStat.Metric.Dimensions");
            watched.push(Watched { namespace, name, dimensions });
        }
        body.notes.extend(metric.notes);
    }
    watched
}

/// The alarm's condition in one line: `Sum ThrottledRequests GreaterThanThreshold 0.0`.
fn condition(body: &mut Body<'_>) -> Option<String> {
    if let Some(rule) = body.text("AlarmRule") {
        return Some(rule);
    }
    let parts = [
        body.text_of(&["Trigger.Statistic", "Trigger.ExtendedStatistic"]),
        body.text("Trigger.MetricName").or_else(|| expression(body)),
        body.text("Trigger.ComparisonOperator"),
        body.text("Trigger.Threshold"),
    ];
    let line: Vec<String> = parts.into_iter().flatten().collect();
    (!line.is_empty()).then(|| line.join(" "))
}

/// The formula of a metric-math alarm.
fn expression(body: &mut Body<'_>) -> Option<String> {
    let metrics = body.list("Trigger.Metrics").iter();
    metrics.filter_map(|metric| find(metric, "Expression").and_then(scalar)).next_back()
}
