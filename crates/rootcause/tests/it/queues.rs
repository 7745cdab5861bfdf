//! Queues: a place that waits fills up, and what it then shows itself isn't the cause.

use nightjar_incident::{FaultMode, Signal, Statistic, Verdict};
use nightjar_topology::{Entity, EntityKind};

use crate::behind::{calls, estate, serves};
use crate::{Estate, alert, id, is_claimed, leading};

/// The back takes two seconds more; the middle runs out of workers meanwhile and its own queue
/// costs three times as much.
fn overrun() -> Estate {
    let mut estate = estate(&[("front", "middle"), ("middle", "back")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 7.0);
    serves(&mut estate, "middle", (600.0, 600.0), 0.2, 7.0);
    serves(&mut estate, "back", (600.0, 600.0), 0.1, 2.0);
    estate
}

#[test]
fn who_queues_behind_a_slow_callee_and_costs_more_than_it_is_not_the_cause() {
    let (alerts, symptoms) = alert("front");
    let conclusion = overrun().investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "back", "{:?}", conclusion.verdict);
    assert!(is_claimed(&conclusion));
}

#[test]
fn a_callee_that_is_hardly_slower_does_not_excuse_its_caller() {
    let mut estate = estate(&[("front", "middle"), ("middle", "back")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 7.0);
    serves(&mut estate, "middle", (600.0, 600.0), 0.2, 7.0);
    serves(&mut estate, "back", (600.0, 600.0), 0.1, 0.05);
    let (alerts, symptoms) = alert("front");
    assert_eq!(leading(&estate.investigate(&alerts, &symptoms)).0, "middle");
}

/// A service with a full pool, and calls to its database that take `slower` seconds more.
fn full_pool(slower: f64) -> Estate {
    let mut estate = estate(&[("front", "shop"), ("shop", "store")]);
    estate.topology.add(Entity::new(id("store"), EntityKind::Database));
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 4.0);
    serves(&mut estate, "shop", (600.0, 600.0), 0.2, 4.0);
    calls(&mut estate, "shop", "store", (600.0, 600.0), 0.1, slower);
    let name = "db.client.connection.count";
    estate.metric("shop", name, Statistic::Last, |_, after| if after { 20.0 } else { 1.0 });
    if let Some(series) = estate.series.last_mut() {
        let used = ("db.client.connection.state".to_owned(), "used".to_owned());
        series.attributes.extend([used]);
    }
    estate.metric("shop", "db.client.connection.max", Statistic::Last, |_, _| 20.0);
    let name = "db.client.connection.pending_requests";
    estate.metric("shop", name, Statistic::Last, |_, after| if after { 40.0 } else { 0.0 });
    estate
}

#[test]
fn a_pool_whose_connections_are_held_longer_by_a_slow_database_is_a_consequence() {
    let (alerts, symptoms) = alert("front");
    let conclusion = full_pool(3.0).investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "store", "{:?}", conclusion.verdict);
}

#[test]
fn a_pool_that_is_full_while_its_database_answers_as_usual_is_the_cause() {
    let (alerts, symptoms) = alert("front");
    let conclusion = full_pool(0.0).investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("shop", FaultMode::ConnectionPoolExhausted));
}

#[test]
fn a_busy_processor_that_nobody_waits_for_is_work_and_no_incident() {
    let mut estate = estate(&[("front", "back")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 0.0);
    serves(&mut estate, "back", (600.0, 600.0), 0.1, 0.0);
    estate.metric("back", "process.cpu.utilization", Statistic::Last, |n, after| {
        if after { 0.96 } else { 0.2 + 0.01 * (n % 3) as f64 }
    });
    let (alerts, mut symptoms) = alert("back");
    symptoms[0].signal = Some(Signal::CpuUtilization);
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
}
