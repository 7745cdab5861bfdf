//! Checkmk notifications as a script sends them: the notification's context, with or without
//! `NOTIFY_` before its names, or a few of its fields in small letters.

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::refusal::Refusal;
use crate::{severity, signals};

const WHAT: [&str; 2] = ["WHAT", "NOTIFY_WHAT"];
const HOST: [&str; 3] = ["HOSTNAME", "NOTIFY_HOSTNAME", "host"];
const CHECK: [&str; 3] = ["SERVICEDESC", "NOTIFY_SERVICEDESC", "service"];
const KIND: [&str; 2] = ["NOTIFICATIONTYPE", "NOTIFY_NOTIFICATIONTYPE"];
const STATE: [&str; 6] =
    ["SERVICESTATE", "NOTIFY_SERVICESTATE", "HOSTSTATE", "NOTIFY_HOSTSTATE", "status", "state"];

pub(crate) fn fits(message: &Value) -> bool {
    let has = |paths: &[&str]| paths.iter().any(|path| find(message, path).is_some());
    has(&WHAT) && has(&HOST) && (has(&KIND) || has(&STATE))
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let host = body.need(&HOST)?;
    let is_host = body.text_of(&WHAT).is_some_and(|what| fold(&what) == "host");
    let check = if is_host { None } else { body.text_of(&CHECK) };
    let state = body.text_of(&STATE);
    let status = status(&mut body, state.as_deref())?;
    let site = body.text_of(&["OMD_SITE", "NOTIFY_OMD_SITE", "site"]);
    let parts = [site.as_deref(), Some(host.as_str()), check.as_deref()];
    let key = parts.into_iter().flatten().collect::<Vec<_>>().join(":");
    let title = match (&check, &state) {
        (Some(check), _) => format!("{check} on {host}"),
        (None, Some(state)) => format!("{host} is {state}"),
        (None, None) => host.clone(),
    };
    let mut draft = Draft::new(key, Some(title), status);
    let outputs: &[&str] = match check {
        Some(_) => &["SERVICEOUTPUT", "NOTIFY_SERVICEOUTPUT", "output", "summary"],
        None => &["HOSTOUTPUT", "NOTIFY_HOSTOUTPUT", "output", "summary"],
    };
    draft.description = paragraphs([
        body.text_of(outputs),
        body.text_of(&["LONGSERVICEOUTPUT", "NOTIFY_LONGSERVICEOUTPUT", "long_output"]),
        body.text_of(&["NOTIFICATIONCOMMENT", "NOTIFY_NOTIFICATIONCOMMENT", "comment"]),
    ]);
    draft.severity = severity(state.as_deref(), status, &mut body.notes);
    draft.names.add(&host);
    for more in [
        ["HOSTALIAS", "NOTIFY_HOSTALIAS", "alias"],
        ["HOSTADDRESS", "NOTIFY_HOSTADDRESS", "address"],
    ] {
        if let Some(name) = body.text_of(&more) {
            draft.names.add(&name);
        }
    }
    // A check is called a service there, and is none.
    draft.signal = match &check {
        Some(check) => signals::of_metric(check),
        None => Some(Signal::Availability),
    };
    draft.label("host", Some(host));
    draft.label("check", check);
    draft.label("site", site);

    let at = body.time_of(if is_host {
        &["LASTHOSTSTATECHANGE", "NOTIFY_LASTHOSTSTATECHANGE", "MICROTIME", "time"]
    } else {
        &["LASTSERVICESTATECHANGE", "NOTIFY_LASTSERVICESTATECHANGE", "MICROTIME", "time"]
    });
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text_of(&["url", "SERVICEURL", "HOSTURL"]);
    Ok(vec![draft.noted(body)])
}

/// What the notification is about; a kind that names no state leaves it to the state itself.
fn status(body: &mut Body<'_>, state: Option<&str>) -> Result<AlertStatus, Refusal> {
    let kind = body.text_of(&KIND).unwrap_or_default();
    // `ALERTHANDLER (OK)`: what stands in brackets is no part of the kind.
    match fold(kind.split('(').next().unwrap_or_default()).as_str() {
        "problem" | "flappingstart" => return Ok(AlertStatus::Firing),
        "recovery" => return Ok(AlertStatus::Resolved),
        "acknowledgement" | "downtimestart" => return Ok(AlertStatus::Acknowledged),
        "" | "flappingstop" | "downtimeend" | "downtimecancelled" | "custom" => {}
        "alerthandler" => {
            return Err(Refusal::NoAlert(
                "`NOTIFICATIONTYPE` should tell of a state; found `ALERTHANDLER`".into(),
            ));
        }
        _ => {
            let kind = shorten(&kind);
            body.notes.push(format!("`NOTIFICATIONTYPE` `{kind}` is not known; the state decides"));
        }
    }
    let state = state.map(fold).unwrap_or_default();
    Ok(match state.as_str() {
        "ok" | "up" => AlertStatus::Resolved,
        "warn" | "warning" | "crit" | "critical" | "unknown" | "down" | "unreachable" => {
            AlertStatus::Firing
        }
        _ => {
            let state = shorten(&state);
            body.notes.push(format!("state `{state}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    })
}

fn severity(state: Option<&str>, status: AlertStatus, notes: &mut Vec<String>) -> Severity {
    match state.map(fold).as_deref() {
        _ if status == AlertStatus::Resolved => Severity::Unknown,
        Some("down") => Severity::Critical,
        Some("unreachable") => Severity::High,
        // The check itself couldn't tell.
        Some("unknown") | None => Severity::Unknown,
        Some(_) => severity::noted(state.map(str::to_owned), notes),
    }
}
