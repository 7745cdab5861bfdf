//! Arbitrary and spoilt messages: never a panic, never an alert without key or title.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sender::Sender;
use crate::{from, samples, senders};

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9]{1,25}".prop_map(Value::from),
        Just(json!("2026-11-23T03:00:12Z")),
    ];
    // Field names that some sender uses, so that the readers are reached.
    let name = prop_oneof![
        ".{0,6}".boxed(),
        prop::sample::select(vec![
            "event",
            "event_type",
            "data",
            "id",
            "alerts",
            "labels",
            "status",
            "receiver",
            "Message",
            "TopicArn",
            "AlarmName",
            "NewStateValue",
            "Trigger",
            "Metrics",
            "Dimensions",
            "detail",
            "detail-type",
            "source",
            "sys_id",
            "short_description",
            "result",
            "incidentId",
            "action",
            "alert_transition",
            "alert_id",
            "tags",
            "title",
            "ruleName",
            "evalMatches",
            "date",
            "specversion",
            "type",
            "data_base64",
            "essentials",
            "alertId",
            "incident",
            "incident_id",
            "started_at",
            "search_name",
            "sid",
            "alert",
            "alias",
            "issue",
            "metric_alert",
            "event_id",
            "PID",
            "ProblemTitle",
            "ImpactedEntities",
            "issueUrl",
            "current_state",
            "check_id",
            "MONITORNAME",
            "STATUS",
            "WHAT",
            "HOSTNAME",
        ])
        .prop_map(str::to_owned)
        .boxed(),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The places of all values inside a message, as JSON pointers.
fn places(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                places(
                    inner,
                    format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                places(inner, format!("{here}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(here);
}

fn check(provider: Option<&str>, message: Value) -> Result<(), TestCaseError> {
    match from(provider, message) {
        Ok(alerts) => {
            prop_assert!(!alerts.is_empty());
            for alert in alerts {
                prop_assert!(!alert.key.is_empty() && !alert.title.is_empty());
                prop_assert!(alert.entity_names.iter().all(|name| !name.is_empty()));
            }
        }
        Err(rejected) => prop_assert!(!rejected.reason.is_empty()),
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_message_panics(
        message in anything(),
        hint in prop::option::of(prop::sample::select(vec![
            "datadog", "pagerduty", "servicenow", "cloudwatch", "alertmanager", "grafana",
            "generic", "azure", "googlecloud", "splunk", "signalfx", "opsgenie", "sentry",
            "dynatrace", "newrelic", "pingdom", "site24x7", "checkmk", "cloudevents", "sns",
            "nobody",
        ])),
    ) {
        check(hint, message)?;
    }

    #[test]
    fn a_real_message_with_any_value_replaced_is_read_or_rejected(
        sample in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in anything(),
    ) {
        let senders = senders::all();
        let sender = sample.get(&senders);
        let (provider, mut message) = (sender.provider, sender.message(&vec![]));
        let mut found = Vec::new();
        places(&message, String::new(), &mut found);
        if let Some(spot) = message.pointer_mut(place.get(&found).as_str()) {
            *spot = value;
        }
        check(Some(provider), message.clone())?;
        check(None, message)?;
    }
}

#[test]
fn nulls_everywhere_are_rejected_and_not_guessed() {
    for sender in senders::all() {
        let mut empty = sender.sample.clone();
        empty_out(&mut empty);
        assert!(from(Some(sender.provider), empty).is_err(), "{}", sender.name());
    }
}

fn empty_out(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(empty_out),
        Value::Array(items) => items.iter_mut().for_each(empty_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = Value::Null,
    }
}

#[test]
fn deep_nesting_is_no_danger() {
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!({ "data": [deep] });
    }
    let mut message = samples::generic();
    message["data"] = deep.clone();
    message["service"] = deep;
    assert!(from(None, message).is_ok());
    let brackets = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut sns = samples::sns();
    sns["Message"] = json!(brackets);
    assert!(from(None, sns).is_err());
}

/// What a field can be instead of what it should be.
fn wrong() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!([[["x"]]]),
        json!({}),
        json!({ "x": { "y": [] } }),
    ]
}

/// Every field of every form missing, and of every wrong type, one after the other.
#[test]
fn a_field_that_is_missing_or_of_a_wrong_type_never_stops_the_reader() {
    for sender in senders::all() {
        for (place, message) in spoilt(&sender, &json!(null)) {
            if let Err(error) = check(Some(sender.provider), message) {
                unreachable!("{} without {place}: {error}", sender.name());
            }
        }
        for value in wrong() {
            for (place, message) in spoilt(&sender, &value) {
                if let Err(error) = check(None, message) {
                    unreachable!("{}, {place} is {value}: {error}", sender.name());
                }
            }
        }
    }
}

/// A text or number that is a list instead: whatever changes by it is said.
#[test]
fn a_wrong_type_that_changes_an_alert_is_noted_or_rejected() {
    let value = json!([[["x"]]]);
    for sender in senders::all() {
        let Ok(plain) = from(Some(sender.provider), sender.message(&vec![])) else { continue };
        for (place, message) in spoilt(&sender, &value) {
            let was = sender.sample.pointer(&place);
            // What the generic form holds under `data` is the sender's own and may be anything.
            let is_senders_own = place.starts_with("/data/metadata/");
            if is_senders_own || was.is_none_or(|was| was.is_object() || was.is_array()) {
                continue;
            }
            let Ok(mut read) = from(Some(sender.provider), message) else { continue };
            // Labels and annotations hold anything: what is no text stays there as JSON.
            let texts = read[0].labels.values().chain([&read[0].title, &read[0].description]);
            let is_kept = texts.into_iter().any(|text| text.contains("[[[\"x\"]]]"));
            let is_noted = read[0].notes.len() > plain[0].notes.len();
            read[0].notes.clone_from(&plain[0].notes);
            assert!(is_kept || is_noted || read == plain, "{} {place}: {read:?}", sender.name());
        }
    }
}

/// The sample with each of its fields replaced in turn.
fn spoilt(sender: &Sender, value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    places(&sender.sample, String::new(), &mut found);
    let spoil = |place: String| {
        let mut message = sender.sample.clone();
        if let Some(spot) = message.pointer_mut(&place) {
            *spot = value.clone();
        }
        (place, (sender.wrap)(message))
    };
    found.into_iter().map(spoil).collect()
}

/// Two messages poured into one: someone reads it, or it is rejected.
#[test]
fn mixed_messages_of_any_two_senders_do_no_harm() {
    let senders = senders::all();
    for one in &senders {
        for other in &senders {
            let mut mixed = one.message(&vec![]);
            let more = other.message(&vec![]);
            if let (Value::Object(fields), Value::Object(more)) = (&mut mixed, more) {
                fields.extend(more);
            }
            for hint in [None, Some(one.provider), Some(other.provider)] {
                if let Err(error) = check(hint, mixed.clone()) {
                    unreachable!("{} and {}: {error}", one.name(), other.name());
                }
            }
        }
    }
}

/// Long lists of nonsense in one field cost no more than their length.
#[test]
fn a_hundred_thousand_tags_are_read_in_one_pass() {
    let tags: Vec<String> = (0..100_000).map(|number| format!("team:t{number}")).collect();
    let mut message = samples::datadog();
    message["tags"] = json!(tags);
    assert!(from(None, message).is_ok());
    let mut message = samples::datadog();
    message["tags"] = json!(vec![json!([]); 100_000]);
    assert!(from(None, message).is_ok());
}
