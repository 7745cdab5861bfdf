//! Addresses that alerting systems send their messages to.

use serde_json::json;

use crate::stage::Stage;

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
