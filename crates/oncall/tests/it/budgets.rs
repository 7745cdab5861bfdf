//! What asking costs, and where it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use nightjar_agent::{Names, Outcome, Policy, Retelling, Setup, look_as_told};
use nightjar_incident::journal::{Entry, Kind};
use nightjar_incident::{Execution, IncidentId, MetricSeries, Recording, Stage, Verdict};
use nightjar_oncall::{Budget, Budgets, SpaceRules, run_task_again, set_rules, waits};
use nightjar_store::{InvestigationState, TaskRecord, TaskStatus, UsageDay};

use crate::crashes::die_and_resume;
use crate::house::{House, assert_same, several};
use crate::live::{alert, occasions, send};

const NOTHING: Budget = Budget { seconds: None, queries: None, bytes: None };

/// Two services, and one metric of one of them: an execution asks three times, since it looks beyond
/// the service as well.
fn measured() -> Recording {
    let demo = nightjar_world::demo();
    let series = demo.metrics.into_iter().next().unwrap();
    let entity = nightjar_topology::EntityId::new("checkout").unwrap();
    Recording { metrics: vec![MetricSeries { entity, ..series }], ..several() }
}

fn live() -> Recording {
    Recording { alerts: Vec::new(), ..measured() }
}

async fn set(house: &House, budgets: Budgets) {
    let rules = SpaceRules { budgets, ..SpaceRules::default() };
    rules.check().unwrap();
    set_rules(&house.space, &rules, house.now()).await.unwrap();
}

fn queries(most: u64) -> Budget {
    Budget { queries: Some(most), ..NOTHING }
}

/// A task as people see it.
async fn reason(house: &House, task: &str) -> String {
    let task: TaskRecord = house.space.task(task).await.unwrap();
    waits(&house.space, house.now()).await.unwrap().reason(&task).unwrap_or_default()
}

async fn usage(house: &House) -> UsageDay {
    let (from, to) = (jiff::civil::date(2026, 1, 1), jiff::civil::date(2027, 12, 31));
    let days = house.space.usage(from, to).await.unwrap();
    days.into_iter()
        .reduce(|sum, day| UsageDay {
            day: day.day,
            investigations: sum.investigations + day.investigations,
            executions: sum.executions + day.executions,
            spent: sum.spent.and(day.spent),
        })
        .unwrap()
}

fn asked(journal: &[Entry]) -> u64 {
    let asks = |entry: &&Entry| entry.body.get("asks").is_some() && entry.chain.contains("/exec-");
    journal.iter().filter(asks).count() as u64
}

fn gaps<'a>(journal: &'a [Entry], chain: &str) -> Vec<&'a str> {
    let of_chain = journal.iter().filter(|entry| entry.chain == chain);
    let gaps = of_chain.filter(|entry| entry.kind == Kind::InvestigationGap);
    let told = gaps.filter_map(|entry| entry.body["reason"].as_str());
    told.filter(|reason| reason.starts_with("budget")).collect()
}

/// What a replay of a play makes of its journal.
fn replayed(house: &House, recording: &Recording, stored: &[Entry]) -> Outcome {
    let connections = [nightjar_capsule::connection(Arc::new(recording.clone()), &recording.name)];
    let setup = Setup {
        space: house.space.id().clone(),
        names: Names::play(1),
        connections: &connections,
        policy: Policy::default().as_told(stored),
    };
    block_on(nightjar_agent::replay(&setup, None, &[], &mut Retelling(stored))).unwrap()
}

#[tokio::test]
async fn an_investigation_asks_no_more_than_its_budget_and_says_so() {
    for house in House::each().await {
        house.connect(&live()).await;
        set(&house, Budgets { per_investigation: queries(5), ..Budgets::default() }).await;
        let (intake, worker) = (house.intake(), house.worker());
        let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        let incident = first.foremost().unwrap().incident.clone().unwrap();
        worker.work_off().await.unwrap();
        let told = reason(&house, "task-1").await;
        assert!(told.starts_with("provisional") && !told.contains("budget"), "{told}");
        house.pass(61);
        worker.work_off().await.unwrap();
        let told = reason(&house, "task-1").await;
        let used_up = "budget used up: 5 queries per investigation";
        assert!(told.contains(used_up), "{told}");
        let state = house.space.incident_state(&incident, false).await.unwrap();
        let [_, second] = &state.executions[..] else { panic!("{:?}", state.executions.len()) };
        assert_eq!(second.conclusion.stage, Stage::Provisional);
        assert!(!matches!(second.conclusion.verdict, Verdict::NoIncident { .. }));
        assert!(second.conclusion.gaps.iter().any(|gap| gap.reason == used_up));
        let journal = house.journal().await;
        assert_eq!(asked(&journal), 5);
        assert_eq!(gaps(&journal, &format!("{incident}/exec-2")), [used_up]);

        // Later looks wait, and what comes in is linked all the same.
        house.pass(120);
        worker.work_off().await.unwrap();
        send(&house, &intake, &alert("i-2", "checkout", "created")).await;
        worker.work_off().await.unwrap();
        assert_eq!(house.space.task("task-2").await.unwrap().status, TaskStatus::Linked);
        assert_eq!(occasions(&house, incident.as_str()).await.len(), 2);
        let told = reason(&house, "task-1").await;
        assert!(told.contains("the next look is put off until"), "{told}");

        // A person who asks has as much once more.
        run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await.unwrap();
        worker.work_off().await.unwrap();
        let told = occasions(&house, incident.as_str()).await;
        assert_eq!(told.last().unwrap(), "NJAK1 asked");
        assert_eq!(asked(&house.journal().await), 8);

        // What the chains tell gives the same again, where asking ended as well.
        let stored = house.space.capsule_archive("cap-1").await.unwrap();
        let recording = house.recordings.read(&stored).unwrap().recording;
        let journal: Vec<Entry> = house
            .journal()
            .await
            .into_iter()
            .filter(|entry| entry.chain.contains("/exec-"))
            .collect();
        let name = &recording.name.clone();
        let connections = [nightjar_capsule::connection(Arc::new(recording), name)];
        let setup = Setup {
            space: house.space.id().clone(),
            names: Names::play(1),
            connections: &connections,
            policy: Policy::default(),
        };
        let mut nobody = Retelling(&[]);
        let again = block_on(look_as_told(&setup, &journal, &mut nobody)).unwrap().journal;
        // The connection has another name here.
        let body = |entry: &Entry| {
            let mut body = entry.body.clone();
            for place in ["asks", "answered"] {
                body.as_object_mut().map(|body| body.remove(place));
            }
            (entry.chain.clone(), entry.seq, body)
        };
        let (told, again): (Vec<_>, Vec<_>) =
            (journal.iter().map(body).collect(), again.iter().map(body).collect());
        assert_eq!(told, again);

        house.pass(30 * 60);
        worker.work_off().await.unwrap();
        assert!(!house.space.live_incident(&incident).await.unwrap().is_open);
        assert_eq!(house.store.queue_depth().await.unwrap(), (0, 0));
        assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
        let used = usage(&house).await;
        assert_eq!((used.investigations, used.executions, used.spent.queries), (1, 3, 8));
        assert!(used.spent.bytes > 0);
    }
}

#[tokio::test]
async fn with_the_days_budget_used_up_alerts_go_on_and_looks_wait_until_midnight() {
    for house in House::each().await {
        house.connect(&live()).await;
        set(&house, Budgets { per_day: queries(3), ..Budgets::default() }).await;
        let (intake, worker) = (house.intake(), house.worker());
        send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        worker.work_off().await.unwrap();
        let apart = send(&house, &intake, &alert("i-2", "search", "created")).await;
        let incident = apart.foremost().unwrap().incident.clone().unwrap();
        worker.work_off().await.unwrap();
        // The first look comes in any case, and is honest.
        let told = reason(&house, "task-2").await;
        let used_up = "budget used up: 3 queries per day";
        assert!(told.starts_with("provisional: no root cause found"), "{told}");
        assert!(told.contains(used_up), "{told}");
        assert_eq!(asked(&house.journal().await), 3);
        run_task_again(&house.space, "task-2", "NJAK1", None, house.now()).await.unwrap();
        worker.work_off().await.unwrap();
        let told = reason(&house, "task-2").await;
        let put_off = format!("put off until 2026-11-24T00:00:00Z: {used_up}");
        assert!(told.ends_with(&put_off), "{told}");
        assert_eq!(occasions(&house, incident.as_str()).await.len(), 1);

        // It is 09:00 and stays so until a fresh day; what a person asked for is done then.
        house.pass(14 * 3600);
        worker.work_off().await.unwrap();
        assert_eq!(occasions(&house, incident.as_str()).await.len(), 1);
        house.pass(3601);
        worker.work_off().await.unwrap();
        let told = occasions(&house, incident.as_str()).await;
        assert_eq!(told[1], "NJAK1 asked");
        assert_eq!(asked(&house.journal().await), 6);
        assert_eq!(house.store.queue_depth().await.unwrap(), (0, 0));
    }
}

#[tokio::test]
async fn what_was_put_off_goes_on_when_the_rules_allow_more() {
    for house in House::each().await {
        house.connect(&live()).await;
        set(&house, Budgets { per_month: queries(1), ..Budgets::default() }).await;
        let (intake, worker) = (house.intake(), house.worker());
        let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        let incident = first.foremost().unwrap().incident.clone().unwrap();
        worker.work_off().await.unwrap();
        house.pass(60);
        worker.work_off().await.unwrap();
        assert_eq!(occasions(&house, incident.as_str()).await.len(), 1);
        set(&house, Budgets::default()).await;
        worker.work_off().await.unwrap();
        assert_eq!(occasions(&house, incident.as_str()).await.len(), 2);
        let told = reason(&house, "task-1").await;
        assert!(!told.contains("budget"), "{told}");
    }
}

#[tokio::test]
async fn killed_at_every_step_it_ends_where_it_ended_and_counts_once() {
    for house in House::each().await {
        set(&house, Budgets { per_investigation: queries(5), ..Budgets::default() }).await;
        let id = house.start(&measured()).await.id;
        let deaths = die_and_resume(&house, &id, 1).await;
        assert!(deaths > 10, "{deaths}");
        let stored = house.journal().await;
        assert_eq!(asked(&stored), 10, "five for each of two incidents");
        assert!(stored.iter().any(|entry| entry.body.get("budget").is_some()));
        let outcome = replayed(&house, &measured(), &stored);
        assert_same(&stored, &outcome.journal);
        assert_eq!(house.states(&id).await, outcome.investigations);
        let used = usage(&house).await;
        let executions: usize = outcome.investigations.iter().map(|one| one.executions.len()).sum();
        assert_eq!(used.spent.queries, 10);
        assert_eq!((used.investigations, used.executions), (2, executions as u64));
    }
}

#[tokio::test]
async fn an_earlier_verdict_outlasts_an_execution_without_a_budget() {
    let demo = nightjar_world::demo();
    let house = House::new().await;
    let plain = crate::house::directly(house.space.id(), &demo, &[]);
    let is_found = |run: &Execution| matches!(run.conclusion.verdict, Verdict::CauseFound { .. });
    let runs = &plain.investigations[0].executions;
    let found = runs.iter().position(is_found).unwrap();
    assert!(found + 1 < runs.len(), "there are later ones");
    let of_them = runs[..=found].iter().map(|run| {
        let chain = |entry: &&Entry| entry.chain == run.id.as_str();
        asked(&plain.journal.iter().filter(chain).cloned().collect::<Vec<_>>())
    });
    // Enough for a verdict, and one more question after it.
    let most = of_them.sum::<u64>() + 1;
    set(&house, Budgets { per_investigation: queries(most), ..Budgets::default() }).await;
    let id = house.start(&demo).await.id;
    house.work(&id).await;
    let states = house.states(&id).await;
    let incident = &states[0];
    assert!(incident.executions.len() >= runs.len());
    let last = &incident.executions.last().unwrap().conclusion;
    assert_eq!(last.verdict, incident.executions[found].conclusion.verdict);
    assert_eq!(last.stage, Stage::Provisional);
    assert!(last.gaps.iter().any(|gap| gap.reason.starts_with("budget used up")));
    assert!(!incident.plans.is_empty() && !incident.evidence.is_empty());
    // Its evidence is all there, also that of the execution whose verdict stands.
    for evidence in &incident.evidence {
        assert_eq!(house.space.evidence(&evidence.id).await.unwrap(), *evidence);
    }
    let stored = house.journal().await;
    assert!(stored.iter().any(|entry| entry.body.get("stands").is_some()));
    assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
}

#[tokio::test]
async fn time_and_bytes_end_it_as_well() {
    let tight = [
        (Budget { seconds: Some(5), ..NOTHING }, "5 seconds per day", 1),
        (Budget { bytes: Some(1), ..NOTHING }, "1 byte per day", 1),
        (Budget { queries: Some(0), ..NOTHING }, "0 queries per day", 0),
    ];
    for (budget, told, expected) in tight {
        let house = House::new().await;
        house.connect(&live()).await;
        set(&house, Budgets { per_day: budget, ..Budgets::default() }).await;
        let ticks = Arc::new(AtomicI64::new(0));
        let clock = house.clock();
        // Ten seconds pass with each look at the clock.
        let clock: nightjar_oncall::Clock = Arc::new(move || -> Timestamp {
            clock() + SignedDuration::from_secs(10 * ticks.fetch_add(1, Ordering::SeqCst))
        });
        let worker = nightjar_oncall::Worker { clock, ..house.worker() };
        send(&house, &house.intake(), &alert("i-1", "checkout", "created")).await;
        let lease = std::time::Duration::from_secs(60);
        // Only the first look: later ones are due as time flies.
        assert!(house.store.take_job(lease, house.now()).await.unwrap().is_some());
        house.store.free_dead_leases().await.unwrap();
        house.pass(61);
        worker.work_off().await.unwrap();
        let journal = house.journal().await;
        assert_eq!(asked(&journal), expected, "{told}");
        assert_eq!(
            gaps(&journal, "inc-1-1/exec-1").first(),
            Some(&&*format!("budget used up: {told}"))
        );
    }
}

#[tokio::test]
async fn the_rest_wait_visibly() {
    for house in House::each().await {
        let rules = SpaceRules { most_running: 1, ..SpaceRules::default() };
        set_rules(&house.space, &rules, house.now()).await.unwrap();
        house.connect(&live()).await;
        let intake = house.intake();
        for (number, service) in [(1, "checkout"), (2, "search"), (3, "other")] {
            send(&house, &intake, &alert(&format!("i-{number}"), service, "created")).await;
        }
        assert_eq!(reason(&house, "task-2").await, "waits for a worker: 1 before it");
        let lease = std::time::Duration::from_secs(60);
        house.store.take_job(lease, house.now()).await.unwrap().unwrap();
        assert!(house.store.take_job(lease, house.now()).await.unwrap().is_none());
        let full = "waits for a worker: 1 of 1 investigations are running";
        assert_eq!(reason(&house, "task-2").await, format!("{full}, it is next"));
        assert_eq!(reason(&house, "task-3").await, format!("{full}, 1 before it"));
        assert_eq!(reason(&house, "task-1").await, "");
    }
}

#[tokio::test]
async fn a_play_keeps_the_rules_it_began_with() {
    let house = House::new().await;
    let rules = SpaceRules {
        look_again_minutes: vec![0.5, 2.0],
        lookback_minutes: 5,
        ..SpaceRules::default()
    };
    set_rules(&house.space, &rules, house.now()).await.unwrap();
    let id = house.start(&several()).await.id;
    house.work(&id).await;
    let told = occasions(&house, "inc-1-1").await;
    assert!(told.contains(&"30 s after it opened".to_owned()), "{told:?}");
    // Whatever they say by now: a person's request has it conducted again onto the journal.
    set_rules(&house.space, &SpaceRules::default(), house.now()).await.unwrap();
    let incident = IncidentId::new("inc-1-1");
    let ask = nightjar_oncall::Request::LookAgain { incident };
    nightjar_oncall::request(&house.space, &id, "NJAK1", &ask, None, house.now()).await.unwrap();
    die_and_resume(&house, &id, 1).await;
    assert_eq!(house.state(&id).await, InvestigationState::Done);
    assert_eq!(occasions(&house, "inc-1-1").await.last().unwrap(), "NJAK1 asked to look again");
}
