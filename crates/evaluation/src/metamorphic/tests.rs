use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{
    Expectation, ExpectedCause, ExpectedVerdict, LogRecord, LogSeverity, MetricSeries, RawAlert,
    Recording, Statistic, Window,
};
use nightjar_series::Column;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;

fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_millisecond(minute * MINUTE).unwrap()
}

fn series(entity: &str, name: &str, statistic: Statistic, values: [f64; 2]) -> MetricSeries {
    // Two values in turn: a level with a known short-term noise.
    let sample = |minute: i64| (minute * MINUTE, values[usize::from(minute % 2 == 1)]);
    MetricSeries {
        entity: id(entity),
        peer: None,
        name: name.to_owned(),
        statistic,
        unit: "1".to_owned(),
        attributes: BTreeMap::new(),
        column: Column::from_samples((0..60).map(sample)).0,
        repairs: Default::default(),
    }
}

/// `front` calls `left` and `right`; both call `store`. `left` has three times the traffic of
/// `right`. `idle` is called by `right` and has no traffic. An hour by the minute.
fn shop() -> Recording {
    let mut topology = Topology::default();
    for (name, kind) in [
        ("front", EntityKind::Service),
        ("left", EntityKind::Service),
        ("right", EntityKind::Service),
        ("store", EntityKind::Table),
        ("idle", EntityKind::Table),
    ] {
        let mut entity = Entity::new(id(name), kind);
        entity.aliases.push(format!("arn:{name}"));
        topology.add(entity);
    }
    for (from, to) in [
        ("front", "left"),
        ("front", "right"),
        ("left", "store"),
        ("right", "store"),
        ("right", "idle"),
    ] {
        topology.relate(Relation { from: id(from), to: id(to), kind: RelationKind::Calls });
    }
    let mut metrics = Vec::new();
    for (name, requests) in [("front", 400.0), ("left", 300.0), ("right", 100.0), ("store", 400.0)]
    {
        metrics.push(series(name, "requests", Statistic::Sum, [requests; 2]));
        metrics.push(series(name, "latency", Statistic::Mean, [0.10, 0.11]));
        metrics.push(series(name, "latency", Statistic::P99, [0.30, 0.33]));
        metrics.push(series(name, "availability", Statistic::Mean, [100.0, 99.8]));
    }
    let cause = ExpectedCause {
        entity: id("left"),
        fault_mode: None,
        fault_label: None,
        trigger: None,
        accept: vec![id("store")],
    };
    Recording {
        name: "quiet".to_owned(),
        topology,
        alerts: vec![RawAlert {
            provider: None,
            received_at: at(60),
            payload: serde_json::json!({"service": "front", "title": "front (arn:front) is slow"}),
        }],
        metrics,
        logs: vec![LogRecord {
            at: at(3),
            entity: id("left"),
            severity: LogSeverity::Info,
            body: "left waits for store".to_owned(),
            trace_id: None,
            span_id: None,
        }],
        expect: Some(Expectation {
            verdict: ExpectedVerdict::CauseFound,
            causes: vec![cause],
            category: None,
            must_say: vec!["left".to_owned()],
            must_not_say: Vec::new(),
            must_not_blame: Vec::new(),
        }),
        ..Recording::default()
    }
}

fn column<'a>(recording: &'a Recording, entity: &str, name: &str, of: Statistic) -> &'a Column {
    let found = recording
        .metrics
        .iter()
        .find(|s| s.entity.as_str() == entity && s.name == name && s.statistic == of);
    &found.unwrap().column
}

/// How much more a column holds than in the quiet shop, at the given minute.
fn rise(recording: &Recording, entity: &str, name: &str, minute: i64) -> f64 {
    let value =
        |r: &Recording| column(r, entity, name, Statistic::Mean).at(minute * MINUTE).unwrap();
    value(recording) - value(&shop())
}

fn grafted(target: &str, shape: Shape, seed: u64) -> Option<Recording> {
    let window = Window { from: at(50), to: at(55) };
    let (target, symptom) = (id(target), id("front"));
    graft(&shop(), &Graft { target: &target, symptom: &symptom, shape, window, seed })
}

proptest! {
    #[test]
    fn no_old_name_is_left_and_the_structure_is_the_same(seed: u64) {
        let (old, new) = (shop(), rename(&shop(), seed));
        let text = serde_json::to_string(&new).unwrap();
        for name in ["front", "left", "right", "store", "idle", "arn:"] {
            prop_assert!(!text.contains(name), "{name} in {text}");
        }
        let kinds = |r: &Recording| {
            let mut kinds: Vec<EntityKind> = r.topology.entities().map(|e| e.kind).collect();
            kinds.sort();
            kinds
        };
        prop_assert_eq!(kinds(&old), kinds(&new));
        prop_assert_eq!(old.topology.relations().count(), new.topology.relations().count());
        prop_assert_eq!(old.metrics.len(), new.metrics.len());
        // The alarming one is the one that calls two and is called by none.
        let front = id(new.alerts[0].payload["service"].as_str().unwrap());
        prop_assert_eq!(new.topology.dependencies(&front).count(), 2);
        let cause = &new.expect.as_ref().unwrap().causes[0];
        prop_assert_eq!(&new.logs[0].entity, &cause.entity);
        prop_assert!(new.logs[0].body.contains(cause.accept[0].as_str()));
        prop_assert_eq!(rename(&shop(), seed), new);
    }

    #[test]
    fn a_graft_never_gives_a_caller_more_excess_time_than_its_callee_has(seed: u64) {
        let Some(slow) = grafted("store", Shape::Slow, seed) else { return Ok(()) };
        for minute in 50..55 {
            let excess = |name: &str, requests: f64| requests * rise(&slow, name, "latency", minute);
            let (store, left) = (excess("store", 400.0), excess("left", 300.0));
            let (right, front) = (excess("right", 100.0), excess("front", 400.0));
            // The rows' own noise is up to a tenth in either direction.
            prop_assert!(left + right <= store * 1.1 / 0.9 + 1e-9);
            prop_assert!(front <= (left + right) * 1.1 / 0.9 + 1e-9);
            prop_assert!(left > right && right > 0.0 && front > 0.0);
        }
    }
}

#[test]
fn exchanged_nodes_exchange_their_series_their_places_and_the_answer() {
    let (old, new) = (shop(), swap(&shop(), 1).unwrap());
    let cause = new.expect.as_ref().unwrap().causes[0].entity.clone();
    assert_ne!(cause.as_str(), "left");
    let requests = |r: &Recording, name: &str| column(r, name, "requests", Statistic::Sum).clone();
    assert_eq!(requests(&new, cause.as_str()), requests(&old, "left"));
    assert_eq!(requests(&new, "left"), requests(&old, cause.as_str()));
    assert_eq!(new.logs[0].entity, cause);
    assert!(new.topology.relations().any(|r| r.from == cause && r.to == id("store")));
}

#[test]
fn a_cause_without_its_like_cannot_be_exchanged() {
    let mut alone = shop();
    alone.expect.as_mut().unwrap().causes[0].entity = id("store");
    assert!(swap(&alone, 1).is_none());
    alone.expect = None;
    assert!(swap(&alone, 1).is_none());
}

#[test]
fn a_slow_node_slows_its_callers_and_nothing_else_and_only_while_it_is_slow() {
    let slow = grafted("left", Shape::Slow, 7).unwrap();
    assert_eq!(slow.expect.as_ref().unwrap().causes[0].entity, id("left"));
    for name in ["right", "store"] {
        for statistic in [Statistic::Mean, Statistic::P99] {
            let of = |r: &Recording| column(r, name, "latency", statistic).clone();
            assert_eq!(of(&slow), of(&shop()), "{name}");
        }
    }
    for minute in [49, 55] {
        assert_eq!(rise(&slow, "front", "latency", minute), 0.0);
    }
    assert!(rise(&slow, "front", "latency", 52) > 5.0 * 0.01);
    assert_eq!(rise(&slow, "left", "availability", 52), 0.0);
}

#[test]
fn a_failing_node_lowers_the_availability_of_its_callers() {
    let failing = grafted("store", Shape::Failing, 3).unwrap();
    for name in ["store", "left", "right", "front"] {
        assert!(rise(&failing, name, "availability", 52) < 0.0, "{name}");
        assert_eq!(rise(&failing, name, "latency", 52), 0.0);
    }
    let saturated = grafted("store", Shape::Saturated, 3).unwrap();
    assert!(rise(&saturated, "store", "latency", 52) > 0.0);
    assert!(rise(&saturated, "store", "availability", 52) < 0.0);
}

#[test]
fn a_node_without_traffic_or_without_a_way_to_the_symptom_takes_no_graft() {
    assert!(grafted("idle", Shape::Slow, 1).is_none());
    assert!(grafted("unknown", Shape::Slow, 1).is_none());
    let mut apart = shop();
    let mut topology = Topology::default();
    for entity in apart.topology.entities() {
        topology.add(entity.clone());
    }
    apart.topology = topology;
    let window = Window { from: at(50), to: at(55) };
    let (target, symptom) = (id("store"), id("front"));
    let fault = Graft { target: &target, symptom: &symptom, shape: Shape::Slow, window, seed: 1 };
    assert!(graft(&apart, &fault).is_none());
}

#[test]
fn a_circle_of_calls_is_carried_round_once() {
    let mut round = shop();
    round.topology.relate(Relation {
        from: id("store"),
        to: id("front"),
        kind: RelationKind::Calls,
    });
    let window = Window { from: at(50), to: at(55) };
    let (target, symptom) = (id("store"), id("front"));
    let fault = Graft { target: &target, symptom: &symptom, shape: Shape::Slow, window, seed: 1 };
    let slow = graft(&round, &fault).unwrap();
    assert!(rise(&slow, "front", "latency", 52).is_finite());
}

#[test]
fn drift_moves_levels_from_an_instant_on_and_by_no_more_than_asked() {
    let moved = drift(&shop(), at(30), 0.2, 5);
    for (old, new) in shop().metrics.iter().zip(&moved.metrics) {
        for ((time, before), (_, after)) in old.column.samples().zip(new.column.samples()) {
            if time < 30 * MINUTE || old.name == "availability" {
                assert_eq!(before, after);
            } else {
                assert!((after / before - 1.0).abs() <= 0.21, "{before} {after}");
            }
        }
    }
    assert!(moved != shop());
}

#[test]
fn holes_spare_the_cause_and_what_is_to_be_kept() {
    let front = id("front");
    let bare = thin(&shop(), &[&front], Holes { relations: 1.0, entities: 1.0 }, 1);
    let left: Vec<&str> = bare.topology.entities().map(|e| e.id.as_str()).collect();
    assert_eq!(left, ["front", "left"]);
    assert!(bare.metrics.iter().all(|s| s.entity == front || s.entity == id("left")));
    assert_eq!(bare.topology.relations().count(), 0);
    let whole = thin(&shop(), &[], Holes { relations: 0.0, entities: 0.0 }, 1);
    assert!(whole == shop());
}
