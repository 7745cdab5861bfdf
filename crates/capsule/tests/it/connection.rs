use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_capsule::connection;
use nightjar_connect::{Answer, Query, Question};
use nightjar_incident::{
    Change, ChangeId, ChangeKind, Content, LogRecord, LogSeverity, MetricSeries, RawAlert,
    Recording, Span, SpanStatus, Statistic, Window,
};
use nightjar_series::{Column, Repairs};
use nightjar_topology::{EntityId, Relation, RelationKind, Topology};

fn id(name: &str) -> EntityId {
    EntityId::new(name).unwrap()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
}

fn window(from: i64, to: i64) -> Window {
    Window { from: at(from), to: at(to) }
}

fn series(entity: &str, name: &str) -> MetricSeries {
    let samples = (0..10).map(|minute| (at(minute).as_millisecond(), 1.0));
    MetricSeries {
        entity: id(entity),
        peer: None,
        name: name.to_owned(),
        statistic: Statistic::Mean,
        unit: "s".to_owned(),
        attributes: BTreeMap::new(),
        column: Column::from_samples(samples).0,
        repairs: Repairs::default(),
    }
}

fn line(entity: &str, minute: i64) -> LogRecord {
    LogRecord {
        at: at(minute),
        entity: id(entity),
        severity: LogSeverity::Info,
        body: format!("line of minute {minute}"),
        trace_id: None,
        span_id: None,
    }
}

fn span(entity: &str, from: i64, to: i64) -> Span {
    let nanos = |minute| i64::try_from(at(minute).as_nanosecond()).unwrap();
    Span {
        trace_id: "00000000000000000000000000000001".to_owned(),
        span_id: "0000000000000001".to_owned(),
        parent_id: None,
        entity: id(entity),
        peer: None,
        operation: "GET /".to_owned(),
        start_nanos: nanos(from),
        end_nanos: nanos(to),
        status: SpanStatus::Unset,
    }
}

fn change(name: &str, minute: i64, entities: &[&str]) -> Change {
    Change {
        id: ChangeId::new(name),
        kind: ChangeKind::Deployment,
        at: at(minute),
        entities: entities.iter().map(|name| id(name)).collect(),
        summary: "v2".to_owned(),
        author: None,
        previous: None,
        url: None,
    }
}

fn query(question: Question, entities: &[&str], window: Window, limit: usize) -> Query {
    Query {
        question,
        entities: entities.iter().map(|name| id(name)).collect(),
        window,
        limit,
        since: None,
    }
}

async fn ask(recording: Recording, query: &Query) -> Answer {
    connection(Arc::new(recording), "case").ask(query).await.unwrap().unwrap()
}

#[tokio::test]
async fn columns_are_cut_to_the_window_and_to_the_entities() {
    let recording = Recording {
        metrics: vec![series("shop", "latency"), series("cart", "latency")],
        ..Recording::default()
    };
    let answer = ask(recording, &query(Question::Metrics, &["cart"], window(2, 5), 10)).await;
    let Content::Series(found) = &answer.content else { panic!("series expected") };
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].entity, id("cart"));
    assert_eq!(found[0].column.times(), [2, 3, 4].map(|m| at(m).as_millisecond()));
    assert_eq!(
        answer.query,
        "capsule metrics entities=[\"cart\"] \
         window=2023-11-14T22:15:20Z/2023-11-14T22:18:20Z limit=10"
    );
    assert_eq!(answer.truncated, None);
}

#[tokio::test]
async fn what_a_limit_cuts_is_said() {
    let recording = Recording {
        metrics: vec![series("shop", "a"), series("shop", "b"), series("shop", "c")],
        logs: vec![line("shop", 1), line("shop", 2), line("shop", 3)],
        ..Recording::default()
    };
    let metrics = query(Question::Metrics, &[], window(0, 9), 2);
    let answer = ask(recording.clone(), &metrics).await;
    assert_eq!(answer.content.len(), 2);
    assert_eq!(answer.truncated.as_deref(), Some("the first 2 of 3 series; the rest was left out"));
    let answer = ask(recording, &query(Question::Logs, &[], window(0, 9), 2)).await;
    assert_eq!(answer.content, Content::Logs(vec![line("shop", 2), line("shop", 3)]));
    assert_eq!(answer.truncated.as_deref(), Some("the latest 2 of 3 lines; the rest was left out"));
}

#[tokio::test]
async fn nothing_at_or_after_the_end_of_the_window_is_answered() {
    let recording = Recording {
        logs: vec![line("shop", 3), line("shop", 4), line("shop", 5)],
        // The second one is still running at the end of the window.
        spans: vec![span("shop", 3, 4), span("shop", 4, 6), span("shop", 5, 6)],
        changes: vec![change("old", 1, &["shop"]), change("new", 5, &["shop"])],
        ..Recording::default()
    };
    let ask = async |question| {
        ask(recording.clone(), &query(question, &["shop"], window(1, 5), 10)).await.content
    };
    assert_eq!(ask(Question::Logs).await, Content::Logs(vec![line("shop", 3), line("shop", 4)]));
    assert_eq!(ask(Question::Traces).await, Content::Spans(vec![span("shop", 3, 4)]));
    let changes = Content::Changes(vec![change("old", 1, &["shop"])]);
    assert_eq!(ask(Question::Changes).await, changes);
}

#[tokio::test]
async fn a_change_that_names_nobody_may_concern_anyone() {
    let recording = Recording {
        changes: vec![change("flag", 2, &[]), change("both", 3, &["shop", "cart"])],
        ..Recording::default()
    };
    let query = query(Question::Changes, &["cart", "shop"], window(0, 9), 10);
    let expected = vec![change("flag", 2, &[]), change("both", 3, &["shop", "cart"])];
    assert_eq!(ask(recording, &query).await.content, Content::Changes(expected));
}

#[tokio::test]
async fn lines_come_in_time_order_even_if_they_were_recorded_out_of_order() {
    let recording = Recording {
        logs: vec![line("shop", 3), line("cart", 2), line("shop", 1)],
        ..Recording::default()
    };
    let answer = ask(recording, &query(Question::Logs, &["shop", "cart"], window(0, 9), 9)).await;
    let expected = vec![line("shop", 1), line("cart", 2), line("shop", 3)];
    assert_eq!(answer.content, Content::Logs(expected));
}

#[tokio::test]
async fn alerts_appear_when_they_have_arrived() {
    let alert = |minute| RawAlert {
        provider: None,
        received_at: at(minute),
        payload: serde_json::json!({ "minute": minute }),
    };
    let recording = Recording { alerts: vec![alert(3), alert(1)], ..Recording::default() };
    let alerts = connection(Arc::new(recording), "case").alerts.unwrap();
    assert_eq!(alerts.alerts(at(0)).await.unwrap(), vec![]);
    assert_eq!(alerts.alerts(at(2)).await.unwrap(), vec![alert(1)]);
    assert_eq!(alerts.alerts(at(3)).await.unwrap(), vec![alert(1), alert(3)]);
}

#[tokio::test]
async fn an_inventory_of_one_entity_holds_its_neighbours() {
    let mut topology = Topology::default();
    for (from, to) in [("gateway", "shop"), ("shop", "cart"), ("cart", "table")] {
        topology.relate(Relation { from: id(from), to: id(to), kind: RelationKind::Calls });
    }
    let recording = Recording { topology: topology.clone(), ..Recording::default() };
    let whole = query(Question::Inventory, &[], window(0, 9), 10);
    assert_eq!(ask(recording.clone(), &whole).await.content, Content::Inventory(topology));
    let one = query(Question::Inventory, &["shop"], window(0, 9), 10);
    let Content::Inventory(found) = ask(recording, &one).await.content else { panic!() };
    let names: Vec<&str> = found.entities().map(|entity| entity.id.as_str()).collect();
    assert_eq!(names, ["cart", "gateway", "shop"]);
    assert_eq!(found.relations().count(), 2);
}

#[test]
fn a_part_that_was_not_recorded_is_a_capability_that_is_absent() {
    let recording = Recording { metrics: vec![series("shop", "a")], ..Recording::default() };
    let connection = connection(Arc::new(recording), "case");
    assert!(connection.answers(Question::Metrics));
    for absent in [Question::Logs, Question::Traces, Question::Changes, Question::Inventory] {
        assert!(!connection.answers(absent), "{absent:?}");
    }
    assert!(connection.alerts.is_none());
}
