//! PostgreSQL, a real one.

use std::str::FromStr as _;

use nightjar_connect::{Connection, ErrorKind, Question};
use nightjar_incident::{Content, LogSeverity};
use nightjar_pgtest::Database;
use nightjar_topology::{EntityKind, RelationKind};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::engine::{concluded, stated};
use crate::servers::{
    block, just_now, level, lines, open, series, stalling, told, topology, until,
};

const PASSWORD: &str = "hunter2-for-reading";

fn options(database: &Database) -> PgConnectOptions {
    PgConnectOptions::from_str(&database.url).unwrap()
}

async fn admin(database: &Database) -> PgConnection {
    options(database).connect().await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql: String = sql.into();
    let ran = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await;
    ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A role with what the page says, under a name of its own: the server is shared with other tests.
async fn role(database: &Database, name: &str) -> String {
    let role = format!("nj_{name}_{}", std::process::id());
    let mut admin = admin(database).await;
    run(&mut admin, format!("DROP ROLE IF EXISTS {role}")).await;
    let page = block("postgresql", "sql", 0);
    run(&mut admin, page.replace("nightjar", &role).replace("a long password", PASSWORD)).await;
    role
}

fn connect(database: &Database, role: &str) -> Connection {
    connect_at(database, role, options(database).get_port())
}

fn connect_at(database: &Database, role: &str, port: u16) -> Connection {
    let name = options(database).get_database().unwrap().to_owned();
    let config = json!({
        "user": role, "password": PASSWORD, "database": name, "aliases": ["orders-db.internal"],
    });
    open("postgresql", port, &config)
}

#[tokio::test]
async fn what_the_page_says_is_enough_and_no_more() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let role = role(&database, "page").await;
    let connection = connect(&database, &role);
    let probe = connection.probe.clone().unwrap().probe().await.unwrap();
    assert_eq!(probe.system, "PostgreSQL");
    assert!(
        probe
            .version
            .is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
    );
    let [note] = &probe.notes[..] else { panic!("{:?}", probe.notes) };
    assert!(note.contains("pg_stat_statements"));
    let answer = told(&connection, Question::Metrics).await;
    assert!(level(&answer, "postgresql.backends") >= 1.0);
    assert!(level(&answer, "postgresql.connection.max") >= 1.0);
    assert_eq!(answer.truncated, None);
    assert!(!answer.query.contains(PASSWORD) && answer.query.contains("pg_stat_activity"));
    // The same as somebody with wider rights sees, and nothing of anybody's tables.
    let inventory = told(&connection, Question::Inventory).await;
    let entity = topology(&inventory).resolve("orders-db.internal").unwrap();
    assert_eq!((entity.id.as_str(), entity.kind), ("db", EntityKind::Database));
    assert!(entity.aliases.iter().any(|alias| alias.starts_with("127.0.0.1:")), "{entity:?}");
    told(&connection, Question::Logs).await;
    told(&connection, Question::Changes).await;
}

#[tokio::test]
async fn rights_that_are_missing_or_too_wide_are_told() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let role = role(&database, "rights").await;
    let mut admin = admin(&database).await;
    run(&mut admin, format!("REVOKE pg_monitor FROM {role}; ALTER ROLE {role} CREATEDB")).await;
    let connection = connect(&database, &role);
    let notes = connection.probe.clone().unwrap().probe().await.unwrap().notes.join("\n");
    assert!(notes.contains(&format!("GRANT pg_monitor TO {role}")), "{notes}");
    assert!(notes.contains("NOCREATEDB"), "{notes}");
    // What can be seen is told, and what can't is said.
    let logs = told(&connection, Question::Logs).await;
    assert!(logs.notes.iter().any(|note| note.contains("pg_monitor")), "{:?}", logs.notes);
    run(&mut admin, format!("ALTER ROLE {role} SUPERUSER")).await;
    let notes = connection.probe.clone().unwrap().probe().await.unwrap().notes.join("\n");
    assert!(notes.contains("superuser"), "{notes}");
    run(&mut admin, format!("ALTER ROLE {role} NOSUPERUSER PASSWORD 'another'")).await;
    for question in [Question::Metrics, Question::Logs] {
        let error = connection.ask(&just_now(question)).await.unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        assert!(error.message.contains("password authentication failed"), "{error}");
        assert!(!format!("{error:?}").contains(PASSWORD));
    }
    let config = json!({ "user": role, "password": "another", "database": "nowhere at all" });
    let nowhere = open("postgresql", options(&database).get_port(), &config);
    let error = nowhere.probe.unwrap().probe().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    let config = json!({ "user": role, "password": "another", "tls": "verified" });
    let in_the_clear = open("postgresql", options(&database).get_port(), &config);
    in_the_clear.probe.unwrap().probe().await.expect_err("the server has no TLS");
}

#[tokio::test]
async fn a_held_lock_tells_who_holds_it_and_who_waits_since_when() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let role = role(&database, "lock").await;
    let mut holder = options(&database)
        .application_name("billing \"x\"; no space left on device")
        .connect()
        .await
        .unwrap();
    let table = r#""we""ird 'na\me; DROP TABLE x""#;
    run(&mut holder, format!("CREATE TABLE {table} (id int PRIMARY KEY, owner text)")).await;
    run(&mut holder, format!("INSERT INTO {table} VALUES (1, 'x')")).await;
    run(&mut holder, format!("BEGIN; UPDATE {table} SET owner = 'Jane Roe' WHERE id = 1")).await;
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..3 {
        let options = options(&database).application_name(&format!("web-{number}"));
        waiting.spawn(async move {
            let mut waiter = options.connect().await.unwrap();
            run(
                &mut waiter,
                format!("UPDATE {table} SET owner = 'John Doe {number}' WHERE id = 1"),
            )
            .await;
        });
    }
    let connection = connect(&database, &role);
    let logs = until("three that wait", async || {
        let logs = told(&connection, Question::Logs).await;
        let found = lines(&logs).iter().filter(|line| line.body.contains("web-")).count();
        (found == 3).then_some(logs)
    })
    .await;
    let of = |what: &str| {
        lines(&logs).iter().filter(|line| line.body.contains(what)).collect::<Vec<_>>()
    };
    let held = of("billing");
    let [held] = held[..] else { panic!("{held:?}") };
    assert_eq!(held.severity, LogSeverity::Error);
    assert!(held.body.contains("idle in transaction"), "{}", held.body);
    assert!(held.body.contains("3 sessions are still waiting"), "{}", held.body);
    assert!(held.body.contains("weird") || held.body.contains("we''''ird"), "{}", held.body);
    assert!(held.body.contains("SET owner = ? WHERE id = ?"), "{}", held.body);
    for line in of("web-") {
        assert!(
            line.body.contains("is still waiting for ShareLock lock on")
                || line.body.contains("ExclusiveLock"),
            "{}",
            line.body
        );
        assert!(held.at <= line.at, "the transaction that holds it began before");
    }
    assert!(!format!("{logs:?}").contains("Jane Roe") && !format!("{logs:?}").contains("John Doe"));
    let metrics = told(&connection, Question::Metrics).await;
    let blocked = series(&metrics, "postgresql.blocked_sessions");
    assert!(*blocked[0].column.values().last().unwrap() >= 3.0);
    assert!(blocked[0].column.len() > 1, "some of the past is told");
    let load = series(&metrics, "postgresql.statement.load");
    let waits = load.iter().filter(|load| load.attributes["db.query.text"].contains("ird"));
    assert!(waits.clone().count() > 0, "{load:?}");
    assert!(waits.clone().all(|load| load.attributes["db.wait.event"].starts_with("Lock:")));
    let inventory = told(&connection, Question::Inventory).await;
    let web = topology(&inventory).relations().find(|relation| relation.from.as_str() == "web-0");
    assert!(web.is_some_and(|web| web.to.as_str() == "db" && web.kind != RelationKind::Calls));
    // What the engine makes of it: the database itself names the fault, and not what a name says.
    let seen = concluded(&[logs, metrics]);
    let (mode, summary) = stated(&seen);
    assert_eq!(mode, Some(nightjar_incident::FaultMode::LockContention), "{summary:?}");
    run(&mut holder, "COMMIT").await;
    while let Some(ended) = waiting.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn a_statement_that_runs_is_told_without_its_literals() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let role = role(&database, "slow").await;
    let mut slow = options(&database).application_name("reports").connect().await.unwrap();
    let running = tokio::spawn(async move {
        let sql = "SELECT pg_sleep(60), 'Jane Roe' AS secret";
        let _ = sqlx::raw_sql(sql).execute(&mut slow).await;
    });
    let connection = connect(&database, &role);
    let (logs, line) = until("the statement", async || {
        let logs = told(&connection, Question::Logs).await;
        let found = lines(&logs).iter().find(|line| line.body.contains("reports")).cloned();
        found.map(|line| (logs, line))
    })
    .await;
    assert!(line.body.contains("SELECT pg_sleep(?), ? AS secret"), "{}", line.body);
    assert!(!format!("{logs:?}").contains("Jane Roe"));
    let metrics = told(&connection, Question::Metrics).await;
    let load = series(&metrics, "postgresql.statement.load");
    let of = load.iter().find(|load| load.attributes["db.query.text"].contains("pg_sleep"));
    assert!((of.unwrap().column.values()[0] - 1.0).abs() < 1e-9, "one session is at work for it");
    running.abort();
}

#[tokio::test]
async fn connections_up_to_the_limit_are_evidence_and_a_crash_is_told() {
    let Some(server) = nightjar_pgtest::Server::start() else { return };
    let database = server.database().unwrap();
    let role = role(&database, "full").await;
    let mut admin = admin(&database).await;
    run(
        &mut admin,
        format!("CREATE ROLE app LOGIN PASSWORD 'x'; ALTER ROLE {role} CONNECTION LIMIT -1"),
    )
    .await;
    let app = options(&database).username("app").password("x").application_name("checkout");
    let mut held = Vec::new();
    let refused = loop {
        match app.connect().await {
            Ok(connection) => held.push(connection),
            Err(error) => break error.to_string(),
        }
    };
    assert!(refused.contains("connection slots"), "{refused}");
    let connection = connect(&database, &role);
    let logs = told(&connection, Question::Logs).await;
    let [line] = lines(&logs) else { panic!("{logs:?}") };
    assert_eq!(line.severity, LogSeverity::Fatal);
    assert!(line.body.contains("connection slots are reserved"), "{}", line.body);
    assert!(logs.truncated.is_some());
    let error = connection.ask(&just_now(Question::Metrics)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("connection slots"), "{error}");
    let seen = concluded(&[logs]);
    let (mode, summary) = stated(&seen);
    assert_eq!(mode, Some(nightjar_incident::FaultMode::ConnectionPoolExhausted), "{summary:?}");
    // One is given back: it is ours, and all are in use again.
    held.pop().unwrap().close().await.unwrap();
    let logs = until("a connection", async || {
        let logs = told(&connection, Question::Logs).await;
        logs.truncated.is_none().then_some(logs)
    })
    .await;
    let full = lines(&logs).iter().find(|line| line.body.contains("max_connections limit"));
    let full = full.unwrap_or_else(|| panic!("{logs:?}"));
    assert!(full.body.contains("idle of \"checkout\""), "{}", full.body);
    let metrics = told(&connection, Question::Metrics).await;
    let (used, most) =
        (level(&metrics, "postgresql.backends"), level(&metrics, "postgresql.connection.max"));
    assert!(used >= most, "{used} of {most}");
    let seen = concluded(&[logs, metrics]);
    assert_eq!(stated(&seen).0, Some(nightjar_incident::FaultMode::ConnectionPoolExhausted));
    // The engine's own rule for pools needs a level from before: with one sample it says nothing.
    let pool = seen
        .iter()
        .filter(|observation| observation.signal == Some(nightjar_incident::Signal::PoolUsage));
    assert_eq!(pool.count(), 0, "today's behaviour: see the report on single samples");
    server.stop().unwrap();
    let error = connection.ask(&just_now(Question::Logs)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    server.resume().unwrap();
    let changes = until("the server", async || {
        let changes = connection.ask(&just_now(Question::Changes)).await.unwrap();
        changes.ok()
    })
    .await;
    let Content::Changes(changes) = &changes.content else { panic!("{changes:?}") };
    let start = changes.iter().find(|change| change.summary.contains("was started")).unwrap();
    assert!(start.summary.starts_with("PostgreSQL "), "{start:?}");
}

#[tokio::test]
async fn a_reload_is_a_change() {
    let Some(server) = nightjar_pgtest::Server::start() else { return };
    let database = server.database().unwrap();
    let role = role(&database, "reload").await;
    let mut admin = admin(&database).await;
    run(&mut admin, "ALTER SYSTEM SET work_mem = '1MB'").await;
    run(&mut admin, "ALTER SYSTEM SET shared_buffers = '16MB'").await;
    run(&mut admin, "ALTER SYSTEM SET primary_conninfo = 'password=hunter2'").await;
    let connection = connect(&database, &role);
    // A reload counts as one when it is some seconds away from the start.
    let reload = until("a reload", async || {
        run(&mut admin, "SELECT pg_reload_conf()").await;
        let answer = told(&connection, Question::Changes).await;
        let Content::Changes(changes) = answer.content else { panic!() };
        changes.into_iter().find(|change| change.summary.starts_with("settings were read again"))
    })
    .await;
    let waits = reload.summary.split("wait for a restart: ").nth(1).unwrap();
    assert!(waits.split(';').next().unwrap().contains("shared_buffers"), "{waits}");
    assert!(reload.summary.contains("work_mem = 1024"), "{}", reload.summary);
    assert!(!reload.summary.contains("hunter2"), "{}", reload.summary);
}

#[tokio::test]
async fn a_way_that_stalls_ends_in_time_with_what_came() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let role = role(&database, "stall").await;
    let port = options(&database).get_port();
    let mut kinds = Vec::new();
    for after in [1, 60, 400, 1500, 2500, 4000] {
        let between = stalling(port, after).await;
        let config = json!({ "user": role, "password": PASSWORD, "limits": { "seconds": 1 } });
        let connection = open("postgresql", between, &config);
        match connection.ask(&just_now(Question::Metrics)).await.unwrap() {
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Timeout, "{after}: {error}");
                kinds.push("nothing");
            }
            // What is small enough comes as a whole.
            Ok(answer) => match answer.truncated {
                None => kinds.push("the whole"),
                Some(cut) => {
                    assert!(cut.contains("no answer in time"), "{after}: {cut}");
                    kinds.push("a part");
                }
            },
        }
    }
    assert!(kinds.contains(&"nothing") && kinds.contains(&"a part"), "{kinds:?}");
}

#[tokio::test]
async fn the_present_tells_nothing_of_a_window_long_ago() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let role = role(&database, "past").await;
    let connection = connect(&database, &role);
    for question in [Question::Metrics, Question::Logs, Question::Changes] {
        let mut query = just_now(question);
        query.window = crate::conformance::window();
        query.window.from = "2020-01-01T00:00:00Z".parse().unwrap();
        query.window.to = "2020-01-01T01:00:00Z".parse().unwrap();
        let answer = connection.ask(&query).await.unwrap().unwrap();
        assert!(answer.content.is_empty(), "{answer:?}");
        assert!(question == Question::Changes || !answer.notes.is_empty());
    }
}

#[tokio::test]
async fn statements_that_end_are_held_against_what_they_took_before() {
    let Some(server) = nightjar_pgtest::Server::start() else { return };
    let database = server.database().unwrap();
    let role = role(&database, "statements").await;
    let mut first = admin(&database).await;
    run(&mut first, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'").await;
    server.stop().unwrap();
    server.resume().unwrap();
    let mut admin = admin(&database).await;
    run(&mut admin, "CREATE EXTENSION pg_stat_statements").await;
    let busy = tokio::spawn(async move {
        loop {
            run(&mut admin, "SELECT pg_sleep(0.01), 'Jane Roe' AS secret").await;
        }
    });
    let connection = connect(&database, &role);
    let probe = connection.probe.clone().unwrap().probe().await.unwrap();
    assert_eq!(probe.notes, Vec::<String>::new());
    let metrics = until("a statement", async || {
        let metrics = told(&connection, Question::Metrics).await;
        let found = series(&metrics, "postgresql.statement.duration");
        let is_ours = |text: &String| text.contains("pg_sleep");
        found.iter().any(|series| is_ours(&series.attributes["db.query.text"])).then_some(metrics)
    })
    .await;
    assert!(!format!("{metrics:?}").contains("Jane Roe"));
    for basis in ["now", "since statistics were reset"] {
        let found = series(&metrics, "postgresql.statement.duration");
        let of = found.iter().find(|series| {
            series.attributes["basis"] == basis
                && series.attributes["db.query.text"].contains("pg_sleep")
        });
        assert!(of.unwrap().column.values()[0] >= 0.01, "{basis}: {of:?}");
    }
    busy.abort();
}
