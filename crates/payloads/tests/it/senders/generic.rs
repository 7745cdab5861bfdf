use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::samples;
use crate::sender::{Expected, Sender, bare};

pub(crate) fn incident() -> Sender {
    Sender {
        provider: "generic",
        form: "incident",
        sample: samples::generic(),
        wrap: bare,
        again: vec![("/action", json!("updated"))],
        acknowledged: Some(vec![("/action", json!("acknowledged"))]),
        resolved: Some(vec![
            ("/action", json!("resolved")),
            ("/timestamp", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/incidentId", json!("shop-18"))],
        odd_state: Some(vec![("/action", json!("Exploded"))]),
        odd_severity: Some(vec![("/priority", json!("purple"))]),
        no_service: vec![("/service", json!(null)), ("/data", json!(null))],
        no_title: Some(vec![("/title", json!(null))]),
        no_key: (
            vec![("/incidentId", json!({}))],
            "`incidentId` should be a text; found an object",
        ),
        start: &["/timestamp"],
        batch: None,
        expected: Expected {
            key: "shop-17",
            title: "checkout answers slowly",
            description: "p95 3.1 s",
            severity: Severity::High,
            signal: Some(Signal::Latency),
            names: &["checkout-7", "checkout"],
            labels: &[("region", "eu-west-1"), ("metric", "latency")],
            url: None,
            notes: &[],
        },
    }
}
