use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::samples;
use crate::sender::{self, Expected, Sender};

const ARN: &str = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:payments-table-throttled";

pub(crate) fn over_sns() -> Sender {
    Sender { form: "over SNS", wrap: |alarm| samples::over_sns(&alarm), ..bare() }
}

pub(crate) fn bare() -> Sender {
    Sender {
        provider: "cloudwatch",
        form: "bare",
        sample: samples::alarm(),
        wrap: sender::bare,
        again: vec![("/NewStateReason", json!("Threshold Crossed again."))],
        acknowledged: None,
        resolved: Some(vec![
            ("/NewStateValue", json!("OK")),
            ("/OldStateValue", json!("ALARM")),
            ("/StateChangeTime", json!("2026-11-23T03:20:00.000+0000")),
        ]),
        another: vec![("/AlarmArn", json!("arn:aws:cloudwatch:eu-west-1:1:alarm:other"))],
        odd_state: Some(vec![("/NewStateValue", json!("Exploded"))]),
        odd_severity: None,
        no_service: vec![("/Trigger/Dimensions", json!([]))],
        no_title: None,
        no_key: (vec![("/AlarmName", json!([]))], "`AlarmName` should be a text; found a list"),
        start: &["/StateChangeTime"],
        batch: None,
        expected: Expected {
            key: ARN,
            title: "payments-table-throttled",
            description: "Threshold Crossed: 1 datapoint [42.0] was greater than the threshold (0.0).",
            severity: Severity::Unknown,
            signal: Some(Signal::Throttled),
            names: &["payments"],
            labels: &[("region", "eu-west-1"), ("Operation", "PutItem")],
            url: None,
            notes: &[],
        },
    }
}

pub(crate) fn over_eventbridge() -> Sender {
    Sender {
        form: "over EventBridge",
        sample: samples::eventbridge(),
        again: vec![("/id", json!("another-event"))],
        resolved: Some(vec![
            ("/detail/state/value", json!("OK")),
            ("/detail/state/timestamp", json!("2026-11-23T03:20:00.000+0000")),
            (
                "/detail/previousState",
                json!({ "value": "ALARM", "timestamp": "2026-11-23T03:00:12.000+0000" }),
            ),
        ]),
        another: vec![("/resources", json!(["arn:aws:cloudwatch:eu-west-1:1:alarm:other"]))],
        odd_state: Some(vec![("/detail/state/value", json!("Exploded"))]),
        no_service: vec![("/detail/configuration/metrics", json!([]))],
        no_key: (
            vec![("/detail/alarmName", json!(null))],
            "`detail.alarmName` should be a text; found nothing",
        ),
        start: &["/detail/state/timestamp", "/time"],
        expected: Expected {
            description: "The table turns requests away\n\nThreshold Crossed",
            labels: &[("region", "eu-west-1"), ("team", "payments")],
            ..bare().expected
        },
        ..bare()
    }
}
