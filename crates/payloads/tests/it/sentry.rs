use nightjar_incident::Severity;
use nightjar_payloads::Kind;
use serde_json::json;

use crate::senders;
use crate::{from, one};

fn sender(form: &str) -> crate::sender::Sender {
    let is_it = |s: &crate::sender::Sender| s.provider == "sentry" && s.form == form;
    senders::all().into_iter().find(is_it).unwrap()
}

#[test]
fn an_event_its_issue_and_the_older_plugin_speak_of_one_alert() {
    let keys =
        ["event of an issue alert", "issue", "plugin"].map(|form| sender(form).alert(&vec![]).key);
    assert_eq!(keys, ["1170820242"; 3]);
}

#[test]
fn the_issue_of_an_event_may_stand_in_an_address_only() {
    let alert =
        sender("event of an issue alert").alert(&vec![("/data/event/issue_id", json!(null))]);
    assert_eq!(alert.key, "1170820242");
}

#[test]
fn an_issue_that_came_back_fires_since_the_message_about_it() {
    let back = sender("issue").alert(&vec![("/action", json!("unresolved"))]);
    assert_eq!(back.starts_at, back.received_at);
}

#[test]
fn a_metric_alert_is_as_bad_as_its_action_says() {
    let warned = sender("metric alert").alert(&vec![("/action", json!("warning"))]);
    assert_eq!(warned.severity, Severity::Warning);
    assert_eq!(warned.key, "metric_alert:7");
}

#[test]
fn who_works_on_an_issue_is_no_alert() {
    for action in ["assigned", "unassigned"] {
        let message = sender("issue").message(&vec![("/action", json!(action))]);
        assert_eq!(from(None, message).unwrap_err().kind, Kind::NoAlert, "{action}");
    }
    let installed = json!({
        "action": "created", "installation": { "uuid": "24b1" }, "data": { "installation": {} },
    });
    assert_eq!(from(None, installed).unwrap_err().kind, Kind::NoAlert);
}

#[test]
fn a_project_that_is_but_a_number_names_nothing() {
    let changes = vec![("/data/event/project_slug", json!(null))];
    let alert = one(sender("event of an issue alert").message(&changes));
    assert_eq!(alert.entity_names, ["checkout-7"]);
}
