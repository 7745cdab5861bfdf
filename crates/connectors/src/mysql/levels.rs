//! How it is now, as metrics by the names of the OpenTelemetry collector's receiver where it has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::Content;

use super::server::{About, Pairs, follows, told};
use super::sql;
use crate::database::load::Way;
use crate::database::{Ask, Levels, Moment, Place, Row};

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let about = told(&mut ask).await?;
    let moment = Moment::new(Timestamp::now(), query.window);
    if let Some(note) = moment.note() {
        ask.told.note(note);
        return ask.told.answer(Content::Series(Vec::new()), None);
    }
    let mut levels = Levels::new(place.names.entity.clone());
    let status = Pairs::new(&ask.rows(sql::STATUS).await);
    let settings = Pairs::new(&ask.rows(sql::VARIABLES).await);
    let uptime = status.number("uptime").unwrap_or(f64::MAX);
    let most = settings.number("max_connections").and_then(|most| moment.now(most));
    levels.add("mysql.connection.max", "{connection}", &[], most);
    counters(&status, &moment, &mut levels);
    sessions(&mut ask, &moment, &mut levels).await;
    locks(&mut ask, &moment, &about, uptime, &mut levels).await;
    load(&mut ask, &moment, &settings, &mut levels).await;
    for row in follows(&mut ask).await {
        let lag = row.any(&["seconds_behind_source", "seconds_behind_master"]);
        let lag = lag.and_then(|lag| lag.parse().ok()).and_then(|lag| moment.now(lag));
        levels.add("mysql.replica.time_behind_source", "s", &[], lag);
    }
    let (series, cut) = levels.finish(query.limit);
    ask.told.answer(Content::Series(series), cut)
}

type Counter = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// Status by status.
const COUNTERS: &[Counter] = &[
    ("mysql.threads", "1", &[("kind", "connected")], "threads_connected"),
    ("mysql.threads", "1", &[("kind", "running")], "threads_running"),
    ("mysql.uptime", "s", &[], "uptime"),
    ("mysql.max_used_connections", "1", &[], "max_used_connections"),
    ("mysql.connection.errors", "1", &[("error", "aborted")], "aborted_connects"),
    ("mysql.connection.errors", "1", &[("error", "aborted_clients")], "aborted_clients"),
    (
        "mysql.connection.errors",
        "1",
        &[("error", "max_connections")],
        "connection_errors_max_connections",
    ),
    ("mysql.connection.count", "1", &[], "connections"),
    ("mysql.query.count", "1", &[], "questions"),
    ("mysql.query.slow.count", "1", &[], "slow_queries"),
    ("mysql.row_locks", "1", &[("kind", "waits")], "innodb_row_lock_waits"),
    ("mysql.row_locks", "1", &[("kind", "time")], "innodb_row_lock_time"),
    ("mysql.row_locks.current", "1", &[], "innodb_row_lock_current_waits"),
    ("mysql.deadlocks", "{deadlock}", &[], "innodb_deadlocks"),
    ("mysql.tmp_resources", "1", &[("resource", "disk_tables")], "created_tmp_disk_tables"),
    ("mysql.tmp_resources", "1", &[("resource", "tables")], "created_tmp_tables"),
    (
        "mysql.buffer_pool.operations",
        "1",
        &[("operation", "read_requests")],
        "innodb_buffer_pool_read_requests",
    ),
    ("mysql.buffer_pool.operations", "1", &[("operation", "reads")], "innodb_buffer_pool_reads"),
    (
        "mysql.buffer_pool.operations",
        "1",
        &[("operation", "wait_free")],
        "innodb_buffer_pool_wait_free",
    ),
    ("mysql.log_operations", "1", &[("operation", "waits")], "innodb_log_waits"),
    ("mysql.handlers", "1", &[("kind", "read_rnd_next")], "handler_read_rnd_next"),
    ("mysql.table_open_cache", "1", &[("status", "overflow")], "table_open_cache_overflows"),
];

fn counters(status: &Pairs, moment: &Moment, levels: &mut Levels) {
    for (name, unit, attributes, of) in COUNTERS {
        let level = status.number(of).and_then(|count| moment.now(count));
        levels.add(name, unit, attributes, level);
    }
}

async fn sessions(ask: &mut Ask, moment: &Moment, levels: &mut Levels) {
    let Some(sessions) = ask.try_rows(sql::SESSIONS).await else { return };
    let mut by: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !session.is("is_own")) {
        let key = (
            session.text("command").unwrap_or("unknown"),
            session.text("user").unwrap_or("unknown"),
        );
        *by.entry(key).or_default() += 1.0;
    }
    for ((state, user), number) in by {
        let attributes = [("state", state), ("user", user)];
        levels.add("mysql.sessions", "{session}", &attributes, moment.now(number));
    }
}

/// Sessions that wait for a lock of a row or a table: of the past, those that still wait.
async fn locks(ask: &mut Ask, moment: &Moment, about: &About, uptime: f64, levels: &mut Levels) {
    let Some(transactions) = ask.try_rows(sql::TRANSACTIONS).await else { return };
    let mut ages: Vec<f64> = transactions.iter().filter_map(|row| row.number("waits")).collect();
    let oldest = transactions.iter().filter_map(|row| row.number("age")).fold(0.0, f64::max);
    let sessions = ask.quietly(sql::SESSIONS).await.unwrap_or_default();
    ages.extend(
        sessions.iter().filter(|row| waits_for_table(row)).filter_map(|row| row.number("time")),
    );
    let column = moment.since_when(&ages, uptime);
    levels.add("mysql.blocked_sessions", "{session}", &[], column);
    ask.told.note(
        "before the last sample, mysql.blocked_sessions counts only sessions that still wait: a lower bound",
    );
    levels.add("mysql.transaction.age", "s", &[], moment.now(oldest).filter(|_| oldest > 0.0));
    if !about.is_mariadb {
        for row in ask.quietly(sql::DEADLOCKS).await.unwrap_or_default() {
            let level = row.number("deadlocks").and_then(|count| moment.now(count));
            levels.add("mysql.deadlocks", "{deadlock}", &[], level);
        }
    }
}

/// Whether a session waits for a lock of a table or its description.
pub(super) fn waits_for_table(session: &Row) -> bool {
    let state = session.text("state").unwrap_or_default();
    state.starts_with("Waiting for ") && state.ends_with(" lock")
}

/// What a session at work waits for, in words that tell locks and disks from work.
fn wait(state: &str) -> String {
    let lower = state.to_ascii_lowercase();
    if lower.contains("lock") {
        format!("Lock:{state}")
    } else if lower.contains("commit") || lower.contains("flush") || lower.contains("sync") {
        format!("IO:{state}")
    } else if ["sleep", "waiting"].iter().any(|word| lower.contains(word)) || lower == "user sleep"
    {
        format!("Wait:{state}")
    } else {
        format!("CPU:{state}")
    }
}

/// Which statements sessions are at work for, and what they take where that is kept.
async fn load(ask: &mut Ask, moment: &Moment, settings: &Pairs, levels: &mut Levels) {
    let keeps_statements = settings.text("performance_schema") == Some("ON");
    if !keeps_statements {
        ask.told.note("the performance schema is off: what statements usually take isn't known");
    }
    let way = Way {
        system: "mysql",
        active: sql::ACTIVE,
        wait: |row| wait(row.text("state").unwrap_or("executing")),
        statements: keeps_statements.then_some(sql::STATEMENTS),
    };
    way.tell(ask, moment, levels).await;
}
