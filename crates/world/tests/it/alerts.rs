use nightjar_incident::{ExpectedVerdict, FaultMode};
use nightjar_world::{FalseAlarm, FaultSpec, Recipe};

use crate::look::{record, short, start, with};

#[test]
fn a_false_alarm_fires_though_nothing_is_wrong() {
    for kind in [FalseAlarm::Blip, FalseAlarm::Flapping] {
        for seed in 1..=3 {
            let recipe = Recipe { false_alarm: Some(kind), seed, ..short() };
            let recording = record(&recipe);
            assert!(!recording.alerts.is_empty(), "{kind:?} at seed {seed}");
            let verdict = recording.expect.unwrap().verdict;
            assert_eq!(verdict, ExpectedVerdict::NoIncident);
        }
    }
}

#[test]
fn an_alert_arrives_after_what_it_tells_of() {
    let recipe = with(FaultMode::BadDeployment);
    let recording = record(&recipe);
    let first = recording.alerts.first().unwrap().received_at;
    assert!(first > recipe.onset(start()));
    assert!(recording.alerts.is_sorted_by_key(|alert| alert.received_at));
}

#[test]
fn a_cloudwatch_alarm_is_json_in_a_string() {
    let recording = record(&with(FaultMode::Throttled));
    let alarm = recording.alerts.iter().find(|a| a.provider.as_deref() == Some("cloudwatch"));
    let message = alarm.unwrap().payload["Message"].as_str().unwrap();
    let message: serde_json::Value = serde_json::from_str(message).unwrap();
    assert_eq!(message["NewStateValue"], "ALARM");
    assert_eq!(message["Trigger"]["Dimensions"][0]["value"], "payments-table");
}

#[test]
fn a_full_disk_elsewhere_is_told_and_is_not_the_cause() {
    let recipe = Recipe {
        unrelated_alert: true,
        faults: vec![FaultSpec::new(FaultMode::Throttled)],
        ..short()
    };
    let recording = record(&recipe);
    let about_disk =
        |a: &&nightjar_incident::RawAlert| a.payload.to_string().contains("batch-host-1");
    assert_eq!(recording.alerts.iter().filter(about_disk).count(), 1);
    let causes = recording.expect.unwrap().causes;
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].entity.as_str(), "payments-table");
}
