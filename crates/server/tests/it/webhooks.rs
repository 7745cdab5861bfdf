//! Messages of alerting systems: let in by proof, answered when durable, seen by people.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::stage::{Reply, Stage};

fn alert(id: &str) -> Value {
    json!({
        "eventType": "incident", "incidentId": id, "action": "created", "priority": "HIGH",
        "title": "Checkout is slow", "service": "checkout",
    })
}

/// The path of an address.
fn path(webhook: &Value) -> String {
    let (_, id) = webhook["url"].as_str().unwrap().split_once("/webhook/").unwrap();
    format!("/webhook/{id}")
}

async fn send(stage: &Stage, to: &str, secret: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post(to).header("authorization", format!("Bearer {secret}"));
    stage.send_unchecked(request.body(body.into()).unwrap()).await
}

struct Hooked {
    stage: Stage,
    base: String,
    webhook: Value,
}

async fn hooked(wanted: Value) -> Hooked {
    let stage = Stage::new().await;
    let space = stage.space("shop").await;
    let base = format!("/api/v1/spaces/{space}");
    let made = stage.post(&stage.administrator, &format!("{base}/webhooks"), &wanted).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let webhook = made.json();
    Hooked { stage, base, webhook }
}

#[tokio::test]
async fn a_message_is_answered_with_what_became_of_it() {
    let Hooked { stage, base, webhook } = hooked(json!({ "auth": "apikey" })).await;
    let (to, secret) = (path(&webhook), webhook["secret"].as_str().unwrap());
    let first = send(&stage, &to, secret, alert("i-1").to_string()).await;
    assert_eq!(first.status, 200);
    let told = first.json();
    assert_eq!((&told["status"], &told["taskId"]), (&json!("accepted"), &json!("task-1")));
    let again = send(&stage, &to, secret, alert("i-1").to_string()).await.json();
    assert_eq!((&again["status"], &again["taskId"]), (&json!("duplicate"), &json!("task-1")));
    assert_eq!(again["incidentId"], told["incidentId"]);

    let token = &stage.administrator;
    let task = stage.get(token, &format!("{base}/tasks/task-1")).await.json();
    assert_eq!((&task["caller_id"], &task["status"]), (&json!("i-1"), &json!("PENDING_START")));
    let kept = stage.get(token, &format!("{base}/deliveries/del-1")).await.json();
    assert_eq!(kept["raw"]["payload"]["incidentId"], "i-1");
    let alert = stage.get(token, &format!("{base}/alerts/alert-1")).await.json();
    assert_eq!((&alert["delivery"], &alert["raw"]), (&json!("del-1"), &Value::Null));
}

#[tokio::test]
async fn a_change_is_answered_and_listed() {
    let Hooked { stage, base, webhook } = hooked(json!({ "auth": "apikey" })).await;
    let (to, secret) = (path(&webhook), webhook["secret"].as_str().unwrap());
    let change = json!({ "change": {
        "id": "d-7", "kind": "deployment", "summary": "cart v8", "entities": ["cart"],
        "at": "2026-11-23T02:58:00Z", "previous": "cart v7",
    } });
    let told = send(&stage, &to, secret, change.to_string()).await;
    assert_eq!(told.status, 200);
    let told = told.json();
    assert_eq!((&told["status"], &told["changes"]), (&json!("changed"), &json!(["chg-1"])));
    let again = send(&stage, &to, secret, change.to_string()).await.json();
    assert_eq!((&again["status"], &again["changes"]), (&json!("duplicate"), &json!(["chg-1"])));
    let viewer = stage.key("viewer", base.rsplit('/').next()).await;
    let kept = stage.get(&viewer, &format!("{base}/changes/chg-1")).await.json();
    assert_eq!((&kept["sender_id"], &kept["kind"]), (&json!("d-7"), &json!("deployment")));
    assert_eq!((&kept["at"], &kept["delivery"]), (&json!("2026-11-23T02:58:00Z"), &json!("del-1")));
    let listed = stage.get(&viewer, &format!("{base}/changes")).await.json();
    assert_eq!(listed["items"], json!([kept]));
    let changed =
        stage.get(&stage.administrator, &format!("{base}/deliveries?status=changed")).await;
    assert_eq!(changed.json()["items"][0]["changes"], json!(["chg-1"]));
}

#[tokio::test]
async fn what_nobody_can_read_is_a_clear_4xx_and_visible() {
    let Hooked { stage, base, webhook } = hooked(json!({ "provider": "alertmanager" })).await;
    let (to, secret) = (path(&webhook), webhook["secret"].as_str().unwrap());
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    let bodies: [Vec<u8>; 5] = [
        b"".to_vec(),
        b"no json".to_vec(),
        b"{\"alerts\": 7}".to_vec(),
        b"{\"a\": \"\xff\xfe\"}".to_vec(),
        deep.into_bytes(),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let reply = send(&stage, &to, secret, body).await;
        assert_eq!(reply.status, 422, "{}", reply.text());
        let told = reply.json();
        assert_eq!(told["status"], "rejected");
        assert_eq!(told["deliveryId"], format!("del-{}", number + 1));
        assert!(!told["reason"].as_str().unwrap().is_empty());
    }
    let rejected = format!("{base}/deliveries?status=rejected");
    let listed = stage.get(&stage.administrator, &rejected).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 5);
    // A message of another sender is recognised, whatever the address expects.
    let other = send(&stage, &to, secret, alert("i-1").to_string()).await;
    assert_eq!(other.json()["status"], "accepted");
    let large = send(&stage, &to, secret, vec![b' '; (1 << 20) + 1]).await;
    assert_eq!(large.status, 413);
}

#[tokio::test]
async fn who_has_no_secret_is_refused_and_told_nothing() {
    let Hooked { stage, base, webhook } = hooked(json!({ "auth": "apikey" })).await;
    let to = path(&webhook);
    let denied = send(&stage, &to, "wrong", alert("i-1").to_string()).await;
    assert_eq!(denied.status, 403);
    assert_eq!(denied.json()["status"], "rejected");
    assert!(!denied.text().contains("secret"), "{}", denied.text());
    let nowhere = send(&stage, "/webhook/nothing", "x", alert("i-1").to_string()).await;
    assert_eq!(nowhere.status, 404);
    let listed = stage.get(&stage.administrator, &format!("{base}/deliveries")).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 0);
    let audit = stage.get(&stage.administrator, "/api/v1/audit?limit=100").await.text();
    assert!(audit.contains("receiveMessage"), "what was refused is in the audit trail: {audit}");
}

#[tokio::test]
async fn whoever_guesses_has_to_wait() {
    let config = nightjar_server::Config::default();
    let stage = Stage::with(config).await;
    let space = stage.space("shop").await;
    let wanted = json!({ "auth": "apikey" });
    let hooks = format!("/api/v1/spaces/{space}/webhooks");
    let webhook = stage.post(&stage.administrator, &hooks, &wanted).await.json();
    let to = path(&webhook);
    let mut is_stopped = false;
    for _ in 0..200 {
        let reply = send(&stage, &to, "wrong", "{}").await;
        is_stopped |= reply.status == 429;
    }
    assert!(is_stopped);
}

#[tokio::test]
async fn a_secret_is_rotated_with_an_overlap() {
    let Hooked { stage, base, webhook } = hooked(json!({ "auth": "apikey" })).await;
    let (to, old) = (path(&webhook), webhook["secret"].as_str().unwrap().to_owned());
    let rotate = format!("{base}/webhooks/{}/rotate", webhook["id"].as_str().unwrap());
    let rotated = stage.post(&stage.administrator, &rotate, &json!({})).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    let new = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert!(rotated.json()["old_secret_until"].is_string());
    for secret in [&old, &new] {
        assert_eq!(send(&stage, &to, secret, alert("i-1").to_string()).await.status, 200);
    }
    let none = json!({ "overlap_hours": 0 });
    let last = stage.post(&stage.administrator, &rotate, &none).await.json();
    for (secret, status) in
        [(old.as_str(), 403), (&new, 403), (last["secret"].as_str().unwrap(), 200)]
    {
        assert_eq!(send(&stage, &to, secret, alert("i-1").to_string()).await.status, status);
    }
    let read = stage.get(&stage.administrator, &format!("{base}/webhooks")).await;
    assert!(!read.text().contains(last["secret"].as_str().unwrap()));
}

#[tokio::test]
async fn a_webhook_is_made_as_its_sender_needs_it() {
    for (provider, auth) in [
        ("pagerduty", "pagerduty"),
        ("cloudwatch", "sns"),
        ("sentry", "sentry"),
        ("splunk", "query:token"),
    ] {
        let Hooked { stage, base, webhook } = hooked(json!({ "provider": provider })).await;
        assert_eq!(webhook["auth"], auth);
        assert_eq!(webhook["secret"].is_string(), auth != "sns");
        let one = format!("{base}/webhooks/{}", webhook["id"].as_str().unwrap());
        let delete =
            crate::stage::ask(axum::http::Method::DELETE, &one, &stage.administrator, None);
        assert_eq!(stage.send(delete).await.status, 204);
        assert_eq!(send(&stage, &path(&webhook), "x", "{}").await.status, 404);
    }
    let own = json!({ "provider": "pagerduty", "secret": "made-by-pagerduty" });
    assert_eq!(hooked(own).await.webhook["secret"], "made-by-pagerduty");
    let stage = Stage::new().await;
    let hooks = format!("/api/v1/spaces/{}/webhooks", stage.space("shop").await);
    for wrong in [
        json!({ "provider": "nobody" }),
        json!({ "auth": "none" }),
        json!({ "auth": "apikey", "secret": "short" }),
        json!({ "auth": "sns", "secret": "long enough" }),
        json!({ "auth": 7 }),
        json!({ "secret": "with\nnewline" }),
    ] {
        let refused = stage.post(&stage.administrator, &hooks, &wrong).await;
        assert_eq!(refused.status, 422, "{wrong} {}", refused.text());
    }
}

#[tokio::test]
async fn a_secret_in_the_query_isnt_written_down() {
    let Hooked { stage, webhook, .. } = hooked(json!({ "provider": "splunk" })).await;
    let secret = webhook["secret"].as_str().unwrap();
    let to = format!("{}?token={secret}", path(&webhook));
    let request = Request::post(&to).body(Body::from(alert("i-1").to_string())).unwrap();
    assert_eq!(stage.send_unchecked(request).await.status, 200);
    let wrong = format!("{}?token={secret}x", path(&webhook));
    let request = Request::post(&wrong).body(Body::from("{}")).unwrap();
    assert_eq!(stage.send_unchecked(request).await.status, 403);
    let audit = stage.get(&stage.administrator, "/api/v1/audit?limit=100").await.text();
    assert!(!audit.contains(secret));
}

#[tokio::test]
async fn a_key_sends_alerts_without_a_webhook() {
    let stage = Stage::new().await;
    let space = stage.space("shop").await;
    let key = stage.key("webhook", Some(&space)).await;
    let told = stage.post(&key, &format!("/api/v1/spaces/{space}/alerts"), &alert("i-1")).await;
    assert_eq!((told.status.as_u16(), &told.json()["status"]), (200, &json!("accepted")));
    let viewer = stage.key("viewer", Some(&space)).await;
    let refused =
        stage.post(&viewer, &format!("/api/v1/spaces/{space}/alerts"), &alert("i-1")).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_sender_of_cloud_events_asks_first() {
    let Hooked { stage, webhook, .. } = hooked(json!({ "provider": "cloudevents" })).await;
    let ask = |path: &str| {
        let request = Request::builder().method("OPTIONS").uri(path);
        request.header("WebHook-Request-Origin", "events.example.com").body(Body::empty()).unwrap()
    };
    let answer = stage.send_unchecked(ask(&path(&webhook))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("webhook-allowed-origin"), "events.example.com");
    assert_eq!(stage.send_unchecked(ask("/webhook/nothing")).await.status, 404);
}

#[tokio::test]
async fn every_way_to_prove_who_sends_can_be_chosen() {
    let stage = Stage::new().await;
    let at = format!("/api/v1/spaces/{}/webhooks", stage.space("own").await);
    for auth in [
        "hmac",
        "apikey",
        "basic:nightjar",
        "header:X-Secret",
        "query:token",
        "pagerduty",
        "gitlab",
        "grafana:X-Grafana-Alerting-Timestamp",
        "sentry",
        "standard",
        "sns",
    ] {
        let made = stage.post(&stage.administrator, &at, &json!({ "auth": auth })).await;
        assert_eq!(made.status, 201, "{auth}: {}", made.text());
        assert_eq!(made.json()["auth"], auth);
    }
    let wrong = stage.post(&stage.administrator, &at, &json!({ "auth": "basic" })).await;
    assert_eq!((wrong.status.as_u16(), wrong.problem().as_str()), (422, "invalid-body"));
}
