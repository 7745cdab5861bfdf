//! The audit trail: one record for each call.

use axum::body::Body;
use axum::http::{Method, Request};
use nightjar_store::{AuditEntry, AuditFilter, Outcome, PageRequest};
use serde_json::json;

use crate::stage::{Stage, ask};

async fn trail(stage: &Stage) -> Vec<AuditEntry> {
    let page = PageRequest { limit: 1000, after: None };
    stage.store.audit_trail(&AuditFilter::default(), &page).await.unwrap().items
}

#[tokio::test]
async fn every_call_leaves_one_record() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let (viewer_id, viewer) = stage.named_key("viewer", Some(&space)).await;
    let admin = stage.administrator.clone();
    let at = format!("/api/v1/spaces/{space}");
    let calls = [
        (ask(Method::GET, "/api/v1/spaces", &admin, None), "listSpaces", Outcome::Done, None),
        (ask(Method::GET, "/api/v1/spaces", "x", None), "listSpaces", Outcome::Refused, None),
        (ask(Method::GET, "/api/v1/none", &admin, None), "unknown", Outcome::Rejected, None),
        (ask(Method::GET, &at, &viewer, None), "readSpace", Outcome::Done, None),
        (
            ask(Method::DELETE, &format!("{at}/capsules/cap-7"), &viewer, None),
            "deleteCapsule",
            Outcome::Refused,
            Some("cap-7"),
        ),
        (
            ask(Method::GET, &format!("{at}/capsules/cap-7"), &viewer, None),
            "readCapsule",
            Outcome::Rejected,
            Some("cap-7"),
        ),
        (
            ask(Method::POST, "/api/v1/spaces", &admin, Some(&json!({ "name": 7 }))),
            "createSpace",
            Outcome::Rejected,
            None,
        ),
    ];
    for (number, (mut request, operation, outcome, subject)) in calls.into_iter().enumerate() {
        let id = format!("request-{number}");
        request.headers_mut().insert("x-request-id", id.parse().unwrap());
        let reply = stage.send(request).await;
        assert_eq!(reply.header("x-request-id"), id);
        let trail = trail(&stage).await;
        assert_eq!(trail.len(), number + 1, "{operation}");
        let call = &trail[0].call;
        assert_eq!(call.request, id);
        assert_eq!(call.operation, operation);
        assert_eq!((call.outcome, call.status), (outcome, reply.status.as_u16()), "{operation}");
        assert_eq!(call.subject.as_deref(), subject);
        assert_eq!(call.source, "127.0.0.1");
    }
    let trail = trail(&stage).await;
    assert!(trail.iter().any(|entry| entry.call.actor == viewer_id));
    assert!(trail.iter().any(|entry| entry.call.actor == "anonymous"));
    let all = format!("{trail:?}");
    assert!(!all.contains(&viewer) && !all.contains(&admin), "a secret is in the audit trail");
}

#[tokio::test]
async fn what_was_made_is_named() {
    let stage = Stage::new().await;
    let made = stage.post(&stage.administrator, "/api/v1/spaces", &json!({ "name": "new" })).await;
    let call = trail(&stage).await.remove(0).call;
    assert_eq!(call.subject.as_deref(), made.json()["id"].as_str());
}

#[tokio::test]
async fn probes_and_odd_ids_are_no_news() {
    let stage = Stage::new().await;
    for path in ["/healthz", "/readyz"] {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.headers_mut().insert("x-request-id", "a\tb".parse().unwrap());
        let reply = stage.send(request).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("x-request-id").len(), 36, "an id of our own");
    }
    assert!(trail(&stage).await.is_empty());
}

#[tokio::test]
async fn a_space_sees_its_own_part() {
    let stage = Stage::new().await;
    let (own, other) = (stage.space("own").await, stage.space("other").await);
    for space in [&own, &other] {
        let path = format!("/api/v1/spaces/{space}");
        assert_eq!(stage.get(&stage.administrator, &path).await.status, 200);
    }
    let key = stage.key("administrator", Some(&own)).await;
    let trail = stage.get(&key, &format!("/api/v1/spaces/{own}/audit")).await.json();
    let items = trail["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["space"], own);
    let whole = stage.get(&stage.administrator, "/api/v1/audit?limit=2").await.json();
    assert_eq!(whole["items"].as_array().unwrap().len(), 2);
    assert!(whole["next"].is_string());
}
