//! How it is now, as metrics by the names of the OpenTelemetry collector's receiver where it has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::Content;

use super::sql;
use crate::database::load::Way;
use crate::database::{Ask, Levels, Moment, Place, Row};

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let server = ask.rows(sql::SERVER).await;
    let moment = Moment::new(Timestamp::now(), query.window);
    let mut levels = Levels::new(place.names.entity.clone());
    if let Some(note) = moment.note() {
        ask.told.note(note);
        return ask.told.answer(Content::Series(Vec::new()), None);
    }
    let server = server.into_iter().next().unwrap_or_default();
    let uptime = server.number("uptime").unwrap_or(f64::MAX);
    connections(&mut ask, &moment, &mut levels).await;
    waiting(&mut ask, &moment, uptime, &mut levels).await;
    load(&mut ask, &moment, &mut levels).await;
    replication(&mut ask, &moment, &server, &mut levels).await;
    counters(&mut ask, &moment, &server, &mut levels).await;
    levels.add("postgresql.uptime", "s", &[], moment.now(uptime));
    let (series, cut) = levels.finish(query.limit);
    ask.told.answer(Content::Series(series), cut)
}

/// What ordinary roles may use, of `max_connections`.
pub(super) fn usable(limits: &[Row]) -> Option<f64> {
    let setting =
        |name: &str| limits.iter().find(|row| row.text("name") == Some(name))?.number("setting");
    let kept = ["superuser_reserved_connections", "reserved_connections"];
    let kept: f64 = kept.iter().filter_map(|name| setting(name)).sum();
    setting("max_connections").map(|most| most - kept)
}

/// Whether a row is a session of a client.
pub(super) fn is_client(session: &Row) -> bool {
    session.text("backend_type").is_none_or(|kind| kind == "client backend")
}

async fn connections(ask: &mut Ask, moment: &Moment, levels: &mut Levels) {
    let limits = ask.rows(sql::LIMITS).await;
    if let Some(most) = usable(&limits) {
        levels.add("postgresql.connection.max", "{connection}", &[], moment.now(most));
    }
    let Some(sessions) = ask.try_rows(sql::SESSIONS).await else { return };
    let clients: Vec<&Row> = sessions.iter().filter(|session| is_client(session)).collect();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    levels.add("postgresql.backends", "{connection}", &[], moment.now(count(clients.len())));
    let mut by: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut oldest: BTreeMap<&str, f64> = BTreeMap::new();
    for session in clients.iter().filter(|session| !session.is("is_own")) {
        let state = session.text("state").unwrap_or("unknown");
        let application = session.text("application_name").or(session.text("usename"));
        *by.entry((state, application.unwrap_or("unknown"))).or_default() += 1;
        let age = session.number("in_transaction").unwrap_or(0.0);
        let known = oldest.entry(state).or_insert(age);
        *known = known.max(age);
    }
    for ((state, application), number) in by {
        let attributes = [("state", state), ("application", application)];
        levels.add("postgresql.sessions", "{session}", &attributes, moment.now(count(number)));
    }
    for (state, age) in oldest.into_iter().filter(|(_, age)| *age > 0.0) {
        let age = moment.now(age);
        levels.add("postgresql.transaction.age", "s", &[("state", state)], age);
    }
}

/// Sessions that wait for a lock: of the past, those that still wait.
async fn waiting(ask: &mut Ask, moment: &Moment, uptime: f64, levels: &mut Levels) {
    let Some(waiting) = ask.try_rows(sql::WAITING).await else { return };
    let ages: Vec<f64> = waiting.iter().map(|row| row.number("waits").unwrap_or(0.0)).collect();
    let column = moment.since_when(&ages, uptime);
    levels.add("postgresql.blocked_sessions", "{session}", &[], column);
    ask.told.note(
        "before the last sample, postgresql.blocked_sessions counts only sessions that still wait: a lower bound",
    );
}

/// Which statements sessions are at work for, and what they take where that is kept.
async fn load(ask: &mut Ask, moment: &Moment, levels: &mut Levels) {
    let there = ask.quietly(sql::HAS_STATEMENTS).await.unwrap_or_default();
    let is_there = there.first().is_some_and(|row| row.is("is_there"));
    if !is_there {
        ask.told.note(
            "pg_stat_statements isn't installed in this database: what statements usually take isn't known",
        );
    }
    let way = Way {
        system: "postgresql",
        active: sql::ACTIVE,
        wait: |row| row.text("wait").unwrap_or("CPU").to_owned(),
        statements: is_there.then_some(sql::STATEMENTS),
    };
    way.tell(ask, moment, levels).await;
}

async fn replication(ask: &mut Ask, moment: &Moment, server: &Row, levels: &mut Levels) {
    if server.is("is_replica") {
        for row in ask.rows(sql::LAG).await {
            let lag = row.number("lag").and_then(|lag| moment.now(lag));
            levels.add("postgresql.wal.lag", "s", &[("operation", "replay")], lag);
        }
    }
    for row in ask.rows(sql::FOLLOWERS).await {
        let client = row.any(&["client_addr", "application_name"]).unwrap_or("unix");
        let attributes = [("replication_client", client)];
        let lag = row.number("lag").and_then(|lag| moment.now(lag));
        levels.add("postgresql.replica.lag", "s", &attributes, lag);
        let bytes = row.number("bytes").and_then(|bytes| moment.now(bytes));
        levels.add("postgresql.replication.data_delay", "By", &attributes, bytes);
    }
    for row in ask.rows(sql::SLOTS).await {
        let active = if row.is("active") { "yes" } else { "no" };
        let attributes = [("slot", row.text("slot_name").unwrap_or("unknown")), ("active", active)];
        let bytes = row.number("bytes").and_then(|bytes| moment.now(bytes));
        levels.add("postgresql.replication_slot.retained", "By", &attributes, bytes);
    }
}

/// Counters by database, as the receiver names them.
const COUNTERS: &[(&str, &str, &str)] = &[
    ("postgresql.deadlocks", "{deadlock}", "deadlocks"),
    ("postgresql.commits", "1", "xact_commit"),
    ("postgresql.rollbacks", "1", "xact_rollback"),
    ("postgresql.temp_files", "{temp_file}", "temp_files"),
    ("postgresql.temp.io", "By", "temp_bytes"),
    ("postgresql.blks_hit", "{blks_hit}", "blks_hit"),
    ("postgresql.blks_read", "{blks_read}", "blks_read"),
    ("postgresql.tup_returned", "{tup_returned}", "tup_returned"),
    ("postgresql.tup_fetched", "{tup_fetched}", "tup_fetched"),
    ("postgresql.conflicts", "{conflict}", "conflicts"),
    ("postgresql.database.transaction_age", "{transaction}", "age"),
];

async fn counters(ask: &mut Ask, moment: &Moment, server: &Row, levels: &mut Levels) {
    let is_17 = server.number("number").is_some_and(|number| number >= 170_000.0);
    let checkpoints = if is_17 { sql::CHECKPOINTS_17 } else { sql::CHECKPOINTS };
    for row in ask.rows(checkpoints).await {
        for (kind, column) in [("scheduled", "timed"), ("requested", "requested")] {
            let level = row.number(column).and_then(|count| moment.now(count));
            let name = "postgresql.bgwriter.checkpoint.count";
            levels.add(name, "{checkpoint}", &[("type", kind)], level);
        }
    }
    for row in ask.rows(sql::DATABASES).await {
        let attributes = [("postgresql.database.name", row.text("datname").unwrap_or("unknown"))];
        for (name, unit, column) in COUNTERS {
            let level = row.number(column).and_then(|count| moment.now(count));
            levels.add(name, unit, &attributes, level);
        }
        if let Some(most) = row.number("datconnlimit").filter(|most| *most >= 0.0) {
            let name = "postgresql.database.connection.limit";
            levels.add(name, "{connection}", &attributes, moment.now(most));
        }
    }
}
