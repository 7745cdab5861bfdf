//! What lies behind a symptom: shared callees, calls that drown in the sum, callees that measure
//! nothing, and requests from outside.

use nightjar_incident::{FaultMode, Signal, Statistic, Verdict};
use nightjar_topology::{Entity, EntityKind, Relation, RelationKind};

use crate::{Estate, alert, id, is_claimed, leading};

pub(crate) fn wiggle(n: usize) -> f64 {
    1.0 + 0.01 * ((n * 7 % 5) as f64 - 2.0)
}

pub(crate) fn estate(calls: &[(&str, &str)]) -> Estate {
    let mut estate = Estate::chain(&[]);
    for (from, to) in calls {
        for name in [from, to] {
            estate.topology.add(Entity::new(id(name), EntityKind::Service));
        }
        let (from, to) = (id(from), id(to));
        estate.topology.relate(Relation { from, to, kind: RelationKind::Calls });
    }
    estate
}

/// Requests a minute before and after the onset, at a latency that grows by `slower` seconds.
pub(crate) fn serves(estate: &mut Estate, entity: &str, rate: (f64, f64), usual: f64, slower: f64) {
    let of = |after: bool| if after { rate.1 } else { rate.0 };
    estate.metric(entity, "requests", Statistic::Sum, |n, after| of(after) * wiggle(n));
    estate.metric(entity, "latency", Statistic::Mean, |n, after| {
        usual * wiggle(n) + if after { slower } else { 0.0 }
    });
}

/// What `from` counts and sees of `to`.
pub(crate) fn calls(
    estate: &mut Estate,
    from: &str,
    to: &str,
    rate: (f64, f64),
    usual: f64,
    slower: f64,
) {
    let of = |after: bool| if after { rate.1 } else { rate.0 };
    let name = "http.client.request.duration";
    estate.metric(from, name, Statistic::Count, |n, after| of(after) * wiggle(n));
    estate.metric(from, name, Statistic::Mean, |n, after| {
        usual * wiggle(n) + if after { slower } else { 0.0 }
    });
    for series in estate.series.iter_mut().rev().take(2) {
        series.peer = Some(id(to));
    }
}

#[test]
fn a_shared_callee_is_found_where_no_single_caller_explains_the_symptom() {
    let three = ["orders", "stock", "prices"];
    let mut pairs: Vec<(&str, &str)> = three.iter().map(|name| ("front", *name)).collect();
    pairs.extend(three.iter().map(|name| (*name, "store")));
    let mut estate = estate(&pairs);
    serves(&mut estate, "front", (600.0, 600.0), 0.4, 0.9);
    for name in three {
        serves(&mut estate, name, (600.0, 600.0), 0.12, 0.3);
    }
    serves(&mut estate, "store", (1800.0, 1800.0), 0.05, 0.3);
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "store", "{:?}", conclusion.verdict);
    assert!(is_claimed(&conclusion));
}

fn rare_call(with_cpu: bool) -> Estate {
    let mut estate = estate(&[("front", "checkout"), ("front", "catalogue")]);
    serves(&mut estate, "front", (6000.0, 6000.0), 0.1, 0.0);
    serves(&mut estate, "catalogue", (6000.0, 6000.0), 0.05, 0.0);
    calls(&mut estate, "front", "checkout", (60.0, 60.0), 0.2, 2.0);
    serves(&mut estate, "checkout", (60.0, 60.0), 0.19, 2.0);
    if with_cpu {
        estate.metric("checkout", "container.cpu.utilization", Statistic::Last, |n, after| {
            if after { 0.97 } else { 0.2 * wiggle(n) }
        });
    }
    estate
}

#[test]
fn a_rare_call_that_drowns_in_the_front_s_mean_is_found_behind_it() {
    let (alerts, symptoms) = alert("front");
    let conclusion = rare_call(true).investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("checkout", FaultMode::CpuSaturation));
    assert!(is_claimed(&conclusion));
}

#[test]
fn behind_a_calm_front_a_lead_without_a_decisive_mark_is_no_claim() {
    let (alerts, symptoms) = alert("front");
    let conclusion = rare_call(false).investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "checkout");
    assert!(!is_claimed(&conclusion), "{:?}", conclusion.verdict);
}

#[test]
fn errors_that_no_callee_measures_are_not_blamed_on_the_front() {
    let mut estate = estate(&[("front", "checkout"), ("front", "catalogue")]);
    for name in ["front", "checkout", "catalogue"] {
        serves(&mut estate, name, (600.0, 600.0), 0.1, 0.0);
    }
    estate.metric("front", "errors", Statistic::Sum, |_, after| if after { 90.0 } else { 0.0 });
    let (alerts, mut symptoms) = alert("front");
    symptoms[0].signal = Some(Signal::Errors);
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(!is_claimed(&conclusion), "{:?}", conclusion.verdict);
    let leads: Vec<&str> = conclusion.hypotheses.iter().map(|h| h.entity.as_str()).collect();
    assert!(leads.contains(&"checkout") && leads.contains(&"catalogue"), "{leads:?}");
}

fn busier(edge_after: f64) -> Estate {
    let mut estate = estate(&[("front", "search"), ("search", "index")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 1.0);
    calls(&mut estate, "front", "search", (600.0, edge_after), 0.2, 1.0);
    serves(&mut estate, "search", (600.0, 6000.0), 0.19, 1.0);
    serves(&mut estate, "index", (600.0, 6000.0), 0.05, 0.0);
    estate
}

#[test]
fn requests_that_no_watched_caller_sends_enter_where_they_are_counted() {
    let (alerts, symptoms) = alert("front");
    let conclusion = busier(600.0).investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("search", FaultMode::TrafficSurge));
}

#[test]
fn requests_that_a_watched_caller_sends_again_are_no_surge_from_outside() {
    let (alerts, symptoms) = alert("front");
    let conclusion = busier(6000.0).investigate(&alerts, &symptoms);
    assert_ne!(leading(&conclusion).1, FaultMode::TrafficSurge);
}

#[test]
fn a_second_fault_on_another_branch_is_told_beside_the_first_and_one_that_suffers_is_not() {
    let mut estate = estate(&[("front", "pay"), ("pay", "table"), ("front", "search")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.4, 1.2);
    serves(&mut estate, "pay", (600.0, 600.0), 0.2, 0.9);
    serves(&mut estate, "table", (600.0, 600.0), 0.05, 0.9);
    serves(&mut estate, "search", (600.0, 600.0), 0.1, 0.4);
    for busy in ["table", "search"] {
        estate.metric(busy, "process.cpu.utilization", Statistic::Last, |n, after| {
            if after { 0.97 } else { 0.2 + 0.01 * (n % 3) as f64 }
        });
    }
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    let Verdict::CauseFound { causes } = &conclusion.verdict else {
        panic!("{:?}", conclusion.verdict)
    };
    let told: Vec<&str> = causes.iter().map(|cause| cause.hypothesis.entity.as_str()).collect();
    assert_eq!(told, ["table", "search"]);
    assert_eq!(causes[1].hypothesis.path, ["search", "front"].map(id));
}
