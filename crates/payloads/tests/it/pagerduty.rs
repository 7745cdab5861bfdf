use nightjar_incident::{AlertStatus, Severity, Signal};
use nightjar_payloads::Kind;
use serde_json::json;

use crate::{from, one, samples, time};

#[test]
fn the_incident_gives_service_urgency_and_headline() {
    let alert = one(samples::pagerduty());
    assert_eq!(alert.key, "PGR0VU2");
    assert_eq!(alert.title, "checkout errors above 5 %");
    assert_eq!(alert.severity, Severity::High);
    assert_eq!(alert.signal, Some(Signal::Errors));
    assert_eq!(alert.entity_names, ["checkout"]);
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.labels["incident_key"], "d3640fbd41094207a1c11e58e46b1662");
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn a_priority_outranks_the_urgency() {
    let mut message = samples::pagerduty();
    message["event"]["data"]["priority"] = json!({ "id": "P", "summary": "P1" });
    assert_eq!(one(message.clone()).severity, Severity::Critical);
    message["event"]["data"]["priority"]["summary"] = json!("Our own word");
    assert_eq!(one(message).severity, Severity::High);
}

#[test]
fn a_reopened_incident_fires_since_it_was_reopened() {
    let mut message = samples::pagerduty();
    message["event"]["event_type"] = json!("incident.reopened");
    message["event"]["occurred_at"] = json!("2026-11-23T04:00:00Z");
    assert_eq!(one(message).starts_at, time("2026-11-23T04:00:00Z"));
}

#[test]
fn what_happens_beside_an_incident_is_no_alert_whatever_its_data_is() {
    for beside in [
        "annotated",
        "responder.added",
        "responder.replied",
        "status_update_published",
        "conference_bridge.updated",
        "workflow.started",
        "custom_field_values.updated",
    ] {
        let mut message = samples::pagerduty();
        message["event"]["event_type"] = json!(format!("incident.{beside}"));
        let rejected = from(None, message).unwrap_err();
        assert_eq!(rejected.kind, Kind::NoAlert, "{beside}");
        assert!(rejected.reason.contains(beside), "{}", rejected.reason);
    }
}

#[test]
fn an_event_that_moves_an_incident_to_others_keeps_its_state_and_start() {
    for (event, status, state) in [
        ("escalated", "triggered", AlertStatus::Firing),
        ("reassigned", "acknowledged", AlertStatus::Acknowledged),
        ("delegated", "acknowledged", AlertStatus::Acknowledged),
        ("priority_updated", "resolved", AlertStatus::Resolved),
        ("unacknowledged", "triggered", AlertStatus::Firing),
    ] {
        let mut message = samples::pagerduty();
        message["event"]["event_type"] = json!(format!("incident.{event}"));
        message["event"]["data"]["status"] = json!(status);
        message["event"]["occurred_at"] = json!("2026-11-23T05:00:00Z");
        let alert = one(message);
        assert_eq!(alert.status, state, "{event}");
        assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"), "{event}");
    }
}

#[test]
fn events_that_are_no_alert_are_rejected_with_their_name() {
    let mut message = samples::pagerduty();
    message["event"]["event_type"] = json!("pagey.ping");
    let rejected = from(None, message.clone()).unwrap_err();
    assert_eq!(
        rejected.reason,
        "`event.event_type` should begin with `incident.`; found `pagey.ping`"
    );
    assert_eq!(rejected.kind, Kind::NoAlert);
    message["event"]["event_type"] = json!("incident.annotated");
    message["event"]["data"]["type"] = json!("incident_note");
    let rejected = from(None, message).unwrap_err();
    assert!(rejected.reason.contains("found `incident_note`"), "{}", rejected.reason);
}
