//! Events by webhook: who may subscribe, what is sent, and what becomes of it.

mod receiver;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;
use nightjar_oncall::{Courier, CourierPace};
use nightjar_server::{Config, Webhooks};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::stage::{Reply, Stage, ask};
use receiver::{Answer, Receiver};

struct Scene {
    stage: Stage,
    space: String,
    at: String,
    // Dropping it stops the courier.
    _stop: watch::Sender<bool>,
    _courier: JoinHandle<()>,
}

/// Nothing waits longer than this; a receiver that hangs costs as much.
const ANSWER: Duration = Duration::from_millis(300);

impl Scene {
    async fn new() -> Self {
        Self::with(true).await
    }

    async fn with(allow_loopback_subscribers: bool) -> Self {
        let public_url = Some("https://nightjar.example.com".to_owned());
        let config = Config {
            allow_loopback_subscribers: true,
            public_url,
            rate_limits: false,
            ..Config::default()
        };
        let stage = Stage::with(config.clone()).await;
        let space = stage.space("own").await;
        let sending = Config { allow_loopback_subscribers, ..config };
        let pace = CourierPace {
            first_pause: Duration::from_millis(1),
            look_again: Duration::from_millis(5),
            ..CourierPace::default()
        };
        let courier = Courier {
            store: stage.store.clone(),
            channel: Arc::new(Webhooks::new(&sending, ANSWER)),
            pace,
            clock: Arc::new(Timestamp::now),
        };
        let (stop, stopped) = watch::channel(false);
        let courier = tokio::spawn(Arc::new(courier).run(stopped));
        let at = format!("/api/v1/spaces/{space}");
        Self { stage, space, at, _stop: stop, _courier: courier }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("{}{path}", self.at);
        self.stage.send(ask(method, &path, &self.stage.administrator, body)).await
    }

    /// Subscribes a receiver: its id and its secret.
    async fn subscribe(&self, url: &str) -> (String, String) {
        let made = self.send(Method::POST, "/subscriptions", Some(&json!({ "url": url }))).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    async fn test(&self, subscription: &str) -> Value {
        let path = format!("/subscriptions/{subscription}/test");
        let sent = self.send(Method::POST, &path, None).await;
        assert_eq!(sent.status, 202, "{}", sent.text());
        sent.json()
    }

    /// The only event of a list, once it is as wanted.
    async fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let list = self.send(Method::GET, "/events", None).await.json();
                if is_so(&list["items"][0]) {
                    break list["items"][0].clone();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it comes to that")
    }
}

#[tokio::test]
async fn a_test_event_arrives_signed_and_is_seen_to_have_arrived() {
    let scene = Scene::new().await;
    let receiver = Receiver::new([Answer::status(204)]).await;
    let (id, secret) = scene.subscribe(&receiver.url()).await;
    let sent = scene.test(&id).await;
    let got = receiver.wait(1).await.remove(0);
    assert!(got.head.starts_with("POST /in?token=hush HTTP/1.1"), "{}", got.head);
    assert_eq!(got.header("content-type"), "application/cloudevents+json");
    assert_eq!(got.signatures_of(&secret), 1);
    let event = got.json();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "io.nightjar.test");
    assert_eq!(event["id"], got.header("webhook-id"));
    assert_eq!(event["id"], sent["event_id"]);
    assert_eq!(event["data"]["metadata"]["agent_space_id"], scene.space);
    let done = scene.until(|event| event["state"] == "delivered").await;
    assert_eq!(
        (&done["id"], &done["attempts"], &done["error"]),
        (&sent["id"], &json!(1), &Value::Null)
    );
    let metrics = scene.stage.get(&scene.stage.administrator, "/metrics").await.text();
    assert!(metrics.contains("nightjar_events_delivered_total 1"), "{metrics}");
    assert!(metrics.contains("nightjar_events_pending 0"));
}

#[tokio::test]
async fn what_fails_comes_again_as_the_same_event_until_it_is_accepted() {
    let scene = Scene::new().await;
    let elsewhere = Receiver::new([Answer::status(200)]).await;
    let redirect = format!("location: {}\r\n", elsewhere.url());
    let long = format!("HTTP/1.1 500 X\r\nconnection: close\r\n\r\n{}", "x".repeat(1 << 20));
    let receiver = Receiver::new([
        Answer::status(500),
        Answer::with(302, &redirect),
        Answer::with(307, &redirect),
        Answer::Hangs,
        Answer::Says("HTTP/1.1 999".to_owned()),
        Answer::Says(String::new()),
        Answer::Says(long),
        Answer::status(404),
        Answer::status(200),
    ]);
    let receiver = receiver.await;
    let (id, secret) = scene.subscribe(&receiver.url()).await;
    scene.test(&id).await;
    let got = receiver.wait(9).await;
    let done = scene.until(|event| event["state"] == "delivered").await;
    assert_eq!(done["attempts"], 9);
    assert!(got.iter().all(|request| request.body == got[0].body));
    assert!(got.iter().all(|request| request.signatures_of(&secret) == 1));
    assert!(elsewhere.received().is_empty(), "a redirect was followed");
}

#[tokio::test]
async fn why_it_does_not_arrive_is_told_without_a_word_of_the_receivers() {
    let scene = Scene::new().await;
    for (answer, told) in [
        (Answer::status(503), "the receiver answered 503"),
        (Answer::status(301), "the receiver answered 301; redirects aren't followed"),
        (Answer::Hangs, "no answer within 300 ms"),
    ] {
        let receiver = Receiver::new([answer]).await;
        let (id, _) = scene.subscribe(&receiver.url()).await;
        scene.test(&id).await;
        let failed = scene.until(|event| event["error"].is_string()).await;
        assert_eq!((&failed["error"], &failed["state"]), (&json!(told), &json!("pending")));
        scene.send(Method::DELETE, &format!("/subscriptions/{id}"), None).await;
    }
    let gone = Receiver::new([Answer::status(410)]).await;
    let (id, _) = scene.subscribe(&gone.url()).await;
    scene.test(&id).await;
    let failed = scene.until(|event| event["state"] == "failed").await;
    assert_eq!(failed["error"], "the receiver answered 410: it is gone");
    let paused = scene.send(Method::GET, &format!("/subscriptions/{id}"), None).await.json();
    assert_eq!((&paused["state"], &paused["paused_because"]), (&json!("paused"), &failed["error"]));
    // A person has it sent again: first the subscription goes on, then the event is due.
    let path = format!("/subscriptions/{id}");
    let active = scene.send(Method::PATCH, &path, Some(&json!({ "state": "active" }))).await.json();
    assert_eq!(active["paused_because"], Value::Null);
    let path = format!("/events/{}/retry", failed["id"].as_str().unwrap());
    assert_eq!(scene.send(Method::POST, &path, None).await.status, 202);
    gone.wait(2).await;
}

#[tokio::test]
async fn this_machine_is_not_asked_unless_the_settings_of_the_sender_allow_it() {
    // The settings were others when it was subscribed, or its name led elsewhere.
    let scene = Scene::with(false).await;
    let receiver = Receiver::new([Answer::status(200)]).await;
    for url in [receiver.url(), receiver.url().replace("127.0.0.1", "localhost")] {
        let (id, _) = scene.subscribe(&url).await;
        scene.test(&id).await;
        let failed = scene.until(|event| event["error"].is_string()).await;
        assert!(failed["error"].as_str().unwrap().starts_with("not sent: "), "{failed}");
        scene.send(Method::DELETE, &format!("/subscriptions/{id}"), None).await;
    }
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn an_exchanged_secret_signs_beside_the_new_one_for_a_while() {
    let scene = Scene::new().await;
    let receiver = Receiver::new([Answer::status(200)]).await;
    let (id, first) = scene.subscribe(&receiver.url()).await;
    let rotate = async |body: Value| {
        let path = format!("/subscriptions/{id}/secret");
        scene.send(Method::POST, &path, Some(&body)).await
    };
    assert_eq!(rotate(json!({ "overlap_hours": 169 })).await.status, 422);
    let second = rotate(json!({})).await.json()["secret"].as_str().unwrap().to_owned();
    scene.test(&id).await;
    let got = receiver.wait(1).await.remove(0);
    assert_eq!((got.signatures_of(&first), got.signatures_of(&second)), (1, 1));
    let third =
        rotate(json!({ "overlap_hours": 0 })).await.json()["secret"].as_str().unwrap().to_owned();
    scene.test(&id).await;
    let got = receiver.wait(2).await.remove(1);
    let all = [&first, &second, &third].map(|secret| got.signatures_of(secret));
    assert_eq!(all, [0, 0, 1]);
}

#[tokio::test]
async fn who_may_look_sees_neither_secret_nor_address() {
    let scene = Scene::new().await;
    let url = "https://hooks.example.com:8443/services/T0/hush?token=hush";
    let (id, secret) = scene.subscribe(url).await;
    let full = scene.send(Method::GET, &format!("/subscriptions/{id}"), None).await;
    assert_eq!((&full.json()["url"], &full.json()["secrets"]), (&json!(url), &json!(1)));
    assert!(!full.text().contains(&secret));
    for role in ["viewer", "operator"] {
        let key = scene.stage.key(role, Some(&scene.space)).await;
        let list = scene.stage.get(&key, &format!("{}/subscriptions", scene.at)).await;
        assert_eq!(list.json()["items"][0]["origin"], "https://hooks.example.com:8443");
        assert!(!list.text().contains("hush") && !list.text().contains(&secret), "{}", list.text());
        let one = scene.stage.get(&key, &format!("{}/subscriptions/{id}", scene.at)).await;
        assert_eq!(one.status, 403);
        let events = scene.stage.get(&key, &format!("{}/events?state=failed", scene.at)).await;
        assert_eq!(events.json()["items"], json!([]));
        let retry = format!("{}/events/dlv-9/retry", scene.at);
        let status = scene.stage.send(ask(Method::POST, &retry, &key, None)).await.status;
        assert_eq!(status, if role == "viewer" { 403 } else { 404 });
    }
}

#[tokio::test]
async fn what_cannot_be_subscribed_is_refused() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let path = format!("/api/v1/spaces/{space}/subscriptions");
    let make = async |body: Value| stage.post(&stage.administrator, &path, &body).await;
    for url in [
        "http://hooks.example.com/",
        "https://user:pass@hooks.example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/",
        "https://0xa9fea9fe/",
        "ftp://hooks.example.com/",
        "nonsense",
        "",
    ] {
        let refused = make(json!({ "url": url })).await;
        assert_eq!(refused.status, 422, "{url} {}", refused.text());
        assert_eq!(refused.json()["errors"][0]["pointer"], "/url");
    }
    let url = "https://hooks.example.com/";
    for more in [
        json!({ "types": ["investigation.completed"] }),
        json!({ "surprise": 1 }),
        json!({ "name": "a\nb" }),
        json!({ "types": null }),
    ] {
        let mut body = json!({ "url": url });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(make(body).await.status, 422, "{more}");
    }
    for _ in 0..20 {
        assert_eq!(make(json!({ "url": url })).await.status, 201);
    }
    assert_eq!(make(json!({ "url": url })).await.status, 409);
    let all = stage.get(&stage.administrator, &path).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 20);
    let first = all["items"][0]["id"].as_str().unwrap();
    let one = format!("{path}/{first}");
    let change = async |body: Value| {
        stage.send(ask(Method::PATCH, &one, &stage.administrator, Some(&body))).await
    };
    assert_eq!(change(json!({ "url": "https://localhost/" })).await.status, 422);
    let types = json!(["io.nightjar.investigation.completed"]);
    let changed =
        change(json!({ "types": types, "name": "pager", "state": "paused" })).await.json();
    assert_eq!((&changed["types"], &changed["state"]), (&types, &json!("paused")));
    let test =
        stage.send(ask(Method::POST, &format!("{one}/test"), &stage.administrator, None)).await;
    assert_eq!(test.status, 409);
    assert_eq!(change(json!({ "types": [] })).await.json()["types"], json!([]));
}

#[tokio::test]
async fn the_same_request_again_makes_one_subscription_and_tells_no_secret() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let path = format!("/api/v1/spaces/{space}/subscriptions");
    let body = json!({ "url": "https://hooks.example.com/" });
    let make = async || {
        let mut request = ask(Method::POST, &path, &stage.administrator, Some(&body));
        request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
        stage.send(request).await
    };
    let (first, second) = (make().await, make().await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 409));
    assert!(!second.text().contains(first.json()["secret"].as_str().unwrap()));
    let all = stage.get(&stage.administrator, &path).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}
