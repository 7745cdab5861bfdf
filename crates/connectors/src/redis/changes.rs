//! What was altered, as far as it is dated: the server was started.

use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Change, ChangeId, ChangeKind, Content};

use super::open::{Client, INFO};
use super::told::Facts;
use crate::database::{Moment, Place};

pub(super) async fn tell(
    mut client: Client,
    place: Arc<Place>,
    query: Query,
) -> Result<Answer, Error> {
    let info = Facts::of_info(client.ask(INFO).await);
    let moment = Moment::new(Timestamp::now(), query.window);
    client.told.note("when settings were altered isn't kept by this system; starts are");
    let started = info.number("uptime_in_seconds").and_then(|age| moment.within(age));
    // Each start has a name of its own.
    let run: String = info
        .text("run_id")
        .unwrap_or("?")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(40)
        .collect();
    let version: String = info.text("redis_version").unwrap_or("").chars().take(40).collect();
    let found: Vec<Change> = started
        .into_iter()
        .take(query.limit)
        .map(|at| Change {
            id: ChangeId::new(format!("{}/start/{run}", place.names.entity)),
            kind: ChangeKind::Infrastructure,
            at,
            entities: vec![place.names.entity.clone()],
            summary: format!("Redis {version} was started"),
            author: None,
            previous: None,
            url: None,
        })
        .collect();
    client.told.answer(Content::Changes(found), None)
}
