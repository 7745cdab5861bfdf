//! Who doesn't answer whoever watches it, and who is served while others aren't.

use nightjar_incident::{Alert, FaultMode, Signal, Statistic, Verdict};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind};

use crate::behind::{calls, estate, serves};
use crate::{BEFORE, Estate, Symptom, alert, id, is_claimed, leading};

/// An alert that says that nobody answers at an entity.
fn down(entity: &str) -> (Vec<Alert>, Vec<Symptom>) {
    let (mut alerts, mut symptoms) = alert(entity);
    alerts[0].signal = Some(Signal::Up);
    alerts[0].title = format!("{entity} is down");
    symptoms[0].signal = Some(Signal::Up);
    (alerts, symptoms)
}

/// A shop that puts orders into a queue, and a worker that empties it.
fn with_a_worker() -> Estate {
    let mut estate = estate(&[("front", "shop")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.2, 0.0);
    serves(&mut estate, "shop", (600.0, 600.0), 0.1, 0.0);
    estate.topology.add(Entity::new(id("queue"), EntityKind::Queue));
    estate.topology.add(Entity::new(id("worker"), EntityKind::Service));
    for (from, kind) in [("shop", RelationKind::Publishes), ("worker", RelationKind::Consumes)] {
        estate.topology.relate(Relation { from: id(from), to: id("queue"), kind });
    }
    estate
}

#[test]
fn who_stops_answering_is_found_although_no_request_of_it_is_measured() {
    let mut estate = with_a_worker();
    estate.metric("worker", "up", Statistic::Last, |_, after| if after { 0.0 } else { 1.0 });
    let (alerts, symptoms) = down("worker");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("worker", FaultMode::Unavailable));
    assert!(is_claimed(&conclusion), "{:?}", conclusion.verdict);
}

#[test]
fn a_target_that_was_down_all_the_time_is_a_forgotten_one() {
    let mut estate = with_a_worker();
    estate.metric("worker", "up", Statistic::Last, |_, _| 0.0);
    let (alerts, symptoms) = down("worker");
    assert!(!is_claimed(&estate.investigate(&alerts, &symptoms)));
}

#[test]
fn one_lost_sample_is_no_outage() {
    let mut estate = with_a_worker();
    let lost = |n: usize, _| if n == BEFORE + 3 { 0.0 } else { 1.0 };
    estate.metric("worker", "up", Statistic::Last, lost);
    let (alerts, symptoms) = down("worker");
    assert!(!is_claimed(&estate.investigate(&alerts, &symptoms)));
}

#[test]
fn a_store_that_answers_its_callers_is_up_whatever_its_exporter_says() {
    let mut estate = estate(&[("front", "shop"), ("shop", "store")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 0.0);
    serves(&mut estate, "shop", (600.0, 600.0), 0.2, 0.0);
    calls(&mut estate, "shop", "store", (600.0, 600.0), 0.1, 0.0);
    estate.metric("store", "up", Statistic::Last, |_, after| if after { 0.0 } else { 1.0 });
    let (alerts, symptoms) = down("store");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(!is_claimed(&conclusion), "{:?}", conclusion.verdict);
    assert!(matches!(conclusion.verdict, Verdict::NotFound { .. }), "{:?}", conclusion.verdict);
}

/// Two services that keep things in one store, which says nothing of its own requests.
fn two_at_one_store(slower: [f64; 2]) -> Estate {
    let pairs = [("front", "cart"), ("front", "catalog"), ("cart", "store"), ("catalog", "store")];
    let mut estate = estate(&pairs);
    estate.topology.add(Entity::new(id("store"), EntityKind::Cache));
    serves(&mut estate, "front", (600.0, 600.0), 0.3, slower[0] + slower[1]);
    for (name, slower) in ["cart", "catalog"].into_iter().zip(slower) {
        serves(&mut estate, name, (600.0, 600.0), 0.1, slower);
        calls(&mut estate, name, "store", (600.0, 600.0), 0.01, slower);
    }
    estate
}

#[test]
fn a_store_that_serves_one_and_not_the_other_isn_t_slow_the_way_to_it_is() {
    let (alerts, symptoms) = alert("front");
    let conclusion = two_at_one_store([0.5, 0.0]).investigate(&alerts, &symptoms);
    let first = conclusion.hypotheses.first().unwrap();
    assert_eq!((first.entity.as_str(), first.peer.as_ref()), ("store", Some(&id("cart"))));
    let both = two_at_one_store([0.5, 0.5]).investigate(&alerts, &symptoms);
    let first = both.hypotheses.first().unwrap();
    assert_eq!((first.entity.as_str(), first.peer.as_ref()), ("store", None::<&EntityId>));
}

#[test]
fn a_program_without_processor_time_finds_everybody_slow() {
    let mut estate = two_at_one_store([0.5, 0.0]);
    estate.topology.add(Entity::new(id("base"), EntityKind::Database));
    let kind = RelationKind::Calls;
    estate.topology.relate(Relation { from: id("cart"), to: id("base"), kind });
    calls(&mut estate, "cart", "base", (600.0, 600.0), 0.01, 0.4);
    estate.metric("cart", "process.cpu.utilization", Statistic::Last, |_, after| {
        if after { 0.98 } else { 0.05 }
    });
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("cart", FaultMode::CpuSaturation));
}
