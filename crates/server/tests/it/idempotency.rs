//! The same request again makes nothing new.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::stage::{Reply, Stage};

async fn post(stage: &Stage, token: &str, path: &str, key: &str, body: &Value) -> Reply {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    stage.send_unchecked(request.unwrap()).await
}

#[tokio::test]
async fn the_same_request_again_makes_nothing_new() {
    let stage = Stage::new().await;
    let admin = stage.administrator.as_str();
    let body = json!({ "name": "once" });
    let first = post(&stage, admin, "/api/v1/spaces", "k-1", &body).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = post(&stage, admin, "/api/v1/spaces", "k-1", &body).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.json(), again.json());
    assert_eq!(first.header("location"), again.header("location"));
    let other = post(&stage, admin, "/api/v1/spaces", "k-1", &json!({ "name": "other" })).await;
    assert_eq!((other.status.as_u16(), other.problem().as_str()), (422, "idempotency-key-reused"));
    let elsewhere = post(&stage, admin, "/api/v1/keys", "k-1", &json!({ "role": "viewer" })).await;
    assert_eq!(elsewhere.problem(), "idempotency-key-reused");
    let somebody = stage.key("administrator", None).await;
    let theirs = post(&stage, &somebody, "/api/v1/spaces", "k-1", &body).await;
    assert_eq!(theirs.status, 201);
    assert_ne!(first.json()["id"], theirs.json()["id"]);
}

#[tokio::test]
async fn secrets_are_not_shown_again() {
    let stage = Stage::new().await;
    let admin = stage.administrator.as_str();
    let body = json!({ "role": "viewer" });
    let first = post(&stage, admin, "/api/v1/keys", "k-2", &body).await;
    assert_eq!(first.status, 201);
    let names: Vec<_> = first.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["accessKeyId", "secretAccessKey", "token"]);
    let again = post(&stage, admin, "/api/v1/keys", "k-2", &body).await;
    assert_eq!((again.status.as_u16(), again.problem().as_str()), (409, "conflict"));
    let token = first.json()["token"].as_str().unwrap().to_owned();
    assert!(!again.text().contains(&token));
    assert_eq!(stage.get(&token, "/api/v1/session").await.json()["role"], "viewer");
}

#[tokio::test]
async fn many_at_the_same_time_make_one() {
    let stage = Stage::new().await;
    let admin = stage.administrator.as_str();
    let body = json!({ "name": "crowd" });
    let all = (0..12).map(|_| post(&stage, admin, "/api/v1/spaces", "k-3", &body));
    let replies = futures::future::join_all(all).await;
    let made = replies.iter().filter(|reply| reply.header("idempotent-replayed").is_empty());
    assert_eq!(made.count(), 1);
    for reply in &replies {
        assert_eq!((reply.status.as_u16(), &reply.json()), (201, &replies[0].json()));
    }
    let spaces = stage.get(admin, "/api/v1/spaces").await.json();
    assert_eq!(spaces["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_none_is_told() {
    let stage = Stage::new().await;
    let long = "x".repeat(256);
    for key in ["", "a b", long.as_str()] {
        let reply =
            post(&stage, &stage.administrator, "/api/v1/spaces", key, &json!({ "name": "a" }))
                .await;
        assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (400, "malformed-request"));
    }
}
