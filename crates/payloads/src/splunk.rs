//! Splunk saved-search alerts (Splunk Enterprise and Cloud). The message holds the first row of
//! the result, and nothing is ever sent when the search finds nothing any more.

use nightjar_incident::AlertStatus;
use serde_json::Value;

use crate::body::{Body, find, fold, shorten};
use crate::draft::{Draft, paragraphs};
use crate::names::Names;
use crate::refusal::Refusal;
use crate::{severity, signals};

pub(crate) fn fits(message: &Value) -> bool {
    let marks = ["results_link", "sid"];
    find(message, "search_name").is_some() && marks.iter().any(|mark| find(message, mark).is_some())
}

pub(crate) fn read(message: &Value) -> Result<Vec<Draft>, Refusal> {
    let mut body = Body::new(message);
    let search = body.need(&["search_name"])?;
    let app = body.text("app");
    let labels = body.map("result");
    let mut names = Names::default();
    names.add_labels(&labels);
    let named = names.first().map(str::to_owned);
    let status = status(&mut body);
    let mut draft =
        Draft::new(key(app.as_deref(), &search, named.as_deref()), Some(search), status);
    draft.names = names;
    draft.description =
        paragraphs([body.text_of(&["result.message", "result.description", "result._raw"])]);
    let stated = body.text_of(&["result.severity", "result.urgency", "severity"]);
    draft.severity = severity::noted(stated, &mut body.notes);
    draft.signal = signals::of_text(&draft.title);
    draft.labels = labels;
    draft.label("app", app);
    draft.label("owner", body.text("owner"));

    let at = body.time("result._time").or_else(|| searched_at(&mut body));
    if status == AlertStatus::Resolved {
        draft.ends_at = at;
    } else {
        draft.starts_at = at;
    }
    draft.url = body.text("results_link");
    Ok(vec![draft.noted(body)])
}

/// The search and what its row names: `sid` is new with every run, so it never serves. A search
/// that finds another host has found another alert.
fn key(app: Option<&str>, search: &str, named: Option<&str>) -> String {
    let parts = [app, Some(search), named];
    parts.into_iter().flatten().collect::<Vec<_>>().join(":")
}

/// Firing, unless the search was written to tell its end. A plain `status` isn't asked: in the
/// rows of a web server it is another thing.
fn status(body: &mut Body<'_>) -> AlertStatus {
    let Some(word) = body.text_of(&["result.alert_status", "result.alert_state"]) else {
        return AlertStatus::Firing;
    };
    match fold(&word).as_str() {
        "firing" | "triggered" | "open" | "new" | "alert" => AlertStatus::Firing,
        "acknowledged" => AlertStatus::Acknowledged,
        "resolved" | "closed" | "cleared" | "recovered" | "ok" => AlertStatus::Resolved,
        _ => {
            let word = shorten(&word);
            body.notes.push(format!("`alert_status` `{word}` is not known; taken as firing"));
            AlertStatus::Firing
        }
    }
}

/// When the search ran, as its id tells: `scheduler__me__search__RMD5ab12_at_1795402812_77`.
fn searched_at(body: &mut Body<'_>) -> Option<jiff::Timestamp> {
    let sid = body.text("sid")?;
    let (_, behind) = sid.rsplit_once("_at_")?;
    let number = behind.split(['_', '.']).next()?;
    crate::time::instant(&Value::from(number)).ok().map(|instant| instant.at)
}
