//! A second round: what the first answers cut off is asked for once more, of few entities.

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use nightjar_agent::{Names, Onlooker, Outcome, Policy, Setup, conduct};
use nightjar_connect::{Alerts, Answer, Connection, Error, Inventory, Logs, Metrics, Query};
use nightjar_incident::journal::{Entry, Kind};
use nightjar_incident::{
    Content, FaultMode, LogRecord, LogSeverity, MetricSeries, RawAlert, Source, SpaceId, Statistic,
};
use nightjar_series::Column;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use serde_json::json;

const FIRES: &str = "2026-11-23T03:10:00Z";

fn id(name: &str) -> EntityId {
    EntityId::new(name).unwrap()
}

fn fires() -> Timestamp {
    FIRES.parse().unwrap()
}

fn answer(content: Content, truncated: Option<String>) -> Result<Answer, Error> {
    Ok(Answer { query: "q".into(), content, truncated, notes: Vec::new() })
}

/// A slow front that calls two stores which measure nothing. One of them says why it is slow, but a
/// question about everybody's lines is answered with the latest of a talkative neighbour alone.
struct Talkative {
    least_entities_cut: usize,
}

#[async_trait]
impl Alerts for Talkative {
    async fn alerts(&self, _until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        let payload = json!({
            "eventType": "incident", "incidentId": "i-1", "action": "created", "priority": "HIGH",
            "title": "front is slow", "service": "front", "data": { "metric": "latency" },
        });
        Ok(vec![RawAlert { provider: None, received_at: fires(), payload }])
    }
}

#[async_trait]
impl Inventory for Talkative {
    async fn inventory(&self, _query: &Query) -> Result<Answer, Error> {
        let mut topology = Topology::default();
        topology.add(Entity::new(id("front"), EntityKind::Service));
        for store in ["orders-db", "prices-db"] {
            topology.add(Entity::new(id(store), EntityKind::Database));
            let (from, to) = (id("front"), id(store));
            topology.relate(Relation { from, to, kind: RelationKind::Reads });
        }
        answer(Content::Inventory(topology), None)
    }
}

#[async_trait]
impl Metrics for Talkative {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        let column = |value: &dyn Fn(i64) -> f64| {
            let minute = |back: i64| fires() - SignedDuration::from_mins(back);
            let samples = (0..=80).map(|back| (minute(back).as_millisecond(), value(back)));
            Column::from_samples(samples.collect::<Vec<_>>())
        };
        let series = |name: &str, statistic, (column, repairs): (Column, _)| MetricSeries {
            entity: id("front"),
            peer: None,
            name: name.to_owned(),
            statistic,
            unit: String::new(),
            attributes: std::collections::BTreeMap::new(),
            column: column.between(i64::MIN, query.window.to.as_millisecond()),
            repairs,
        };
        let wiggle = |back: i64| 1.0 + 0.01 * (back % 5) as f64;
        answer(
            Content::Series(vec![
                series("requests", Statistic::Sum, column(&|back| 600.0 * wiggle(back))),
                series(
                    "latency",
                    Statistic::Mean,
                    column(&|back| 0.2 * wiggle(back) + if back < 8 { 0.6 } else { 0.0 }),
                ),
            ]),
            None,
        )
    }
}

#[async_trait]
impl Logs for Talkative {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let line = |back: i64, entity: &str, severity, body: &str| LogRecord {
            at: fires() - SignedDuration::from_mins(back),
            entity: id(entity),
            severity,
            body: body.to_owned(),
            trace_id: None,
            span_id: None,
        };
        if query.entities.len() >= self.least_entities_cut {
            let chatter = (1..8).map(|n| line(n, "front", LogSeverity::Info, "request served"));
            return answer(
                Content::Logs(chatter.collect()),
                Some("the latest 7 of 70 lines; the rest was left out".to_owned()),
            );
        }
        let full = "could not extend file: No space left on device";
        let lines = (1..8).map(|n| line(n, "prices-db", LogSeverity::Error, full));
        answer(Content::Logs(lines.collect()), None)
    }
}

fn run(least_entities_cut: usize) -> Outcome {
    let system = Arc::new(Talkative { least_entities_cut });
    let source = Source { connection: "test".into(), system: "talkative".into() };
    let mut connection = Connection::new(source);
    connection.alerts = Some(system.clone());
    connection.inventory = Some(system.clone());
    connection.metrics = Some(system.clone());
    connection.logs = Some(system);
    let connections = [connection];
    let space = SpaceId::new("space");
    let (names, policy) = (Names::default(), Policy::default());
    let setup = Setup { space, names, connections: &connections, policy };
    block_on(conduct(&setup, &mut Onlooker(|_: &Entry| {}))).unwrap()
}

/// What the leading hypothesis says, and how often lines were asked for.
fn told(outcome: &Outcome) -> (String, FaultMode, usize) {
    let conclusion = outcome.investigations.first().unwrap().conclusion().unwrap();
    let leading = conclusion.hypotheses.first().unwrap();
    let is_about_lines = |entry: &&Entry| {
        entry.kind == Kind::FetchingData
            && entry.body.get("question") == Some(&json!("logs"))
            && entry.body.get("asks").is_some()
    };
    let asked = outcome.journal.iter().filter(is_about_lines);
    (leading.entity.to_string(), leading.fault_mode, asked.count())
}

#[test]
fn lines_that_were_cut_off_are_asked_for_of_the_leading_places_and_decide() {
    let outcome = run(3);
    let (entity, mode, asked) = told(&outcome);
    assert_eq!((entity.as_str(), mode), ("prices-db", FaultMode::DiskFull));
    let executions = outcome.investigations.first().unwrap().executions.len();
    assert!(asked > executions, "asked {asked} times in {executions} executions");
}

#[test]
fn what_was_answered_whole_is_not_asked_for_again() {
    let outcome = run(usize::MAX);
    let (entity, mode, asked) = told(&outcome);
    assert_eq!((entity.as_str(), mode), ("prices-db", FaultMode::DiskFull));
    assert_eq!(asked, outcome.investigations.first().unwrap().executions.len());
}
