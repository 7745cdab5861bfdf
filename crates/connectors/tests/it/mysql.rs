//! MySQL's family, a real MariaDB.

use nightjar_connect::{Connection, ErrorKind, Question};
use nightjar_incident::{Content, FaultMode, LogSeverity};
use nightjar_topology::EntityKind;
use serde_json::json;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::engine::{concluded, stated};
use crate::servers::{
    Running, block, just_now, level, lines, mariadb, open, series, stalling, told, topology, until,
};

const PASSWORD: &str = "a long password";

fn options(server: &Running, user: &str, password: &str) -> MySqlConnectOptions {
    MySqlConnectOptions::new()
        .host("127.0.0.1")
        .port(server.port)
        .username(user)
        .password(password)
        .ssl_mode(MySqlSslMode::Disabled)
}

async fn run(connection: &mut MySqlConnection, sql: impl Into<String>) {
    let sql: String = sql.into();
    let ran = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await;
    ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A server with the user that the page tells to make, and an administrator's connection.
async fn server(options_of_server: &[&str]) -> Option<(Running, MySqlConnection)> {
    let server = mariadb(options_of_server).await?;
    let mut admin = options(&server, "admin", "x").connect().await.unwrap();
    run(&mut admin, block("mysql", "sql", 0)).await;
    Some((server, admin))
}

fn connect(server: &Running) -> Connection {
    open("mysql", server.port, &json!({ "user": "nightjar", "password": PASSWORD }))
}

#[tokio::test]
async fn what_the_page_says_is_enough_and_no_more() {
    let Some((server, mut admin)) = server(&["--performance-schema=ON"]).await else { return };
    let connection = connect(&server);
    let probe = connection.probe.clone().unwrap().probe().await.unwrap();
    assert_eq!((probe.system.as_str(), probe.notes), ("MariaDB", Vec::<String>::new()));
    assert!(probe.version.unwrap().starts_with("10."));
    let metrics = told(&connection, Question::Metrics).await;
    assert_eq!(metrics.truncated, None);
    let bound = |note: &String| !note.contains("lower bound");
    assert_eq!(metrics.notes.iter().filter(|note| bound(note)).count(), 0, "{:?}", metrics.notes);
    assert!((level(&metrics, "mysql.connection.max") - 151.0).abs() < 1e-9);
    let threads = series(&metrics, "mysql.threads");
    assert!(threads.iter().any(|series| series.attributes["kind"] == "connected"));
    assert!(level(&metrics, "mysql.deadlocks").abs() < 1e-9);
    assert!(!metrics.query.contains(PASSWORD));
    let changes = told(&connection, Question::Changes).await;
    let Content::Changes(changes) = &changes.content else { panic!("{changes:?}") };
    assert!(changes[0].summary.starts_with("MariaDB 10."), "{changes:?}");
    run(&mut admin, "CREATE DATABASE `we``ird\"; DROP`").await;
    run(&mut admin, "GRANT SELECT ON `we``ird\"; DROP`.* TO 'nightjar'@'%'").await;
    let inventory = told(&connection, Question::Inventory).await;
    let entity = topology(&inventory).resolve(&format!("127.0.0.1:{}", server.port)).unwrap();
    assert_eq!((entity.id.as_str(), entity.kind), ("db", EntityKind::Database));
    assert!(entity.attributes["db.namespaces"].contains("we`ird\"; DROP"), "{entity:?}");
    assert_eq!(told(&connection, Question::Logs).await.notes, Vec::<String>::new());
    // Rights that are missing or too wide are told.
    run(&mut admin, "REVOKE PROCESS, SLAVE MONITOR ON *.* FROM 'nightjar'@'%'").await;
    run(&mut admin, "GRANT DELETE, FILE ON *.* TO 'nightjar'@'%'").await;
    let notes = connection.probe.clone().unwrap().probe().await.unwrap().notes.join("\n");
    for part in ["GRANT PROCESS", "GRANT SLAVE MONITOR", "DELETE", "FILE"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let logs = told(&connection, Question::Logs).await;
    assert!(logs.notes.iter().any(|note| note.contains("access denied")), "{:?}", logs.notes);
    let config = json!({ "user": "nightjar", "password": "hunter2" });
    let wrong = open("mysql", server.port, &config);
    let error = wrong.ask(&just_now(Question::Logs)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(
        error.message.contains("Access denied for user")
            && !format!("{error:?}").contains("hunter2")
    );
    // The session can only read, by the server's own word, whatever the rights are.
    for after in [1, 100, 600, 9000] {
        let between = stalling(server.port, after).await;
        let config =
            json!({ "user": "nightjar", "password": PASSWORD, "limits": { "seconds": 1 } });
        match open("mysql", between, &config).ask(&just_now(Question::Metrics)).await.unwrap() {
            Err(error) => assert_eq!(error.kind, ErrorKind::Timeout, "{after}: {error}"),
            Ok(answer) => {
                let cut = answer.truncated.unwrap_or_default();
                assert!(after > 600 && cut.contains("no answer in time"), "{after}: {cut}");
            }
        }
    }
}

#[tokio::test]
async fn a_held_lock_tells_who_holds_it_and_who_waits_since_when() {
    let Some((server, mut admin)) = server(&[]).await else { return };
    run(&mut admin, "CREATE DATABASE shop").await;
    run(
        &mut admin,
        "CREATE TABLE shop.`ord``\"ers` (id INT PRIMARY KEY, owner TEXT) ENGINE=InnoDB",
    )
    .await;
    run(&mut admin, "INSERT INTO shop.`ord``\"ers` VALUES (1, 'x')").await;
    run(
        &mut admin,
        "CREATE USER 'billing'@'%' IDENTIFIED BY 'x'; GRANT ALL ON shop.* TO 'billing'@'%'",
    )
    .await;
    let update = |who: &str| format!("UPDATE shop.`ord``\"ers` SET owner = '{who}' WHERE id = 1");
    let mut holder = options(&server, "billing", "x").connect().await.unwrap();
    run(&mut holder, "BEGIN").await;
    run(&mut holder, update("Jane Roe")).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (options, update) = (options(&server, "admin", "x"), update("John Doe"));
        waiting.spawn(async move {
            let mut waiter = options.connect().await.unwrap();
            run(&mut waiter, update).await;
        });
    }
    let connection = connect(&server);
    let logs = until("two that wait", async || {
        let logs = told(&connection, Question::Logs).await;
        let found = lines(&logs).iter().filter(|line| line.body.contains("is still waiting for"));
        (found.count() == 2).then_some(logs)
    })
    .await;
    let held = lines(&logs).iter().find(|line| line.severity == LogSeverity::Error).unwrap();
    assert!(held.body.contains("user \"billing\""), "{}", held.body);
    assert!(held.body.contains("idle in transaction"), "{}", held.body);
    assert!(held.body.contains("2 sessions are still waiting"), "{}", held.body);
    let waits = lines(&logs).iter().find(|line| line.severity == LogSeverity::Warn).unwrap();
    assert!(waits.body.contains("SET owner = ? WHERE id = ?"), "{}", waits.body);
    assert!(waits.body.contains("ers"), "{}", waits.body);
    assert!(!format!("{logs:?}").contains("Roe") && !format!("{logs:?}").contains("Doe"));
    let metrics = told(&connection, Question::Metrics).await;
    let blocked = series(&metrics, "mysql.blocked_sessions");
    assert!((blocked[0].column.values().last().unwrap() - 2.0).abs() < 1e-9, "{blocked:?}");
    let load = series(&metrics, "mysql.statement.load");
    assert!(
        load.iter().any(|load| load.attributes["db.query.text"].contains("UPDATE")),
        "{load:?}"
    );
    let seen = concluded(&[logs, metrics]);
    let (mode, summary) = stated(&seen);
    assert_eq!(mode, Some(FaultMode::LockContention), "{summary:?}");
    run(&mut holder, "COMMIT").await;
    while let Some(ended) = waiting.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn a_deadlock_is_dated() {
    let Some((server, mut admin)) = server(&["--default-time-zone=+05:00"]).await else { return };
    run(&mut admin, "CREATE DATABASE shop").await;
    run(&mut admin, "CREATE TABLE shop.t (id INT PRIMARY KEY, n INT) ENGINE=InnoDB").await;
    run(&mut admin, "INSERT INTO shop.t VALUES (1, 0), (2, 0)").await;
    let mut one = options(&server, "admin", "x").connect().await.unwrap();
    let mut two = options(&server, "admin", "x").connect().await.unwrap();
    run(&mut one, "BEGIN; UPDATE shop.t SET n = 1 WHERE id = 1").await;
    run(&mut two, "BEGIN; UPDATE shop.t SET n = 2 WHERE id = 2").await;
    let (first, second) = futures::future::join(
        sqlx::raw_sql("UPDATE shop.t SET n = 1 WHERE id = 2").execute(&mut one),
        sqlx::raw_sql("UPDATE shop.t SET n = 2 WHERE id = 1").execute(&mut two),
    )
    .await;
    assert!(first.is_err() != second.is_err(), "one of them is the victim");
    let logs = told(&connect(&server), Question::Logs).await;
    let line = lines(&logs).iter().find(|line| line.body.contains("deadlock detected")).unwrap();
    let age = jiff::Timestamp::now().duration_since(line.at).as_secs();
    assert!((0..120).contains(&age), "{age} s old");
}

#[tokio::test]
async fn connections_up_to_the_limit_are_evidence_and_a_crash_is_told() {
    // MariaDB keeps one more for an administrator, who has it already.
    let Some((mut server, _admin)) = server(&["--max-connections=10"]).await else { return };
    let mut admin = options(&server, "admin", "x").connect().await.unwrap();
    run(&mut admin, "CREATE USER 'checkout'@'%' IDENTIFIED BY 'x'").await;
    let app = options(&server, "checkout", "x");
    let mut held = Vec::new();
    let refused = loop {
        match app.connect().await {
            Ok(connection) => held.push(connection),
            Err(error) => break error.to_string(),
        }
    };
    assert!(refused.contains("Too many connections"), "{refused}");
    let connection = connect(&server);
    let logs = told(&connection, Question::Logs).await;
    let [line] = lines(&logs) else { panic!("{logs:?}") };
    assert_eq!(line.severity, LogSeverity::Fatal);
    assert!(line.body.contains("Too many connections"), "{}", line.body);
    let error = connection.ask(&just_now(Question::Metrics)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("Too many connections"), "{error}");
    assert_eq!(stated(&concluded(&[logs])).0, Some(FaultMode::ConnectionPoolExhausted));
    held.pop().unwrap().close().await.unwrap();
    let logs = until("a connection", async || {
        let logs = told(&connection, Question::Logs).await;
        logs.truncated.is_none().then_some(logs)
    })
    .await;
    let full = lines(&logs).iter().find(|line| line.body.contains("max_connections limit"));
    let full = full.unwrap_or_else(|| panic!("{logs:?}"));
    assert!(full.body.contains("Sleep of \"checkout\""), "{}", full.body);
    let metrics = told(&connection, Question::Metrics).await;
    assert!(level(&metrics, "mysql.max_used_connections") >= 10.0);
    server.stop();
    let error = connection.ask(&just_now(Question::Logs)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
}
