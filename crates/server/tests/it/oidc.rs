//! People sign in with a real OpenID Connect provider: npm's `oidc-provider`, started by each test.

mod browser;
mod provider;
mod scene;

use jiff::Timestamp;
use nightjar_store::{AuditFilter, Collection, NewDocument, PageRequest};
use reqwest::Method;
use serde_json::json;

use browser::Browser;
use scene::{CALLBACK, Scene, set};

#[tokio::test]
async fn a_person_signs_in_works_and_signs_out_of_both() {
    let Some(scene) = Scene::new().await else { return };
    let mut browser = Browser::new();
    let page = scene.sign_in(&mut browser, "bob").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("url=/signed-in"), "{}", page.body);
    assert_eq!(browser.cookies().iter().filter(|it| it.contains("sign-in")).count(), 0);
    let bob = ("bob of the test".to_owned(), "operator".to_owned());
    assert_eq!(scene.who(&mut browser).await, Some(bob));
    let space = format!("{}/api/v1/spaces/{}", scene.base, scene.space.id());
    assert_eq!(browser.get(&space).await.status, 200);
    let keys = browser.get(&format!("{space}/keys")).await;
    assert_eq!(keys.status, 403, "an operator: {}", keys.body);

    let filter = AuditFilter::default();
    let all = PageRequest { limit: 100, after: None };
    let trail = scene.service.store.audit_trail(&filter, &all).await.unwrap().items;
    let back = trail.iter().find(|entry| entry.call.operation == "finishSignIn").unwrap();
    assert_eq!(back.call.subject.as_deref(), Some("bob"));
    assert_eq!(back.call.space.as_ref(), Some(scene.space.id()));
    assert!(back.call.actor.starts_with("ses-"), "{}", back.call.actor);

    let own = browser.get(&format!("{}/signed-in", scene.base)).await;
    assert!(own.body.contains("<b>bob of the test</b>, operator of space"), "{}", own.body);
    let form = format!("form-action 'self' {};", scene.provider.issuer);
    assert!(own.policy.contains(&form), "{}", own.policy);
    let asked = browser.submit(&own, &[], "").await;
    assert!(asked.url.as_str().starts_with(&scene.provider.issuer), "{}", asked.url);
    assert_eq!(scene.who(&mut browser).await, None, "signed out here, whatever the provider does");
    let out = browser.submit(&asked, &[("logout", "yes")], "").await;
    assert_eq!((out.url.path(), out.status.as_u16()), ("/signed-out", 200), "{}", out.body);
    let again = scene.off(&mut browser).await;
    assert!(again.body.contains("name=\"login\""), "signed out there: {}", again.body);
    scene.service.stop().await;
}

#[tokio::test]
async fn groups_decide_what_people_may_do() {
    let Some(scene) = Scene::new().await else { return };
    assert_eq!(scene.role("ada").await, (200, "administrator".to_owned()));
    assert_eq!(scene.role("eve").await, (200, "viewer".to_owned()));
    assert_eq!(scene.role("mallory").await, (403, String::new()));
    assert_eq!(scene.configure("nightjar", json!({ "default_role": "viewer" })).await.0, 200);
    assert_eq!(scene.role("mallory").await, (200, "viewer".to_owned()));
    // As the public contract alone leaves it: it has no field for groups.
    let documents = scene.space.documents(Collection::SignIn);
    documents.delete("idp").await.unwrap();
    let body = json!({
        "flow": "idp", "issuer_url": scene.provider.issuer, "provider": "test",
        "client_id": "nightjar", "client_secret": "the secret of nightjar",
    });
    let new = NewDocument { id: Some("idp".to_owned()), body, ..NewDocument::default() };
    documents.create(new, None, Timestamp::now()).await.unwrap();
    assert_eq!(scene.role("ada").await, (200, "viewer".to_owned()));
    scene.service.stop().await;
}

#[tokio::test]
async fn groups_are_asked_for_where_the_token_has_none() {
    let Some(scene) = Scene::with("userinfo").await else { return };
    assert_eq!(scene.role("ada").await, (200, "administrator".to_owned()));
    assert_eq!(scene.role("mallory").await, (403, String::new()));
    scene.service.stop().await;
}

#[tokio::test]
async fn a_way_back_that_isnt_the_browsers_own_signs_nobody_in() {
    let Some(scene) = Scene::new().await else { return };
    let mut browser = Browser::new();
    let page = scene.off(&mut browser).await;
    let mut stranger = Browser::new();
    let back = scene.on_the_way_back(&mut browser, &page, "bob").await;
    let elsewhere = stranger.get(back.as_str()).await;
    assert_eq!(elsewhere.status, 400, "another browser: {}", elsewhere.body);
    // What is kept is used up by a wrong state, the right one included.
    let mut forged = back.clone();
    set(&mut forged, "state", "forged");
    assert_eq!(Browser::like(&browser).get(forged.as_str()).await.status, 400);
    let late = Browser::like(&browser).get(back.as_str()).await;
    assert_eq!(late.status, 400, "{}", late.body);

    let mut browser = Browser::new();
    let page = scene.off(&mut browser).await;
    let back = scene.on_the_way_back(&mut browser, &page, "bob").await;
    let copy = Browser::like(&browser);
    assert_eq!(browser.get(back.as_str()).await.status, 200);
    for mut again in [copy, Browser::like(&browser)] {
        let again = again.get(back.as_str()).await;
        assert_eq!(again.status, 400, "replayed: {}", again.body);
    }
    // The code once more, in another sign-in of its own.
    let mut thief = Browser::new();
    let page = scene.off(&mut thief).await;
    let mut own = scene.on_the_way_back(&mut thief, &page, "mallory").await;
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    set(&mut own, "code", &code);
    let stolen = thief.get(own.as_str()).await;
    assert_eq!(stolen.status, 400, "{}", stolen.body);
    assert_eq!(scene.who(&mut thief).await, None);
    scene.service.stop().await;
}

#[tokio::test]
async fn a_code_made_for_another_sign_in_is_refused() {
    let Some(scene) = Scene::new().await else { return };
    // The provider is asked with somebody else's nonce, challenge, and for somebody else.
    for (parameter, value, status) in [
        ("nonce", "of another sign-in", 502),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", 400),
    ] {
        let mut browser = Browser::new();
        let page = scene.off_by(&mut browser, |url| set(url, parameter, value)).await;
        let back = scene.on_the_way_back(&mut browser, &page, "bob").await;
        let refused = browser.get(back.as_str()).await;
        assert_eq!(refused.status, status, "{parameter}: {}", refused.body);
        assert_eq!(scene.who(&mut browser).await, None, "{parameter}");
    }
    let mut browser = Browser::new();
    let page = scene.off(&mut browser).await;
    let mut back = scene.on_the_way_back(&mut browser, &page, "bob").await;
    set(&mut back, "iss", "http://127.0.0.1:9");
    assert_eq!(browser.get(back.as_str()).await.status, 502, "a code of another provider");
    scene.service.stop().await;
}

#[tokio::test]
async fn keys_that_the_provider_exchanges_are_found_without_a_restart() {
    let Some(scene) = Scene::new().await else { return };
    assert_eq!(scene.role("bob").await.0, 200);
    scene.provider.rotate_keys().await;
    assert_eq!(scene.role("bob").await, (200, "operator".to_owned()));
    // Other kinds of signatures, by clients that ask for them.
    for client in ["es256", "eddsa"] {
        assert_eq!(scene.configure(client, json!({})).await.0, 200);
        assert_eq!(scene.role("bob").await, (200, "operator".to_owned()), "{client}");
    }
    scene.service.stop().await;
}

#[tokio::test]
async fn a_clock_may_be_wrong_by_a_minute() {
    let Some(scene) = Scene::new().await else { return };
    // Its tokens last a minute.
    for (seconds, status) in [(45, 200), (90, 502), (-90, 200), (-150, 502), (0, 200)] {
        scene.provider.shift_clock(seconds).await;
        let (found, _) = scene.role("bob").await;
        assert_eq!(found, status, "{seconds} s");
    }
    scene.service.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_is_a_page_with_a_status() {
    let Some(scene) = Scene::new().await else { return };
    let mut browser = Browser::new();
    let page = scene.off(&mut browser).await;
    let denied = browser.get(&format!("{}/abort", page.url)).await;
    assert_eq!((denied.url.path(), denied.status.as_u16()), (CALLBACK, 403), "{}", denied.body);
    assert!(denied.body.contains("let you in"), "{}", denied.body);
    assert!(denied.policy.contains("default-src 'none'"));
    let nowhere = browser.get(&scene.begin_url().replace("sign-in/oidc/0", "sign-in/oidc/1")).await;
    assert_eq!(nowhere.status, 404, "{}", nowhere.body);

    let wrong = scene.configure("nightjar", json!({ "client_secret": "not it" })).await;
    assert_eq!(wrong.0, 200);
    let (status, _) = scene.role("bob").await;
    assert_eq!(status, 502, "the provider doesn't know us");
    let down = json!({ "issuer_url": "http://127.0.0.1:9" });
    assert_eq!(scene.configure("nightjar", down).await.0, 200);
    let page = browser.get(&scene.begin_url()).await;
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(!page.body.contains("127.0.0.1"), "no details: {}", page.body);
    scene.service.stop().await;
}

#[tokio::test]
async fn sessions_end_when_the_provider_is_taken_away_or_exchanged() {
    let Some(scene) = Scene::new().await else { return };
    let (mut bob, mut ada) = (Browser::new(), Browser::new());
    assert_eq!(scene.sign_in(&mut bob, "bob").await.status, 200);
    assert_eq!(scene.configure("nightjar", json!({ "provider": "Test" })).await.0, 200);
    assert!(scene.who(&mut bob).await.is_some(), "the same provider");
    assert_eq!(scene.configure("es256", json!({})).await.0, 200);
    assert_eq!(scene.who(&mut bob).await, None);
    assert_eq!(scene.sign_in(&mut ada, "ada").await.status, 200);
    let path = format!("/api/v1/spaces/{}/sign-in", scene.space.id());
    assert_eq!(scene.api(Method::DELETE, &path, &json!({})).await.0, 204);
    assert_eq!(scene.who(&mut ada).await, None);
    assert_eq!(ada.get(&scene.begin_url()).await.status, 404);
    scene.service.stop().await;
}
