//! People's sessions: cookies, and that other pages can't use them.

use axum::body::Body;
use axum::http::Request;
use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;
use nightjar_server::Config;
use nightjar_store::Holder;
use serde_json::json;

use crate::stage::{Reply, Stage, ask};

/// What a browser keeps after signing in.
struct Browser {
    cookie: String,
    csrf: String,
}

async fn sign_in(stage: &Stage, token: &str) -> (Reply, Browser) {
    let reply = stage.send(ask(axum::http::Method::POST, "/api/v1/session", token, None)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = reply.json()["csrf_token"].as_str().unwrap().to_owned();
    (reply, Browser { cookie, csrf })
}

async fn browse(
    stage: &Stage,
    method: &str,
    path: &str,
    browser: &Browser,
    more: &[(&str, &str)],
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", format!("theme=dark; {}", browser.cookie))
        .header("content-type", "application/json");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    stage.send(request.body(Body::from(json!({ "name": "made" }).to_string())).unwrap()).await
}

#[tokio::test]
async fn a_session_reads_freely_and_writes_with_its_token_only() {
    let stage = Stage::new().await;
    let (reply, browser) = sign_in(&stage, &stage.administrator).await;
    let cookie = reply.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain HTTP: {cookie}");
    let spaces = "/api/v1/spaces";
    assert_eq!(browse(&stage, "GET", spaces, &browser, &[]).await.status, 200);
    let missing = browse(&stage, "POST", spaces, &browser, &[]).await;
    assert_eq!((missing.status.as_u16(), missing.problem().as_str()), (403, "csrf"));
    let wrong = browse(&stage, "POST", spaces, &browser, &[("x-csrf-token", "guess")]).await;
    assert_eq!(wrong.problem(), "csrf");
    let (_, other) = sign_in(&stage, &stage.administrator).await;
    let others = [("x-csrf-token", other.csrf.as_str())];
    assert_eq!(browse(&stage, "POST", spaces, &browser, &others).await.problem(), "csrf");
    let elsewhere = [("x-csrf-token", browser.csrf.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(browse(&stage, "POST", spaces, &browser, &elsewhere).await.problem(), "csrf");
    let right = [("x-csrf-token", browser.csrf.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(browse(&stage, "POST", spaces, &browser, &right).await.status, 201);
}

#[tokio::test]
async fn a_session_ends_when_its_person_or_an_administrator_ends_it() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let operator = stage.key("operator", Some(&space)).await;
    let (begun, first) = sign_in(&stage, &operator).await;
    let (_, second) = sign_in(&stage, &operator).await;
    let who = browse(&stage, "GET", "/api/v1/session", &first, &[]).await;
    assert_eq!(who.json()["id"], begun.json()["id"]);
    assert_eq!(who.json()["space"], space);
    let token = [("x-csrf-token", first.csrf.as_str())];
    let out = browse(&stage, "DELETE", "/api/v1/session", &first, &token).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").starts_with("nightjar=;"));
    assert_eq!(browse(&stage, "GET", "/api/v1/session", &first, &[]).await.status, 401);
    let at = format!("/api/v1/spaces/{space}/sessions");
    let running = stage.get(&stage.administrator, &at).await.json();
    let id = running["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(running["items"].as_array().unwrap().len(), 1);
    let elsewhere = stage.space("other").await;
    let wrong = format!("/api/v1/spaces/{elsewhere}/sessions/{id}");
    let delete = axum::http::Method::DELETE;
    let reply = stage.send(ask(delete.clone(), &wrong, &stage.administrator, None)).await;
    assert_eq!(reply.status, 404, "a session of another space");
    let reply = stage.send(ask(delete, &format!("{at}/{id}"), &stage.administrator, None)).await;
    assert_eq!(reply.status, 204);
    assert_eq!(browse(&stage, "GET", "/api/v1/session", &second, &[]).await.status, 401);
}

#[tokio::test]
async fn sessions_end_by_themselves_and_do_not_beget_others() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let holder = Holder {
        id: "NJAKTEST".to_owned(),
        role: "viewer".to_owned(),
        space: Some(SpaceId::new(&space)),
        name: "somebody".to_owned(),
    };
    let now = Timestamp::now();
    let earlier = now - SignedDuration::from_hours(2);
    let over = now - SignedDuration::from_hours(1);
    let (_, secret, csrf) = stage.store.begin_session(&holder, over, earlier).await.unwrap();
    let old = Browser { cookie: format!("nightjar={secret}"), csrf };
    assert_eq!(browse(&stage, "GET", "/api/v1/session", &old, &[]).await.status, 401);
    let (_, browser) = sign_in(&stage, &stage.administrator).await;
    let request = Request::post("/api/v1/session").header("cookie", &browser.cookie);
    let reply = stage.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 401);
    let bearer = ask(axum::http::Method::DELETE, "/api/v1/session", &stage.administrator, None);
    assert_eq!(stage.send(bearer).await.status, 409);
}

#[tokio::test]
async fn by_tls_the_cookie_belongs_to_the_host_alone() {
    let public_url = Some("https://nightjar.example.com".to_owned());
    let stage = Stage::with(Config { public_url, ..Config::default() }).await;
    let (reply, browser) = sign_in(&stage, &stage.administrator).await;
    assert!(reply.header("set-cookie").starts_with("__Host-nightjar="));
    assert!(reply.header("set-cookie").contains("; Secure"));
    assert!(reply.header("strict-transport-security").contains("max-age"));
    assert_eq!(browse(&stage, "GET", "/api/v1/session", &browser, &[]).await.status, 200);
}
