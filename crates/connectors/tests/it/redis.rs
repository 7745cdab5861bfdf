//! Redis, a real one.

use nightjar_connect::{Connection, ErrorKind, Question};
use nightjar_incident::{Content, LogSeverity};
use nightjar_topology::{EntityId, EntityKind};
use serde_json::json;

use crate::engine::{concluded, stated};
use crate::servers::{
    Running, block, just_now, level, lines, open, redis, series, stalling, tell_redis, told,
    topology, until,
};

/// A server with the user that the page tells to make.
async fn server(options: &[&str]) -> Option<Running> {
    let server = redis(options).await?;
    let (_, said) = tell_redis(server.port, &block("redis", "acl", 0)).await;
    assert_eq!(said, "+OK\r\n");
    Some(server)
}

fn connect(server: &Running) -> Connection {
    open("redis", server.port, &json!({ "user": "nightjar", "password": "password" }))
}

#[tokio::test]
async fn what_the_page_says_is_enough_and_no_more() {
    let Some(server) = server(&[]).await else { return };
    let connection = connect(&server);
    let probe = connection.probe.clone().unwrap().probe().await.unwrap();
    assert_eq!((probe.system.as_str(), probe.notes), ("Redis", Vec::<String>::new()));
    assert!(probe.version.unwrap().starts_with("7."));
    let name = "we\"ird\\,name=x";
    let (_named, _) = tell_redis(server.port, "CLIENT SETNAME cart-api").await;
    let (_odd, _) = tell_redis(server.port, &format!("CLIENT SETNAME '{name}'")).await;
    let (_set, _) = tell_redis(server.port, "SET secret-key hunter2").await;
    let metrics = told(&connection, Question::Metrics).await;
    assert_eq!((metrics.truncated.clone(), metrics.notes.clone()), (None, Vec::new()));
    assert!((level(&metrics, "redis.clients.max") - 10_000.0).abs() < 1e-9);
    assert!(level(&metrics, "redis.memory.used") > 0.0);
    assert_eq!(series(&metrics, "redis.maxmemory").len(), 0, "there is no limit");
    assert!((level(&metrics, "redis.db.keys") - 1.0).abs() < 1e-9);
    let inventory = told(&connection, Question::Inventory).await;
    let inventory = topology(&inventory);
    let own = inventory.entity(&EntityId::new("db").unwrap()).unwrap();
    assert_eq!(own.kind, EntityKind::Cache);
    let clients: Vec<&str> = inventory.relations().map(|relation| relation.from.as_str()).collect();
    assert!(clients.contains(&"cart-api"), "{clients:?}");
    let changes = told(&connection, Question::Changes).await;
    let Content::Changes(changes) = &changes.content else { panic!("{changes:?}") };
    assert!(changes[0].summary.starts_with("Redis 7."));
    let again = told(&connection, Question::Changes).await;
    let Content::Changes(again) = &again.content else { panic!("{again:?}") };
    assert_eq!(again[0].id, changes[0].id, "the same start is one change");
    let logs = told(&connection, Question::Logs).await;
    assert!(lines(&logs).is_empty(), "{logs:?}");
    // Rights that are missing or too wide are told.
    tell_redis(server.port, "ACL SETUSER nightjar -slowlog|get -config|get").await;
    let notes = connection.probe.clone().unwrap().probe().await.unwrap().notes.join("\n");
    assert!(notes.contains("+slowlog|get") && notes.contains("+config|get"), "{notes}");
    let logs = told(&connection, Question::Logs).await;
    assert!(logs.notes.iter().any(|note| note.contains("access denied")), "{logs:?}");
    let wide = open("redis", server.port, &json!({})).probe.unwrap().probe().await.unwrap();
    assert!(wide.notes.iter().any(|note| note.contains("`default`")), "{:?}", wide.notes);
    assert!(wide.notes.iter().any(|note| note.contains("-@all")), "{:?}", wide.notes);
    let wrong = open("redis", server.port, &json!({ "user": "nightjar", "password": "hunter2" }));
    let error = wrong.ask(&just_now(Question::Logs)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(error.message.contains("WRONGPASS") && !format!("{error:?}").contains("hunter2"));
    tell_redis(server.port, "ACL SETUSER nightjar -info").await;
    let error = connection.ask(&just_now(Question::Changes)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    tell_redis(server.port, "ACL SETUSER default >secret").await;
    let nobody = open("redis", server.port, &json!({}));
    let error = nobody.ask(&just_now(Question::Logs)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
}

#[tokio::test]
async fn evictions_that_go_on_are_told() {
    let options = ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"];
    let Some(server) = server(&options).await else { return };
    let port = server.port;
    let filling = tokio::spawn(async move {
        let value = "x".repeat(10_000);
        for number in 0_u64.. {
            let (_, said) = tell_redis(port, &format!("SET secret-{number} {value}")).await;
            assert_eq!(said, "+OK\r\n");
        }
    });
    let connection = connect(&server);
    let logs = until("evictions", async || {
        let logs = told(&connection, Question::Logs).await;
        lines(&logs).iter().any(|line| line.body.contains("were evicted within")).then_some(logs)
    })
    .await;
    let line = &lines(&logs)[0];
    assert_eq!(line.severity, LogSeverity::Warn);
    assert!(
        line.body.contains("allkeys-lru") && line.body.contains("% of maxmemory"),
        "{}",
        line.body
    );
    let metrics = told(&connection, Question::Metrics).await;
    let rates = series(&metrics, "redis.keys.evicted.rate");
    let now = rates.iter().find(|series| series.attributes["basis"] == "now").unwrap();
    assert!(now.column.values()[0] > 1.0, "{now:?}");
    assert!(level(&metrics, "redis.memory.used") > 0.9 * level(&metrics, "redis.maxmemory"));
    assert!(!format!("{logs:?}{metrics:?}").contains("secret-"));
    filling.abort();
    // Today's behaviour: the engine has no word for evictions, so nothing follows from one sample.
    assert_eq!(stated(&concluded(&[logs, metrics])).0, None);
    // Nothing may be evicted: writes are refused.
    tell_redis(port, "CONFIG SET maxmemory-policy noeviction\nCONFIG SET maxmemory 1mb").await;
    let logs = told(&connection, Question::Logs).await;
    let refused = lines(&logs).iter().find(|line| line.body.contains("noeviction"));
    assert_eq!(refused.unwrap_or_else(|| panic!("{logs:?}")).severity, LogSeverity::Error);
}

#[tokio::test]
async fn slow_commands_are_dated_and_tell_no_data() {
    let Some(server) = server(&["--slowlog-log-slower-than", "0"]).await else { return };
    tell_redis(server.port, "SET secret-key hunter2\nGET \"se\\\"cret\\x1b[31m\"").await;
    let logs = told(&connect(&server), Question::Logs).await;
    let set = lines(&logs).iter().find(|line| line.body.contains("\"SET\" with 2 arguments"));
    let set = set.unwrap_or_else(|| panic!("{logs:?}"));
    assert!(jiff::Timestamp::now().duration_since(set.at).as_secs() < 60);
    let all = format!("{logs:?}");
    assert!(!all.contains("secret") && !all.contains("hunter2") && !all.contains('\u{1b}'));
}

#[tokio::test]
async fn clients_up_to_the_limit_are_evidence_and_a_crash_is_told() {
    let Some(mut server) = server(&["--maxclients", "8"]).await else { return };
    let mut held = Vec::new();
    loop {
        let (stream, said) = tell_redis(server.port, "PING").await;
        if said.contains("max number of clients") {
            break;
        }
        held.push(stream);
    }
    let connection = connect(&server);
    let logs = told(&connection, Question::Logs).await;
    let [line] = lines(&logs) else { panic!("{logs:?}") };
    assert_eq!(line.severity, LogSeverity::Fatal);
    assert!(line.body.contains("max number of clients reached"), "{}", line.body);
    let error = connection.ask(&just_now(Question::Metrics)).await.unwrap().unwrap_err();
    assert!(error.message.contains("max number of clients"), "{error}");
    held.pop();
    let logs = until("a connection", async || {
        let logs = told(&connection, Question::Logs).await;
        logs.truncated.is_none().then_some(logs)
    })
    .await;
    assert!(lines(&logs).iter().any(|line| line.body.contains("8 clients of 8")), "{logs:?}");
    drop(held);
    for after in [1, 20, 500] {
        let between = stalling(server.port, after).await;
        let config =
            json!({ "user": "nightjar", "password": "password", "limits": { "seconds": 1 } });
        let slow = open("redis", between, &config).ask(&just_now(Question::Metrics)).await.unwrap();
        assert_eq!(slow.unwrap_err().kind, ErrorKind::Timeout, "{after}");
    }
    let config =
        json!({ "user": "nightjar", "password": "password", "limits": { "megabytes": 1 } });
    open("redis", server.port, &config).ask(&just_now(Question::Metrics)).await.unwrap().unwrap();
    server.stop();
    let error = connection.ask(&just_now(Question::Logs)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn certificates_are_held_against_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(path("cert"), made.cert.pem()).unwrap();
    std::fs::write(path("key"), made.signing_key.serialize_pem()).unwrap();
    let port = crate::servers::free_port();
    let (cert, key, secure) = (path("cert"), path("key"), port.to_string());
    let options = [
        "--tls-port",
        &secure,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
        "--tls-ca-cert-file",
        &cert,
    ];
    let Some(_server) = server(&options).await else { return };
    let config = |host: &str, own: bool| {
        let mut config =
            json!({ "user": "nightjar", "password": "password", "host": host, "tls": "verified" });
        if own {
            config["ca_certificate"] = made.cert.pem().into();
        }
        open("redis", port, &config).probe.unwrap()
    };
    config("localhost", true).probe().await.unwrap();
    let error = config("localhost", false).probe().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
    assert!(error.message.contains("TLS"), "{error}");
    let error = config("127.0.0.1", true).probe().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
}
