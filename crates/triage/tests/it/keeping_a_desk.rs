//! A desk that grew alert by alert is the desk that takes the resulting incidents in.

use std::sync::Arc;

use jiff::SignedDuration;
use nightjar_incident::{Alert, AlertId, AlertStatus, Incident, IncidentId, Signal};
use nightjar_triage::{Desk, Estate, Policy, is_over};
use proptest::prelude::*;

use crate::world::{alert, desk, incident, minute, shop};

/// What can happen at a desk.
#[derive(Clone, Debug)]
enum Deed {
    /// A message is decided, and acted on.
    Arrives(Box<Alert>),
    /// A person unlinks the alert of this key.
    TakesOut(usize),
    /// The incidents that are over are closed.
    Closes(i64),
}

fn message() -> impl Strategy<Value = Alert> {
    const NAMES: [&str; 8] = [
        "api-gateway",
        "checkout",
        "payments-table",
        "inventory",
        "worker",
        "batch-7",
        "nobody",
        "",
    ];
    const SIGNALS: [Option<Signal>; 3] = [None, Some(Signal::Latency), Some(Signal::Errors)];
    const TITLES: [&str; 3] = ["", "Gibraltar customers wait for payments", "checkout is slow"];
    let about = (
        0_usize..12,
        prop::sample::select(&NAMES),
        prop::sample::select(&SIGNALS),
        prop::sample::select(&TITLES),
        any::<bool>(),
    );
    let when = (0_i64..6, 0_i64..8, 0_usize..4);
    (about, when).prop_map(|((key, name, signal, title, elsewhere), (starts, later, status))| {
        let mut message = alert(&key.to_string(), name, starts * 5, signal);
        message.received_at += SignedDuration::from_mins(later * 4);
        message.title = title.into();
        if elsewhere {
            message.provider = "pagerduty".into();
            message.labels.insert("region".into(), "eu-west-1".into());
        }
        message.status = match status {
            0 => AlertStatus::Resolved,
            1 => AlertStatus::Acknowledged,
            _ => AlertStatus::Firing,
        };
        message.ends_at = (message.status == AlertStatus::Resolved).then_some(message.received_at);
        message
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        12 => message().prop_map(|message| Deed::Arrives(Box::new(message))),
        2 => (0_usize..12).prop_map(Deed::TakesOut),
        1 => (0_i64..60).prop_map(Deed::Closes),
    ]
}

fn opened(number: usize, alert: Alert, desk: &Desk) -> Incident {
    Incident {
        id: IncidentId::new(format!("inc-{number}")),
        opened_at: alert.received_at,
        last_news_at: alert.received_at,
        entities: desk.estate().locate(&alert),
        alerts: vec![alert],
    }
}

proptest! {
    #[test]
    fn a_desk_that_grew_equals_one_made_of_what_is_on_it(
        deeds in prop::collection::vec(deed(), 1..40),
        next in message(),
    ) {
        let topology = shop();
        let mut grown = desk(&[], &topology);
        for (number, deed) in deeds.into_iter().enumerate() {
            match deed {
                Deed::Arrives(mut alert) => {
                    alert.id = AlertId::new(format!("alert-{number}"));
                    let ruling = grown.decide(&alert);
                    match ruling.incident {
                        Some(incident) => {
                            let admitted = grown.admit(&incident, (*alert).clone());
                            let held = admitted.expect("the incident is on the desk").held;
                            prop_assert_eq!((&held.provider, &held.key), (&alert.provider, &alert.key));
                        }
                        None => grown.take_in(opened(number, *alert, &grown)),
                    }
                }
                Deed::TakesOut(key) => {
                    let found = grown.find("datadog", &key.to_string());
                    if let Some(id) = found.map(|(_, alert)| alert.id.clone()) {
                        let (from, alert) = grown.take_out(&id).expect("it was found");
                        prop_assert!(grown.incident(&from).is_some());
                        grown.take_in(opened(1_000 + number, alert, &grown));
                    }
                }
                Deed::Closes(now) => {
                    for id in grown.over(minute(now)) {
                        let closed = grown.close(&id).expect("it was there");
                        prop_assert!(is_over(&closed, minute(now), grown.policy()));
                    }
                }
            }
            let incidents: Vec<Incident> = grown.incidents().rev().cloned().collect();
            let anew = desk(&incidents, &topology);
            prop_assert_eq!(grown.decide(&next), anew.decide(&next));
            for incident in anew.incidents() {
                prop_assert_eq!(grown.incident(&incident.id), Some(incident));
            }
        }
    }
}

#[test]
fn what_a_person_takes_out_speaks_for_nothing_any_more() {
    let alerts = vec![alert("1", "checkout", 0, None), alert("2", "batch-7", 0, None)];
    let mut desk = desk(&[incident("inc", alerts, &shop())], &shop());
    let disk = alert("3", "batch-7", 1, Some(Signal::DiskUtilization));
    assert!(desk.decide(&disk).incident.is_some());
    let (from, alert) = desk.take_out(&AlertId::new("alert-2")).unwrap();
    assert_eq!((from.as_str(), alert.key.as_str()), ("inc", "2"));
    assert!(desk.decide(&disk).incident.is_none());
    assert!(desk.find("datadog", "2").is_none());
    assert_eq!(desk.take_out(&AlertId::new("alert-2")), None);
}

#[test]
fn an_incident_that_nobody_opened_admits_nothing() {
    let mut desk = desk(&[], &shop());
    assert!(desk.admit(&IncidentId::new("inc"), alert("1", "checkout", 0, None)).is_none());
    assert!(desk.close(&IncidentId::new("inc")).is_none());
}

#[test]
fn a_new_topology_counts_from_the_next_alert_on() {
    let mut desk = Desk::new(Arc::new(Estate::new(Default::default())), Policy::default());
    let mut held = incident("inc", vec![alert("1", "checkout", 0, None)], &shop());
    held.entities.clear();
    desk.take_in(held);
    let news = alert("2", "cart", 1, None);
    assert!(desk.decide(&news).incident.is_none());
    desk.set_estate(Arc::new(Estate::new(shop())));
    assert!(desk.decide(&news).reason.contains("the incident names no entity"));
    // What the incident is about is known again with the next message about it.
    desk.admit(&IncidentId::new("inc"), alert("1", "checkout", 1, None)).unwrap();
    assert!(desk.decide(&news).incident.is_some());
}
