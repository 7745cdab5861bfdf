//! What comes of an investigation reaches its keeper, before the questions it announces.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use nightjar_agent::{
    Error, Keeper, Message, Names, Outcome, Policy, Reading, Refused, Setup, conduct,
};
use nightjar_connect::{Alerts, Answer, Connection, Inventory, Metrics, Query, Question};
use nightjar_incident::journal::{self, Entry};
use nightjar_incident::{Content, Investigation, RawAlert, Source, SpaceId, TriageDecision};
use serde_json::json;

use crate::{Refusing, message};

/// What a keeper and the connection see, in one order.
#[derive(Default)]
struct Seen {
    entries: Vec<Entry>,
    calls: Vec<String>,
    /// How many batches are accepted.
    accepts: Option<usize>,
    batches: usize,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Seen>>);

#[async_trait]
impl Keeper for Shared {
    async fn entries(&mut self, entries: &[Entry]) -> Result<(), Refused> {
        let mut seen = self.0.lock().unwrap();
        if seen.accepts.is_some_and(|most| seen.batches >= most) {
            return Err(Refused::new("the disk is full"));
        }
        seen.batches += 1;
        seen.entries.extend_from_slice(entries);
        Ok(())
    }

    async fn message(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let told = match message.reading {
            Reading::Alert { alert, triage } => format!("{} {}", alert.id, triage.decision.label()),
            Reading::Rejected(_) => "rejected".to_owned(),
        };
        let mut seen = self.0.lock().unwrap();
        seen.calls.push(format!("message {}: {told}", message.index));
        Ok(())
    }

    async fn investigation(&mut self, investigation: &Investigation) -> Result<(), Refused> {
        let (id, runs) = (&investigation.incident.id, investigation.executions.len());
        self.0.lock().unwrap().calls.push(format!("{id}: {runs} runs"));
        Ok(())
    }
}

/// A connection that looks into the keeper's journal when it is asked.
struct Suspicious {
    inner: Refusing,
    seen: Shared,
}

impl Suspicious {
    fn check(&self, question: Question) {
        let mut seen = self.seen.0.lock().unwrap();
        let announced = |entry: &Entry| {
            entry.body.get("asks").is_some() && entry.body.get("question") == Some(&json!(question))
        };
        let asked = seen.calls.iter().filter(|call| **call == question.label()).count();
        let written = seen.entries.iter().filter(|entry| announced(entry)).count();
        assert!(written > asked, "{}: {written} written, {asked} asked before", question.label());
        seen.calls.push(question.label().to_owned());
    }
}

#[async_trait]
impl Alerts for Suspicious {
    async fn alerts(
        &self,
        until: jiff::Timestamp,
    ) -> Result<Vec<RawAlert>, nightjar_connect::Error> {
        self.inner.alerts(until).await
    }
}

#[async_trait]
impl Inventory for Suspicious {
    async fn inventory(&self, query: &Query) -> Result<Answer, nightjar_connect::Error> {
        self.inner.inventory(query).await
    }
}

#[async_trait]
impl Metrics for Suspicious {
    async fn metrics(&self, query: &Query) -> Result<Answer, nightjar_connect::Error> {
        self.check(query.question);
        Ok(Answer {
            query: "metrics".into(),
            content: Content::Series(Vec::new()),
            truncated: None,
            notes: Vec::new(),
        })
    }
}

fn run(alerts: Vec<RawAlert>, seen: &Shared, names: Names) -> Result<Outcome, Error> {
    let system = Arc::new(Suspicious { inner: Refusing { alerts }, seen: seen.clone() });
    let source = Source { connection: "test".into(), system: "suspicious".into() };
    let mut connection = Connection::new(source);
    connection.alerts = Some(system.clone());
    connection.inventory = Some(system.clone());
    connection.metrics = Some(system);
    let connections = [connection];
    let space = SpaceId::new("space");
    let setup = Setup { space, names, connections: &connections, policy: Policy::default() };
    block_on(conduct(&setup, &mut seen.clone()))
}

fn alerts() -> Vec<RawAlert> {
    vec![
        message("2026-11-23T03:00:00Z", "created"),
        message("2026-11-23T03:00:30Z", "updated"),
        RawAlert { payload: json!([7]), ..message("2026-11-23T03:00:40Z", "created") },
    ]
}

#[test]
fn a_question_is_durable_before_a_connection_hears_it() {
    let seen = Shared::default();
    let outcome = run(alerts(), &seen, Names::default()).unwrap();
    let seen = seen.0.lock().unwrap();
    assert_eq!(seen.entries, outcome.journal);
    journal::verify(&seen.entries).unwrap();
    assert_eq!(
        seen.calls,
        [
            "message 0: alert-1 new incident",
            "inc-1: 0 runs",
            "metrics",
            "inc-1: 1 runs",
            "message 1: alert-2 duplicate",
            "inc-1: 1 runs",
            "message 2: rejected",
            "metrics",
            "inc-1: 2 runs",
            "metrics",
            "inc-1: 3 runs",
        ]
    );
}

#[test]
fn nothing_is_asked_after_the_keeper_refused() {
    let whole = Shared::default();
    run(alerts(), &whole, Names::default()).unwrap();
    let whole = whole.0.lock().unwrap();
    for accepts in 0..whole.batches {
        let seen = Shared::default();
        seen.0.lock().unwrap().accepts = Some(accepts);
        let error = run(alerts(), &seen, Names::default()).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        let seen = seen.0.lock().unwrap();
        assert!(whole.calls.starts_with(&seen.calls));
        assert!(whole.entries.starts_with(&seen.entries));
        let asked = seen.calls.iter().filter(|call| *call == "metrics").count();
        let announced = seen.entries.iter().filter(|entry| {
            entry.body.get("asks").is_some() && entry.body["question"] == "metrics"
        });
        assert_eq!(asked, announced.count(), "after {accepts} batches");
    }
}

#[test]
fn a_play_carries_its_number_in_every_name() {
    let seen = Shared::default();
    let outcome = run(alerts(), &seen, Names::play(3)).unwrap();
    let mut chains: Vec<&str> = outcome.journal.iter().map(|entry| &*entry.chain).collect();
    chains.dedup();
    assert_eq!(chains.first(), Some(&"play-3/intake"));
    assert!(chains.contains(&"inc-3-1/exec-1"), "{chains:?}");
    assert_eq!(outcome.investigations[0].incident.id.as_str(), "inc-3-1");
    assert_eq!(outcome.triage[1].alert.as_str(), "alert-3-2");
    assert_eq!(outcome.triage[1].decision, TriageDecision::Duplicate);
    assert_eq!(Names::of_journal(&outcome.journal), Names::play(3));
}

#[test]
fn a_run_may_move_between_threads() {
    fn assert_send(_: impl Send) {}
    let (space, names) = (SpaceId::new("space"), Names::default());
    let setup = Setup { space, names, connections: &[], policy: Policy::default() };
    let mut keeper = Shared::default();
    assert_send(conduct(&setup, &mut keeper));
    assert_send(nightjar_agent::replay(&setup, None, &[], &mut keeper));
    let intake = journal::Chain::new(SpaceId::new("space"), "intake");
    let state = nightjar_agent::State { investigations: Vec::new(), intake };
    assert_send(nightjar_agent::resume(&setup, state, &[], &mut keeper));
}
