//! Site24x7: a monitor and its status, in capital letters.

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::names::host;
use crate::refusal::Refusal;
use crate::{signals, tags};

pub(crate) fn fits(message: &Value) -> bool {
    let marks = ["MONITOR_ID", "MONITORTYPE", "MONITOR_DASHBOARD_LINK", "INCIDENT_REASON"];
    find(message, "MONITORNAME").is_some()
        && find(message, "STATUS").is_some()
        && marks.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let name = body.need(&["MONITORNAME"])?;
    let word = body.need(&["STATUS"])?;
    let (status, severity) = match fold(&word).as_str() {
        "up" => (AlertStatus::Resolved, Severity::Unknown),
        "down" | "critical" => (AlertStatus::Firing, Severity::Critical),
        "trouble" => (AlertStatus::Firing, Severity::Warning),
        _ => {
            body.notes.push(format!("`STATUS` `{}` is not known; taken as firing", shorten(&word)));
            (AlertStatus::Firing, Severity::Unknown)
        }
    };
    let key = body.text("MONITOR_ID").unwrap_or_else(|| name.clone());
    let mut draft = Draft::new(key, Some(name), status);
    let reason = body.text("INCIDENT_REASON");
    draft.description = paragraphs([reason.clone(), body.text("INCIDENT_DETAILS")]);
    draft.severity = severity;
    draft.labels = tags::labels(body.tags("TAGS"));
    for (name, value) in tags::labels(body.tags("LABELS")) {
        draft.labels.entry(name).or_insert(value);
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    let address = body.text("MONITORURL");
    if let Some(target) = address.as_deref().map(|address| host(address).unwrap_or(address)) {
        draft.names.add(target);
    }
    draft.label("address", address);
    draft.label("monitor_type", body.text("MONITORTYPE"));
    draft.label("monitor_group", body.text("MONITOR_GROUPNAME"));
    draft.signal = reason.as_deref().and_then(signals::of_text).or(match fold(&word).as_str() {
        "up" | "down" => Some(Signal::Availability),
        _ => None,
    });

    // The outage's time is that of the change, in ms; `INCIDENT_TIME` alone has no zone we know.
    let at = body.time_of(&["OUTAGE_TIME_UNIX_FORMAT", "INCIDENT_TIME_ISO"]);
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text_of(&["MONITOR_DASHBOARD_LINK", "RCA_LINK"]);
    Ok(vec![draft.noted(body)])
}
