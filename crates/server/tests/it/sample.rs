//! A space with one of everything.

use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Kind};
use nightjar_incident::{Investigation, Recording, SpaceId};
use nightjar_store::{NewMessage, Space};
use serde_json::{Value, json};

use crate::stage::Stage;

/// The ids of what is in it.
pub(crate) struct Sample {
    pub(crate) space: String,
}

/// Every kind of id that a path can name, as the sample has them.
pub(crate) const IDS: [(&str, &str); 9] = [
    ("capsule", "cap-1"),
    ("connection", "con-1"),
    ("investigation", "inv-1"),
    ("incident", "inc-1-1"),
    ("execution", "exec-1"),
    ("evidence", "ev-1"),
    ("alert", "alert-1-1"),
    ("session", "none"),
    ("change", "chg-1"),
];

pub(crate) fn recording() -> Vec<u8> {
    serde_json::to_vec(&Recording { name: "checkout".to_owned(), ..Recording::default() }).unwrap()
}

/// Makes a space and fills it.
pub(crate) async fn sample(stage: &Stage, name: &str) -> Sample {
    let id = stage.space(name).await;
    let space = stage.open(&id).await;
    let at = format!("/api/v1/spaces/{id}");
    let admin = stage.administrator.as_str();
    let upload = axum::http::Request::post(format!("{at}/capsules"))
        .header("authorization", format!("Bearer {admin}"))
        .header("content-type", "application/zstd")
        .body(axum::body::Body::from(recording()))
        .unwrap();
    let reply = stage.send(upload).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let connection = json!({ "kind": "capsule", "config": { "capsule": "cap-1" } });
    let reply = stage.post(admin, &format!("{at}/connections"), &connection).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let connection = json!({ "connection": "con-1" });
    let reply = stage.post(admin, &format!("{at}/investigations"), &connection).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    let change = json!({ "change": {
        "id": "d-7", "kind": "deployment", "summary": "v8", "entities": ["orders"],
        "at": "2026-11-23T02:50:00Z",
    } });
    let reply = stage.post(admin, &format!("{at}/alerts"), &change).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    fill(&space).await;
    Sample { space: id }
}

async fn fill(space: &Space) {
    let state = investigation(space.id());
    let alert = state.incident.alerts[0].clone();
    let raw = nightjar_incident::RawAlert {
        provider: Some("datadog".to_owned()),
        received_at: alert.received_at,
        payload: json!({ "title": alert.title }),
    };
    let alerts = [(alert, state.triage[0].clone())];
    space.keep_incident("inv-1", &state).await.unwrap();
    let message = NewMessage {
        investigation: "inv-1",
        number: 0,
        raw: &raw,
        alerts: &alerts,
        rejected: None,
    };
    space.keep_message(&message).await.unwrap();
    append(space, "inc-1-1/exec-1", 3).await;
}

/// Writes so many entries at the end of a chain.
pub(crate) async fn append(space: &Space, chain: &str, count: usize) {
    let (next, head) = space.chain_end(chain).await.unwrap();
    let mut end = Chain::continued(space.id().clone(), chain, next, head);
    let now = Timestamp::now();
    let entries: Vec<_> = (0..count)
        .map(|n| end.append(now, Kind::Finding, "test", json!({ "n": n })).unwrap())
        .collect();
    space.append(&entries, now).await.unwrap();
}

/// An incident with a cause, a plan and evidence.
fn investigation(space: &SpaceId) -> Investigation {
    let at = "2026-11-23T03:00:00Z";
    let window = json!({ "from": "2026-11-23T02:00:00Z", "to": at });
    let onset = json!({ "at": at, "earliest": at, "latest": at });
    let hypothesis = json!({
        "id": "hyp-1", "entity": "orders", "fault_mode": "bad_deployment", "trigger": "change-1",
        "support": ["obs-1"], "against": [], "confidence": 0.9, "share_explained": 0.8,
        "path": ["orders", "checkout"], "reasons": ["it began with the deployment"],
    });
    let alert = json!({
        "id": "alert-1-1", "provider": "datadog", "key": "k", "title": "checkout is slow",
        "status": "firing", "severity": "critical", "entity_names": ["checkout"],
        "starts_at": at, "received_at": at,
    });
    let conclusion = json!({
        "at": at, "stage": "final",
        "verdict": {
            "verdict": "cause_found",
            "causes": [{ "hypothesis": hypothesis, "statement": "orders was deployed badly" }],
        },
        "hypotheses": [hypothesis],
        "observations": [{
            "id": "obs-1", "entity": "orders", "kind": "latency", "signal": null,
            "direction": "up", "onset": onset, "usual": 0.1, "seen": 2.0, "unit": "s", "z": 9.0,
            "summary": "slow", "evidence": ["inc-1-1/exec-1/ev-1"],
        }],
        "gaps": [{ "entity": null, "wanted": "logs", "reason": "none", "would_tell": "more" }],
        "impact": {
            "entity": "checkout", "onset": onset, "failed_requests": 12.0,
            "worst_error_share": 0.2, "worst_latency_seconds": [2.0, 0.1],
            "summary": "checkout is slow", "observations": ["obs-1"],
        },
        "blast_radius": [["checkout", 1]], "window": window, "reference": window,
    });
    let whole: Value = json!({
        "space": space,
        "incident": {
            "id": "inc-1-1", "opened_at": at, "last_news_at": at, "alerts": [alert],
            "entities": ["checkout"],
        },
        "triage": [{
            "alert": "alert-1-1", "incident": "inc-1-1", "decision": "proceed",
            "reason": "nothing is open", "at": at,
        }],
        "executions": [{
            "id": "inc-1-1/exec-1", "occasion": "the first alert", "conclusion": conclusion,
        }],
        "plans": [{
            "hypothesis": "hyp-1", "goal": "go back", "caveats": [],
            "steps": [{
                "phase": "apply", "action": "roll back", "command": "kubectl rollout undo",
                "expect": "latency falls", "undo": null,
                "risk": { "level": "low", "reason": "short" }, "decision": "the team",
            }],
        }],
        "evidence": [{
            "id": "inc-1-1/exec-1/ev-1", "space": space,
            "source": { "connection": "checkout", "system": "capsule" },
            "query": "latency of orders", "window": window, "taken_at": at,
            "content": { "text": "slow" }, "truncated": null,
        }],
        "topology": {
            "entities": [{ "id": "orders", "kind": "service" }, { "id": "checkout" }],
            "relations": [{ "from": "checkout", "to": "orders", "kind": "calls" }],
        },
    });
    serde_json::from_value(whole).unwrap()
}
