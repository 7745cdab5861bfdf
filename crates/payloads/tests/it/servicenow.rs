use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::{one, samples, time};

#[test]
fn a_record_gives_configuration_item_priority_and_times_in_utc() {
    let alert = one(samples::servicenow());
    assert_eq!(alert.key, "9d385017c611228701d22104cc95c371");
    assert_eq!(alert.severity, Severity::Critical);
    assert_eq!(alert.signal, Some(Signal::Latency));
    assert_eq!(alert.entity_names, ["payment-processor", "Shop"]);
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.labels["number"], "INC0010023");
    assert_eq!(alert.labels["assignment_group"], "Payments");
    assert_eq!(alert.notes, ["`opened_at` has no zone; UTC is assumed"]);
}

#[test]
fn references_come_as_names_as_links_and_as_plain_texts() {
    let mut message = samples::servicenow();
    message["cmdb_ci"] = json!("payments-db");
    message["business_service"] = json!({ "link": "https://x.example/s", "value": "af12" });
    let alert = one(message);
    assert_eq!(alert.entity_names, ["payments-db", "af12"]);
    assert!(alert.notes.iter().any(|note| note.contains("`business_service` is a reference")));
}

#[test]
fn a_record_may_be_wrapped_and_several_may_come_at_once() {
    let wrapped = json!({ "result": samples::servicenow() });
    assert_eq!(one(wrapped).key, one(samples::servicenow()).key);
    let mut other = samples::servicenow();
    other["sys_id"] = json!("other");
    other["state"] = json!("7");
    let batch = json!({ "result": [samples::servicenow(), other, { "state": "1" }] });
    let alerts = crate::from(None, batch).unwrap();
    assert_eq!(alerts.len(), 2);
    let aside = "`result[2].sys_id` or `result[2].number` should be a text; found nothing";
    assert!(alerts[0].notes.iter().any(|note| note == aside), "{:?}", alerts[0].notes);
}
