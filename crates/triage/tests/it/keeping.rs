use nightjar_incident::{AlertStatus, Incident, IncidentId};
use nightjar_triage::{Policy, admit, is_over};

use crate::world::{alert, id, incident, locate, minute, shop};

#[test]
fn the_primary_stays_first_and_entities_are_listed_once() {
    let alerts = vec![
        alert("1", "checkout", 3, None),
        alert("2", "cart", 0, None),
        alert("3", "checkout", 4, None),
    ];
    let incident = incident("inc", alerts, &shop());
    assert_eq!(incident.alerts[0].key, "1");
    assert_eq!(incident.alerts.len(), 3);
    assert_eq!(incident.entities, [id("checkout"), id("cart")]);
    assert_eq!(incident.opened_at, incident.alerts[0].received_at);
    assert_eq!(incident.last_news_at, incident.alerts[2].received_at);
}

#[test]
fn a_repeat_updates_the_alert_it_repeats() {
    let mut incident = incident("inc", vec![alert("1", "checkout", 0, None)], &shop());
    let mut resolved = alert("1", "checkout", 6, None);
    resolved.status = AlertStatus::Resolved;
    resolved.ends_at = Some(minute(6));
    admit(&mut incident, resolved, vec![]);
    assert_eq!(incident.alerts.len(), 1);
    assert_eq!(incident.alerts[0].status, AlertStatus::Resolved);
    assert_eq!(incident.alerts[0].ends_at, Some(minute(6)));
    assert_eq!(incident.alerts[0].starts_at, minute(0));

    admit(&mut incident, alert("1", "checkout", 8, None), vec![]);
    assert_eq!(incident.alerts[0].status, AlertStatus::Firing);
    assert_eq!(incident.alerts[0].ends_at, None);

    // A message that arrived before what is known is set aside, and says so.
    let mut late = alert("1", "checkout", 7, None);
    late.status = AlertStatus::Resolved;
    admit(&mut incident, late, vec![]);
    assert_eq!(incident.alerts[0].status, AlertStatus::Firing);
    assert_eq!(incident.alerts[0].notes.len(), 1);
}

#[test]
fn an_incident_is_over_when_all_stays_resolved_or_all_is_quiet() {
    let policy = Policy::default();
    let alerts = vec![alert("1", "checkout", 0, None), alert("2", "cart", 0, None)];
    let mut incident = incident("inc", alerts, &shop());
    assert!(!is_over(&incident, minute(5), &policy));
    incident.alerts[0].status = AlertStatus::Resolved;
    assert!(!is_over(&incident, minute(20), &policy));
    assert!(is_over(&incident, minute(21), &policy));
    incident.alerts[1].status = AlertStatus::Resolved;
    // A monitor that flaps comes back within minutes.
    assert!(!is_over(&incident, minute(5), &policy));
    assert!(is_over(&incident, minute(6), &policy));
}

#[test]
fn an_incident_without_alerts_is_over_when_it_is_quiet() {
    let empty = Incident {
        id: IncidentId::new("empty"),
        opened_at: minute(0),
        last_news_at: minute(0),
        alerts: vec![],
        entities: vec![],
    };
    assert!(!is_over(&empty, minute(1), &Policy::default()));
    assert!(is_over(&empty, minute(30), &Policy::default()));
    assert!(locate(&alert("1", "", 0, None), &shop()).is_empty());
}
