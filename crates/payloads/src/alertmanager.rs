//! Alertmanager webhooks, version 4, and what Grafana makes of them, its older form included.

use std::collections::BTreeMap;

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::{severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    let marks = ["groupKey", "groupLabels", "commonLabels", "receiver", "truncatedAlerts"];
    find(message, "alerts").is_some() && marks.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn grafana_fits(message: &Value) -> bool {
    fits(message) && ["orgId", "state"].iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn legacy_fits(message: &Value) -> bool {
    find(message, "ruleName").is_some()
        && ["evalMatches", "ruleId", "ruleUrl"].iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, String> {
    let mut group = Body::new(message);
    let common = Common {
        status: group.text("status"),
        labels: group.map("commonLabels"),
        annotations: group.map("commonAnnotations"),
        url: group.text("externalURL"),
    };
    if let Some(cut) = group.text("truncatedAlerts").filter(|cut| cut != "0") {
        group.notes.push(format!("the sender left out {} alerts of the group", shorten(&cut)));
    }
    let items = group.list("alerts");
    let mut drafts = Vec::new();
    let mut refused = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match read_alert(Body::part(item, format!("alerts[{index}]")), &common) {
            Ok(draft) => drafts.push(draft),
            Err(reason) => refused.push(reason),
        }
    }
    let Some(first) = drafts.first_mut() else {
        if refused.is_empty() {
            let found = match find(message, "alerts") {
                Some(Value::Array(_)) => "an empty one",
                found => found.map_or("nothing", crate::body::kind_of),
            };
            refused.push(format!("`alerts` should be a list of alerts; found {found}"));
        }
        return Err(refused.join("; "));
    };
    first.notes.extend(group.notes);
    first.notes.extend(refused);
    Ok(drafts)
}

/// What stands once for all alerts of a group.
struct Common {
    status: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    url: Option<String>,
}

fn read_alert(mut body: Body<'_>, common: &Common) -> Result<Draft, String> {
    let mut labels = common.labels.clone();
    labels.extend(body.map("labels"));
    let mut annotations = common.annotations.clone();
    annotations.extend(body.map("annotations"));
    // The fingerprint is a digest of the labels, so they do as well where it is missing.
    let key = if labels.is_empty() {
        body.need(&["fingerprint", "labels.alertname"])?
    } else {
        body.text("fingerprint").unwrap_or_else(|| {
            let pairs: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            pairs.join(",")
        })
    };
    let word = body.text("status").or_else(|| common.status.clone());
    let status = status(&mut body, word);
    let rule = labels.get("alertname").cloned();
    let title = annotations.get("summary").or_else(|| annotations.get("title")).cloned();
    let mut draft = Draft::new(key, title.or_else(|| rule.clone()), status);
    draft.description = paragraphs([
        annotations.get("description").cloned(),
        annotations.get("message").cloned(),
        body.text("valueString"),
    ]);
    let stated = ["severity", "priority", "level"].iter().find_map(|name| labels.get(*name));
    draft.severity = severity::noted(stated.cloned(), &mut body.notes);

    draft.names.add_labels(&labels);
    draft.labels = labels;
    let generator = body.text("generatorURL");
    let query = generator.as_deref().and_then(query_in);
    draft.signal = rule
        .as_deref()
        .and_then(signals::of_metric)
        .or_else(|| query.as_deref().and_then(signals::of_query))
        .or_else(|| signals::of_text(&draft.title));
    draft.label("query", query);
    draft.label("runbook_url", annotations.get("runbook_url").cloned());

    draft.starts_at = body.time("startsAt");
    // While it fires, the end is year 1 or the moment the sender would give it up.
    if status == AlertStatus::Resolved {
        draft.ends_at = body.time("endsAt");
    }
    draft.url = body.text_of(&["dashboardURL", "panelURL"]).or(generator).or(common.url.clone());
    Ok(draft.noted(body))
}

fn status(body: &mut Body<'_>, word: Option<String>) -> AlertStatus {
    let Some(word) = word else { return AlertStatus::Firing };
    match fold(&word).as_str() {
        "firing" | "alerting" | "pending" | "nodata" => AlertStatus::Firing,
        "acknowledged" | "suppressed" => AlertStatus::Acknowledged,
        "resolved" | "ok" | "normal" | "inactive" => AlertStatus::Resolved,
        _ => {
            body.notes.push(format!("`status` `{}` is not known; taken as firing", shorten(&word)));
            AlertStatus::Firing
        }
    }
}

/// The expression in the address of a Prometheus graph: `…/graph?g0.expr=up+%3D%3D+0&g0.tab=1`.
fn query_in(address: &str) -> Option<String> {
    let (_, behind) = address.split_once("g0.expr=")?;
    let text = behind.split('&').next()?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let value = digit(rest.next())? * 16 + digit(rest.next())?;
                u8::try_from(value).ok()?
            }
            other => other,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

/// Grafana's alerting before version 8: one rule, its state, and what matched.
pub(crate) fn read_legacy(message: &Value) -> Result<Vec<Draft>, String> {
    let mut body = Body::new(message);
    let rule = body.need(&["ruleName"])?;
    let key = body.text("ruleId").unwrap_or_else(|| rule.clone());
    let word = body.text("state");
    let status = status(&mut body, word);
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
    draft.names.add_labels(&labels);
    draft.signal =
        metric.as_deref().and_then(signals::of_metric).or_else(|| signals::of_text(&draft.title));
    draft.label("metric", metric);
    draft.url = body.text("ruleUrl");
    Ok(vec![draft.noted(body)])
}
