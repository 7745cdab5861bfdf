//! The conductor at its border: fake connections in, journal entries out.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is a failed test")]

mod closer;
mod keeping;
mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::Timestamp;
use nightjar_agent::{Names, Onlooker, Outcome, Policy, Setup, conduct};
use nightjar_connect::{Alerts, Answer, Connection, Error, ErrorKind, Inventory, Metrics, Query};
use nightjar_incident::journal::{self, Kind};
use nightjar_incident::{Content, RawAlert, Source, SpaceId, Stage, TriageDecision, Verdict};
use nightjar_topology::{Entity, EntityId, EntityKind, Topology};
use serde_json::json;

/// A system that knows one entity, has alerts about it and refuses to give metrics.
struct Refusing {
    alerts: Vec<RawAlert>,
}

#[async_trait]
impl Alerts for Refusing {
    async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        Ok(self.alerts.iter().filter(|alert| alert.received_at <= until).cloned().collect())
    }
}

#[async_trait]
impl Inventory for Refusing {
    async fn inventory(&self, _query: &Query) -> Result<Answer, Error> {
        let mut topology = Topology::default();
        topology.add(Entity::new(EntityId::new("checkout").unwrap(), EntityKind::Service));
        Ok(Answer {
            query: "inventory".into(),
            content: Content::Inventory(topology),
            truncated: None,
            notes: Vec::new(),
        })
    }
}

#[async_trait]
impl Metrics for Refusing {
    async fn metrics(&self, _query: &Query) -> Result<Answer, Error> {
        Err(Error::new(ErrorKind::Denied, "metrics", "token expired"))
    }
}

fn message(at: &str, action: &str) -> RawAlert {
    RawAlert {
        provider: None,
        received_at: at.parse().unwrap(),
        payload: json!({
            "eventType": "incident", "incidentId": "i-1", "action": action, "priority": "HIGH",
            "title": "checkout is slow", "service": "checkout", "data": { "metric": "latency" },
        }),
    }
}

fn run(alerts: Vec<RawAlert>) -> (Outcome, Vec<journal::Entry>) {
    let system = Arc::new(Refusing { alerts });
    let source = Source { connection: "test".into(), system: "refusing".into() };
    let mut connection = Connection::new(source);
    connection.alerts = Some(system.clone());
    connection.inventory = Some(system.clone());
    connection.metrics = Some(system);
    let connections = [connection];
    let setup = Setup {
        space: SpaceId::new("space"),
        names: Names::default(),
        connections: &connections,
        policy: Policy::default(),
    };
    let mut shown = Vec::new();
    let mut keeper = Onlooker(|entry: &journal::Entry| shown.push(entry.clone()));
    let outcome = block_on(conduct(&setup, &mut keeper)).unwrap();
    (outcome, shown)
}

#[test]
fn a_refused_question_is_a_gap_with_the_reason_and_nothing_is_claimed() {
    let (outcome, _) = run(vec![message("2026-11-23T03:00:00Z", "created")]);
    let conclusion = outcome.investigations[0].conclusion().unwrap();
    assert!(matches!(conclusion.verdict, Verdict::NotFound { .. }), "{:?}", conclusion.verdict);
    assert!(conclusion.gaps.iter().any(|gap| gap.reason == "access denied: token expired"));
    let unprovided = |gap: &nightjar_incident::Gap| gap.reason == "no connection provides them";
    assert_eq!(conclusion.gaps.iter().filter(|gap| unprovided(gap)).count(), 3);
    assert!(outcome.investigations[0].plans.is_empty());
}

#[test]
fn every_entry_is_shown_as_written_and_the_chains_hold() {
    let (outcome, shown) = run(vec![message("2026-11-23T03:00:00Z", "created")]);
    assert_eq!(shown, outcome.journal);
    let chains = journal::verify(&outcome.journal).unwrap();
    assert!(chains.iter().any(|chain| chain.name() == "intake"));
    assert!(chains.len() > 1, "each execution has a chain of its own");
}

#[test]
fn a_question_is_written_down_before_it_is_sent() {
    let (outcome, _) = run(vec![message("2026-11-23T03:00:00Z", "created")]);
    let of_metrics = |entry: &&journal::Entry| {
        entry.chain == "inc-1/exec-1"
            && (entry.body["question"] == "metrics" || entry.kind == Kind::Error)
    };
    let kinds: Vec<Kind> = outcome.journal.iter().filter(of_metrics).map(|e| e.kind).collect();
    assert_eq!(kinds, [Kind::FetchingData, Kind::Error]);
}

#[test]
fn a_provisional_verdict_is_looked_at_again_until_it_is_final() {
    let (outcome, _) = run(vec![message("2026-11-23T03:00:00Z", "created")]);
    let stages: Vec<Stage> =
        outcome.investigations[0].executions.iter().map(|e| e.conclusion.stage).collect();
    assert_eq!(stages, [Stage::Provisional, Stage::Provisional, Stage::Final]);
}

#[test]
fn a_repeat_runs_nothing_and_a_return_after_a_resolve_does() {
    let (repeated, _) = run(vec![
        message("2026-11-23T03:00:00Z", "created"),
        message("2026-11-23T03:00:30Z", "updated"),
    ]);
    let decisions: Vec<TriageDecision> = repeated.triage.iter().map(|n| n.decision).collect();
    assert_eq!(decisions, [TriageDecision::Proceed, TriageDecision::Duplicate]);
    assert_eq!(repeated.investigations[0].executions.len(), 3);
    let (returned, _) = run(vec![
        message("2026-11-23T03:00:00Z", "created"),
        message("2026-11-23T03:04:00Z", "resolved"),
        message("2026-11-23T03:05:00Z", "created"),
    ]);
    let occasions: Vec<&str> =
        returned.investigations[0].executions.iter().map(|e| e.occasion.as_str()).collect();
    assert_eq!(
        occasions[3..],
        ["alert resolved: checkout is slow", "alert fires again: checkout is slow"]
    );
}

#[test]
fn a_message_that_nobody_understands_is_kept_with_the_reason() {
    let mut odd = message("2026-11-23T03:00:00Z", "created");
    odd.payload = json!({ "hello": [1, 2, 3] });
    let (outcome, _) = run(vec![odd.clone()]);
    assert!(outcome.investigations.is_empty());
    assert_eq!(outcome.rejected[0].message, odd);
    assert_eq!(outcome.journal[0].kind, Kind::Error);
}

#[test]
fn the_same_alerts_give_the_same_journal() {
    let alerts = vec![message("2026-11-23T03:00:00Z", "created")];
    assert_eq!(run(alerts.clone()).0, run(alerts).0);
}
