//! What was altered, as far as it is dated: the server was started.

use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Change, ChangeId, ChangeKind, Content};

use super::server::{Pairs, told};
use super::sql;
use crate::database::{Ask, Moment, Place};

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let about = told(&mut ask).await?;
    let status = Pairs::new(&ask.rows(sql::STATUS).await);
    let moment = Moment::new(Timestamp::now(), query.window);
    ask.told.note("when settings were altered isn't kept by this system; starts are");
    let started = status.number("uptime").and_then(|age| moment.within(age));
    let found: Vec<Change> = started
        .into_iter()
        .take(query.limit)
        // The uptime has whole seconds: two answers differ by one, and mean the same minute.
        .map(|at| Change {
            id: ChangeId::new(format!(
                "{}/start/{}",
                place.names.entity,
                (at.as_second() + 30) / 60
            )),
            kind: ChangeKind::Infrastructure,
            at,
            entities: vec![place.names.entity.clone()],
            summary: format!("{} {} was started", about.system(), about.version),
            author: None,
            previous: None,
            url: None,
        })
        .collect();
    ask.told.answer(Content::Changes(found), None)
}
