//! Messages about alerts that are known already: repeats, retries, and what comes out of order.

use jiff::SignedDuration;
use nightjar_incident::{Alert, AlertStatus, IncidentId, TriageDecision};
use nightjar_triage::{Desk, News};

use crate::world::{alert, desk, incident, minute, shop};

/// A message about the alert `1`, received at a minute.
fn message(status: AlertStatus, starts: i64, received: i64) -> Alert {
    let mut message = alert("1", "checkout", starts, None);
    message.status = status;
    message.received_at = minute(received) + SignedDuration::from_secs(30);
    message
}

fn firing(starts: i64, received: i64) -> Alert {
    message(AlertStatus::Firing, starts, received)
}

fn resolved(starts: i64, ends: i64, received: i64) -> Alert {
    Alert { ends_at: Some(minute(ends)), ..message(AlertStatus::Resolved, starts, received) }
}

fn holding(messages: Vec<Alert>) -> Desk {
    let mut messages = messages.into_iter();
    let first = messages.next().expect("invariant: tests give a message");
    let mut desk = desk(&[incident("inc", vec![first], &shop())], &shop());
    for message in messages {
        admit(&mut desk, message);
    }
    desk
}

fn admit(desk: &mut Desk, message: Alert) -> News {
    desk.admit(&IncidentId::new("inc"), message).expect("invariant: it is open").news
}

fn held(desk: &Desk) -> &Alert {
    desk.find("datadog", "1").expect("invariant: it is held").1
}

#[test]
fn an_escalation_after_the_lookback_is_of_the_alert_that_began_then() {
    let mut desk = holding(vec![firing(0, 0)]);
    let escalation = firing(0, 45);
    let ruling = desk.decide(&escalation);
    assert_eq!(ruling.decision, TriageDecision::Duplicate, "{}", ruling.reason);
    assert_eq!(admit(&mut desk, escalation), News::Repeated);
    // One that began since is a new story.
    assert_eq!(
        holding(vec![firing(0, 0)]).decide(&firing(40, 45)).decision,
        TriageDecision::Proceed
    );
}

#[test]
fn of_two_incidents_with_the_same_alert_the_one_that_began_then_takes_the_message() {
    let old = incident("old", vec![firing(0, 0)], &shop());
    let new = incident("new", vec![firing(30, 30)], &shop());
    let desk = desk(&[old, new], &shop());
    let goes_to = |message| desk.decide(&message).incident.unwrap();
    assert_eq!(goes_to(firing(0, 31)).as_str(), "old");
    assert_eq!(goes_to(firing(30, 31)).as_str(), "new");
    assert_eq!(goes_to(firing(31, 31)).as_str(), "new");
}

#[test]
fn a_retry_of_what_is_over_does_not_fire_again() {
    let mut desk = holding(vec![firing(0, 0), resolved(0, 4, 4)]);
    let before = desk.incident(&IncidentId::new("inc")).unwrap().last_news_at;
    for received in [5, 30] {
        for status in [AlertStatus::Firing, AlertStatus::Acknowledged] {
            let retry = message(status, 0, received);
            let ruling = desk.decide(&retry);
            assert_eq!(ruling.decision, TriageDecision::Duplicate, "{}", ruling.reason);
            assert_eq!(
                ruling.reason,
                "it tells of earlier than what is known of an alert of the incident"
            );
            assert_eq!(admit(&mut desk, retry), News::Late);
        }
    }
    assert_eq!(held(&desk).status, AlertStatus::Resolved);
    assert_eq!(held(&desk).ends_at, Some(minute(4)));
    // It keeps nothing open either.
    assert_eq!(desk.incident(&IncidentId::new("inc")).unwrap().last_news_at, before);
}

#[test]
fn what_begins_after_the_end_fires_again() {
    let mut desk = holding(vec![firing(0, 0), resolved(0, 4, 4)]);
    assert_eq!(admit(&mut desk, firing(6, 6)), News::FiresAgain);
    assert_eq!(held(&desk).status, AlertStatus::Firing);
    assert_eq!(held(&desk).starts_at, minute(0));
    assert_eq!(admit(&mut desk, resolved(6, 8, 8)), News::Resolved);
    // A sender that tells no start: its message's arrival stands in, and is later.
    assert_eq!(admit(&mut desk, firing(9, 9)), News::FiresAgain);
}

#[test]
fn the_end_of_an_earlier_time_does_not_end_what_began_since() {
    let mut desk = holding(vec![firing(6, 6)]);
    assert_eq!(admit(&mut desk, resolved(0, 4, 7)), News::Late);
    assert_eq!(held(&desk).status, AlertStatus::Firing);
    // Without a start of its own (the end stands in) it may be a clock that is behind.
    assert_eq!(admit(&mut desk, resolved(5, 5, 7)), News::Resolved);
}

#[test]
fn an_acknowledged_alert_stays_so_until_it_is_over() {
    let mut desk = holding(vec![firing(0, 0)]);
    let acknowledged = |received| message(AlertStatus::Acknowledged, 0, received);
    assert_eq!(admit(&mut desk, acknowledged(1)), News::Acknowledged);
    assert_eq!(admit(&mut desk, acknowledged(2)), News::Repeated);
    assert_eq!(admit(&mut desk, resolved(0, 3, 3)), News::Resolved);
    assert_eq!(admit(&mut desk, resolved(0, 3, 4)), News::Repeated);
    // The acknowledgement that was sent before the end and came after it.
    assert_eq!(admit(&mut desk, acknowledged(4)), News::Late);
    assert_eq!(held(&desk).status, AlertStatus::Resolved);
}

#[test]
fn a_message_with_all_states_of_an_alert_ends_with_the_last_whatever_their_order() {
    let all = [firing(0, 9), message(AlertStatus::Acknowledged, 0, 9), resolved(0, 4, 9)];
    let again = [firing(0, 9), resolved(0, 4, 9), firing(6, 9)];
    for (batch, last) in [(all, AlertStatus::Resolved), (again, AlertStatus::Firing)] {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut shuffled: Vec<Alert> =
                order.iter().map(|at: &usize| batch[*at].clone()).collect();
            nightjar_triage::in_order(&mut shuffled);
            assert_eq!(held(&holding(shuffled)).status, last, "{order:?}");
        }
    }
}

#[test]
fn notes_about_late_messages_do_not_pile_up() {
    let mut desk = holding(vec![firing(0, 0), resolved(0, 4, 4)]);
    for received in 5..200 {
        admit(&mut desk, firing(0, received));
    }
    assert_eq!(held(&desk).notes.len(), 50);
}
