use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn alert() -> Sender {
    Sender {
        provider: "opsgenie",
        form: "action",
        sample: json!({
            "action": "Create",
            "integrationId": "37c8",
            "integrationName": "nightjar",
            "source": { "name": "Monitoring", "type": "API" },
            "alert": {
                "alertId": "0526-1",
                "alias": "checkout-slow",
                "tinyId": "23",
                "message": "checkout latency is high",
                "description": "p95 is 3.1 s",
                "details": { "region": "eu-west-1", "service": "checkout" },
                "entity": "checkout-7",
                "source": "monitoring",
                "priority": "P2",
                "tags": ["team:shop", "payments"],
                "teams": ["t-1"],
                "createdAt": 1_795_402_812_000_i64,
                "updatedAt": 1_795_402_812_000_000_000_i64,
                "username": "api",
            },
        }),
        wrap: bare,
        again: vec![("/action", json!("EscalateNext"))],
        acknowledged: Some(vec![
            ("/action", json!("Acknowledge")),
            ("/alert/updatedAt", json!(1_795_402_900_000_000_000_i64)),
        ]),
        // Only `Create` and actions of one's own carry description and details.
        resolved: Some(vec![
            ("/action", json!("Close")),
            ("/alert/updatedAt", json!(1_795_404_000_000_000_000_i64)),
            ("/alert/description", json!(null)),
            ("/alert/details", json!(null)),
        ]),
        another: vec![("/alert/alertId", json!("0526-2"))],
        odd_state: None,
        odd_severity: Some(vec![("/alert/priority", json!("purple"))]),
        no_service: vec![("/alert/entity", json!("")), ("/alert/details", json!({}))],
        no_title: Some(vec![("/alert/message", json!(null))]),
        no_key: (
            vec![
                ("/alert/alertId", json!(null)),
                ("/alert/alias", json!(null)),
                ("/alert/tinyId", json!(null)),
            ],
            "`alert.alertId` or `alert.alias` or `alert.tinyId` should be a text; found nothing",
        ),
        start: &["/alert/createdAt"],
        batch: None,
        expected: Expected {
            key: "0526-1",
            title: "checkout latency is high",
            description: "p95 is 3.1 s",
            severity: Severity::High,
            signal: Some(Signal::Latency),
            names: &["checkout-7", "checkout"],
            labels: &[("team", "shop"), ("payments", ""), ("alias", "checkout-slow")],
            url: None,
            notes: &[],
        },
    }
}
