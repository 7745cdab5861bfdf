//! Alerts that doubt is due about, and what several suffer from at once.

use nightjar_incident::{Alert, AlertId, AlertStatus, FaultMode, Statistic, Verdict};
use nightjar_topology::{Entity, EntityKind, Relation, RelationKind};

use crate::behind::{calls, estate, serves};
use crate::{Estate, alert, id, is_claimed, leading};

/// Three services on one machine, none of which calls another, under a front that calls them.
fn under_one_roof() -> Estate {
    let names = ["orders", "stock", "prices"];
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| ("front", *name)).collect();
    let mut estate = estate(&pairs);
    estate.topology.add(Entity::new(id("machine"), EntityKind::Host));
    for name in names {
        let (from, to) = (id(name), id("machine"));
        estate.topology.relate(Relation { from, to, kind: RelationKind::RunsOn });
    }
    serves(&mut estate, "front", (600.0, 600.0), 0.4, 0.9);
    estate
}

#[test]
fn a_host_that_says_nothing_is_blamed_when_all_that_runs_on_it_suffers_for_no_reason_of_its_own() {
    let mut estate = under_one_roof();
    for name in ["orders", "stock", "prices"] {
        serves(&mut estate, name, (600.0, 600.0), 0.12, 0.3);
    }
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("machine", FaultMode::BadHost), "{:?}", conclusion.verdict);
}

#[test]
fn a_guest_that_takes_the_whole_machine_is_the_cause_and_the_machine_is_not() {
    let mut estate = under_one_roof();
    for (name, slower) in [("orders", 0.9), ("stock", 0.02), ("prices", 0.02)] {
        serves(&mut estate, name, (600.0, 600.0), 0.12, slower);
    }
    estate.metric("orders", "process.cpu.utilization", Statistic::Last, |n, after| {
        if after { 0.97 } else { 0.2 + 0.01 * (n % 3) as f64 }
    });
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("orders", FaultMode::CpuSaturation));
}

/// A front that answers a tenth slower than usual.
fn hardly_slower() -> Estate {
    let mut estate = estate(&[("front", "back")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.4, 0.04);
    serves(&mut estate, "back", (600.0, 600.0), 0.2, 0.04);
    estate
}

/// As many alerts, each about something else.
fn many(count: usize, template: &Alert) -> Vec<Alert> {
    let numbered = |n: usize| Alert {
        id: AlertId::new(format!("alert-{n}")),
        key: format!("key-{n}"),
        title: format!("latency above limit {n}"),
        ..template.clone()
    };
    (1..=count).map(numbered).collect()
}

#[test]
fn a_slight_slowness_is_an_incident_to_one_alert_and_a_wrong_limit_to_a_storm_of_them() {
    let (alerts, symptoms) = alert("front");
    assert!(is_claimed(&hardly_slower().investigate(&alerts, &symptoms)));
    let conclusion = hardly_slower().investigate(&many(8, &alerts[0]), &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
    let mut felt = hardly_slower();
    felt.series.clear();
    serves(&mut felt, "front", (600.0, 600.0), 0.4, 0.5);
    serves(&mut felt, "back", (600.0, 600.0), 0.2, 0.5);
    assert!(is_claimed(&felt.investigate(&many(8, &alerts[0]), &symptoms)));
}

#[test]
fn an_alert_that_comes_and_goes_is_believed_only_if_somebody_can_feel_it() {
    let (alerts, symptoms) = alert("front");
    let word = |n: usize, status| Alert {
        id: AlertId::new(format!("alert-{n}")),
        key: format!("key-{n}"),
        status,
        ..alerts[0].clone()
    };
    let again = [
        word(1, AlertStatus::Resolved),
        word(2, AlertStatus::Resolved),
        word(3, AlertStatus::Firing),
    ];
    let conclusion = hardly_slower().investigate(&again, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
}

#[test]
fn a_quota_is_used_up_where_the_caller_s_own_words_say_it_is() {
    let mut estate = estate(&[("front", "shop"), ("shop", "stock")]);
    estate.topology.add(Entity::new(id("orders-queue"), EntityKind::Queue));
    let (from, to) = (id("shop"), id("orders-queue"));
    estate.topology.relate(Relation { from, to, kind: RelationKind::Publishes });
    for name in ["front", "shop"] {
        serves(&mut estate, name, (600.0, 600.0), 0.1, 0.0);
        estate.metric(
            name,
            "errors",
            Statistic::Sum,
            |n, after| {
                if after { 300.0 } else { (n % 2) as f64 }
            },
        );
    }
    serves(&mut estate, "stock", (600.0, 600.0), 0.1, 0.0);
    let body = "call to orders-queue failed: ServiceQuotaExceededException: quota is used up";
    estate.says("shop", body);
    let (alerts, mut symptoms) = alert("front");
    symptoms[0].signal = Some(nightjar_incident::Signal::Errors);
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("orders-queue", FaultMode::QuotaReached));
    let path = &conclusion.hypotheses.first().unwrap().path;
    assert_eq!(path, &["orders-queue", "shop", "front"].map(id));
}

#[test]
fn a_queue_that_ages_while_requests_are_as_usual_is_not_called_no_incident() {
    let mut estate = estate(&[("front", "shop")]);
    estate.topology.add(Entity::new(id("orders-queue"), EntityKind::Queue));
    let (from, to) = (id("shop"), id("orders-queue"));
    estate.topology.relate(Relation { from, to, kind: RelationKind::Publishes });
    for name in ["front", "shop"] {
        serves(&mut estate, name, (600.0, 600.0), 0.1, 0.0);
    }
    calls(&mut estate, "shop", "orders-queue", (600.0, 600.0), 0.01, 0.0);
    let age = "aws.sqs.approximate_age_of_oldest_message";
    estate.metric("orders-queue", age, Statistic::Max, |_, after| if after { 900.0 } else { 0.0 });
    let (alerts, mut symptoms) = alert("orders-queue");
    symptoms[0].signal = Some(nightjar_incident::Signal::QueueAge);
    let conclusion = estate.investigate(&alerts, &symptoms);
    let Verdict::NotFound { reason } = &conclusion.verdict else {
        panic!("{:?}", conclusion.verdict)
    };
    assert!(reason.contains("what the alert is about isn't"), "{reason}");
}
