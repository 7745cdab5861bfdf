//! The same cases for every form of every sender: fire, fire again, resolve, resolve without fire,
//! out of order, acknowledged then resolved, unknown severity, no service, mixed batches, the same
//! delivery twice, and times in all forms.

use jiff::Timestamp;
use nightjar_incident::AlertStatus::{Acknowledged, Firing, Resolved};
use nightjar_incident::{Alert, Severity};
use nightjar_payloads::{Kind, recognised};
use serde_json::{Value, json};

use crate::sender::{Changes, Sender};
use crate::{from, senders, time};

const BEGUN: &str = "2026-11-23T03:00:12Z";
const OVER: &str = "2026-11-23T03:20:00Z";

fn begun() -> Timestamp {
    time(BEGUN)
}

/// When it began as far as the sender tells.
fn start(sender: &Sender, alert: &Alert) -> Timestamp {
    if sender.start.is_empty() { alert.received_at } else { begun() }
}

fn is_noted(alert: &Alert, word: &str) -> bool {
    alert.notes.iter().any(|note| note.contains(word))
}

#[test]
fn what_a_message_says_comes_out_whole() {
    for sender in senders::all() {
        let (alert, expected) = (sender.alert(&vec![]), &sender.expected);
        let name = sender.name();
        assert_eq!(alert.key, expected.key, "{name}");
        assert_eq!(alert.title, expected.title, "{name}");
        assert_eq!(alert.description, expected.description, "{name}");
        assert_eq!(alert.status, Firing, "{name}");
        assert_eq!(alert.severity, expected.severity, "{name}");
        assert_eq!(alert.signal, expected.signal, "{name}");
        assert_eq!(alert.entity_names, expected.names, "{name}");
        assert_eq!(alert.url.as_deref(), expected.url, "{name}");
        assert_eq!(alert.notes, expected.notes, "{name}");
        assert_eq!(alert.starts_at, start(&sender, &alert), "{name}");
        assert_eq!(alert.ends_at, None, "{name}");
        for (label, value) in expected.labels {
            assert_eq!(alert.labels.get(*label).map(String::as_str), Some(*value), "{name}");
        }
    }
}

#[test]
fn every_form_is_its_senders_and_nobody_elses() {
    for sender in senders::all() {
        let lives = [Some(&vec![]), Some(&sender.again), sender.acknowledged.as_ref()];
        for changes in lives.into_iter().chain([sender.resolved.as_ref()]).flatten() {
            assert_eq!(
                recognised(&sender.message(changes)),
                [sender.provider],
                "{}",
                sender.name()
            );
        }
    }
}

#[test]
fn fired_again_it_is_the_same_alert_since_the_same_time() {
    for sender in senders::all() {
        let (first, again) = (sender.alert(&vec![]), sender.alert(&sender.again));
        assert_eq!(again.key, first.key, "{}", sender.name());
        assert_eq!(again.status, Firing, "{}", sender.name());
        assert_eq!(again.starts_at, first.starts_at, "{}", sender.name());
        assert_ne!(sender.alert(&sender.another).key, first.key, "{}", sender.name());
    }
}

#[test]
fn a_resolve_says_which_alert_is_over_and_when_though_nothing_fired_before() {
    for sender in senders::all() {
        let Some(resolved) = &sender.resolved else { continue };
        let (alert, name) = (sender.alert(resolved), sender.name());
        assert_eq!(alert.status, Resolved, "{name}");
        assert_eq!(alert.key, sender.expected.key, "{name}");
        let over = if sender.start.is_empty() { alert.received_at } else { time(OVER) };
        assert_eq!(alert.ends_at, Some(over), "{name}");
        assert!(alert.starts_at <= over, "{name}");
        // Either when it began, or no more than that it was before its end.
        assert!([begun(), over].contains(&alert.starts_at), "{name}");
    }
}

#[test]
fn acknowledged_and_then_resolved_it_stays_one_alert() {
    let mut who_tells = Vec::new();
    for sender in senders::all() {
        let (Some(acknowledged), Some(resolved)) = (&sender.acknowledged, &sender.resolved) else {
            continue;
        };
        let life = [sender.alert(&vec![]), sender.alert(acknowledged), sender.alert(resolved)];
        let states = life.iter().map(|alert| alert.status);
        assert!(states.eq([Firing, Acknowledged, Resolved]), "{}", sender.name());
        assert!(life.iter().all(|alert| alert.key == life[0].key), "{}", sender.name());
        assert_eq!(life[1].ends_at, None, "{}", sender.name());
        who_tells.push(sender.provider);
    }
    who_tells.sort_unstable();
    who_tells.dedup();
    let silent = ["azure", "cloudwatch", "dynatrace", "pingdom", "signalfx", "site24x7"];
    assert!(silent.iter().all(|name| !who_tells.contains(name)));
    assert_eq!(who_tells.len(), 13, "{who_tells:?}");
}

/// The order of arrival is triage's business: here every message stands for itself.
#[test]
fn out_of_order_and_delivered_twice_a_message_says_the_same() {
    for sender in senders::all() {
        let fired = sender.message(&vec![]);
        let resolved = sender.resolved.as_ref().map(|changes| sender.message(changes));
        let in_order: Vec<Value> = [Some(fired), resolved].into_iter().flatten().collect();
        let read = |messages: &[Value]| -> Vec<Alert> {
            messages.iter().flat_map(|message| from(None, message.clone()).unwrap()).collect()
        };
        let straight = read(&in_order);
        let turned: Vec<Value> = in_order.iter().rev().cloned().collect();
        let mut turned = read(&turned);
        turned.reverse();
        assert_eq!(straight, turned, "{}", sender.name());
        assert_eq!(read(&[&in_order[..], &in_order[..]].concat())[..straight.len()], straight);
    }
}

#[test]
fn a_state_nobody_knows_is_firing_and_noted() {
    for sender in senders::all() {
        let Some(odd) = &sender.odd_state else { continue };
        let alert = sender.alert(odd);
        assert_eq!(alert.status, Firing, "{}", sender.name());
        assert!(is_noted(&alert, "`Exploded`") || is_noted(&alert, "`exploded`"), "{alert:?}");
    }
}

#[test]
fn a_severity_nobody_knows_is_unknown_and_noted() {
    for sender in senders::all() {
        let Some(odd) = &sender.odd_severity else { continue };
        let alert = sender.alert(odd);
        assert_eq!(alert.severity, Severity::Unknown, "{}", sender.name());
        assert!(is_noted(&alert, "`purple`"), "{}: {:?}", sender.name(), alert.notes);
    }
}

#[test]
fn without_a_service_the_names_are_empty_and_the_alert_stands() {
    for sender in senders::all() {
        let alert = sender.alert(&sender.no_service);
        // A check of Checkmk is always a host's.
        let names: &[&str] = if sender.provider == "checkmk" { sender.expected.names } else { &[] };
        assert_eq!(alert.entity_names, names, "{}", sender.name());
        assert_eq!(alert.status, Firing, "{}", sender.name());
    }
}

#[test]
fn a_title_that_is_missing_is_replaced_by_the_key_and_noted() {
    for sender in senders::all() {
        let Some(changes) = &sender.no_title else { continue };
        let alert = sender.alert(changes);
        assert_eq!(alert.title, alert.key, "{}", sender.name());
        assert!(is_noted(&alert, "no title"), "{}: {:?}", sender.name(), alert.notes);
    }
}

#[test]
fn without_its_key_a_message_is_rejected_and_the_field_named() {
    for sender in senders::all() {
        let (changes, reason) = &sender.no_key;
        let rejected = from(Some(sender.provider), sender.message(changes)).unwrap_err();
        assert_eq!(rejected.provider.as_deref(), Some(sender.provider), "{}", sender.name());
        assert!(rejected.reason.ends_with(reason), "{}: {}", sender.name(), rejected.reason);
        assert_eq!(rejected.kind, Kind::Unreadable, "{}", sender.name());
    }
}

fn at_start(sender: &Sender, value: &Value) -> Changes {
    sender.start.iter().map(|place| (*place, value.clone())).collect()
}

#[test]
fn the_start_is_read_in_every_form_that_time_has() {
    let forms = [
        json!(BEGUN),
        json!("2026-11-23T04:00:12+01:00"),
        json!("2026-11-23T03:00:12.000+0000"),
        json!("2026-11-23 03:00:12"),
        json!("2026-11-23T03:00:12"),
        json!(1_795_402_812),
        json!(1_795_402_812_000_i64),
        json!(1_795_402_812_000_000_i64),
        json!(1_795_402_812_000_000_000_i64),
        json!("1795402812"),
        json!("1795402812000"),
        json!(1_795_402_812.0),
    ];
    for sender in senders::all().into_iter().filter(|sender| !sender.start.is_empty()) {
        for form in &forms {
            let alert = sender.hinted(&at_start(&sender, form));
            assert_eq!(alert.starts_at, begun(), "{}: {form}", sender.name());
            let has_zone =
                !["2026-11-23 03:00:12", "2026-11-23T03:00:12"].map(Value::from).contains(form);
            assert_eq!(is_noted(&alert, "UTC is assumed"), !has_zone, "{}: {form}", sender.name());
        }
    }
}

#[test]
fn a_time_that_is_missing_or_unreadable_is_that_of_arrival_and_noted() {
    for wrong in [json!(null), json!("soon"), json!(["2026"]), json!(0), json!(true)] {
        for sender in senders::all().into_iter().filter(|sender| !sender.start.is_empty()) {
            let alert = sender.hinted(&at_start(&sender, &wrong));
            let name = sender.name();
            // What carries a message has a time of its own.
            if !is_noted(&alert, "the time it was sent stands in") {
                assert_eq!(alert.starts_at, alert.received_at, "{name}: {wrong}");
                assert!(is_noted(&alert, "the time of its arrival stands in"), "{name}: {wrong}");
            }
            let said = if wrong.is_null() { 1 } else { 2 };
            assert!(alert.notes.len() >= said, "{name}: {wrong}: {:?}", alert.notes);
        }
    }
}

#[test]
fn a_start_in_the_future_is_kept_and_noted() {
    for sender in senders::all().into_iter().filter(|sender| !sender.start.is_empty()) {
        let alert = sender.hinted(&at_start(&sender, &json!("2026-11-23T05:00:00Z")));
        assert_eq!(alert.starts_at, time("2026-11-23T05:00:00Z"), "{}", sender.name());
        assert!(is_noted(&alert, "the sender's clock may be wrong"), "{}", sender.name());
    }
}

#[test]
fn a_batch_gives_each_alert_its_own_state_and_key() {
    for sender in senders::all() {
        // Who sends no batches is read in a list of messages.
        let batch = sender.batch.unwrap_or(Value::from);
        let mut over = sender.sample.clone();
        if let Some(resolved) = &sender.resolved {
            over = crate::sender::with(over, resolved);
        }
        let mut lives = vec![sender.sample.clone(), over];
        lives.push(crate::sender::with(sender.sample.clone(), &sender.another));
        let body = match sender.batch {
            Some(batch) => (sender.wrap)(batch(lives)),
            None => batch(lives.into_iter().map(sender.wrap).collect()),
        };
        let alerts = from(None, body).unwrap();
        let name = sender.name();
        let end = if sender.resolved.is_some() { Resolved } else { Firing };
        let states: Vec<_> = alerts.iter().map(|alert| alert.status).collect();
        assert_eq!(states, [Firing, end, Firing], "{name}");
        assert_eq!(alerts[1].key, alerts[0].key, "{name}");
        assert_ne!(alerts[2].key, alerts[0].key, "{name}");
        assert!(alerts.iter().all(|alert| alert.provider == sender.provider), "{name}");
    }
}

/// A size at which anything quadratic wouldn't end. A list of messages asks every sender about each
/// of them, so one sender's stands for all.
#[test]
fn ten_thousand_alerts_in_one_body_are_ten_thousand_alerts() {
    for sender in senders::all() {
        let batch = match sender.batch {
            Some(batch) => batch,
            None if sender.form == "incident" => Value::from,
            None => continue,
        };
        let body = (sender.wrap)(batch(vec![sender.sample.clone(); 10_000]));
        assert_eq!(from(None, body).unwrap().len(), 10_000, "{}", sender.name());
    }
}
