//! CDEvents (<https://cdevents.dev>, 0.4): as CloudEvents whose `data` is one, or bare.

use std::borrow::Cow;

use jiff::Timestamp;
use nightjar_incident::{Change, ChangeKind};
use serde_json::Value;

use super::{entities, id, line, page};
use crate::body::{Body, find, shorten};
use crate::envelope;
use crate::refusal::Refusal;

const PREFIX: &str = "dev.cdevents.";

pub(super) fn fits(message: &Value) -> bool {
    of_cloud(message).is_some_and(|kind| kind.starts_with(PREFIX))
        || of_context(message).is_some_and(|kind| kind.starts_with(PREFIX))
}

fn of_cloud(message: &Value) -> Option<&str> {
    find(message, "specversion")?;
    find(message, "type")?.as_str()
}

fn of_context(message: &Value) -> Option<&str> {
    find(message, "context.type")?.as_str()
}

pub(super) fn read(message: &Value, received_at: Timestamp) -> Result<Vec<Change>, Refusal> {
    let event = match of_cloud(message) {
        Some(_) => envelope::data_of_event(message)?.unwrap_or(Cow::Borrowed(&Value::Null)),
        None => Cow::Borrowed(message),
    };
    let mut outer = Body::new(message);
    let mut body = Body::part(&event, String::new());
    let kind = body.text("context.type").or_else(|| outer.text("type")).unwrap_or_default();
    let parts: Vec<&str> = kind.strip_prefix(PREFIX).unwrap_or(&kind).split('.').collect();
    let (subject, what) = match parts.as_slice() {
        [subject, what, ..] => (*subject, *what),
        _ => {
            return Err(
                format!("`type` should name what happened; found `{}`", shorten(&kind)).into()
            );
        }
    };
    let (sort, done) = match (subject, what) {
        ("service", "deployed") => (ChangeKind::Deployment, "deployed"),
        ("service", "upgraded") => (ChangeKind::Deployment, "upgraded"),
        ("service", "rolledback") => (ChangeKind::Deployment, "rolled back"),
        ("service", "removed") => (ChangeKind::Deployment, "removed"),
        ("change", "merged") => (ChangeKind::Commit, "merged"),
        ("environment", "created") => (ChangeKind::Infrastructure, "created"),
        ("environment", "modified") => (ChangeKind::Infrastructure, "modified"),
        ("environment", "deleted") => (ChangeKind::Infrastructure, "deleted"),
        // Builds, tests and reviews alter nothing that runs.
        _ => {
            let told = format!("`{}` alters nothing that runs", shorten(&kind));
            return Err(Refusal::NoAlert(told));
        }
    };
    let own = body.need(&["subject.id"])?;
    let source = body.text("context.source").or_else(|| outer.text("source")).unwrap_or_default();
    let event_id = body.text("context.id").or_else(|| outer.text("id"));
    let artifact = body.text("subject.content.artifactId");
    let environment =
        body.text_of(&["subject.content.environment.id", "subject.content.environment"]);
    let whose = match subject {
        // What was merged belongs to a repository; the change itself has a number.
        "change" => body.text_of(&["subject.content.repository.id", "subject.content.repository"]),
        _ => Some(own.clone()),
    };
    let names = [
        whose.as_deref().unwrap_or(&own),
        body.text("customData.service").as_deref().unwrap_or_default(),
    ]
    .map(|name| last(name).to_owned());
    let mut summary = format!("{} {done}", last(&own));
    if let Some(artifact) = &artifact {
        summary = format!("{summary}: {artifact}");
    }
    if let Some(environment) = &environment {
        summary = format!("{summary} in {}", last(environment));
    }
    if let Some(told) = body.text("subject.content.description") {
        summary = format!("{summary} ({told})");
    }
    let at = body.time("context.timestamp").or_else(|| outer.time("time")).unwrap_or(received_at);
    let event_id = event_id.unwrap_or_else(|| format!("{kind} {own} {at}"));
    Ok(vec![Change {
        id: id(&format!("{source} {event_id}")),
        kind: sort,
        at,
        entities: entities(names),
        summary: line(&summary),
        author: body.text_of(&["customData.author", "customData.user"]).map(|name| line(&name)),
        previous: None,
        url: page(body.text_of(&[
            "context.links.0.target",
            "subject.content.uri",
            "customData.url",
        ])),
    }])
}

/// The last part of an id that is a path: `service/cart` is `cart`.
fn last(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}
