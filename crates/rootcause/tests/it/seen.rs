//! Relations that the inventory doesn't know and telemetry shows.

use nightjar_incident::{Content, Evidence, Span, SpanStatus};
use nightjar_rootcause::relate_as_seen;
use nightjar_topology::{Entity, EntityKind, Relation, RelationKind, Topology};

use crate::behind::{calls, estate, serves};
use crate::{alert, evidence, id, leading};

fn strangers(kinds: &[(&str, EntityKind)]) -> Topology {
    let mut topology = Topology::default();
    for (name, kind) in kinds {
        topology.add(Entity::new(id(name), *kind));
    }
    topology
}

fn span(name: &str, parent: Option<&str>, entity: &str, nanos: (i64, i64)) -> Span {
    Span {
        trace_id: "t".into(),
        span_id: name.into(),
        parent_id: parent.map(str::to_owned),
        entity: id(entity),
        peer: None,
        operation: "GET /".into(),
        start_nanos: nanos.0,
        end_nanos: nanos.1,
        status: SpanStatus::Ok,
    }
}

fn related(topology: &mut Topology, spans: Vec<Span>) -> Vec<(String, String)> {
    let seen: [Evidence; 1] = [evidence("ev-1", Content::Spans(spans))];
    relate_as_seen(topology, &seen);
    topology.relations().map(|r| (r.from.to_string(), r.to.to_string())).collect()
}

#[test]
fn a_span_within_a_span_of_another_entity_is_a_call() {
    let services = [("a", EntityKind::Service), ("b", EntityKind::Service)];
    let spans = vec![
        span("1", None, "a", (0, 100)),
        span("2", Some("1"), "a", (10, 90)),
        span("3", Some("2"), "b", (20, 80)),
        span("4", Some("2"), "nobody-knows-me", (20, 80)),
    ];
    let found = related(&mut strangers(&services), spans);
    assert_eq!(found, [("a".to_owned(), "b".to_owned())]);
}

#[test]
fn what_starts_after_its_parent_ended_or_came_through_a_queue_is_not_waited_for() {
    let kinds = [("a", EntityKind::Service), ("b", EntityKind::Service), ("q", EntityKind::Queue)];
    let late = vec![span("1", None, "a", (0, 100)), span("2", Some("1"), "b", (101, 180))];
    assert_eq!(related(&mut strangers(&kinds), late), []);
    let mut topology = strangers(&kinds);
    for (from, kind) in [("a", RelationKind::Publishes), ("b", RelationKind::Consumes)] {
        topology.relate(Relation { from: id(from), to: id("q"), kind });
    }
    let at_once = vec![span("1", None, "a", (0, 100)), span("2", Some("1"), "b", (50, 80))];
    assert_eq!(related(&mut topology, at_once).len(), 2);
}

#[test]
fn the_trail_follows_a_call_that_only_the_caller_s_metrics_know() {
    let mut estate = estate(&[("front", "middle"), ("other", "back")]);
    serves(&mut estate, "front", (600.0, 600.0), 0.3, 0.5);
    serves(&mut estate, "middle", (600.0, 600.0), 0.2, 0.5);
    serves(&mut estate, "back", (600.0, 600.0), 0.1, 0.5);
    calls(&mut estate, "middle", "back", (600.0, 600.0), 0.1, 0.5);
    let (alerts, symptoms) = alert("front");
    let series = [evidence("ev-1", Content::Series(estate.series.clone()))];
    relate_as_seen(&mut estate.topology, &series);
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "back");
    let path = &conclusion.hypotheses.first().unwrap().path;
    assert_eq!(path, &["back", "middle", "front"].map(id));
}
