//! Arbitrary and spoilt messages: never a panic, never an alert without key or title.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{from, samples};

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
            "generic", "nobody",
        ])),
    ) {
        check(hint, message)?;
    }

    #[test]
    fn a_real_message_with_any_value_replaced_is_read_or_rejected(
        sample in 0_usize..10,
        place in any::<prop::sample::Index>(),
        value in anything(),
    ) {
        let (provider, mut message) = samples::all().swap_remove(sample);
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
    for (provider, message) in samples::all() {
        let mut empty = message.clone();
        empty_out(&mut empty);
        assert!(from(Some(provider), empty).is_err(), "{provider}");
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
