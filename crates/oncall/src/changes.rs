//! Changes that systems told of over webhooks, as a connection that investigations ask.

use std::sync::Arc;

use async_trait::async_trait;
use nightjar_connect::{Answer, Changes, Connection, Error, ErrorKind, Query};
use nightjar_incident::{Change, Content, Source};
use nightjar_store::Space;
use nightjar_topology::EntityId;

use crate::Result;

/// How the connection calls itself, and its system.
const NAME: &str = "webhook";

/// How many changes of a window are looked at: entities are sealed, so each has to be opened.
const OPENED: usize = 5000;

/// The changes of a space as a connection; none where nobody ever told of one, so that their absence is a gap.
///
/// # Errors
/// Of the store.
pub async fn told_changes(space: &Space) -> Result<Option<Connection>> {
    let is_told = space.has_changes().await?;
    Ok(is_told.then(|| connection(space)))
}

fn connection(space: &Space) -> Connection {
    let source = Source { connection: NAME.to_owned(), system: NAME.to_owned() };
    let kept = Kept { space: space.clone() };
    Connection { changes: Some(Arc::new(kept)), ..Connection::new(source) }
}

struct Kept {
    space: Space,
}

#[async_trait]
impl Changes for Kept {
    async fn changes(&self, query: &Query) -> std::result::Result<Answer, Error> {
        let asked = format!("changes from {} to {}", query.window.from, query.window.to);
        let found = self.space.changes_within(query.window, OPENED).await;
        let found = found.map_err(|error| {
            tracing::warn!(space.id = %self.space.id(), error = %error, "changes can't be read");
            Error::new(ErrorKind::Unavailable, &asked, "the store doesn't answer")
        })?;
        let is_full = found.len() == OPENED;
        let changes = found.into_iter().map(|record| record.change);
        let (changes, is_cut) = wanted(changes, &query.entities, query.limit);
        let truncated = match (is_cut, is_full) {
            (true, _) => Some(format!("cut here: the latest {} changes", query.limit)),
            (false, true) => Some(format!("cut here: only the latest {OPENED} were looked at")),
            (false, false) => None,
        };
        Ok(Answer {
            query: asked,
            content: Content::Changes(changes),
            truncated,
            notes: Vec::new(),
        })
    }
}

/// Of changes, the latest first, those of the entities that are asked for, in the order of time; whether there
/// are more. Senders write names as they like: `Cart_Service` is told as `cart-service` where that is asked for.
fn wanted(
    changes: impl Iterator<Item = Change>,
    entities: &[EntityId],
    limit: usize,
) -> (Vec<Change>, bool) {
    let mut found = Vec::new();
    for mut change in changes {
        let mut is_asked = entities.is_empty();
        for entity in &mut change.entities {
            let same = |asked: &&EntityId| fold(asked.as_str()) == fold(entity.as_str());
            if let Some(asked) = entities.iter().find(same) {
                *entity = asked.clone();
                is_asked = true;
            }
        }
        if !is_asked {
            continue;
        }
        if found.len() == limit {
            return (ordered(found), true);
        }
        found.push(change);
    }
    (ordered(found), false)
}

fn ordered(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    changes
}

/// Letter case and separators aside.
fn fold(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightjar_incident::{ChangeId, ChangeKind};

    use super::*;

    fn change(second: i64, entities: &[&str]) -> Change {
        Change {
            id: ChangeId::new(format!("c{second}")),
            kind: ChangeKind::Deployment,
            at: Timestamp::from_second(second).unwrap(),
            entities: entities.iter().map(|name| EntityId::new(*name).unwrap()).collect(),
            summary: "x".to_owned(),
            author: None,
            previous: None,
            url: None,
        }
    }

    #[test]
    fn the_latest_of_those_asked_for_are_told_in_order() {
        let all = || {
            [
                change(4, &["orders"]),
                change(3, &["Cart_Service", "db"]),
                change(2, &["cart-service"]),
                change(1, &["cart-service"]),
            ]
            .into_iter()
        };
        let asked = [EntityId::new("cart-service").unwrap()];
        let (found, is_cut) = wanted(all(), &asked, 2);
        assert!(is_cut);
        assert_eq!(found, [change(2, &["cart-service"]), change(3, &["cart-service", "db"])]);
        assert_eq!(wanted(all(), &[], 10).0.len(), 4);
        assert_eq!(wanted(all(), &asked, 3), (wanted(all(), &asked, 9).0, false));
    }
}
