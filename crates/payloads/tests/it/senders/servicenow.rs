use nightjar_incident::{Severity, Signal};
use serde_json::{Value, json};

use crate::samples;
use crate::sender::{Expected, Sender, bare};

pub(crate) fn record() -> Sender {
    Sender {
        provider: "servicenow",
        form: "record",
        sample: samples::servicenow(),
        wrap: bare,
        again: vec![("/sys_updated_on", json!("2026-11-23 03:05:00"))],
        acknowledged: Some(vec![("/state", json!("2"))]),
        resolved: Some(vec![
            ("/state", json!("6")),
            ("/resolved_at", json!("2026-11-23 03:20:00")),
        ]),
        another: vec![("/sys_id", json!("other"))],
        odd_state: Some(vec![("/state", json!("Exploded"))]),
        odd_severity: Some(vec![("/priority", json!("purple"))]),
        no_service: vec![("/cmdb_ci", json!("")), ("/business_service", json!(null))],
        no_title: Some(vec![
            ("/short_description", json!(null)),
            ("/sys_class_name", json!("incident")),
        ]),
        no_key: (
            vec![("/sys_id", json!(null)), ("/number", json!(null))],
            "`sys_id` or `number` should be a text; found nothing",
        ),
        start: &["/opened_at"],
        batch: Some(|records: Vec<Value>| json!({ "result": records })),
        expected: Expected {
            key: "9d385017c611228701d22104cc95c371",
            title: "Customers can't pay: slow answers",
            description: "Reported by three shops.",
            severity: Severity::Critical,
            signal: Some(Signal::Latency),
            names: &["payment-processor", "Shop"],
            labels: &[("number", "INC0010023"), ("assignment_group", "Payments")],
            url: None,
            notes: &["`opened_at` has no zone; UTC is assumed"],
        },
    }
}
