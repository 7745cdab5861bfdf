use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::{from, one, samples, time};

#[test]
fn metric_and_entities_of_the_data_are_used() {
    let alert = one(samples::generic());
    assert_eq!(alert.key, "shop-17");
    assert_eq!(alert.severity, Severity::High);
    assert_eq!(alert.signal, Some(Signal::Latency));
    assert_eq!(alert.entity_names, ["checkout-7", "checkout"]);
    assert_eq!(alert.labels["region"], "eu-west-1");
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn the_five_priorities_of_the_contract_are_known() {
    use Severity::{Critical, High, Info, Warning};
    let words = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "MINIMAL"];
    let severities = words.map(|word| {
        let mut message = samples::generic();
        message["priority"] = json!(word);
        one(message).severity
    });
    assert_eq!(severities, [Critical, High, Warning, Info, Info]);
}

#[test]
fn another_event_type_is_rejected() {
    let mut message = samples::generic();
    message["eventType"] = json!("deployment");
    let rejected = from(None, message).unwrap_err();
    assert_eq!(rejected.reason, "`eventType` should be `incident`; found `deployment`");
}

#[test]
fn numbers_stand_in_for_texts_and_objects_do_not() {
    let mut message = samples::generic();
    message["incidentId"] = json!(17);
    message["description"] = json!({ "a": 1 });
    message["data"] = json!([1, 2]);
    let alert = one(message);
    assert_eq!(alert.key, "17");
    assert_eq!(alert.description, "");
    assert!(alert.notes.contains(&"`description` should be a text; found an object".to_owned()));
}
