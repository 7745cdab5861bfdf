use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn check() -> Sender {
    Sender {
        provider: "pingdom",
        form: "check",
        sample: json!({
            "check_id": 12_345,
            "check_name": "checkout page",
            "check_type": "HTTP",
            "check_params": {
                "hostname": "shop.example", "full_url": "https://shop.example/checkout", "port": 443,
            },
            "current_state": "DOWN",
            "previous_state": "UP",
            "importance_level": "HIGH",
            "description": "HTTP Error 503",
            "long_description": "Service Unavailable",
            "custom_message": "",
            "state_changed_timestamp": 1_795_402_812,
            "state_changed_utc_time": "2026-11-23T03:00:12",
            "tags": ["team:shop"],
            "first_probe": { "location": "Stockholm" },
            "version": 1,
        }),
        wrap: bare,
        again: vec![],
        acknowledged: None,
        resolved: Some(vec![
            ("/current_state", json!("UP")),
            ("/previous_state", json!("DOWN")),
            ("/state_changed_timestamp", json!(1_795_404_000)),
        ]),
        another: vec![("/check_id", json!(12_346))],
        odd_state: Some(vec![("/current_state", json!("Exploded"))]),
        odd_severity: Some(vec![("/importance_level", json!("purple"))]),
        no_service: vec![("/check_params", json!({}))],
        no_title: Some(vec![("/check_name", json!(null))]),
        no_key: (vec![("/check_id", json!([]))], "`check_id` should be a text; found a list"),
        start: &["/state_changed_timestamp", "/state_changed_utc_time"],
        batch: None,
        expected: Expected {
            key: "12345",
            title: "checkout page",
            description: "HTTP Error 503\n\nService Unavailable",
            severity: Severity::High,
            signal: Some(Signal::Availability),
            names: &["shop.example"],
            labels: &[("team", "shop"), ("address", "https://shop.example/checkout")],
            url: None,
            notes: &[],
        },
    }
}
