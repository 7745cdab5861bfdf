//! Entries, alerts and incidents to store.

use jiff::{Timestamp, ToSpan as _};
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{Investigation, SpaceId};
use nightjar_store::{NewAudit, Outcome, Space};
use serde_json::json;

use crate::place::t0;

/// So many entries of a chain, following what is stored.
pub(crate) async fn entries(space: &Space, chain: &str, count: u64) -> Vec<Entry> {
    let (next, head) = space.chain_end(chain).await.unwrap();
    let mut chain = Chain::continued(space.id().clone(), chain, next, head);
    (0..count)
        .map(|n| {
            let body =
                json!({ "n": next + n, "text": "x".repeat(usize::try_from(n).unwrap() * 200) });
            chain.append(t0() + 1.nanosecond(), Kind::Decision, "test", body).unwrap()
        })
        .collect()
}

/// Appends so many entries to a chain.
pub(crate) async fn append(space: &Space, chain: &str, count: u64) {
    appended_at(space, chain, count, t0()).await;
}

pub(crate) async fn appended_at(space: &Space, chain: &str, count: u64, now: Timestamp) {
    space.append(&entries(space, chain, count).await, now).await.unwrap();
}

pub(crate) fn call(number: u64) -> NewAudit {
    NewAudit {
        at: t0() + 1.second(),
        actor: "NJAKTEST".to_owned(),
        source: "127.0.0.1".to_owned(),
        operation: "ListIncidents".to_owned(),
        space: number.is_multiple_of(2).then(|| SpaceId::new("somewhere")),
        subject: number.is_multiple_of(3).then(|| format!("inc-{number}")),
        outcome: Outcome::Done,
        status: 200,
        request: format!("r-{number}"),
    }
}

/// An incident as an execution leaves it.
pub(crate) fn incident(space: &SpaceId, id: &str, run: u64) -> Investigation {
    let text = format!("the same line in run {}", run / 2);
    let evidence = |number: u64, content: serde_json::Value| {
        json!({
            "id": format!("{id}/run-{run}/ev-{number}"),
            "space": space,
            "source": { "connection": "con-1", "system": "capsule" },
            "query": "all",
            "window": { "from": "2026-11-23T02:00:00Z", "to": "2026-11-23T03:00:00Z" },
            "taken_at": "2026-11-23T03:00:00Z",
            "content": content,
            "truncated": null,
        })
    };
    let series = json!({ "series": [{
        "entity": "service:shop", "name": "http.server.request.duration", "statistic": "mean",
        "unit": "s", "column": [[0, 0.1], [60_000, null], [120_000, 0.300_000_000_000_000_04]],
    }]});
    let window = json!({ "from": "2026-11-23T02:00:00Z", "to": "2026-11-23T03:00:00Z" });
    let value = json!({
        "space": space,
        "incident": {
            "id": id,
            "opened_at": "2026-11-23T03:00:00Z",
            "last_news_at": t0() + i64::try_from(run).unwrap().minutes(),
            "alerts": [alert(&format!("{id}/alert-1"))],
            "entities": ["service:shop"],
        },
        "triage": [],
        "executions": (1..=run).map(|run| json!({
            "id": format!("{id}/run-{run}"),
            "occasion": "the first alert",
            "conclusion": {
                "at": "2026-11-23T03:00:00Z", "stage": "provisional",
                "verdict": { "verdict": "not_found", "reason": "nothing stands out" },
                "hypotheses": [], "observations": [], "gaps": [], "impact": null,
                "blast_radius": [], "window": window, "reference": window,
            },
        })).collect::<Vec<_>>(),
        "plans": [],
        "evidence": [
            evidence(1, json!({ "text": text })),
            evidence(2, series),
            evidence(3, json!({ "text": text })),
        ],
        "topology": { "entities": [], "relations": [] },
    });
    serde_json::from_value(value).unwrap()
}

pub(crate) fn alert(id: &str) -> serde_json::Value {
    json!({
        "id": id, "provider": "datadog", "key": "k", "title": "shop is slow", "status": "firing",
        "severity": "high", "entity_names": ["shop"], "starts_at": "2026-11-23T02:59:00Z",
        "received_at": "2026-11-23T03:00:00Z",
    })
}
