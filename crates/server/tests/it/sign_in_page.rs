//! The page behind a sign-in link.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::stage::{Reply, Stage};

async fn submit(stage: &Stage, form: &str, site: &str) -> Reply {
    let request = Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", site);
    stage.send(request.body(Body::from(form.to_owned())).unwrap()).await
}

#[tokio::test]
async fn opening_a_link_uses_nothing_up_but_its_button_does() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let body = json!({ "role": "operator", "name": "<b>Ada</b>" });
    let path = format!("/api/v1/spaces/{space}/sign-in-links");
    let made = stage.post(&stage.administrator, &path, &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let link = made.json()["link"].as_str().unwrap().to_owned();
    let secret = link.split_once("link=").unwrap().1;
    for _ in 0..3 {
        let page = stage.send(Request::get(&link).body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("method=post"));
        assert!(page.header("content-security-policy").contains("form-action 'self'"));
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let forged = submit(&stage, &format!("link={secret}"), "cross-site").await;
    assert_eq!((forged.status.as_u16(), forged.problem().as_str()), (403, "csrf"));
    let signed_in = submit(&stage, &format!("link={secret}"), "same-origin").await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text());
    assert!(signed_in.text().contains("&lt;b&gt;Ada&lt;/b&gt;"), "{}", signed_in.text());
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let who = Request::get("/api/v1/session").header("cookie", &cookie);
    let who = stage.send(who.body(Body::empty()).unwrap()).await.json();
    let out = Request::delete("/api/v1/session")
        .header("cookie", &cookie)
        .header("x-csrf-token", who["csrf_token"].as_str().unwrap());
    assert_eq!((who["role"].as_str(), who["space"].as_str()), (Some("operator"), Some(&*space)));
    let out = stage.send(out.body(Body::empty()).unwrap()).await;
    assert_eq!(out.status, 204, "{}", out.text());
    let again = submit(&stage, &format!("link={secret}"), "same-origin").await;
    assert_eq!(again.status, 403);
    let by_api = json!({ "link": secret }).to_string();
    let by_api = Request::post("/api/v1/session")
        .header("content-type", "application/json")
        .body(Body::from(by_api));
    assert_eq!(stage.send(by_api.unwrap()).await.status, 401);
}

#[tokio::test]
async fn a_link_that_is_none_shows_nothing_of_itself() {
    let stage = Stage::new().await;
    let odd = Request::get("/sign-in?link=%22%3E%3Cscript%3E").body(Body::empty()).unwrap();
    let page = stage.send(odd).await;
    assert!(!page.text().contains("script"), "{}", page.text());
    assert_eq!(submit(&stage, "link=%22", "same-origin").await.status, 400);
    assert_eq!(submit(&stage, "", "same-origin").await.status, 400);
}
