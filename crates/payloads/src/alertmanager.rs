//! Alertmanager webhooks, version 4.

use std::collections::BTreeMap;

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, joined, kind_of, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{grafana, severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    is_group(message) && !grafana::fits(message)
}

/// Whether the message is a group of alerts as Alertmanager sends it, and Grafana after it.
pub(crate) fn is_group(message: &Value) -> bool {
    let marks = ["groupKey", "groupLabels", "commonLabels", "receiver", "truncatedAlerts"];
    find(message, "alerts").is_some() && marks.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    read_group(message, |_, _, _| {})
}

/// What a sender adds to an alert: its message, its annotations, what was read so far.
pub(crate) type Addition = fn(&mut Body<'_>, &BTreeMap<String, String>, &mut Draft);

/// Reads a group, and into each alert what the sender adds.
pub(crate) fn read_group(message: &Value, add: Addition) -> Result<Vec<Draft>, Refusal> {
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
        match read_alert(Body::part(item, format!("alerts[{index}]")), &common, add) {
            Ok(draft) => drafts.push(draft),
            Err(reason) => refused.push(reason),
        }
    }
    let Some(first) = drafts.first_mut() else {
        if refused.is_empty() {
            let found = match find(message, "alerts") {
                Some(Value::Array(_)) => "an empty one",
                found => found.map_or("nothing", kind_of),
            };
            refused.push(format!("`alerts` should be a list of alerts; found {found}"));
        }
        return Err(Refusal::Unreadable(joined(&refused)));
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

fn read_alert(mut body: Body<'_>, common: &Common, add: Addition) -> Result<Draft, String> {
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
    draft.description =
        paragraphs([annotations.get("description").cloned(), annotations.get("message").cloned()]);
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
    add(&mut body, &annotations, &mut draft);
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
