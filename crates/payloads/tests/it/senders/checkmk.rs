use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn service() -> Sender {
    Sender {
        provider: "checkmk",
        form: "service",
        sample: json!({
            "NOTIFY_WHAT": "SERVICE",
            "NOTIFY_NOTIFICATIONTYPE": "PROBLEM",
            "NOTIFY_HOSTNAME": "web-1",
            "NOTIFY_HOSTADDRESS": "10.0.0.1",
            "NOTIFY_HOSTSTATE": "UP",
            "NOTIFY_SERVICEDESC": "CPU utilization",
            "NOTIFY_SERVICESTATE": "CRITICAL",
            "NOTIFY_SERVICEOUTPUT": "Total CPU: 98 %",
            "NOTIFY_LASTSERVICESTATECHANGE": "1795402812",
            "NOTIFY_NOTIFICATIONNUMBER": "1",
            "NOTIFY_OMD_SITE": "main",
        }),
        wrap: bare,
        again: vec![("/NOTIFY_NOTIFICATIONNUMBER", json!("2"))],
        acknowledged: Some(vec![("/NOTIFY_NOTIFICATIONTYPE", json!("ACKNOWLEDGEMENT"))]),
        resolved: Some(vec![
            ("/NOTIFY_NOTIFICATIONTYPE", json!("RECOVERY")),
            ("/NOTIFY_SERVICESTATE", json!("OK")),
            ("/NOTIFY_LASTSERVICESTATECHANGE", json!("1795404000")),
        ]),
        another: vec![("/NOTIFY_SERVICEDESC", json!("Memory"))],
        odd_state: Some(vec![
            ("/NOTIFY_NOTIFICATIONTYPE", json!(null)),
            ("/NOTIFY_SERVICESTATE", json!("Exploded")),
        ]),
        odd_severity: Some(vec![("/NOTIFY_SERVICESTATE", json!("purple"))]),
        // Without its host a check is nobody's.
        no_service: vec![],
        no_title: None,
        no_key: (
            vec![("/NOTIFY_HOSTNAME", json!(null))],
            "`HOSTNAME` or `NOTIFY_HOSTNAME` or `host` should be a text; found nothing",
        ),
        start: &["/NOTIFY_LASTSERVICESTATECHANGE"],
        batch: None,
        expected: Expected {
            key: "main:web-1:CPU utilization",
            title: "CPU utilization on web-1",
            description: "Total CPU: 98 %",
            severity: Severity::Critical,
            signal: Some(Signal::CpuUtilization),
            names: &["web-1", "10.0.0.1"],
            labels: &[("host", "web-1"), ("check", "CPU utilization"), ("site", "main")],
            url: None,
            notes: &[],
        },
    }
}

/// A host, in the small letters of a script.
pub(crate) fn host() -> Sender {
    Sender {
        form: "host, fields of a script",
        sample: json!({
            "what": "HOST",
            "notification_type": "PROBLEM",
            "host": "web-1",
            "address": "10.0.0.1",
            "status": "DOWN",
            "output": "no answer to pings",
            "time": 1_795_402_812,
            "site": "main",
            "url": "https://checkmk.example/main/web-1",
        }),
        again: vec![],
        acknowledged: Some(vec![("/notification_type", json!("ACKNOWLEDGEMENT"))]),
        resolved: Some(vec![
            ("/notification_type", json!("RECOVERY")),
            ("/status", json!("UP")),
            ("/time", json!(1_795_404_000)),
        ]),
        another: vec![("/host", json!("web-2"))],
        odd_state: Some(vec![("/notification_type", json!(null)), ("/status", json!("Exploded"))]),
        odd_severity: Some(vec![("/status", json!("purple"))]),
        no_key: (
            vec![("/host", json!(null))],
            "`HOSTNAME` or `NOTIFY_HOSTNAME` or `host` should be a text; found nothing",
        ),
        start: &["/time"],
        expected: Expected {
            key: "main:web-1",
            title: "web-1 is DOWN",
            description: "no answer to pings",
            severity: Severity::Critical,
            signal: Some(Signal::Availability),
            names: &["web-1", "10.0.0.1"],
            labels: &[("host", "web-1"), ("site", "main")],
            url: Some("https://checkmk.example/main/web-1"),
            notes: &[],
        },
        ..service()
    }
}
