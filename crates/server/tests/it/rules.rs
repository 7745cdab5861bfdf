//! What a space says about how it is worked on, and what that has cost.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stage::{Stage, ask};

#[tokio::test]
async fn rules_are_what_was_said_last_and_else_as_usual() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let (admin, at) = (&stage.administrator, format!("/api/v1/spaces/{space}/rules"));
    let nothing = json!({ "seconds": null, "queries": null, "bytes": null });
    let mut usual = json!({
        "lookback_minutes": 20, "look_again_minutes": [1.0, 3.0, 10.0], "most_running": 4,
        "budgets": { "per_investigation": nothing, "per_day": nothing, "per_month": nothing },
    });
    assert_eq!(stage.get(admin, &at).await.json(), usual);
    let said = json!({
        "lookback_minutes": 30, "look_again_minutes": [0.05], "most_running": 8,
        "budgets": { "per_day": { "queries": 5000, "bytes": 0 }, "per_month": null },
    });
    let reply = stage.send(ask(Method::PUT, &at, admin, Some(&said))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut expected = usual.clone();
    expected["lookback_minutes"] = json!(30);
    expected["look_again_minutes"] = json!([0.05]);
    expected["most_running"] = json!(8);
    expected["budgets"]["per_day"] = json!({ "seconds": null, "queries": 5000, "bytes": 0 });
    assert_eq!(reply.json(), expected);
    assert_eq!(stage.get(admin, &at).await.json(), expected);
    assert_eq!(stage.open(&space).await.rules().await.unwrap().most_running, 8);
    // All of it anew: what isn't told is as usual again.
    let reply = stage.send(ask(Method::PUT, &at, admin, Some(&json!({ "most_running": 1 })))).await;
    usual["most_running"] = json!(1);
    assert_eq!(reply.json(), usual);
    let journal = format!("/api/v1/spaces/{space}/journal");
    let entries = stage.get(admin, &journal).await.json();
    let asked: Vec<&Value> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["body"]["request"])
        .collect();
    assert_eq!(asked, ["update_rules", "update_rules"]);
}

#[tokio::test]
async fn wrong_rules_change_nothing_and_their_places_are_named() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let (admin, at) = (&stage.administrator, format!("/api/v1/spaces/{space}/rules"));
    let before = stage.get(admin, &at).await.json();
    let budget = |budget: Value| json!({ "budgets": { "per_day": budget } });
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({ "lookback_minutes": 0 }), &["/lookback_minutes"]),
        (
            json!({ "lookback_minutes": -1, "most_running": 1_001 }),
            &["/lookback_minutes", "/most_running"],
        ),
        (json!({ "lookback_minutes": i64::MAX }), &["/lookback_minutes"]),
        (json!({ "look_again_minutes": [1, 0] }), &["/look_again_minutes/1"]),
        (json!({ "look_again_minutes": [1, 1e300] }), &["/look_again_minutes/1"]),
        (json!({ "look_again_minutes": [3, 1] }), &["/look_again_minutes/1"]),
        (json!({ "look_again_minutes": (1..12).collect::<Vec<i32>>() }), &["/look_again_minutes"]),
        (budget(json!({ "queries": -1 })), &["/budgets/per_day/queries"]),
        (budget(json!({ "bytes": i64::MAX })), &["/budgets/per_day/bytes"]),
        (budget(json!({ "queries": "all" })), &[""]),
        (budget(json!({ "queries": 1.5 })), &[""]),
        (budget(json!({ "tokens": 1 })), &[""]),
        (budget(json!([1, 2, 3])), &[""]),
        (json!({ "lookback": 5 }), &[""]),
        (json!({ "look_again_minutes": "1" }), &[""]),
    ];
    for (said, places) in cases {
        let reply = stage.send(ask(Method::PUT, &at, admin, Some(&said))).await;
        assert_eq!(reply.problem(), "invalid-body", "{said}: {}", reply.text());
        let errors = reply.json()["errors"].clone();
        let told: Vec<&Value> =
            errors.as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(told, places, "{said}");
    }
    assert_eq!(stage.get(admin, &at).await.json(), before);
}

#[tokio::test]
async fn usage_is_told_by_days() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let (admin, at) = (&stage.administrator, format!("/api/v1/spaces/{space}/usage"));
    let reply = stage.get(admin, &at).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let now = Timestamp::now().to_string();
    let today = now.split('T').next().unwrap();
    let told = reply.json();
    assert!(told["to"].as_str().unwrap() >= today);
    assert!(told["from"].as_str().unwrap().ends_with("-01"));
    let nothing =
        json!({ "investigations": 0, "executions": 0, "queries": 0, "bytes": 0, "seconds": 0.0 });
    assert_eq!((&told["days"], &told["total"]), (&json!([]), &nothing));
    let one = stage.get(admin, &format!("{at}?from=2024-02-29&to=2024-02-29")).await;
    assert_eq!((one.status.as_u16(), &one.json()["from"]), (200, &json!("2024-02-29")));
    for wrong in [
        "from=2026-11-02&to=2026-11-01",
        "from=2026-02-30",
        "from=2020-01-01&to=2026-01-01",
        "from=9999-12-31",
        "to=-009999-01-01",
        "from=20261101",
        "from=2026-11-01T00:00:00Z",
        "from=%00",
        "since=2026-11-01",
    ] {
        let reply = stage.get(admin, &format!("{at}?{wrong}")).await;
        assert_eq!(reply.problem(), "malformed-request", "{wrong}: {}", reply.text());
    }
}
