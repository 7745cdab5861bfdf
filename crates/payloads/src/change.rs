//! Messages that tell of changes instead of alerts.
//!
//! One form per file, recognised by shape, in the order of `FORMS`. Who sends one says what it altered by
//! name; which entity that is, the topology knows.

mod cdevents;
mod generic;
mod github;

use jiff::Timestamp;
use nightjar_incident::{Change, ChangeId, ChangeKind};
use nightjar_topology::EntityId;
use serde_json::Value;

use crate::body::fold;
use crate::envelope::ENVELOPES;
use crate::refusal::Refusal;
use crate::{DEEPEST, Rejected, rejected};

/// One form of message.
struct Form {
    name: &'static str,
    fits: fn(&Value) -> bool,
    /// The changes in it, or why there is none.
    read: fn(&Value, Timestamp) -> Result<Vec<Change>, Refusal>,
}

const FORMS: [Form; 3] = [
    Form { name: "cdevents", fits: cdevents::fits, read: cdevents::read },
    Form { name: "github", fits: github::fits, read: github::read },
    Form { name: "change", fits: generic::fits, read: generic::read },
];

/// The changes that a message tells of, in its order; none where it is no message about changes, whatever else
/// it may be. What it says without a time is taken to have happened when it came.
///
/// # Errors
/// When it is one, and no change in it can be read.
pub fn changes(payload: &Value, received_at: Timestamp) -> Option<Result<Vec<Change>, Rejected>> {
    inside(payload, received_at, 0)
}

fn inside(
    payload: &Value,
    received_at: Timestamp,
    depth: usize,
) -> Option<Result<Vec<Change>, Rejected>> {
    match payload {
        Value::String(text) if depth < DEEPEST => {
            inside(&serde_json::from_str(text).ok()?, received_at, depth + 1)
        }
        Value::Array(items) => list(items, received_at, depth),
        Value::Object(_) => {
            if let Some(form) = FORMS.iter().find(|form| (form.fits)(payload)) {
                let read = (form.read)(payload, received_at);
                return Some(read.map_err(|refusal| rejected(Some(form.name), refusal)));
            }
            let envelope = ENVELOPES.iter().filter(|_| depth < DEEPEST);
            let envelope = envelope.into_iter().find(|envelope| (envelope.fits)(payload))?;
            let letter = (envelope.open)(payload).ok().flatten()?;
            inside(&letter.content, received_at, depth + 1)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A list of messages about changes. If one of them is about something else, so is the list.
fn list(
    items: &[Value],
    received_at: Timestamp,
    depth: usize,
) -> Option<Result<Vec<Change>, Rejected>> {
    if items.is_empty() || depth > 0 {
        return None;
    }
    let read: Option<Vec<_>> =
        items.iter().map(|item| inside(item, received_at, depth + 1)).collect();
    let (mut found, mut refused) = (Vec::new(), None);
    for item in read? {
        match item {
            Ok(changes) => found.extend(changes),
            Err(rejected) => drop(refused.get_or_insert(rejected)),
        }
    }
    match refused {
        Some(rejected) if found.is_empty() => Some(Err(rejected)),
        Some(_) | None => Some(Ok(found)),
    }
}

/// The longest text of a change, bytes.
const LONGEST: usize = 500;

/// The most entities of one change: what alters more alters none of them in particular.
const MOST: usize = 100;

/// A text in one line of bounded length.
fn line(text: &str) -> String {
    let clean: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    clean.get(..clean.floor_char_boundary(LONGEST)).unwrap_or(&clean).to_owned()
}

/// Names as entities, each once; what can't be one is left out.
fn entities(names: impl IntoIterator<Item = String>) -> Vec<EntityId> {
    let mut found: Vec<EntityId> = Vec::new();
    for name in names {
        if let Ok(entity) = EntityId::new(name.trim())
            && !found.contains(&entity)
            && found.len() < MOST
        {
            found.push(entity);
        }
    }
    found
}

/// The kind that a word means.
fn kind(word: &str) -> Option<ChangeKind> {
    Some(match fold(word).as_str() {
        "deployment" | "deploy" | "release" | "rollout" | "rollback" => ChangeKind::Deployment,
        "commit" | "merge" | "push" | "migration" | "schema" => ChangeKind::Commit,
        "configuration" | "config" | "setting" | "settings" => ChangeKind::Configuration,
        "featureflag" | "flag" | "toggle" => ChangeKind::FeatureFlag,
        "scaling" | "scale" | "capacity" => ChangeKind::Scaling,
        "infrastructure" | "platform" | "maintenance" | "failover" => ChangeKind::Infrastructure,
        "other" | "change" => ChangeKind::Other,
        _ => return None,
    })
}

/// An address of a page, as far as it is one.
fn page(url: Option<String>) -> Option<String> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))
        .map(|url| line(&url))
}

/// An id of bounded length without control characters.
fn id(text: &str) -> ChangeId {
    ChangeId::new(line(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line_of_bounded_length() {
        assert_eq!(line("a\n\u{1b}[31m b"), "a [31m b");
        assert!(line(&"é".repeat(10_000)).len() <= LONGEST);
        assert_eq!(entities(["a".into(), " a ".into(), "".into(), "b\nc".into()]).len(), 1);
    }
}
