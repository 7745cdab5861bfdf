//! The message of our own: `{"change": {…}}`, or a list of them under `change` or `changes`.

use jiff::Timestamp;
use nightjar_incident::{Change, ChangeKind};
use serde_json::Value;

use super::{entities, id, kind, line, page};
use crate::body::{Body, find, shorten};
use crate::refusal::Refusal;

pub(super) fn fits(message: &Value) -> bool {
    let fields = message.as_object();
    let one = fields.and_then(|fields| fields.get("change"));
    let many = fields.and_then(|fields| fields.get("changes"));
    // Others have a field of this name as well: a text, or objects of their own.
    let is_ours = |value: &Value| match value {
        Value::Object(_) => find(value, "summary").is_some() || find(value, "entities").is_some(),
        _ => false,
    };
    let all = |value: &Value| match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_ours),
        other => is_ours(other),
    };
    one.is_some_and(all) || many.is_some_and(|many| many.is_array() && all(many))
}

pub(super) fn read(message: &Value, received_at: Timestamp) -> Result<Vec<Change>, Refusal> {
    let told = ["change", "changes"].iter().find_map(|name| message.get(name));
    let items = match told {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let read = items.iter().enumerate().map(|(number, item)| change(number, item, received_at));
    Ok(read.collect::<Result<_, _>>()?)
}

fn change(number: usize, item: &Value, received_at: Timestamp) -> Result<Change, String> {
    let mut body = Body::part(item, format!("change[{number}]"));
    let summary = line(&body.need(&["summary", "title"])?);
    let mut names = body.names("entities");
    names.extend(body.text_of(&["entity", "service"]));
    let entities = entities(names);
    if entities.is_empty() {
        return Err(format!("`change[{number}].entities` should be a list of names"));
    }
    let kind = match body.text("kind") {
        None => ChangeKind::Other,
        Some(word) => kind(&word).ok_or_else(|| {
            let known =
                "deployment, commit, configuration, feature_flag, scaling, infrastructure or other";
            format!("`change[{number}].kind` should be {known}; found `{}`", shorten(&word))
        })?,
    };
    let has_time = find(item, "at").is_some();
    let at = match (has_time, body.time("at")) {
        (_, Some(at)) => at,
        (false, None) => received_at,
        // A wrong time would put it before or behind what it set off.
        (true, None) => return Err(body.notes.pop().unwrap_or_default()),
    };
    let id = match body.text("id") {
        Some(own) => id(&own),
        None => {
            let whose = entities.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            id(&format!("{at} {whose} {summary}"))
        }
    };
    Ok(Change {
        id,
        kind,
        at,
        entities,
        summary,
        author: body.text("author").map(|author| line(&author)),
        previous: body.text("previous").map(|before| line(&before)),
        url: page(body.text_of(&["url", "link"])),
    })
}
