use std::collections::BTreeMap;

use nightjar_incident::{AlertStatus, Severity, Signal};
use serde_json::json;

use crate::{one, samples, time};

#[test]
fn a_full_template_gives_everything() {
    let alert = one(samples::datadog());
    assert_eq!(alert.key, "101:env:prod,service:checkout");
    assert_eq!(alert.title, "p95 latency of checkout");
    assert_eq!(alert.description, "checkout p95 is 3.1 s");
    assert_eq!(alert.severity, Severity::Critical);
    assert_eq!(alert.signal, Some(Signal::Latency));
    assert_eq!(alert.entity_names, ["checkout", "checkout-7"]);
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.labels["team"], "shop");
    assert!(alert.labels["query"].starts_with("avg(last_5m)"));
    assert_eq!(alert.url.as_deref(), Some("https://app.datadoghq.example/monitors/101"));
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn two_groups_of_one_monitor_are_two_alerts() {
    let mut other = samples::datadog();
    other["alert_scope"] = json!("env:prod,service:cart");
    assert_ne!(one(other).key, one(samples::datadog()).key);
}

#[test]
fn field_names_may_be_written_in_other_ways() {
    let message = json!({ "ALERT_ID": 101, "alertTransition": "Recovered", "Title": "x", "Date": 1_795_402_812 });
    let alert = one(message);
    assert_eq!(alert.key, "101");
    assert_eq!(alert.ends_at, Some(time("2026-11-23T03:00:12Z")));
}

#[test]
fn a_bracket_that_is_part_of_the_headline_stays() {
    let mut message = samples::datadog();
    message["title"] = json!("[shop] p95");
    assert_eq!(one(message.clone()).title, "[shop] p95");
    message["title"] = json!("[P2] [Recovered on {host:a}] [shop] p95");
    assert_eq!(one(message.clone()).title, "[shop] p95");
    message.as_object_mut().unwrap().retain(|field, _| !field.starts_with("alert_"));
    assert_eq!(one(message).status, AlertStatus::Resolved);
}

#[test]
fn odd_tags_are_kept_and_wrong_ones_noted() {
    let mut message = samples::datadog();
    message["tags"] = json!(["team:a", "team:b", "lonely", 7, ["x"], ":", ""]);
    let alert = one(message);
    let expected: BTreeMap<&str, &str> = [("team", "a,b"), ("lonely", ""), ("7", "")].into();
    for (name, value) in expected {
        assert_eq!(alert.labels[name], value);
    }
    assert_eq!(alert.notes, ["`tags` should be a list of texts; found a list"]);
}
