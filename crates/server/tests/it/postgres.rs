//! The same over PostgreSQL, where there is one.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use nightjar_server::Config;
use serde_json::json;

use crate::sample::{append, sample};
use crate::stage::Stage;

fn config() -> Config {
    Config { rate_limits: false, ..Config::default() }
}

#[tokio::test]
async fn a_space_works_over_postgresql() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let stage = Stage::at(&database.url, config()).await;
    let space = sample(&stage, "own").await.space;
    let viewer = stage.key("viewer", Some(&space)).await;
    let at = format!("/api/v1/spaces/{space}");
    let whole = stage.get(&viewer, &format!("{at}/incidents/inc-1-1")).await.json();
    assert_eq!(whole["verdict"]["verdict"], "cause_found");
    append(&stage.open(&space).await, "inc-1-1/exec-2", 20).await;
    let page = stage.get(&viewer, &format!("{at}/journal?after=10")).await.json();
    assert_eq!(page["items"][0]["position"], 11);
    let make = || {
        let request = Request::post("/api/v1/spaces")
            .header("authorization", format!("Bearer {}", stage.administrator))
            .header("content-type", "application/json")
            .header("idempotency-key", "one")
            .body(Body::from(json!({ "name": "one" }).to_string()));
        stage.send(request.unwrap())
    };
    let replies = futures::future::join_all((0..8).map(|_| make())).await;
    for reply in &replies {
        assert_eq!((reply.status.as_u16(), &reply.json()), (201, &replies[0].json()));
    }
    let stranger = stage.key("operator", replies[0].json()["id"].as_str()).await;
    assert_eq!(stage.get(&stranger, &format!("{at}/incidents")).await.status, 404);
    stage.store.close().await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_and_comes_back() {
    let Some(server) = nightjar_pgtest::Server::start() else { return };
    let database = server.database().unwrap();
    let stage = Stage::at(&database.url, config()).await;
    let made = stage.space("own").await;
    server.stop().unwrap();
    let gone = stage.get(&stage.administrator, "/api/v1/spaces").await;
    assert_eq!((gone.status.as_u16(), gone.problem().as_str()), (503, "unavailable"));
    assert_eq!(stage.get("", "/readyz").await.status, 503);
    assert_eq!(stage.get("", "/healthz").await.status, 200);
    server.resume().unwrap();
    let began = Instant::now();
    loop {
        let back = stage.get(&stage.administrator, "/api/v1/spaces").await;
        if back.status == 200 {
            assert_eq!(back.json()["items"][0]["id"], made);
            break;
        }
        assert_eq!(back.status, 503, "{}", back.text());
        assert!(began.elapsed() < Duration::from_secs(20), "it doesn't come back");
    }
    assert_eq!(stage.get("", "/readyz").await.status, 200);
    stage.store.close().await;
}
