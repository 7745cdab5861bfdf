//! The same table for each sender: fire, fire again, acknowledge, resolve, an unknown severity, no
//! service.

use nightjar_incident::AlertStatus::{self, Acknowledged, Firing, Resolved};
use nightjar_incident::Severity;
use serde_json::{Value, json};

use crate::{from, one, samples};

/// A message with the values at these JSON pointers replaced, or taken out by a `null`.
fn with(mut message: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = message.pointer_mut(parent).unwrap();
        let parent = parent.as_object_mut().unwrap();
        if value.is_null() {
            parent.remove(field);
        } else {
            parent.insert(field.to_owned(), value.clone());
        }
    }
    message
}

fn sns(changes: &[(&str, Value)]) -> Value {
    samples::over_sns(&with(samples::alarm(), changes))
}

/// A life of an alert: each message with the status it must have.
fn lives() -> Vec<(&'static str, Vec<(Value, AlertStatus)>)> {
    let datadog = |id: &str, transition: &str| {
        let title = json!(format!("[{transition}] p95 latency of checkout"));
        let fields =
            [("/id", json!(id)), ("/alert_transition", json!(transition)), ("/title", title)];
        with(samples::datadog(), &fields)
    };
    let pagerduty = |kind: &str, status: &str| {
        let kind = json!(format!("incident.{kind}"));
        with(
            samples::pagerduty(),
            &[("/event/event_type", kind), ("/event/data/status", json!(status))],
        )
    };
    let servicenow = |state: &str| {
        let end = json!("2026-11-23 03:20:00");
        with(samples::servicenow(), &[("/state", json!(state)), ("/resolved_at", end)])
    };
    let event =
        |state: &str| with(samples::eventbridge(), &[("/detail/state/value", json!(state))]);
    let alertmanager = |status: &str| {
        let fields = [
            ("/alerts/0/status", json!(status)),
            ("/alerts/0/endsAt", json!("2026-11-23T03:20:00Z")),
        ];
        with(samples::alertmanager(), &fields)
    };
    let legacy = |state: &str| with(samples::grafana_legacy(), &[("/state", json!(state))]);
    let generic = |action: &str| with(samples::generic(), &[("/action", json!(action))]);
    vec![
        (
            "datadog",
            vec![
                (datadog("1", "Triggered"), Firing),
                (datadog("2", "Re-Triggered"), Firing),
                (datadog("3", "Acknowledged"), Acknowledged),
                (datadog("4", "Recovered"), Resolved),
            ],
        ),
        (
            "pagerduty",
            vec![
                (pagerduty("triggered", "triggered"), Firing),
                (pagerduty("escalated", "triggered"), Firing),
                (pagerduty("acknowledged", "acknowledged"), Acknowledged),
                (pagerduty("reassigned", "acknowledged"), Acknowledged),
                (pagerduty("unacknowledged", "triggered"), Firing),
                (pagerduty("resolved", "resolved"), Resolved),
                (pagerduty("reopened", "triggered"), Firing),
            ],
        ),
        (
            "servicenow",
            vec![
                (servicenow("1"), Firing),
                (servicenow("New"), Firing),
                (servicenow("2"), Acknowledged),
                (servicenow("On Hold"), Acknowledged),
                (servicenow("6"), Resolved),
                (servicenow("7"), Resolved),
            ],
        ),
        (
            "cloudwatch",
            vec![
                (samples::sns(), Firing),
                (samples::alarm(), Firing),
                (event("ALARM"), Firing),
                (sns(&[("/NewStateValue", json!("INSUFFICIENT_DATA"))]), Firing),
                (sns(&[("/NewStateValue", json!("OK"))]), Resolved),
                (event("OK"), Resolved),
            ],
        ),
        (
            "alertmanager",
            vec![
                (alertmanager("firing"), Firing),
                (alertmanager("firing"), Firing),
                (alertmanager("suppressed"), Acknowledged),
                (alertmanager("resolved"), Resolved),
            ],
        ),
        (
            "grafana",
            vec![
                (legacy("alerting"), Firing),
                (legacy("no_data"), Firing),
                (legacy("ok"), Resolved),
            ],
        ),
        (
            "generic",
            vec![
                (generic("created"), Firing),
                (generic("updated"), Firing),
                (generic("acknowledged"), Acknowledged),
                (generic("closed"), Resolved),
                (generic("resolved"), Resolved),
            ],
        ),
    ]
}

#[test]
fn one_key_leads_through_the_life_of_an_alert() {
    for (provider, life) in lives() {
        let key = one(life[0].0.clone()).key;
        for (message, status) in life {
            let alert = one(message.clone());
            assert_eq!(alert.provider, provider, "{message}");
            assert_eq!(alert.status, status, "{provider}: {message}");
            assert_eq!(alert.key, key, "{provider}: {message}");
            assert_eq!(alert.ends_at.is_some(), status == Resolved && provider != "grafana");
        }
    }
}

#[test]
fn a_state_nobody_knows_is_firing_and_noted() {
    for message in [
        with(samples::datadog(), &[("/alert_transition", json!("Exploded"))]),
        with(
            samples::pagerduty(),
            &[
                ("/event/event_type", json!("incident.exploded")),
                ("/event/data/status", json!("Exploded")),
            ],
        ),
        with(samples::servicenow(), &[("/state", json!("Exploded"))]),
        sns(&[("/NewStateValue", json!("Exploded"))]),
        with(samples::alertmanager(), &[("/alerts/0/status", json!("Exploded"))]),
        with(samples::generic(), &[("/action", json!("Exploded"))]),
    ] {
        let alert = one(message);
        assert_eq!(alert.status, Firing);
        let noted = alert.notes.iter().any(|note| note.contains("`Exploded`"));
        assert!(noted, "{}: {:?}", alert.provider, alert.notes);
    }
}

#[test]
fn a_severity_nobody_knows_is_unknown_and_noted() {
    for message in [
        with(samples::datadog(), &[("/alert_priority", json!("purple"))]),
        with(samples::pagerduty(), &[("/event/data/urgency", json!("purple"))]),
        with(samples::servicenow(), &[("/priority", json!("purple"))]),
        with(samples::alertmanager(), &[("/alerts/0/labels/severity", json!("purple"))]),
        with(samples::generic(), &[("/priority", json!("purple"))]),
    ] {
        let alert = one(message);
        assert_eq!(alert.severity, Severity::Unknown, "{}", alert.provider);
        let noted = alert.notes.iter().any(|note| note.contains("`purple`"));
        assert!(noted, "{}: {:?}", alert.provider, alert.notes);
    }
}

#[test]
fn a_severity_left_out_is_unknown_without_a_note() {
    for message in [
        with(samples::datadog(), &[("/alert_priority", json!(null))]),
        with(samples::alertmanager(), &[("/alerts/0/labels/severity", json!(null))]),
        with(samples::generic(), &[("/priority", json!(null))]),
        samples::sns(),
    ] {
        let alert = one(message);
        assert_eq!(alert.severity, Severity::Unknown, "{}", alert.provider);
        assert_eq!(alert.notes, Vec::<String>::new(), "{}", alert.provider);
    }
}

#[test]
fn a_missing_service_leaves_the_names_empty() {
    let datadog = [("/alert_scope", json!(null)), ("/tags", json!("")), ("/hostname", json!(null))];
    let servicenow = [("/cmdb_ci", json!("")), ("/business_service", json!(null))];
    for message in [
        with(samples::datadog(), &datadog),
        with(samples::pagerduty(), &[("/event/data/service", json!(null))]),
        with(samples::servicenow(), &servicenow),
        sns(&[("/Trigger/Dimensions", json!([]))]),
        with(samples::alertmanager(), &[("/alerts/0/labels", json!({ "alertname": "X" }))]),
        with(samples::generic(), &[("/service", json!(null)), ("/data", json!(null))]),
    ] {
        let alert = one(message);
        assert_eq!(alert.entity_names, Vec::<String>::new(), "{}", alert.provider);
        assert!(!alert.title.is_empty());
    }
}

#[test]
fn a_time_that_is_missing_or_unreadable_is_the_time_of_arrival_and_noted() {
    for wrong in [json!(null), json!("soon"), json!(["2026"]), json!(0)] {
        for message in [
            with(samples::datadog(), &[("/date", wrong.clone())]),
            with(
                samples::pagerduty(),
                &[("/event/data/created_at", wrong.clone()), ("/event/occurred_at", wrong.clone())],
            ),
            with(samples::servicenow(), &[("/opened_at", wrong.clone())]),
            with(samples::alarm(), &[("/StateChangeTime", wrong.clone())]),
            with(samples::alertmanager(), &[("/alerts/0/startsAt", wrong.clone())]),
            with(samples::generic(), &[("/timestamp", wrong.clone())]),
        ] {
            let alert = one(message);
            assert_eq!(alert.starts_at, alert.received_at, "{}", alert.provider);
            let said = if wrong.is_null() { 1 } else { 2 };
            assert!(alert.notes.len() >= said, "{}: {:?}", alert.provider, alert.notes);
        }
    }
}

#[test]
fn a_start_in_the_future_is_kept_and_noted() {
    let alert = one(with(samples::generic(), &[("/timestamp", json!("2026-11-23T05:00:00Z"))]));
    assert_eq!(alert.starts_at, crate::time("2026-11-23T05:00:00Z"));
    assert_eq!(alert.notes, ["it begins after it arrived: the sender's clock may be wrong"]);
}

#[test]
fn a_title_that_is_missing_is_replaced_by_the_key_and_noted() {
    let messages = [
        with(samples::pagerduty(), &[("/event/data/title", json!(null))]),
        with(
            samples::servicenow(),
            &[("/short_description", json!(null)), ("/sys_class_name", json!("incident"))],
        ),
        with(samples::generic(), &[("/title", json!({ "text": "x" }))]),
    ];
    for message in messages {
        let alert = one(message);
        assert_eq!(alert.title, alert.key);
        let noted = alert.notes.iter().any(|note| note.contains("no title"));
        assert!(noted, "{}: {:?}", alert.provider, alert.notes);
    }
}

#[test]
fn without_its_key_a_message_is_rejected_and_the_field_named() {
    let rejected = |provider: &str, message: Value| from(Some(provider), message).unwrap_err();
    let cases = [
        (
            "pagerduty",
            with(
                samples::pagerduty(),
                &[
                    ("/event/data/id", json!(null)),
                    ("/event/data/incident_key", json!(null)),
                    ("/event/data/number", json!(null)),
                ],
            ),
            "`event.data.id` or `event.data.incident_key` or `event.data.number` should be a text; found nothing",
        ),
        (
            "servicenow",
            json!({ "short_description": "x", "state": "1" }),
            "`sys_id` or `number` should be a text; found nothing",
        ),
        (
            "cloudwatch",
            sns(&[("/AlarmName", json!([]))]),
            "`Message.AlarmName` should be a text; found a list",
        ),
        (
            "generic",
            json!({ "eventType": "incident", "incidentId": {}, "action": "created" }),
            "`incidentId` should be a text; found an object",
        ),
        (
            "alertmanager",
            json!({ "receiver": "x", "alerts": [] }),
            "`alerts` should be a list of alerts; found an empty one",
        ),
        (
            "datadog",
            json!({ "alert_transition": "Triggered" }),
            "`alert_id`, `aggreg_key`, `alert_cycle_key` or `title` should tell which alert it is; found none of them",
        ),
    ];
    for (provider, message, reason) in cases {
        let found = rejected(provider, message);
        assert_eq!(found.provider.as_deref(), Some(provider));
        assert_eq!(found.reason, reason);
    }
}
