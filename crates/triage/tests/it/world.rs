//! A small application and messages about it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{Alert, AlertId, AlertStatus, Incident, IncidentId, Severity, Signal};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use nightjar_triage::{Desk, Estate, Policy, Ruling, admit};

pub(crate) fn id(text: &str) -> EntityId {
    EntityId::new(text).expect("invariant: names in tests are ids")
}

pub(crate) fn topology(relations: &[(&str, RelationKind, &str)]) -> Topology {
    let mut topology = Topology::default();
    for (from, kind, to) in relations {
        topology.relate(Relation { from: id(from), to: id(to), kind: *kind });
    }
    topology
}

/// A shop, and a batch job elsewhere in the same region.
pub(crate) fn shop() -> Topology {
    use RelationKind::{BelongsTo, Calls, Consumes, Publishes, Reads, RunsOn, Writes};
    let mut shop = topology(&[
        ("api-gateway", Calls, "checkout"),
        ("checkout", Calls, "cart"),
        ("checkout", Calls, "payment-processor"),
        ("checkout", Calls, "inventory"),
        ("payment-processor", Writes, "payments-table"),
        ("inventory", Reads, "inventory-db"),
        ("checkout", Publishes, "orders-queue"),
        ("worker", Consumes, "orders-queue"),
        ("nightly-report", RunsOn, "batch-7"),
        ("nightly-report", BelongsTo, "eu-west-1"),
        ("api-gateway", BelongsTo, "eu-west-1"),
    ]);
    shop.add(Entity::new(id("eu-west-1"), EntityKind::Region));
    let mut table = Entity::new(id("payments-table"), EntityKind::Table);
    table.aliases.push("arn:aws:dynamodb:eu-west-1:1:table/payments".into());
    table.aliases.push("payments".into());
    shop.add(table);
    shop
}

pub(crate) fn minute(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-11-23T03:00:00Z".parse().expect("invariant: a constant");
    start + SignedDuration::from_mins(minute)
}

/// An alert about one name, begun at that minute and received half a minute later.
pub(crate) fn alert(key: &str, name: &str, at: i64, signal: Option<Signal>) -> Alert {
    Alert {
        id: AlertId::new(format!("alert-{key}")),
        provider: "datadog".into(),
        key: key.into(),
        title: String::new(),
        description: String::new(),
        status: AlertStatus::Firing,
        severity: Severity::High,
        entity_names: vec![name.into()],
        signal,
        labels: [("env".to_owned(), "prod".to_owned())].into(),
        starts_at: minute(at),
        ends_at: None,
        received_at: minute(at) + SignedDuration::from_secs(30),
        url: None,
        notes: Vec::new(),
    }
}

pub(crate) fn incident(name: &str, alerts: Vec<Alert>, topology: &Topology) -> Incident {
    let first = alerts.first().expect("invariant: tests give an alert").received_at;
    let mut incident = Incident {
        id: IncidentId::new(name),
        opened_at: first,
        last_news_at: first,
        alerts: Vec::new(),
        entities: Vec::new(),
    };
    let estate = Estate::new(topology.clone());
    for alert in alerts {
        let entities = estate.locate(&alert);
        admit(&mut incident, alert, entities);
    }
    incident
}

/// A desk with these incidents on it.
pub(crate) fn desk(open: &[Incident], topology: &Topology) -> Desk {
    let mut desk = Desk::new(Arc::new(Estate::new(topology.clone())), Policy::default());
    for incident in open {
        desk.take_in(incident.clone());
    }
    desk
}

pub(crate) fn decide(alert: &Alert, open: &[Incident], topology: &Topology) -> Ruling {
    desk(open, topology).decide(alert)
}

pub(crate) fn locate(alert: &Alert, topology: &Topology) -> Vec<EntityId> {
    Estate::new(topology.clone()).locate(alert)
}
