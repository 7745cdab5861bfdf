//! What isn't yours looks as if it weren't there: every operation, walked by the description.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;

use crate::described::{Operation, operations};
use crate::sample::{IDS, sample};
use crate::stage::{Reply, Stage};

const NOWHERE: &str = "01940000-0000-7000-8000-00000000dead";

async fn send(stage: &Stage, operation: &Operation, path: &str, token: &str) -> Reply {
    let request = Request::builder()
        .method(operation.method.as_str())
        .uri(path)
        .header("authorization", format!("Bearer {token}"));
    let request = match operation.body() {
        None => request.body(Body::empty()),
        Some((media, body)) => request.header("content-type", media).body(Body::from(body)),
    };
    stage.send(request.unwrap()).await
}

/// Everything of an answer that a caller sees, but what differs each time.
fn seen(reply: &Reply) -> String {
    let headers: BTreeMap<_, _> = reply
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    format!("{} {headers:?} {}", reply.status, reply.without_id())
}

#[tokio::test]
async fn another_space_answers_as_one_that_never_was() {
    let stage = Stage::new().await;
    let theirs = sample(&stage, "theirs").await.space;
    let own = stage.space("own").await;
    let ids = BTreeMap::from(IDS);
    for role in ["administrator", "operator", "viewer", "webhook"] {
        let token = stage.key(role, Some(&own)).await;
        for operation in operations().iter().filter(|o| o.path.contains("{space}")) {
            let there = send(&stage, operation, &operation.path(&theirs, &ids), &token).await;
            let nowhere = send(&stage, operation, &operation.path(NOWHERE, &ids), &token).await;
            assert_eq!(there.status, 404, "{role} {}", operation.name);
            assert_eq!(seen(&there), seen(&nowhere), "{role} {}", operation.name);
            let odd = send(&stage, operation, &operation.path("no-space", &ids), &token).await;
            assert_eq!(seen(&there), seen(&odd), "{role} {}", operation.name);
        }
    }
    // And nothing of it happened.
    let path = format!("/api/v1/spaces/{theirs}/capsules/cap-1");
    assert_eq!(stage.get(&stage.administrator, &path).await.status, 200);
}

#[tokio::test]
async fn ids_of_another_space_name_nothing_in_ones_own() {
    let stage = Stage::new().await;
    sample(&stage, "theirs").await;
    let own = stage.space("own").await;
    let token = stage.key("administrator", Some(&own)).await;
    let (theirs, nothing) = (BTreeMap::from(IDS), BTreeMap::new());
    for operation in operations().iter().filter(|o| o.path.contains("{space}")) {
        if operation.path.matches('{').count() < 2 {
            continue;
        }
        let there = send(&stage, operation, &operation.path(&own, &theirs), &token).await;
        let nowhere = send(&stage, operation, &operation.path(&own, &nothing), &token).await;
        assert_eq!(there.status, 404, "{} {} {}", operation.name, operation.path, there.text());
        assert_eq!(seen(&there), seen(&nowhere), "{}", operation.name);
    }
}

#[tokio::test]
async fn a_deleted_space_answers_as_one_that_never_was() {
    let stage = Stage::new().await;
    let space = sample(&stage, "gone").await.space;
    let key = stage.key("operator", Some(&space)).await;
    let path = format!("/api/v1/spaces/{space}");
    let delete = crate::stage::ask(axum::http::Method::DELETE, &path, &stage.administrator, None);
    assert_eq!(stage.send(delete).await.status, 204);
    let gone = stage.get(&stage.administrator, &path).await;
    let nowhere = stage.get(&stage.administrator, &format!("/api/v1/spaces/{NOWHERE}")).await;
    assert_eq!(seen(&gone), seen(&nowhere));
    assert_eq!(stage.get(&key, "/api/v1/session").await.status, 401);
}
