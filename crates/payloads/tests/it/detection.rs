use serde_json::{Value, json};

use crate::{from, one, samples, senders};

/// Every form's message with the name of its provider.
fn samples() -> Vec<(&'static str, Value)> {
    senders::all().iter().map(|sender| (sender.provider, sender.message(&vec![]))).collect()
}

#[test]
fn every_sender_is_known_by_its_shape_alone() {
    for (provider, message) in samples() {
        assert_eq!(one(message).provider, provider);
    }
}

#[test]
fn a_right_hint_changes_nothing_in_whatever_case_it_is_written() {
    for (provider, message) in samples() {
        let plain = one(message.clone());
        let shouted = provider.to_uppercase();
        assert_eq!(from(Some(&shouted), message).unwrap(), [plain]);
    }
}

#[test]
fn a_wrong_hint_is_set_right_by_the_shape_and_noted() {
    for (provider, message) in samples() {
        let hint = if provider == "datadog" { "pagerduty" } else { "datadog" };
        let alerts = from(Some(hint), message).unwrap();
        assert_eq!(alerts[0].provider, provider);
        let note = format!("said to come from `{hint}`, read as `{provider}` by its shape");
        assert!(alerts[0].notes.contains(&note), "{:?}", alerts[0].notes);
    }
}

#[test]
fn a_template_without_marks_is_read_if_the_sender_is_known() {
    let message = json!({ "title": "[Triggered] disk", "body": "full", "tags": ["host:batch-7"] });
    assert!(from(None, message.clone()).is_err());
    let alerts = from(Some("datadog"), message).unwrap();
    assert_eq!(alerts[0].title, "disk");
    assert_eq!(alerts[0].entity_names, ["batch-7"]);
}

#[test]
fn a_stranger_is_rejected_with_what_was_found() {
    let rejected = from(None, json!({ "hello": 1, "world": [] })).unwrap_err();
    assert_eq!(rejected.provider, None);
    assert_eq!(
        rejected.reason,
        "the shape of no known provider; expected one of cloudwatch, pagerduty, azure, \
         googlecloud, splunk, signalfx, servicenow, opsgenie, sentry, grafana, alertmanager, \
         dynatrace, newrelic, pingdom, site24x7, checkmk, generic, datadog, cloudevents; found an \
         object with `hello`, `world`"
    );
    for (payload, found) in
        [(json!(null), "null"), (json!(7), "a number"), (json!({}), "an empty object")]
    {
        let rejected = from(Some("nobody"), payload).unwrap_err();
        assert_eq!(rejected.provider.as_deref(), Some("nobody"));
        assert!(rejected.reason.ends_with(&format!("found {found}")), "{}", rejected.reason);
    }
}

#[test]
fn a_message_that_arrived_as_text_is_read_and_broken_text_says_where() {
    let text = samples::generic().to_string();
    assert_eq!(one(json!(text)), one(samples::generic()));
    let rejected = from(None, json!(text[..40])).unwrap_err();
    assert!(rejected.reason.contains("line 1 column 40"), "{}", rejected.reason);
}

#[test]
fn a_list_of_messages_is_read_item_by_item_and_bad_items_are_noted() {
    let batch = json!([samples::generic(), { "hello": 1 }, samples::sns()]);
    let alerts = from(None, batch).unwrap();
    let providers: Vec<&str> = alerts.iter().map(|alert| alert.provider.as_str()).collect();
    assert_eq!(providers, ["generic", "cloudwatch"]);
    let ids: Vec<&str> = alerts.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(ids, ["alert-1", "alert-2"]);
    let noted = alerts[0].notes.iter().any(|n| n.starts_with("item 1 of the batch was set aside"));
    assert!(noted, "{:?}", alerts[0].notes);
    assert!(from(None, json!([])).is_err());
    assert!(from(None, json!([[]])).is_err());
}
