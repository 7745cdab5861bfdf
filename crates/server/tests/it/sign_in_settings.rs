//! Which provider people sign in with, and who may say so.

use axum::body::Body;
use axum::http::{Method, Request};
use nightjar_server::Config;
use serde_json::{Value, json};

use crate::stage::{Reply, Stage, ask};

const SECRET: &str = "the provider's secret of a test";

fn body(more: &Value) -> Value {
    let mut body = json!({
        "issuer_url": "https://login.example.com",
        "client_id": "nightjar",
        "client_secret": SECRET,
        "roles": [{ "group": "sre", "role": "operator" }],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

struct Scene {
    stage: Stage,
    path: String,
}

impl Scene {
    async fn new() -> Self {
        let public_url = Some("https://nightjar.example.com/".to_owned());
        let config = Config { public_url, rate_limits: false, ..Config::default() };
        let stage = Stage::with(config).await;
        let space = stage.space("own").await;
        Self { stage, path: format!("/api/v1/spaces/{space}/sign-in") }
    }
    async fn put(&self, body: &Value) -> Reply {
        let request = ask(Method::PUT, &self.path, &self.stage.administrator, Some(body));
        self.sent(request).await
    }
    async fn get(&self) -> Reply {
        self.sent(ask(Method::GET, &self.path, &self.stage.administrator, None)).await
    }
    /// No answer ever holds the secret.
    async fn sent(&self, request: Request<Body>) -> Reply {
        let reply = self.stage.send(request).await;
        assert!(!reply.text().contains(SECRET), "{}", reply.text());
        reply
    }
}

#[tokio::test]
async fn what_is_configured_is_shown_without_its_secret() {
    let scene = Scene::new().await;
    assert_eq!(scene.get().await.status, 404);
    let put = scene.put(&body(&json!({}))).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let shown = scene.get().await.json();
    assert_eq!(shown, put.json());
    assert_eq!(shown["has_client_secret"], true);
    assert_eq!(shown["scopes"], json!(["profile"]));
    assert_eq!(shown["groups_claim"], "groups");
    assert_eq!(shown["default_role"], Value::Null);
    assert_eq!(shown["roles"], json!([{ "group": "sre", "role": "operator" }]));
    let redirect = "https://nightjar.example.com/sign-in/oidc/callback";
    assert_eq!(shown["redirect_url"], redirect);
    let delete = ask(Method::DELETE, &scene.path, &scene.stage.administrator, None);
    assert_eq!(scene.sent(delete).await.status, 204);
    assert_eq!(scene.get().await.status, 404);
}

#[tokio::test]
async fn a_secret_stays_with_the_provider_it_was_made_with() {
    let scene = Scene::new().await;
    assert_eq!(scene.put(&body(&json!({}))).await.status, 200);
    let without = |more: Value| {
        let mut body = body(&more);
        body.as_object_mut().unwrap().remove("client_secret");
        body
    };
    let kept = scene.put(&without(json!({ "default_role": "viewer" }))).await;
    assert_eq!((kept.status.as_u16(), &kept.json()["has_client_secret"]), (200, &json!(true)));
    for elsewhere in [json!({ "issuer_url": "https://evil.example" }), json!({ "client_id": "b" })]
    {
        let refused = scene.put(&without(elsewhere)).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["errors"][0]["pointer"], "/client_secret");
    }
    assert_eq!(scene.get().await.json()["issuer_url"], "https://login.example.com");
}

#[tokio::test]
async fn what_cant_be_a_provider_is_refused() {
    let scene = Scene::new().await;
    let wrong = [
        (json!({ "issuer_url": "http://login.example.com" }), "/issuer_url"),
        (json!({ "issuer_url": "http://127.0.0.1:8080" }), "/issuer_url"),
        (json!({ "issuer_url": "https://localhost" }), "/issuer_url"),
        (json!({ "issuer_url": "https://169.254.169.254/" }), "/issuer_url"),
        (json!({ "issuer_url": "https://[::ffff:a9fe:a9fe]/" }), "/issuer_url"),
        (json!({ "issuer_url": "nonsense" }), "/issuer_url"),
        (json!({ "client_id": "" }), "/client_id"),
        (json!({ "client_id": "a\nb" }), "/client_id"),
        (json!({ "client_secret": "" }), "/client_secret"),
        (json!({ "client_secret": "x".repeat(1025) }), "/client_secret"),
        (json!({ "scopes": ["a b"] }), "/scopes"),
        (json!({ "scopes": [""] }), "/scopes"),
        (json!({ "default_role": "webhook" }), "/default_role"),
        (json!({ "roles": [{ "group": "a", "role": "webhook" }] }), "/roles/0/role"),
        (json!({ "roles": [{ "group": "a\nb", "role": "viewer" }] }), ""),
        (json!({ "roles": [{ "group": "a", "role": "root" }] }), ""),
        (json!({ "surprise": 1 }), ""),
    ];
    for (more, pointer) in wrong {
        let refused = scene.put(&body(&more)).await;
        assert_eq!(refused.status, 422, "{more} {}", refused.text());
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{more}");
    }
    assert_eq!(scene.get().await.status, 404);
}

#[tokio::test]
async fn whoever_isnt_configured_or_isnt_there_looks_the_same() {
    let scene = Scene::new().await;
    let space = scene.path.split('/').nth(4).unwrap().to_owned();
    let mut pages = Vec::new();
    for space in [space.as_str(), "01940000-0000-7000-8000-00000000dead"] {
        let request = Request::get(format!("/sign-in/oidc/{space}")).body(Body::empty()).unwrap();
        let page = scene.sent(request).await;
        assert_eq!(page.status, 404);
        assert!(page.header("content-type").starts_with("text/html"));
        pages.push(page.text());
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_browser_says_where_it_reached_us_on_loopback_alone() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let path = format!("/api/v1/spaces/{space}/sign-in");
    let put = ask(Method::PUT, &path, &stage.administrator, Some(&body(&json!({}))));
    assert_eq!(stage.send(put).await.json()["redirect_url"], Value::Null);
    for (host, shown) in [
        ("localhost:8080", true),
        ("127.0.0.1:8080", true),
        ("[::1]:8080", true),
        ("evil.example", false),
        ("localhost.evil.example", false),
        ("evil.example@localhost", false),
        ("10.0.0.1", false),
    ] {
        let mut request = ask(Method::GET, &path, &stage.administrator, None);
        request.headers_mut().insert("host", host.parse().unwrap());
        let redirect = stage.send(request).await.json()["redirect_url"].clone();
        assert_eq!(redirect.is_string(), shown, "{host}: {redirect}");
        let request = Request::get(format!("/sign-in/oidc/{space}")).header("host", host);
        if !shown {
            let page = stage.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(page.status, 503, "{host}");
            assert!(page.text().contains("server.public_url"), "{}", page.text());
        }
    }
}

#[tokio::test]
async fn signing_out_needs_the_pages_own_token() {
    let stage = Stage::new().await;
    let begin = ask(Method::POST, "/api/v1/session", &stage.administrator, None);
    let begun = stage.send(begin).await;
    let cookie = begun.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = begun.json()["csrf_token"].as_str().unwrap().to_owned();
    let out = async |form: String, site: &str, cookie: &str| {
        let request = Request::post("/sign-out")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .header("cookie", cookie);
        stage.send(request.body(Body::from(form)).unwrap()).await
    };
    for (form, site) in [
        (String::new(), "same-origin"),
        ("csrf=guess".to_owned(), "same-origin"),
        (format!("csrf={csrf}"), "cross-site"),
    ] {
        let refused = out(form, site, &cookie).await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (403, "csrf"));
    }
    let page = Request::get("/signed-in").header("cookie", &cookie).body(Body::empty()).unwrap();
    let page = stage.send(page).await;
    assert!(page.text().contains(&csrf) && page.text().contains("the whole installation"));
    let gone = out(format!("csrf={csrf}"), "same-origin", &cookie).await;
    assert_eq!((gone.status.as_u16(), gone.header("location")), (303, "/signed-out"));
    let page = Request::get("/signed-in").header("cookie", &cookie).body(Body::empty()).unwrap();
    assert_eq!(stage.send(page).await.status, 401);
    assert_eq!(out(String::new(), "same-origin", "").await.status, 303, "nobody is signed in");
}
