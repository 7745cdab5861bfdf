use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn monitor() -> Sender {
    Sender {
        provider: "site24x7",
        form: "monitor",
        sample: json!({
            "MONITORNAME": "checkout page",
            "MONITOR_ID": 28_573_100_000_i64,
            "MONITORTYPE": "URL",
            "MONITORURL": "https://shop.example/checkout",
            "MONITOR_DASHBOARD_LINK": "https://www.site24x7.example/monitors/28573100000",
            "MONITOR_GROUPNAME": "Shop",
            "STATUS": "DOWN",
            "INCIDENT_REASON": "Service Unavailable",
            "OUTAGE_TIME_UNIX_FORMAT": "1795402812000",
            "INCIDENT_TIME_ISO": "2026-11-22T19:00:12-0800",
            "INCIDENT_TIME": "November 22, 2026 7:00 PM PST",
            "FAILED_LOCATIONS": "Stockholm-SE",
            "TAGS": "team:shop,web",
        }),
        wrap: bare,
        again: vec![("/FAILED_LOCATIONS", json!("Stockholm-SE,Tokyo-JP"))],
        acknowledged: None,
        resolved: Some(vec![
            ("/STATUS", json!("UP")),
            ("/INCIDENT_REASON", json!(null)),
            ("/OUTAGE_TIME_UNIX_FORMAT", json!("1795404000000")),
        ]),
        another: vec![("/MONITOR_ID", json!(28_573_100_001_i64))],
        odd_state: Some(vec![("/STATUS", json!("Exploded"))]),
        odd_severity: Some(vec![("/STATUS", json!("purple"))]),
        no_service: vec![("/MONITORURL", json!(null))],
        no_title: None,
        no_key: (vec![("/MONITORNAME", json!([]))], "`MONITORNAME` should be a text; found a list"),
        start: &["/OUTAGE_TIME_UNIX_FORMAT", "/INCIDENT_TIME_ISO"],
        batch: None,
        expected: Expected {
            key: "28573100000",
            title: "checkout page",
            description: "Service Unavailable",
            severity: Severity::Critical,
            signal: Some(Signal::Availability),
            names: &["shop.example"],
            labels: &[("team", "shop"), ("web", ""), ("monitor_type", "URL")],
            url: Some("https://www.site24x7.example/monitors/28573100000"),
            notes: &[],
        },
    }
}
