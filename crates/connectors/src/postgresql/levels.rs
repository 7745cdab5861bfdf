//! How it is now, as metrics by the names of the OpenTelemetry collector's receiver where it has them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, Statistic};

use super::sql;
use crate::database::statement::without_literals;
use crate::database::{Ask, Levels, Moment, Place, Row};

/// How often and how far apart sessions at work are looked at.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(200);

/// The most statements that are told.
const STATEMENTS: usize = 20;

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
    let setting = |name: &str| {
        limits.iter().find(|row| row.text("name") == Some(name))?.number("setting")
    };
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

/// Which statements sessions are at work for, by looking several times within a second.
async fn load(ask: &mut Ask, moment: &Moment, levels: &mut Levels) {
    let before = statements(ask).await;
    let began = Timestamp::now();
    let mut load: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut looks = 0.0;
    for look in 0..LOOKS {
        if look > 0 && !ask.pause(BETWEEN).await {
            break;
        }
        let rows = match look {
            0 => ask.try_rows(sql::ACTIVE).await,
            _ => ask.quietly(sql::ACTIVE).await.ok(),
        };
        let Some(rows) = rows else { break };
        looks += 1.0;
        for row in rows {
            let statement = without_literals(row.text("query").unwrap_or("unknown"));
            let wait = row.text("wait").unwrap_or("CPU").to_owned();
            *load.entry((statement, wait)).or_default() += row.number("sessions").unwrap_or(0.0);
        }
    }
    if looks > 0.0 {
        let whole: f64 = load.values().sum::<f64>() / looks;
        levels.add("postgresql.active_sessions", "{session}", &[], moment.now(whole));
        let mut load: Vec<_> = load.into_iter().collect();
        load.sort_by(|a, b| b.1.total_cmp(&a.1));
        for ((statement, wait), sessions) in load.into_iter().take(STATEMENTS) {
            let attributes = [("db.query.text", &*statement), ("db.wait.event", &*wait)];
            let level = moment.now(sessions / looks);
            let name = "postgresql.statement.load";
            levels.add_as(Statistic::Mean, name, "{session}", &attributes, level);
        }
    }
    let Some(before) = before else { return };
    let seconds = Timestamp::now().duration_since(began).as_secs_f64().max(0.001);
    let Some(after) = statements(ask).await else { return };
    finished(&before, &after, seconds, moment, levels);
}

/// Counters of statements by their ids, where they are kept.
async fn statements(ask: &mut Ask) -> Option<BTreeMap<String, Row>> {
    let there = ask.quietly(sql::HAS_STATEMENTS).await.ok()?;
    if !there.first().is_some_and(|row| row.is("is_there")) {
        ask.told.note("pg_stat_statements isn't installed in this database: what statements usually take isn't known");
        return None;
    }
    let rows = ask.try_rows(sql::STATEMENTS).await?;
    Some(rows.into_iter().filter_map(|row| Some((row.text("id")?.to_owned(), row))).collect())
}

/// What statements took that ended between two looks, against what they took since their statistics began.
fn finished(
    before: &BTreeMap<String, Row>,
    after: &BTreeMap<String, Row>,
    seconds: f64,
    moment: &Moment,
    levels: &mut Levels,
) {
    let mut found: Vec<(f64, f64, f64, &Row)> = Vec::new();
    for (id, now) in after {
        let Some(then) = before.get(id) else { continue };
        let number = |row: &Row, name: &str| row.number(name).unwrap_or(0.0);
        let calls = number(now, "calls") - number(then, "calls");
        let took = number(now, "seconds") - number(then, "seconds");
        if calls >= 1.0 && took >= 0.0 {
            found.push((calls, took, number(then, "seconds") / number(then, "calls").max(1.0), now));
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (calls, took, usual, row) in found.into_iter().take(STATEMENTS) {
        let statement = without_literals(row.text("query").unwrap_or("unknown"));
        let attributes = [("db.query.text", &*statement)];
        let rate = moment.now(calls / seconds);
        levels.add_as(Statistic::Mean, "postgresql.statement.calls", "1/s", &attributes, rate);
        for (basis, mean) in [("now", took / calls), ("since statistics were reset", usual)] {
            let attributes = [("db.query.text", &*statement), ("basis", basis)];
            let name = "postgresql.statement.duration";
            levels.add_as(Statistic::Mean, name, "s", &attributes, moment.now(mean));
        }
    }
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
