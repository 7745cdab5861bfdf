//! What began when: waits for locks and who holds them, transactions left open, statements that run long, limits
//! that are reached.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, LogSeverity};

use super::levels::{is_client, usable};
use super::sql;
use crate::database::statement::without_literals;
use crate::database::{Ask, Lines, Moment, Place, Row, quoted};

/// Shorter waits for locks are part of any transaction, seconds: the server's own `deadlock_timeout`, after which
/// it looks for deadlocks and would log the wait.
const WAITS: f64 = 1.0;

/// Statements and open transactions that are worth a line, seconds.
const RUNS: f64 = 2.0;
const OPEN: f64 = 60.0;

/// The most waiting and running sessions that are told one by one; the longest come first.
const ONE_BY_ONE: usize = 50;

/// How many of 2³¹ transactions may be unfrozen before it is worth a line: PostgreSQL itself warns 40 million
/// before the end; an emergency vacuum begins at 1.6 billion.
const OLD: f64 = 1.6e9;

/// How far behind a follower is worth a line, seconds.
const BEHIND: f64 = 30.0;

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let limits = ask.rows(sql::LIMITS).await;
    let sessions = ask.rows(sql::SESSIONS).await;
    let waiting = ask.rows(sql::WAITING).await;
    let roles = ask.rows(sql::ROLES).await;
    let databases = ask.rows(sql::DATABASES).await;
    let followers = ask.rows(sql::FOLLOWERS).await;
    let moment = Moment::new(Timestamp::now(), query.window);
    if let Some(note) = moment.note() {
        ask.told.note(note);
    }
    if sessions.iter().any(|row| row.text("query") == Some("<insufficient privilege>")) {
        ask.told.note("sessions of others aren't shown: the role needs pg_monitor");
    }
    let mut lines = Lines::default();
    locks(&moment, &sessions, &waiting, &mut lines);
    running(&moment, &sessions, &waiting, &mut lines);
    full(&moment, usable(&limits), &sessions, &mut lines);
    limited(&moment, &roles, &databases, &mut lines);
    behind(&moment, &followers, &mut lines);
    let (lines, cut) = lines.finish(&place.names.entity, query.limit);
    ask.told.answer(Content::Logs(lines), cut)
}

/// A session as a person knows it; names are in quotes.
fn named(session: &Row) -> String {
    let part =
        |what: &str, name: &str| session.text(name).map(|text| format!("{what} {}", quoted(text)));
    let parts = [
        part("application", "application_name"),
        part("role", "usename"),
        part("database", "datname"),
        session.text("client_addr").map(|address| format!("from {}", quoted(address))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("session {} ({})", session.text("pid").unwrap_or("?"), parts.join(", "))
}

fn statement(session: &Row) -> String {
    quoted(&without_literals(session.text("query").unwrap_or("unknown")))
}

fn seconds(age: f64) -> String {
    if age < 120.0 { format!("{age:.0} s") } else { format!("{:.0} min", age / 60.0) }
}

/// Each that waits, dated at the start of its wait; each that makes others wait, at the start of its transaction.
fn locks(moment: &Moment, sessions: &[Row], waiting: &[Row], lines: &mut Lines) {
    let by_pid: BTreeMap<&str, &Row> =
        sessions.iter().filter_map(|session| Some((session.text("pid")?, session))).collect();
    let behind: BTreeMap<&str, Vec<&str>> = waiting
        .iter()
        .filter_map(|row| {
            let blockers = row.text("blockers").unwrap_or_default();
            Some((row.text("pid")?, blockers.split(' ').filter(|pid| !pid.is_empty()).collect()))
        })
        .collect();
    // Who stands at the head of each queue, how many wait, the longest of them, and on what.
    let mut heads: BTreeMap<&str, (usize, f64, Option<&str>)> = BTreeMap::new();
    let long = |row: &&Row| row.number("waits").is_some_and(|age| age >= WAITS);
    for (number, row) in waiting.iter().filter(long).enumerate() {
        let age = row.number("waits").unwrap_or(0.0);
        let heads_of_row = row.text("pid").map(|pid| heads_of(pid, &behind)).unwrap_or_default();
        for head in heads_of_row {
            let known = heads.entry(head).or_insert((0, age, row.text("relation")));
            known.0 += 1;
            known.1 = known.1.max(age);
            known.2 = known.2.or(row.text("relation"));
        }
        if number >= ONE_BY_ONE {
            continue;
        }
        let Some(session) = row.text("pid").and_then(|pid| by_pid.get(pid)) else { continue };
        let body = format!(
            "pg_locks: {} is still waiting for {} lock on {}, behind session {}: {}",
            named(session),
            row.text("mode").unwrap_or("a"),
            object(row),
            row.text("blockers").unwrap_or("?"),
            statement(session)
        );
        lines.add(moment.within(age), LogSeverity::Warn, body);
    }
    for (pid, (number, longest, relation)) in heads {
        let Some(holder) = by_pid.get(pid) else { continue };
        let age = holder.number("in_transaction").unwrap_or(longest).max(longest);
        let on = relation.map_or(String::new(), |relation| format!(" on {}", quoted(relation)));
        let state = holder.text("state").unwrap_or("in an unknown state");
        let since =
            holder.number("in_state").map_or(String::new(), |age| format!(" for {}", seconds(age)));
        let last = if state.starts_with("idle") { "its last statement" } else { "its statement" };
        let body = format!(
            "pg_locks: {}, whose transaction is {} old and {state}{since}, holds the lock{on} that {number} \
             sessions are still waiting for; {last}: {}",
            named(holder),
            seconds(age),
            statement(holder)
        );
        // Where the transaction began before the window, since when others wait for it.
        let at = moment.within(age).or_else(|| moment.within(longest));
        lines.add(at, LogSeverity::Error, body);
    }
}

/// Who doesn't wait among those that a session waits for, and among those that they wait for.
fn heads_of<'a>(pid: &'a str, behind: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let (mut seen, mut next) = (BTreeSet::from([pid]), vec![pid]);
    let mut heads = BTreeSet::new();
    while let Some(pid) = next.pop() {
        match behind.get(pid) {
            Some(blockers) => next.extend(blockers.iter().copied().filter(|pid| seen.insert(*pid))),
            None => {
                heads.insert(pid);
            }
        }
    }
    heads
}

/// What a lock is on.
fn object(row: &Row) -> String {
    match (row.text("locktype"), row.text("relation")) {
        (Some("transactionid" | "tuple"), Some(relation)) => {
            format!("a row of {}", quoted(relation))
        }
        (_, Some(relation)) => format!("relation {}", quoted(relation)),
        (Some(kind), None) => quoted(kind),
        (None, None) => "something".to_owned(),
    }
}

/// Statements that run long, and transactions that are left open, of those that don't wait for a lock.
fn running(moment: &Moment, sessions: &[Row], waiting: &[Row], lines: &mut Lines) {
    let waits: BTreeSet<&str> = waiting.iter().filter_map(|row| row.text("pid")).collect();
    let others = || {
        let is_other = |row: &&Row| {
            !row.is("is_own") && row.text("pid").is_none_or(|pid| !waits.contains(pid))
        };
        sessions.iter().filter(is_other)
    };
    let mut long: Vec<(f64, &Row)> = others()
        .filter(|row| row.text("state") == Some("active"))
        .filter_map(|row| Some((row.number("since_statement")?, row)))
        .filter(|(age, _)| *age >= RUNS)
        .collect();
    long.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (age, session) in long.into_iter().take(ONE_BY_ONE) {
        let wait = match (session.text("wait_event_type"), session.text("wait_event")) {
            (Some(kind), Some(event)) => format!("now at {kind}:{event}"),
            _ => "now on the processor".to_owned(),
        };
        let body = format!(
            "pg_stat_activity: {} runs a statement for {}, {wait}: {}",
            named(session),
            seconds(age),
            statement(session)
        );
        lines.add(moment.within(age), LogSeverity::Info, body);
    }
    let mut idle: Vec<(f64, &Row)> = others()
        .filter(|row| {
            row.text("state").is_some_and(|state| state.starts_with("idle in transaction"))
        })
        .filter_map(|row| Some((row.number("in_transaction")?, row)))
        .filter(|(age, _)| *age >= OPEN)
        .collect();
    idle.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (age, session) in idle.into_iter().take(ONE_BY_ONE) {
        let body = format!(
            "pg_stat_activity: {} left its transaction open for {}; its last statement: {}",
            named(session),
            seconds(age),
            statement(session)
        );
        lines.add(moment.within(age), LogSeverity::Info, body);
    }
}

/// All connections in use: at least since the newest of them began.
fn full(moment: &Moment, usable: Option<f64>, sessions: &[Row], lines: &mut Lines) {
    let clients: Vec<&Row> = sessions.iter().filter(|session| is_client(session)).collect();
    let number = f64::from(u32::try_from(clients.len()).unwrap_or(u32::MAX));
    let Some(most) = usable.filter(|most| number >= *most) else { return };
    let mut by: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for session in clients.iter().filter(|session| !session.is("is_own")) {
        let application = session.text("application_name").or(session.text("usename"));
        let key = (application.unwrap_or("unknown"), session.text("state").unwrap_or("unknown"));
        *by.entry(key).or_default() += 1;
    }
    let mut by: Vec<_> = by.into_iter().collect();
    by.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let by: Vec<String> = by
        .into_iter()
        .take(5)
        .map(|((application, state), number)| {
            format!("{number} {state} of {}", quoted(application))
        })
        .collect();
    let others = clients.iter().filter(|session| !session.is("is_own"));
    let newest = others.filter_map(|session| session.number("connected")).fold(f64::MAX, f64::min);
    let body = format!(
        "pg_stat_activity: {number} connections are in use of {most} that ordinary roles may have \
         (max_connections limit): {}",
        by.join(", ")
    );
    let at = moment.within(newest).or(moment.stamp().filter(|_| newest == f64::MAX));
    lines.add(at.or(moment.stamp()), LogSeverity::Error, body);
}

/// Limits of roles and databases, and transaction numbers that run out.
fn limited(moment: &Moment, roles: &[Row], databases: &[Row], lines: &mut Lines) {
    let at_limit = |row: &Row, used: &str, most: &str| {
        let (used, most) = (row.number(used)?, row.number(most)?);
        (most > 0.0 && used >= most).then_some(most)
    };
    for role in roles {
        let Some(most) = at_limit(role, "sessions", "rolconnlimit") else { continue };
        let name = quoted(role.text("rolname").unwrap_or("?"));
        let body = format!(
            "pg_roles: role {name} has all its {most} connections: too many connections for it"
        );
        lines.add(moment.stamp(), LogSeverity::Error, body);
    }
    for database in databases {
        let name = quoted(database.text("datname").unwrap_or("?"));
        if let Some(most) = at_limit(database, "numbackends", "datconnlimit") {
            let body = format!(
                "pg_database: database {name} has all its {most} connections: too many connections for it"
            );
            lines.add(moment.stamp(), LogSeverity::Error, body);
        }
        if let Some(age) = database.number("age").filter(|age| *age >= OLD) {
            let body = format!(
                "pg_database: database {name} must be vacuumed: {age} transactions of 2147483648 are not frozen, \
                 and it refuses writes before they run out"
            );
            lines.add(moment.stamp(), LogSeverity::Error, body);
        }
    }
}

fn behind(moment: &Moment, followers: &[Row], lines: &mut Lines) {
    for follower in followers {
        let Some(lag) = follower.number("lag").filter(|lag| *lag >= BEHIND) else { continue };
        let who = follower.any(&["application_name", "client_addr"]).unwrap_or("?");
        let body = format!(
            "pg_stat_replication: replica {} is significantly behind: {} ({})",
            quoted(who),
            seconds(lag),
            follower.text("state").unwrap_or("?")
        );
        lines.add(moment.stamp(), LogSeverity::Warn, body);
    }
}
