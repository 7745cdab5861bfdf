//! What an incident says, and what can be done about it.

use axum::http::Method;
use serde_json::json;

use crate::sample::sample;
use crate::stage::{Stage, ask};

#[tokio::test]
async fn an_incident_tells_everything_with_references_that_resolve() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    let viewer = stage.key("viewer", Some(&space)).await;
    let at = format!("/api/v1/spaces/{space}/incidents");
    let list = stage.get(&viewer, &at).await.json();
    assert_eq!(list["items"][0]["id"], "inc-1-1");
    assert_eq!(list["items"][0]["verdict"], "cause_found");
    let whole = stage.get(&viewer, &format!("{at}/inc-1-1")).await.json();
    assert_eq!(whole["title"], "checkout is slow");
    assert_eq!(whole["stage"], "final");
    assert_eq!(whole["verdict"]["verdict"], "cause_found");
    assert_eq!(whole["causes"][0]["hypothesis"]["fault_mode"], "bad_deployment");
    assert_eq!(whole["hypotheses"][0]["support"], json!(["obs-1"]));
    assert_eq!(whole["observations"][0]["id"], "obs-1");
    assert_eq!(whole["plan"], whole["plans"][0]);
    assert_eq!(whole["plan"]["steps"][0]["phase"], "apply");
    assert_eq!(whole["gaps"][0]["wanted"], "logs");
    assert_eq!(whole["impact"]["usual_latency_seconds"], 0.1);
    assert_eq!(whole["alerts"][0]["id"], "alert-1-1");
    assert_eq!(whole["executions"][0]["id"], "inc-1-1/exec-1");
    let evidence = whole["evidence"][0]["id"].as_str().unwrap();
    assert_eq!(whole["observations"][0]["evidence"], json!([evidence]));
    let (execution, number) = evidence.rsplit_once('/').unwrap();
    let execution = execution.replace("inc-1-1/", "inc-1-1/executions/");
    let piece = stage.get(&viewer, &format!("{at}/{execution}/evidence/{number}")).await;
    assert_eq!(piece.json()["content"], json!({ "text": "slow" }), "{}", piece.text());
}

#[tokio::test]
async fn every_part_of_an_incident_can_be_read_by_itself() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    let viewer = stage.key("viewer", Some(&space)).await;
    let at = format!("/api/v1/spaces/{space}/incidents/inc-1-1");
    for (part, pointer) in [
        ("alerts", "/items/0/raw/payload/title"),
        ("topology", "/relations/0/from"),
        ("evidence", "/items/0/query"),
        ("hypotheses", "/items/0/entity"),
        ("root-cause", "/causes/0/statement"),
        ("plan", "/items/0/goal"),
        ("gaps", "/items/0/reason"),
        ("journal", "/items/0/hash"),
    ] {
        let reply = stage.get(&viewer, &format!("{at}/{part}")).await;
        assert_eq!(reply.status, 200, "{part} {}", reply.text());
        assert!(reply.json().pointer(pointer).is_some(), "{part} {}", reply.text());
    }
    let alert = stage.get(&viewer, &format!("/api/v1/spaces/{space}/alerts/alert-1-1")).await;
    assert_eq!(alert.json()["alert"]["severity"], "critical");
    assert_eq!(alert.json()["raw"]["provider"], "datadog");
}

#[tokio::test]
async fn people_say_what_they_think_and_ask_for_more() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    let (id, operator) = stage.named_key("operator", Some(&space)).await;
    let at = format!("/api/v1/spaces/{space}");
    let told = "a lock, says jane@example.com";
    let feedback = json!({ "rating": "wrong", "actual_entity": "db", "actual_cause": told });
    let given = stage.post(&operator, &format!("{at}/incidents/inc-1-1/feedback"), &feedback).await;
    assert_eq!(given.status, 201, "{}", given.text());
    assert_eq!(given.json()["by"], id);
    let kept = given.json()["actual_cause"].as_str().unwrap().to_owned();
    assert!(kept.starts_with("a lock, says ‹email:") && !kept.contains("jane"), "{kept}");
    assert_eq!(given.json()["execution"], "inc-1-1/exec-1");
    let list = stage.get(&operator, &format!("{at}/incidents/inc-1-1/feedback")).await.json();
    assert_eq!(list["items"][0], given.json());
    for path in ["incidents/inc-1-1/look-again", "alerts/alert-1-1/unlink"] {
        let reply = stage.send(ask(Method::POST, &format!("{at}/{path}"), &operator, None)).await;
        assert_eq!(reply.status, 202, "{path} {}", reply.text());
    }
    let link = json!({ "incident": "inc-1-1" });
    let reply = stage.post(&operator, &format!("{at}/alerts/alert-1-1/link"), &link).await;
    assert_eq!(reply.status, 409, "it is there already: {}", reply.text());
    let link = json!({ "incident": "inc-9-9" });
    let reply = stage.post(&operator, &format!("{at}/alerts/alert-1-1/link"), &link).await;
    assert_eq!(reply.json()["errors"][0]["pointer"], "/incident");
}

#[tokio::test]
async fn the_journal_is_read_verified_and_signed() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    let admin = stage.administrator.as_str();
    let at = format!("/api/v1/spaces/{space}");
    let page = stage.get(admin, &format!("{at}/journal?limit=2")).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let after = page["next"].as_u64().unwrap();
    let rest = stage.get(admin, &format!("{at}/journal?after={after}")).await.json();
    assert_eq!(rest["items"][0]["position"], after + 1);
    assert_eq!(rest["next"], json!(null));
    let other = stage.get(admin, &format!("{at}/journal?chain=inc-2-")).await.json();
    assert_eq!(other["items"], json!([]));
    let made = stage.send(ask(Method::POST, &format!("{at}/checkpoints"), admin, None)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let list = stage.get(admin, &format!("{at}/checkpoints")).await.json();
    stage.store.audit_checkpoint(jiff::Timestamp::now()).await.unwrap();
    let of_calls = stage.get(admin, "/api/v1/checkpoints").await.json();
    assert_eq!(of_calls["items"][0]["heads"][0]["chain"], "audit", "{of_calls}");
    assert_eq!(list["items"][0], made.json());
    let report = stage.get(admin, &format!("{at}/journal/verify")).await.json();
    assert_eq!(report["is_sound"], true, "{report}");
    let report = stage.get(admin, "/api/v1/journal/verify").await.json();
    assert_eq!(report["is_sound"], true, "{report}");
}

#[tokio::test]
async fn an_original_is_revealed_only_with_a_trace() {
    let stage = Stage::new().await;
    let space = sample(&stage, "own").await.space;
    let admin = stage.administrator.as_str();
    let at = format!("/api/v1/spaces/{space}");
    let policy = json!({ "seal_originals": true });
    let put = ask(Method::PUT, &format!("{at}/redaction"), admin, Some(&policy));
    let reply = stage.send(put).await;
    assert_eq!(reply.json()["policy"], policy, "{}", reply.text());
    let kept = [("<email:abc>".to_owned(), "ada@example.com".to_owned())];
    stage.open(&space).await.keep_originals(&kept).await.unwrap();
    let asked = json!({ "pseudonym": "<email:abc>" });
    let reply = stage.post(admin, &format!("{at}/redaction/reveal"), &asked).await;
    assert_eq!(reply.json()["original"], "ada@example.com", "{}", reply.text());
    let asked = json!({ "pseudonym": "<email:xyz>" });
    let reply = stage.post(admin, &format!("{at}/redaction/reveal"), &asked).await;
    assert_eq!(reply.status, 404);
    let journal = stage.get(admin, &format!("{at}/journal?chain=config")).await;
    let kinds: Vec<_> = journal.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["body"]["request"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["update_redaction_policy", "reveal_original", "reveal_original"]);
    assert!(!journal.text().contains("ada@example.com"));
    for wrong in [json!([]), json!({ "unknown": 1 }), json!({ "kinds": ["nonsense"] })] {
        let put = ask(Method::PUT, &format!("{at}/redaction"), admin, Some(&wrong));
        assert_eq!(stage.send(put).await.status, 422, "{wrong}");
    }
}
