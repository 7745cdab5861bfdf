//! What every connector to a database keeps, whatever answers: settings, time, other protocols.

use std::time::{Duration, Instant};

use nightjar_connect::{ErrorKind, Question};
use nightjar_connectors::registry;
use serde_json::{Value, json};

use crate::servers::{just_now, open, saying};

const KINDS: [&str; 3] = ["postgresql", "mysql", "redis"];
const ALL: [Question; 4] =
    [Question::Metrics, Question::Logs, Question::Changes, Question::Inventory];

/// How a question about everything ends, with the time it took.
async fn ended(kind: &str, port: u16, more: &Value) -> Vec<ErrorKind> {
    let mut config = json!({
        "user": "nightjar", "password": "hunter2", "limits": { "seconds": 1, "megabytes": 1 },
    });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    let connection = open(kind, port, &config);
    let begun = Instant::now();
    let questions = ALL.iter().map(|question| {
        let (connection, query) = (connection.clone(), just_now(*question));
        async move {
            let error = connection.ask(&query).await.unwrap().expect_err(kind);
            let told = format!("{error} {error:?}");
            assert!(!told.contains("hunter2") && !told.chars().any(char::is_control), "{told}");
            error.kind
        }
    });
    let kinds = futures::future::join_all(questions).await;
    // The budget is a second; questions wait for their turn within it; the rest is a loaded machine.
    assert!(begun.elapsed() < Duration::from_secs(6), "{kind}: {:?}", begun.elapsed());
    kinds
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let port = crate::servers::free_port();
    for kind in KINDS {
        let kinds = ended(kind, port, &json!({})).await;
        assert!(kinds.iter().all(|kind| *kind == ErrorKind::Unavailable), "{kind}: {kinds:?}");
    }
}

#[tokio::test]
async fn silence_ends_in_time() {
    let port = saying(b"").await;
    for kind in KINDS {
        let kinds = ended(kind, port, &json!({})).await;
        assert!(kinds.iter().all(|kind| *kind == ErrorKind::Timeout), "{kind}: {kinds:?}");
    }
}

#[tokio::test]
async fn what_speaks_another_protocol_is_no_database() {
    for (name, port) in [
        ("a page", saying(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await),
        ("zeros", saying(&[0; 512]).await),
        ("large lengths", saying(&[0xff; 512]).await),
        ("an empty packet", saying(&[0, 0, 0, 0, 0, 0, 0, 1]).await),
        ("an error of MySQL cut short", saying(&[3, 0, 0, 0, 0xff, 0x15, 0x04]).await),
        ("an error of PostgreSQL without fields", saying(b"E\0\0\0\x05\0").await),
        ("a list without an end", saying(b"*9999999\r\n*9999999\r\n*2\r\n").await),
    ] {
        for kind in KINDS {
            let kinds = ended(kind, port, &json!({})).await;
            let fits = |ended: &ErrorKind| {
                matches!(
                    ended,
                    ErrorKind::Protocol
                        | ErrorKind::Unavailable
                        | ErrorKind::Timeout
                        | ErrorKind::TooLarge
                )
            };
            assert!(kinds.iter().all(fits), "{kind} meets {name}: {kinds:?}");
        }
    }
}

#[tokio::test]
async fn a_question_about_others_asks_nothing() {
    let port = crate::servers::free_port();
    for kind in KINDS {
        let connection = open(kind, port, &json!({ "user": "x", "aliases": ["orders-db"] }));
        for question in ALL {
            let mut query = just_now(question);
            query.entities = vec![nightjar_topology::EntityId::new("cart").unwrap()];
            let answer = connection.ask(&query).await.unwrap().unwrap();
            assert!(answer.content.is_empty() && answer.query.contains("nothing was asked"));
            // Under any of its names it would be asked, and nobody is there.
            for name in ["db", "orders-db", &format!("127.0.0.1:{port}")] {
                query.entities = vec![nightjar_topology::EntityId::new(name).unwrap()];
                connection.ask(&query).await.unwrap().unwrap_err();
            }
        }
    }
}

#[test]
fn wrong_settings_are_told_by_their_name_and_without_their_value() {
    for kind in KINDS {
        for (config, field) in [
            (json!({ "user": "x" }), "host"),
            (json!({ "host": "", "user": "x" }), "host"),
            (json!({ "host": "hunter2@x", "user": "x" }), "host"),
            (json!({ "host": "x", "user": "x", "port": 0 }), "port"),
            (json!({ "host": "x", "user": "x", "port": 70000 }), "port"),
            (json!({ "host": "x", "user": "x", "tls": "hunter2" }), "tls"),
            (json!({ "host": "x", "user": "x", "ca_certificate": "hunter2" }), "ca_certificate"),
            (json!({ "host": "x", "user": "x", "entity": "" }), "entity"),
            (json!({ "host": "x", "user": "x", "password": ["hunter2"] }), "password"),
            (json!({ "host": "x", "user": "x", "limits": { "seconds": 0 } }), "limits.seconds"),
        ] {
            let Err(error) = registry().open(kind, "mine", &config) else {
                panic!("{config} is fine")
            };
            let told = error.to_string();
            assert!(
                told.contains(&format!("`{field}`")) || told.contains(field),
                "{kind} {config}: {told}"
            );
            assert!(!told.contains("hunter2"), "{told}");
        }
        let shown =
            registry().get(kind).unwrap().shown(&json!({ "host": "x", "password": "hunter2" }));
        assert!(!shown.to_string().contains("hunter2") && shown["host"] == "x");
    }
    for kind in ["postgresql", "mysql"] {
        assert!(
            registry().open(kind, "mine", &json!({ "host": "x" })).is_err(),
            "{kind} needs a user"
        );
    }
    let encrypted = json!({ "host": "x", "tls": "encrypted" });
    assert!(registry().open("redis", "mine", &encrypted).is_err());
}
