use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

/// A search that was written to tell its end as well; most aren't.
pub(crate) fn saved_search() -> Sender {
    Sender {
        provider: "splunk",
        form: "saved search",
        sample: json!({
            "sid": "scheduler__me__search__RMD5ab12_at_1795402800_77",
            "search_name": "Errors of checkout",
            "app": "search",
            "owner": "me",
            "results_link": "https://splunk.example/app/search/@go?sid=x",
            "result": {
                "_time": "1795402812",
                "host": "web-1",
                "service": "checkout",
                "severity": "high",
                "message": "32 errors in 5 minutes",
                "count": "32",
                "users": ["a", "b"],
            },
        }),
        wrap: bare,
        again: vec![
            ("/sid", json!("scheduler__me__search__RMD5ab12_at_1795403100_78")),
            ("/result/count", json!("40")),
        ],
        acknowledged: Some(vec![("/result/alert_status", json!("acknowledged"))]),
        resolved: Some(vec![
            ("/result/alert_status", json!("resolved")),
            ("/result/_time", json!("1795404000")),
        ]),
        another: vec![("/result/service", json!("cart"))],
        odd_state: Some(vec![("/result/alert_status", json!("Exploded"))]),
        odd_severity: Some(vec![("/result/severity", json!("purple"))]),
        no_service: vec![("/result/host", json!(null)), ("/result/service", json!(null))],
        no_title: None,
        no_key: (vec![("/search_name", json!([]))], "`search_name` should be a text; found a list"),
        start: &["/result/_time", "/sid"],
        batch: None,
        expected: Expected {
            key: "search:Errors of checkout:checkout",
            title: "Errors of checkout",
            description: "32 errors in 5 minutes",
            severity: Severity::High,
            signal: Some(Signal::Errors),
            names: &["checkout", "web-1"],
            labels: &[("app", "search"), ("count", "32"), ("users", r#"["a","b"]"#)],
            url: Some("https://splunk.example/app/search/@go?sid=x"),
            notes: &[],
        },
    }
}
