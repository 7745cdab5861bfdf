use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::samples;
use crate::sender::{Expected, Sender, bare};

pub(crate) fn full_template() -> Sender {
    Sender {
        provider: "datadog",
        form: "full template",
        sample: samples::datadog(),
        wrap: bare,
        again: vec![
            ("/id", json!("7412")),
            ("/alert_transition", json!("Re-Triggered")),
            ("/title", json!("[Re-Triggered] p95 latency of checkout")),
        ],
        acknowledged: Some(vec![("/alert_transition", json!("Acknowledged"))]),
        resolved: Some(vec![
            ("/id", json!("7413")),
            ("/alert_transition", json!("Recovered")),
            ("/title", json!("[Recovered] p95 latency of checkout")),
            ("/date", json!("1795404000000")),
        ]),
        another: vec![("/alert_scope", json!("env:prod,service:cart"))],
        odd_state: Some(vec![("/alert_transition", json!("Exploded"))]),
        odd_severity: Some(vec![("/alert_priority", json!("purple"))]),
        no_service: vec![
            ("/alert_scope", json!(null)),
            ("/tags", json!("")),
            ("/hostname", json!(null)),
        ],
        no_title: Some(vec![("/title", json!(null))]),
        no_key: (
            vec![
                ("/alert_id", json!(null)),
                ("/aggreg_key", json!(null)),
                ("/alert_cycle_key", json!(null)),
                ("/title", json!(null)),
            ],
            "`alert_id`, `aggreg_key`, `alert_cycle_key` or `title` should tell which alert it is; found none of them",
        ),
        start: &["/date"],
        batch: None,
        expected: Expected {
            key: "101:env:prod,service:checkout",
            title: "p95 latency of checkout",
            description: "checkout p95 is 3.1 s",
            severity: Severity::Critical,
            signal: Some(Signal::Latency),
            names: &["checkout", "checkout-7"],
            labels: &[("team", "shop"), ("env", "prod"), ("monitor", "101")],
            url: Some("https://app.datadoghq.example/monitors/101"),
            notes: &[],
        },
    }
}
