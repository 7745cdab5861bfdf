//! What is particular to senders whose ordinary life the shared cases tell already.

use nightjar_incident::{AlertStatus, Severity, Signal};
use nightjar_payloads::Kind;
use serde_json::json;

use crate::sender::Sender;
use crate::{from, senders};

fn sender(provider: &str) -> Sender {
    senders::all().into_iter().find(|sender| sender.provider == provider).unwrap()
}

#[test]
fn a_merged_problem_of_dynatrace_goes_on() {
    let alert = sender("dynatrace").alert(&vec![("/State", json!("MERGED"))]);
    assert_eq!(alert.status, AlertStatus::Firing);
    assert_eq!(alert.notes, ["merged into another problem, which goes on; taken as firing"]);
}

#[test]
fn templates_of_dynatrace_write_objects_as_texts() {
    let changes = vec![
        ("/ImpactedEntities", json!(r#"[{"type":"SERVICE","name":"cart","entity":"SERVICE-1"}]"#)),
        ("/ProblemDetailsJSON", json!(r#"{"startTime":1795402812000,"endTime":-1}"#)),
        ("/Tags", json!("")),
    ];
    let alert = sender("dynatrace").alert(&changes);
    assert_eq!(alert.entity_names, ["cart", "SERVICE-1"]);
    assert_eq!(alert.starts_at, crate::time("2026-11-23T03:00:12Z"));
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn azure_counts_severities_from_nought() {
    use Severity::{Critical, High, Info, Warning};
    let severities = ["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"].map(|word| {
        sender("azure").alert(&vec![("/data/essentials/severity", json!(word))]).severity
    });
    assert_eq!(severities, [Critical, High, Warning, Info, Info]);
}

#[test]
fn requests_that_failed_are_errors_in_google_cloud() {
    let changes = vec![
        ("/incident/metric/type", json!("run.googleapis.com/request_count")),
        ("/incident/metric/labels/response_code_class", json!("5xx")),
    ];
    assert_eq!(sender("googlecloud").alert(&changes).signal, Some(Signal::Errors));
    let plain = sender("googlecloud")
        .alert(&vec![("/incident/metric/type", json!("run.googleapis.com/request_count"))]);
    assert_eq!(plain.signal, Some(Signal::Requests));
}

#[test]
fn a_row_of_splunk_with_a_status_of_its_own_resolves_nothing() {
    let alert = sender("splunk").alert(&vec![("/result/status", json!("ok"))]);
    assert_eq!(alert.status, AlertStatus::Firing);
}

#[test]
fn a_search_of_splunk_without_a_time_began_when_it_ran() {
    let alert = sender("splunk").alert(&vec![("/result/_time", json!(null))]);
    assert_eq!(alert.starts_at, crate::time("2026-11-23T03:00:00Z"));
    assert_eq!(alert.notes, Vec::<String>::new());
}

#[test]
fn a_stopped_detector_is_not_said_to_be_well() {
    let changes = vec![("/statusExtended", json!("stopped"))];
    let alert = sender("signalfx").alert(&changes);
    assert_eq!(alert.status, AlertStatus::Resolved);
    assert!(alert.notes[0].starts_with("the detector was stopped"), "{:?}", alert.notes);
}

#[test]
fn new_relic_gathers_texts_in_lists() {
    let changes = vec![
        ("/title", json!(["first", "second"])),
        ("/impactedEntities", json!(r#"["checkout","cart"]"#)),
    ];
    let alert = sender("newrelic").alert(&changes);
    assert_eq!(alert.title, "first");
    assert_eq!(alert.entity_names, ["checkout", "cart"]);
}

#[test]
fn a_downtime_of_checkmk_is_known_to_someone_and_a_handler_is_no_alert() {
    let kind = |kind: &str| vec![("/NOTIFY_NOTIFICATIONTYPE", json!(kind))];
    assert_eq!(sender("checkmk").alert(&kind("DOWNTIMESTART")).status, AlertStatus::Acknowledged);
    assert_eq!(sender("checkmk").alert(&kind("DOWNTIMEEND")).status, AlertStatus::Firing);
    let message = sender("checkmk").message(&kind("ALERTHANDLER (OK)"));
    assert_eq!(from(None, message).unwrap_err().kind, Kind::NoAlert);
}

#[test]
fn low_importance_at_pingdom_is_a_warning() {
    let alert = sender("pingdom").alert(&vec![("/importance_level", json!("LOW"))]);
    assert_eq!(alert.severity, Severity::Warning);
}

#[test]
fn more_names_than_an_alert_can_be_about_are_counted_and_left_out() {
    let names: Vec<String> = (0..10_000).map(|number| format!("service-{number}")).collect();
    let alert = sender("newrelic").alert(&vec![("/impactedEntities", json!(names))]);
    assert_eq!(alert.entity_names.len(), 100);
    assert_eq!(alert.notes, ["9900 more names were left out"]);
}

#[test]
fn more_notes_than_anyone_reads_are_counted() {
    let mut batch = vec![json!(7); 10_000];
    batch.push(sender("generic").message(&vec![]));
    let alerts = from(None, json!(batch)).unwrap();
    assert_eq!(alerts[0].notes.len(), 51);
    assert_eq!(alerts[0].notes[50], "and 9950 more notes");
}
