//! Datadog webhooks. The body is what the user's template makes of it; the shape read here is a
//! template that carries the `$ALERT_…` variables under their own names, plus the default one.

use nightjar_incident::{AlertStatus, Severity};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals, tags};

/// Fields that only a Datadog template has.
const MARKS: [&str; 6] = [
    "alert_transition",
    "alert_cycle_key",
    "aggreg_key",
    "alert_query",
    "alert_scope",
    "alert_metric",
];

pub(crate) fn fits(message: &Value) -> bool {
    let default_template = ["event_type", "last_updated", "org"];
    MARKS.iter().any(|mark| find(message, mark).is_some())
        || default_template.iter().all(|field| find(message, field).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let title = body.text_of(&["title", "alert_title", "event_title"]);
    let (state, plain_title) = title.as_deref().map_or((None, None), |title| {
        let (state, headline) = split_title(title);
        (state, Some(headline))
    });
    let scope = body.text_of(&["alert_scope", "scope"]);
    let host = body.text_of(&["hostname", "host"]);
    let tags = tags::labels(body.tags("tags"));

    let status = status(&mut body, state);
    let mut draft = Draft::new(
        key(&mut body, plain_title, scope.as_deref().or(host.as_deref()))?,
        plain_title.map(str::to_owned),
        status,
    );
    draft.description =
        paragraphs([body.text_of(&["event_msg", "text_only_msg", "body", "message"])]);
    draft.severity = severity(&mut body);

    draft.labels = tags::labels(scope.iter().flat_map(|scope| scope.split(',')).map(str::to_owned));
    for (name, value) in tags {
        draft.labels.entry(name).or_insert(value);
    }
    draft.label("host", host);
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);

    let metric = body.text_of(&["alert_metric", "metric"]);
    let query = body.text_of(&["alert_query", "query"]);
    draft.signal = metric
        .as_deref()
        .and_then(signals::of_metric)
        .or_else(|| query.as_deref().and_then(signals::of_query))
        .or_else(|| signals::of_text(plain_title.unwrap_or_default()));
    draft.label("metric", metric);
    draft.label("query", query);
    draft.label("monitor", body.text_of(&["alert_id", "monitor_id"]));

    let at = body.time_of(&["date", "last_updated", "timestamp"]);
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
        draft.starts_at = body.time_of(&["alert_start", "first_triggered"]);
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text_of(&["link", "url", "event_url"]);
    Ok(vec![draft.noted(body)])
}

/// What stays the same while a monitor's group fires, repeats and recovers. The event's own `id`
/// is new each time, so it never serves.
fn key(body: &mut Body<'_>, title: Option<&str>, group: Option<&str>) -> Result<String, String> {
    if let Some(monitor) = body.text_of(&["alert_id", "monitor_id"]) {
        let group = group.map(str::to_owned).or_else(|| body.text("aggreg_key"));
        return Ok(group.map_or(monitor.clone(), |group| format!("{monitor}:{group}")));
    }
    if let Some(key) = body.text_of(&["aggreg_key", "alert_cycle_key"]) {
        return Ok(key);
    }
    let Some(title) = title else {
        return Err("`alert_id`, `aggreg_key`, `alert_cycle_key` or `title` should tell which \
                    alert it is; found none of them"
            .into());
    };
    body.notes.push("no `alert_id` or `aggreg_key`; title and scope tell which alert it is".into());
    Ok(group.map_or(title.to_owned(), |group| format!("{title}:{group}")))
}

/// The state in front of a title, and the title without what changes from message to message:
/// `[P1] [Triggered on {host:a}] Latency is high` is `Latency is high`, firing.
fn split_title(title: &str) -> (Option<AlertStatus>, &str) {
    let mut state = None;
    let mut headline = title.trim();
    while let Some((mark, rest)) = headline.strip_prefix('[').and_then(|t| t.split_once(']')) {
        let named = of_word(mark);
        let is_mark = named.is_some() || ["P1", "P2", "P3", "P4", "P5"].contains(&mark);
        if !is_mark || rest.trim().is_empty() {
            break;
        }
        state = state.or(named);
        headline = rest.trim();
    }
    (state, headline)
}

fn status(body: &mut Body<'_>, in_title: Option<AlertStatus>) -> AlertStatus {
    let Some(word) = body.text_of(&["alert_transition", "transition", "alert_status", "status"])
    else {
        return in_title.unwrap_or(AlertStatus::Firing);
    };
    if fold(&word).contains("nodata") {
        body.notes.push("no data arrives; unknown is taken as firing".into());
    }
    of_word(&word).unwrap_or_else(|| {
        body.notes.push(format!("transition `{}` is not known; taken as firing", shorten(&word)));
        AlertStatus::Firing
    })
}

/// The state that a transition, a status or the bracket of a title names.
fn of_word(word: &str) -> Option<AlertStatus> {
    let word = fold(word);
    if word.contains("recovered") || ["ok", "resolved", "closed"].contains(&word.as_str()) {
        return Some(AlertStatus::Resolved);
    }
    if word.starts_with("ack") {
        return Some(AlertStatus::Acknowledged);
    }
    let firing = ["trigger", "alert", "warn", "nodata", "renotify", "monitor"];
    firing.iter().any(|start| word.contains(start)).then_some(AlertStatus::Firing)
}

fn severity(body: &mut Body<'_>) -> Severity {
    // `normal` and `low` are priorities of events in the stream, not of the monitor.
    let priority = body.text_of(&["alert_priority", "priority"]);
    let priority = priority.filter(|word| !["normal", "low"].contains(&word.as_str()));
    let stated = priority.or_else(|| body.text("severity"));
    if stated.is_some() {
        return severity::noted(stated, &mut body.notes);
    }
    let kind = body.text("alert_type");
    kind.as_deref().map_or(Severity::Unknown, severity::of)
}
