use nightjar_incident::{AlertStatus, Severity, Signal};
use nightjar_payloads::Kind;
use serde_json::json;

use crate::{from, one, samples, time};

#[test]
fn an_alarm_over_sns_gives_dimensions_region_and_reason() {
    let alert = one(samples::sns());
    assert_eq!(
        alert.key,
        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:payments-table-throttled"
    );
    assert_eq!(alert.title, "payments-table-throttled");
    assert!(alert.description.starts_with("Threshold Crossed"));
    assert_eq!(alert.severity, Severity::Unknown);
    assert_eq!(alert.signal, Some(Signal::Throttled));
    // The operation is a dimension as well, but names nothing.
    assert_eq!(alert.entity_names, ["payments"]);
    assert_eq!(alert.labels["Operation"], "PutItem");
    assert_eq!(alert.labels["region"], "eu-west-1");
    assert_eq!(alert.labels["query"], "SUM ThrottledRequests GreaterThanThreshold 0.0");
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn the_same_alarm_over_eventbridge_is_the_same_alert() {
    let (sns, event) = (one(samples::sns()), one(samples::eventbridge()));
    assert_eq!(event.provider, sns.provider);
    assert_eq!(event.key, sns.key);
    assert_eq!(event.entity_names, sns.entity_names);
    assert_eq!(event.signal, sns.signal);
    assert_eq!(event.starts_at, sns.starts_at);
    assert_eq!(event.labels["team"], "payments");
    assert_eq!(event.notes, Vec::<String>::new());
}

#[test]
fn a_resolve_over_eventbridge_knows_when_it_began() {
    let mut message = samples::eventbridge();
    message["detail"]["state"]["value"] = json!("OK");
    message["detail"]["state"]["timestamp"] = json!("2026-11-23T03:20:00.000+0000");
    message["detail"]["previousState"] =
        json!({ "value": "ALARM", "timestamp": "2026-11-23T03:00:12.000+0000" });
    let alert = one(message);
    assert_eq!(alert.status, AlertStatus::Resolved);
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.ends_at, Some(time("2026-11-23T03:20:00Z")));
}

#[test]
fn a_metric_math_alarm_on_errors_per_request_is_about_the_errors() {
    let mut alarm = samples::alarm();
    let metric = |name: &str| {
        let dimensions = json!([{ "name": "LoadBalancer", "value": "app/front/50dc6c495c0c9188" }]);
        json!({ "Id": name, "MetricStat": { "Stat": "Sum", "Metric": {
            "MetricName": name, "Namespace": "AWS/ApplicationELB", "Dimensions": dimensions,
        } } })
    };
    alarm["Trigger"] = json!({ "Threshold": 5.0, "Metrics": [
        { "Id": "e1", "Expression": "errors / requests" },
        metric("RequestCount"),
        metric("HTTPCode_Target_5XX_Count"),
    ] });
    let alert = one(samples::over_sns(&alarm));
    assert_eq!(alert.signal, Some(Signal::Errors));
    assert_eq!(alert.labels["query"], "errors / requests 5.0");
    assert_eq!(alert.entity_names, ["app/front/50dc6c495c0c9188", "front"]);
}

#[test]
fn a_composite_alarm_keeps_its_rule() {
    let mut alarm = samples::alarm();
    alarm.as_object_mut().unwrap().remove("Trigger");
    alarm["AlarmRule"] = json!("ALARM(a) AND ALARM(b)");
    let alert = one(alarm);
    assert_eq!(alert.labels["query"], "ALARM(a) AND ALARM(b)");
    assert!(alert.entity_names.is_empty());
}

#[test]
fn what_carries_no_alarm_is_rejected() {
    let reason = |payload| from(None, payload).unwrap_err().reason;
    let mut confirmation = samples::sns();
    confirmation["Type"] = json!("SubscriptionConfirmation");
    assert_eq!(from(None, confirmation.clone()).unwrap_err().kind, Kind::NoAlert);
    assert_eq!(
        reason(confirmation),
        "`Type` should be `Notification`; found `SubscriptionConfirmation`, which carries no alarm"
    );
    let mut other = samples::eventbridge();
    other["detail-type"] = json!("CloudWatch Alarm Configuration Change");
    assert!(reason(other).starts_with("`detail-type` should be"));
}

#[test]
fn dimensions_in_a_wrong_form_are_noted() {
    let mut alarm = samples::alarm();
    alarm["Trigger"]["Dimensions"] = json!([{ "name": "TableName" }, "x"]);
    let notes = one(alarm.clone()).notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    alarm["Trigger"]["Dimensions"] = json!({ "TableName": "payments" });
    assert_eq!(one(alarm).notes, ["`Trigger.Dimensions` should be a list; found an object"]);
}
