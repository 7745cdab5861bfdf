//! What was altered, as far as it is dated: the server was started, its settings were read again.

use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Change, ChangeId, ChangeKind, Content};

use super::sql;
use crate::database::{Ask, Moment, Place, Row};

/// Settings are read when the server starts, too; that isn't told twice, seconds.
const AT_START: f64 = 5.0;

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let server = ask.rows(sql::SERVER).await.into_iter().next().unwrap_or_default();
    let moment = Moment::new(Timestamp::now(), query.window);
    let settings = ask.rows(sql::SETTINGS).await;
    let change = |what: &str, kind, at: Timestamp, summary: String| Change {
        // Seconds: the age is read anew each time, and must give the same change.
        id: ChangeId::new(format!("{}/{what}/{}", place.names.entity, at.as_second())),
        kind,
        at,
        entities: vec![place.names.entity.clone()],
        summary,
        author: None,
        previous: None,
        url: None,
    };
    let (uptime, loaded) = (server.number("uptime"), server.number("loaded"));
    let mut found = Vec::new();
    if let Some(at) = uptime.and_then(|age| moment.within(age)) {
        let version: Vec<&str> =
            server.text("version").unwrap_or("PostgreSQL").split(' ').take(2).collect();
        let summary = format!("{} was started", version.join(" "));
        found.push(change("start", ChangeKind::Infrastructure, whole_second(at), summary));
    }
    let is_later = uptime.zip(loaded).is_some_and(|(uptime, loaded)| uptime - loaded > AT_START);
    if let Some(at) = loaded.filter(|_| is_later).and_then(|age| moment.within(age)) {
        let summary = format!(
            "settings were read again (which of them differed before isn't kept){}",
            set(&settings)
        );
        found.push(change("reload", ChangeKind::Configuration, whole_second(at), summary));
    }
    found.sort_by_key(|change| change.at);
    let over = found.len().saturating_sub(query.limit);
    let cut = (over > 0).then(|| format!("cut here: the latest {} changes", query.limit));
    found.drain(..over);
    ask.told.answer(Content::Changes(found), cut)
}

/// The nearest second, within the window: the age of the server comes a little different each time.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Settings that somebody set: those that wait for a restart, then those of files and commands.
fn set(settings: &[Row]) -> String {
    // Of those that wait the value is the old one; the new one stands in files that only superusers read.
    let waits =
        settings.iter().filter(|row| row.is("pending_restart")).filter_map(|row| row.text("name"));
    let waits: Vec<&str> = waits.take(12).collect();
    let told = |row: &Row| {
        let is_set = row.text("source") == Some("configuration file") && !row.is("pending_restart");
        let (name, value) = (row.text("name")?, row.text("value")?);
        is_set
            .then(|| format!("{name} = {value} (default {})", row.text("usual").unwrap_or("none")))
    };
    let of_file: Vec<String> = settings.iter().filter_map(told).take(12).collect();
    let mut out = String::new();
    if !waits.is_empty() {
        out.push_str(&format!("; wait for a restart: {}", waits.join(", ")));
    }
    if !of_file.is_empty() {
        out.push_str(&format!("; set in files: {}", of_file.join(", ")));
    }
    out
}
