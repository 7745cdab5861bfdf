//! Bad input: the right status and problem each time.

use axum::body::Body;
use axum::http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use nightjar_store::NewKey;
use serde_json::json;

use crate::sample::sample;
use crate::stage::{Stage, ask};

async fn post(stage: &Stage, path: &str, media: &str, body: impl Into<Body>) -> (u16, String) {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {}", stage.administrator))
        .header("content-type", media)
        .body(body.into());
    let reply = stage.send(request.unwrap()).await;
    (reply.status.as_u16(), reply.problem())
}

#[tokio::test]
async fn bodies_that_are_wrong_are_told_apart() {
    let stage = Stage::new().await;
    let json = "application/json";
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        (json, b"{\"name\":".to_vec(), 400, "malformed-request"),
        (json, b"".to_vec(), 400, "malformed-request"),
        (json, b"{\"name\":\"\xff\"}".to_vec(), 400, "malformed-request"),
        (json, format!("{{\"name\":{deep}}}").into_bytes(), 422, "invalid-body"),
        (json, deep.into_bytes(), 422, "invalid-body"),
        (json, b"[\"a\", null]".to_vec(), 422, "invalid-body"),
        (json, b"[]".to_vec(), 422, "invalid-body"),
        (json, b"{\"name\":7}".to_vec(), 422, "invalid-body"),
        (json, b"{\"name\":\"\"}".to_vec(), 422, "invalid-body"),
        (json, b"{\"name\":\"a\\u0000b\"}".to_vec(), 422, "invalid-body"),
        (json, b"{}".to_vec(), 422, "invalid-body"),
        (json, b"{\"name\":\"a\",\"nmae\":1}".to_vec(), 422, "invalid-body"),
        (json, b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(), 422, "invalid-body"),
        ("text/plain", b"{\"name\":\"a\"}".to_vec(), 415, "unsupported-media-type"),
        ("application/json; charset=utf-8", b"{\"name\":\"a\"}".to_vec(), 201, ""),
        (json, vec![b' '; (1 << 20) + 1], 413, "too-large"),
    ];
    for (media, body, status, problem) in cases {
        let about = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let (got, slug) = post(&stage, "/api/v1/spaces", media, body).await;
        assert_eq!((got, slug.as_str()), (status, problem), "{about}");
    }
    // Without a length nothing is known beforehand.
    let chunks = (0..40).map(|_| Ok::<_, std::convert::Infallible>(vec![b' '; 32 << 10]));
    let body = Body::from_stream(futures::stream::iter(chunks));
    assert_eq!(post(&stage, "/api/v1/spaces", json, body).await.0, 413);
}

#[tokio::test]
async fn wrong_places_of_a_body_are_named() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let body = json!({ "role": "webhook" });
    let reply = stage.post(&stage.administrator, "/api/v1/keys", &body).await;
    assert_eq!(reply.json()["errors"][0]["pointer"], "/role");
    let at = format!("/api/v1/spaces/{space}");
    let body = json!({ "kind": "capsule", "config": { "capsule": "cap-9" } });
    let reply = stage.post(&stage.administrator, &format!("{at}/connections"), &body).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["errors"][0]["pointer"], "/config/capsule");
    let body = json!({ "connection": "con-9" });
    let reply = stage.post(&stage.administrator, &format!("{at}/investigations"), &body).await;
    assert_eq!(reply.json()["errors"][0]["pointer"], "/connection");
}

#[tokio::test]
async fn paths_methods_and_queries_that_are_wrong_are_told_apart() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let long = format!("/api/v1/{}", "x".repeat(17_000));
    let cases = [
        ("GET", "/api/v1/nothing".to_owned(), 404, "not-found"),
        ("GET", "/".to_owned(), 404, "not-found"),
        ("GET", long, 414, "uri-too-long"),
        ("PUT", "/api/v1/spaces".to_owned(), 405, "method-not-allowed"),
        ("GET", "/api/v1/spaces?limit=0".to_owned(), 400, "malformed-request"),
        ("GET", "/api/v1/spaces?limit=x".to_owned(), 400, "malformed-request"),
        ("GET", "/api/v1/spaces?page=2".to_owned(), 400, "malformed-request"),
        ("GET", "/api/v1/spaces?cursor=AAAA".to_owned(), 400, "invalid-cursor"),
        ("GET", format!("/api/v1/spaces/{space}?x=1"), 400, "malformed-request"),
        (
            "GET",
            format!("/api/v1/spaces/{space}/incidents?verdict=maybe"),
            400,
            "malformed-request",
        ),
        ("GET", format!("/api/v1/spaces/{space}/incidents?since=today"), 400, "malformed-request"),
        ("GET", format!("/api/v1/spaces/{space}/journal?after=-1"), 400, "malformed-request"),
        ("GET", format!("/api/v1/spaces/{space}/capsules/%ff"), 404, "not-found"),
        ("GET", format!("/api/v1/spaces/{space}/capsules/..%2f..%2fx"), 404, "not-found"),
        ("GET", format!("/api/v1/spaces/{space}/capsules/cap-1%00"), 404, "not-found"),
    ];
    for (method, path, status, problem) in cases {
        let request = ask(method.parse().unwrap(), &path, &stage.administrator, None);
        let reply = stage.send(request).await;
        assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (status, problem), "{path}");
    }
    let put = ask(Method::PUT, "/api/v1/spaces", &stage.administrator, None);
    let allowed = stage.send(put).await.header("allow").to_owned();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    let options = ask(Method::OPTIONS, "/api/v1/spaces", &stage.administrator, None);
    let reply = stage.send(options).await;
    assert_eq!(reply.status, 204);
    assert!(reply.header("allow").contains("GET") && reply.header("allow").contains("POST"));
    let head = ask(Method::HEAD, "/api/v1/spaces", &stage.administrator, None);
    let reply = stage.send(head).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
}

#[tokio::test]
async fn cursors_work_for_the_list_that_gave_them_only() {
    let stage = Stage::new().await;
    for n in 0..5 {
        stage.space(&format!("space {n}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/spaces?limit=2".to_owned();
    loop {
        let page = stage.get(&stage.administrator, &path).await.json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/spaces?limit=2&cursor={next}");
    }
    assert_eq!(seen, (0..5).map(|n| format!("space {n}")).collect::<Vec<_>>());
    let cursor = path.rsplit('=').next().unwrap();
    let mut forged = cursor.to_owned();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.insert(0, last);
    for path in [
        format!("/api/v1/keys?cursor={cursor}"),
        format!("/api/v1/audit?cursor={cursor}"),
        format!("/api/v1/spaces?cursor={forged}"),
    ] {
        let reply = stage.get(&stage.administrator, &path).await;
        assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (400, "invalid-cursor"));
    }
}

#[tokio::test]
async fn credentials_that_do_not_work_look_all_the_same() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let (id, revoked) = stage.named_key("viewer", Some(&space)).await;
    stage.store.revoke_key(None, &id, Timestamp::now()).await.unwrap();
    let now = Timestamp::now();
    let new = NewKey {
        role: "viewer".to_owned(),
        space: None,
        name: "old".to_owned(),
        expires_at: Some(now - SignedDuration::from_secs(1)),
    };
    let earlier = now - SignedDuration::from_secs(10);
    let expired = stage.store.issue_key(new, None, earlier).await.unwrap().into_inner().token;
    let mut bodies = Vec::new();
    for value in [
        format!("Bearer {revoked}"),
        format!("Bearer {expired}"),
        "Bearer njt_unknown".to_owned(),
        "Bearer ".to_owned(),
        "Basic Zm9vOmJhcg==".to_owned(),
        "AWS4-HMAC-SHA256 Credential=x".to_owned(),
    ] {
        let request = Request::get("/api/v1/spaces").header("authorization", value);
        let reply = stage.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 401);
        bodies.push(reply.without_id());
    }
    let without = Request::get("/api/v1/spaces").body(Body::empty()).unwrap();
    bodies.push(stage.send(without).await.without_id());
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_panic_tells_nothing() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let path = format!("/api/v1/spaces/{space}/capsules");
    let (status, problem) = post(&stage, &path, "application/gzip", "panic").await;
    assert_eq!((status, problem.as_str()), (500, "internal"));
    let (status, problem) = post(&stage, &path, "application/gzip", "no capsule").await;
    assert_eq!((status, problem.as_str()), (422, "invalid-body"));
    let (status, _) = post(&stage, &path, "text/plain", "no capsule").await;
    assert_eq!(status, 415);
}

#[tokio::test]
async fn a_damaged_blob_is_told_as_such() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    let mut folders = vec![stage.folder.path().join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                std::fs::write(entry.path(), b"something else").unwrap();
            }
        }
    }
    let path = format!("/api/v1/spaces/{space}/capsules/cap-1/archive");
    let reply = stage.get(&stage.administrator, &path).await;
    assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (500, "damaged"));
    assert!(!reply.text().contains("blobs"), "{}", reply.text());
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    for path in ["capsules/cap-1", "connections/con-1"] {
        let path = format!("/api/v1/spaces/{space}/{path}");
        let reply = stage.send(ask(Method::DELETE, &path, &stage.administrator, None)).await;
        assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (409, "conflict"), "{path}");
    }
}

#[tokio::test]
async fn without_a_database_nothing_is_answered_and_nothing_leaks() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    stage.store.close().await;
    for path in ["/api/v1/spaces".to_owned(), format!("/api/v1/spaces/{space}/incidents")] {
        let reply = stage.get(&stage.administrator, &path).await;
        let problem = reply.problem();
        assert_eq!((reply.status.as_u16(), problem.as_str()), (503, "unavailable"));
        assert!(!reply.header("retry-after").is_empty());
        assert!(!reply.text().to_lowercase().contains("pool"), "{}", reply.text());
    }
    let alive = stage.get(&stage.administrator, "/healthz").await;
    assert_eq!(alive.status, 200);
    let ready = stage.get(&stage.administrator, "/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["missing"][0], "database");
}
