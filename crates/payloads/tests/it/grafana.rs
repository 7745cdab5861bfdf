use nightjar_incident::AlertStatus;
use serde_json::json;

use crate::{one, samples};

#[test]
fn a_rule_without_data_fires_as_an_alert_that_says_so_and_claims_no_signal() {
    for (name, title, reason) in [
        ("DatasourceNoData", "Checkout latency: the rule gets no data", "NoData"),
        ("DatasourceError", "Checkout latency: the rule can't be evaluated", "Error"),
    ] {
        let mut message = samples::grafana();
        message["alerts"][0]["labels"]["alertname"] = json!(name);
        message["alerts"][0]["labels"]["rulename"] = json!("Checkout latency");
        message["alerts"][0]["annotations"] = json!({});
        let alert = one(message);
        assert_eq!(alert.title, title);
        assert_eq!(alert.status, AlertStatus::Firing);
        assert_eq!(alert.signal, None);
        let note = format!("Grafana's reason is `{reason}`; unknown is taken as firing");
        assert_eq!(alert.notes, [note]);
    }
}

#[test]
fn a_rule_set_to_alert_without_data_keeps_its_name_and_the_reason() {
    let mut message = samples::grafana();
    message["alerts"][0]["annotations"]["grafana_state_reason"] = json!("NoData");
    let alert = one(message);
    assert_eq!(alert.title, "checkout is slow");
    assert_eq!(alert.notes, ["Grafana's reason is `NoData`; unknown is taken as firing"]);
}

#[test]
fn an_alert_that_vanished_is_resolved_and_not_said_to_be_well() {
    let mut message = samples::grafana();
    message["alerts"][0]["status"] = json!("resolved");
    message["alerts"][0]["endsAt"] = json!("2026-11-23T03:20:00Z");
    message["alerts"][0]["annotations"]["grafana_state_reason"] = json!("MissingSeries");
    let alert = one(message);
    assert_eq!(alert.status, AlertStatus::Resolved);
    let note = "Grafana resolves it by reason of `MissingSeries`, not because all is well";
    assert_eq!(alert.notes, [note]);
}

#[test]
fn versions_tell_values_in_two_ways_and_may_lack_the_organisation() {
    let mut message = samples::grafana();
    for field in ["orgId", "state", "title"] {
        message.as_object_mut().unwrap().remove(field);
    }
    let alert = one(message.clone());
    assert_eq!(alert.provider, "grafana");
    message["alerts"][0]["valueString"] = json!("[ var='B' value=3.1 ]");
    let older = one(message);
    assert_eq!(older.description, "p95 is 3.1 s\n\n[ var='B' value=3.1 ]");
    assert_eq!(older.key, alert.key);
}

#[test]
fn the_older_form_without_data_is_firing_and_noted() {
    let mut message = samples::grafana_legacy();
    message["state"] = json!("no_data");
    let alert = one(message);
    assert_eq!(alert.status, AlertStatus::Firing);
    assert!(alert.notes.contains(&"no data arrives; unknown is taken as firing".to_owned()));
}
