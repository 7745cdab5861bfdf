//! What began when: waits for locks and who holds them, transactions left open, statements that run long, limits
//! that are reached, the last deadlock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, LogSeverity};

use super::deadlock::latest;
use super::levels::waits_for_table;
use super::server::{Pairs, follows, told, waits};
use super::sql;
use crate::database::statement::without_literals;
use crate::database::{Ask, Lines, Moment, Place, Row, quoted};

/// Shorter waits for locks are part of any transaction, seconds.
const WAITS: f64 = 1.0;

/// Statements and open transactions that are worth a line, seconds.
const RUNS: f64 = 2.0;
const OPEN: f64 = 60.0;

/// The most waiting and running sessions that are told one by one; the longest come first.
const ONE_BY_ONE: usize = 50;

/// How far behind is worth a line, seconds.
const BEHIND: f64 = 30.0;

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let about = told(&mut ask).await?;
    let status = Pairs::new(&ask.rows(sql::STATUS).await);
    let settings = Pairs::new(&ask.rows(sql::VARIABLES).await);
    let sessions = ask.rows(sql::SESSIONS).await;
    let transactions = ask.rows(sql::TRANSACTIONS).await;
    let waits = waits(&mut ask, &about).await;
    let follows = follows(&mut ask).await;
    let innodb = ask.rows(sql::INNODB).await;
    let moment = Moment::new(Timestamp::now(), query.window);
    if let Some(note) = moment.note() {
        ask.told.note(note);
    }
    let mut lines = Lines::default();
    let by_id: BTreeMap<&str, &Row> =
        sessions.iter().filter_map(|session| Some((session.text("id")?, session))).collect();
    row_locks(&moment, &by_id, &transactions, &waits, &mut lines);
    table_locks(&moment, &sessions, &mut lines);
    running(&moment, &by_id, &sessions, &transactions, &mut lines);
    full(&moment, &status, &settings, &sessions, &mut lines);
    for row in &follows {
        behind(&moment, row, &mut lines);
    }
    let told = innodb.first().and_then(|row| row.text("status"));
    if let Some(at) = told.and_then(|told| latest(told, about.zone)) {
        let is_in = query.window.from <= at && at < query.window.to;
        let body = "SHOW ENGINE INNODB STATUS: deadlock detected, the latest of them at this time"
            .to_owned();
        lines.add(is_in.then_some(at), LogSeverity::Error, body);
    }
    let (lines, cut) = lines.finish(&place.names.entity, query.limit);
    ask.told.answer(Content::Logs(lines), cut)
}

/// A session as a person knows it; names are in quotes.
fn named(session: &Row) -> String {
    let part =
        |what: &str, name: &str| session.text(name).map(|text| format!("{what} {}", quoted(text)));
    let parts = [part("user", "user"), part("database", "db"), part("from", "host")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("session {} ({})", session.text("id").unwrap_or("?"), parts.join(", "))
}

fn statement(row: Option<&str>) -> String {
    quoted(&without_literals(row.unwrap_or("none at the moment")))
}

fn seconds(age: f64) -> String {
    if age < 120.0 { format!("{age:.0} s") } else { format!("{:.0} min", age / 60.0) }
}

/// Each that waits for a row, dated at the start of its wait; each that makes others wait, at the start of its
/// transaction.
fn row_locks(
    moment: &Moment,
    sessions: &BTreeMap<&str, &Row>,
    transactions: &[Row],
    waits: &[Row],
    lines: &mut Lines,
) {
    let by_id: BTreeMap<&str, &Row> =
        transactions.iter().filter_map(|row| Some((row.text("id")?, row))).collect();
    let session = |transaction: &Row| {
        let id = transaction.text("session")?;
        Some(sessions.get(id).map_or_else(|| format!("session {id}"), |session| named(session)))
    };
    let waiting: BTreeSet<&str> = waits.iter().filter_map(|row| row.text("waiting")).collect();
    let mut heads: BTreeMap<&str, (BTreeSet<&str>, f64, Option<&str>)> = BTreeMap::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for row in waits {
        let (Some(waits), Some(blocks)) = (row.text("waiting"), row.text("blocking")) else {
            continue;
        };
        let Some(who) = by_id.get(waits) else { continue };
        let age = who.number("waits").unwrap_or(0.0);
        if age < WAITS {
            continue;
        }
        if !waiting.contains(blocks) {
            let head = heads.entry(blocks).or_insert((BTreeSet::new(), age, row.text("object")));
            head.0.insert(waits);
            head.1 = head.1.max(age);
        }
        if told.len() >= ONE_BY_ONE || !told.insert(waits) {
            continue;
        }
        let behind = by_id.get(blocks).and_then(|row| row.text("session")).unwrap_or("?");
        let body = format!(
            "innodb_trx: {} is still waiting for {} lock on a row of {}, behind session {behind}: {}",
            session(who).unwrap_or_default(),
            row.text("mode").unwrap_or("a"),
            quoted(row.text("object").unwrap_or("?")),
            statement(who.text("query"))
        );
        lines.add(moment.within(age), LogSeverity::Warn, body);
    }
    for (transaction, (who, longest, object)) in heads {
        let Some(holder) = by_id.get(transaction) else { continue };
        let age = holder.number("age").unwrap_or(longest).max(longest);
        let state = holder.text("session").and_then(|id| sessions.get(id)).map_or_else(
            String::new,
            |session| {
                let command = session.text("command").unwrap_or("?");
                let command = if command == "Sleep" { "idle in transaction" } else { command };
                format!(" and {command} for {}", seconds(session.number("time").unwrap_or(0.0)))
            },
        );
        let body = format!(
            "innodb_trx: {}, whose transaction is {} old{state}, holds the lock on rows of {} that {} sessions are \
             still waiting for; its statement: {}",
            session(holder).unwrap_or_default(),
            seconds(age),
            quoted(object.unwrap_or("?")),
            who.len(),
            statement(holder.text("query"))
        );
        let at = moment.within(age).or_else(|| moment.within(longest));
        lines.add(at, LogSeverity::Error, body);
    }
}

/// Those that wait for a table or its description; who holds it isn't told without the performance schema.
fn table_locks(moment: &Moment, sessions: &[Row], lines: &mut Lines) {
    for session in sessions.iter().filter(|row| waits_for_table(row)).take(ONE_BY_ONE) {
        let Some(age) = session.number("time").filter(|age| *age >= WAITS) else { continue };
        let body = format!(
            "PROCESSLIST: {} is still waiting for a table ({}; a lock on it is held by another session): {}",
            named(session),
            session.text("state").unwrap_or("?").replace('"', "'"),
            statement(session.text("query"))
        );
        lines.add(moment.within(age), LogSeverity::Warn, body);
    }
}

/// Statements that run long, and transactions that are left open, of those that don't wait for a lock.
fn running(
    moment: &Moment,
    by_id: &BTreeMap<&str, &Row>,
    sessions: &[Row],
    transactions: &[Row],
    lines: &mut Lines,
) {
    let waits: BTreeSet<&str> = transactions
        .iter()
        .filter(|row| row.number("waits").is_some())
        .filter_map(|row| row.text("session"))
        .collect();
    let is_at_work = |row: &&Row| {
        matches!(row.text("command"), Some("Query" | "Execute"))
            && !row.is("is_own")
            && !waits_for_table(row)
            && row.text("id").is_none_or(|id| !waits.contains(id))
            && row.number("time").is_some_and(|age| age >= RUNS)
    };
    for session in sessions.iter().filter(is_at_work).take(ONE_BY_ONE) {
        let age = session.number("time").unwrap_or(0.0);
        let body = format!(
            "PROCESSLIST: {} runs a statement for {}, now {}: {}",
            named(session),
            seconds(age),
            quoted(session.text("state").unwrap_or("executing")),
            statement(session.text("query"))
        );
        lines.add(moment.within(age), LogSeverity::Info, body);
    }
    let is_open = |row: &&Row| {
        row.number("age").is_some_and(|age| age >= OPEN) && row.number("waits").is_none()
    };
    for transaction in transactions.iter().filter(is_open).take(ONE_BY_ONE) {
        let Some(session) = transaction.text("session").and_then(|id| by_id.get(id)) else {
            continue;
        };
        if session.text("command") != Some("Sleep") {
            continue;
        }
        let age = transaction.number("age").unwrap_or(0.0);
        let body = format!(
            "innodb_trx: {} left its transaction open for {}",
            named(session),
            seconds(age)
        );
        lines.add(moment.within(age), LogSeverity::Info, body);
    }
}

fn full(moment: &Moment, status: &Pairs, settings: &Pairs, sessions: &[Row], lines: &mut Lines) {
    let connected = status.number("threads_connected");
    let Some((used, most)) = connected.zip(settings.number("max_connections")) else { return };
    if used >= most {
        let mut by: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for session in sessions.iter().filter(|session| !session.is("is_own")) {
            let user = session.text("user").unwrap_or("unknown");
            *by.entry((user, session.text("command").unwrap_or("unknown"))).or_default() += 1;
        }
        let mut by: Vec<_> = by.into_iter().collect();
        by.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        let by = by.into_iter().take(5);
        let by: Vec<String> = by
            .map(|((user, command), number)| format!("{number} {command} of {}", quoted(user)))
            .collect();
        let body = format!(
            "SHOW STATUS: {used} connections are in use of {most} (max_connections limit): {}",
            by.join(", ")
        );
        lines.add(moment.stamp(), LogSeverity::Error, body);
    }
}

fn behind(moment: &Moment, follows: &Row, lines: &mut Lines) {
    let source = follows.any(&["source_host", "master_host"]).unwrap_or("?");
    let lag = follows.any(&["seconds_behind_source", "seconds_behind_master"]);
    if let Some(lag) = lag.and_then(|lag| lag.parse::<f64>().ok()).filter(|lag| *lag >= BEHIND) {
        let body = format!(
            "SHOW REPLICA STATUS: this replica is significantly behind {}: {}",
            quoted(source),
            seconds(lag)
        );
        lines.add(moment.stamp(), LogSeverity::Warn, body);
    }
    for (names, what) in [
        (["last_io_error", "last_io_error"], "can't fetch"),
        (["last_sql_error", "last_sql_error"], "can't apply"),
    ] {
        if let Some(error) = follows.any(&names) {
            let body = format!(
                "SHOW REPLICA STATUS: this replica {what} what {} writes: {}",
                quoted(source),
                quoted(&without_literals(error))
            );
            lines.add(moment.stamp(), LogSeverity::Error, body);
        }
    }
}
