use nightjar_payloads::{Kind, json as body, recognised};
use serde_json::{Value, json};

use crate::sender::Sender;
use crate::senders::{self, base64};
use crate::{from, one, samples, time};

fn in_cloudevent(data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": "1", "source": "/relay", "type": "com.example.relayed",
        "time": "2026-11-23T03:00:30Z", "data": data,
    })
}

fn in_cloudevent_as_base64(data: &Value) -> Value {
    let mut event = in_cloudevent(json!(null));
    event["data_base64"] = json!(base64(data.to_string().as_bytes()));
    event
}

fn in_pubsub(message: &Value) -> Value {
    json!({
        "message": { "data": base64(message.to_string().as_bytes()), "messageId": "1" },
        "subscription": "projects/x/subscriptions/y",
    })
}

#[test]
fn every_senders_message_is_found_in_every_envelope() {
    for sender in senders::all() {
        let message = sender.message(&vec![]);
        let plain = one(message.clone());
        for wrapped in [
            samples::over_sns(&message),
            in_cloudevent(message.clone()),
            in_cloudevent(json!(message.to_string())),
            in_cloudevent_as_base64(&message),
            in_pubsub(&message),
            in_pubsub(&samples::over_sns(&message)),
        ] {
            assert_eq!(recognised(&wrapped), [sender.provider], "{}", sender.name());
            let alert = one(wrapped);
            assert_eq!((&alert.provider, &alert.key), (&plain.provider, &plain.key));
            assert_eq!(alert.title, plain.title);
            assert_eq!(alert.entity_names, plain.entity_names);
        }
    }
}

#[test]
fn a_batch_may_come_in_an_envelope_and_each_alert_says_by_which_way() {
    let batch = json!([samples::generic(), samples::datadog()]);
    let alerts = from(None, samples::over_sns(&batch)).unwrap();
    assert_eq!(alerts.len(), 2);
    for alert in alerts {
        assert_eq!(alert.labels["topic"], "arn:aws:sns:eu-west-1:123456789012:alarms");
    }
}

#[test]
fn the_time_of_sending_serves_a_message_that_has_none() {
    let alert = one(samples::over_sns(&samples::grafana_legacy()));
    assert_eq!(alert.starts_at, time("2026-11-23T03:00:13Z"));
    assert_eq!(alert.notes, ["the message has no usable time; the time it was sent stands in"]);
}

#[test]
fn who_expects_an_envelope_may_find_anyones_letter_in_it() {
    for hint in ["sns", "SNS"] {
        let alerts = from(Some(hint), samples::over_sns(&samples::datadog())).unwrap();
        assert_eq!(alerts[0].provider, "datadog");
        assert_eq!(alerts[0].notes, Vec::<String>::new());
    }
}

#[test]
fn a_letter_that_cannot_be_read_is_rejected_with_its_place() {
    let reason = |message: Value| {
        let rejected = from(None, message).unwrap_err();
        assert_eq!(rejected.kind, Kind::Unreadable);
        rejected.reason
    };
    let mut sns = samples::sns();
    sns["Message"] = json!("Hello");
    assert_eq!(
        reason(sns.clone()),
        "`Message` should be the JSON of an alert; found `Hello` (expected value at line 1 column 1)"
    );
    sns["Message"] = json!("7");
    assert!(reason(sns).starts_with("in `Message`: the shape of no known provider"));
    let mut event = in_cloudevent(json!(null));
    event["data_base64"] = json!("%%%");
    assert_eq!(reason(event.clone()), "`data_base64` should be in base64; found `%%%`");
    event["data_base64"] = json!(base64(b"{\"a\": \xff}"));
    assert_eq!(reason(event.clone()), "in `data_base64`: the body should be UTF-8; byte 7 is not");
    event["data_base64"] = json!([]);
    assert_eq!(reason(event), "`data_base64` should be a text; found a list");
}

#[test]
fn envelopes_within_envelopes_end() {
    let mut message = samples::generic();
    for _ in 0..4 {
        message = samples::over_sns(&message);
    }
    assert_eq!(one(message.clone()).provider, "generic");
    let rejected = from(None, samples::over_sns(&message)).unwrap_err();
    assert!(rejected.reason.contains("no known provider"), "{}", rejected.reason);
}

#[test]
fn a_cloudevent_is_the_same_alert_by_subject_or_by_the_stem_of_its_type() {
    let own = senders::all().into_iter().find(|sender| sender.provider == "cloudevents").unwrap();
    let key = |sender: &Sender, changes: &crate::sender::Changes| sender.alert(changes).key;
    let gone = ("/subject", json!(null));
    let fired = key(&own, &vec![gone.clone()]);
    assert_eq!(fired, "/monitoring/shop:com.example.alert");
    let resolved = key(&own, &vec![gone, ("/type", json!("com.example.alert.resolved"))]);
    assert_eq!(resolved, fired);
    let with_id = key(&own, &vec![("/data/alertId", json!("a-1"))]);
    assert_eq!(with_id, "/monitoring/shop:a-1");
}

#[test]
fn bytes_that_are_no_json_are_told_apart() {
    assert_eq!(body(b"\xEF\xBB\xBF{\"a\": 1}"), Ok(json!({ "a": 1 })));
    assert_eq!(body(b"{\"a\": \"\xff\"}"), Err("the body should be UTF-8; byte 8 is not".into()));
    let wrong = |bytes: &[u8]| body(bytes).unwrap_err();
    assert!(wrong(b"").starts_with("the body should be JSON: EOF"), "{}", wrong(b""));
    let nested = [vec![b'['; 500_000], vec![b']'; 500_000]].concat();
    assert!(wrong(&nested).contains("recursion limit"), "{}", wrong(&nested));
}
