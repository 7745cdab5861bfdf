//! Alerts that come over webhooks, and incidents that grow with them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nightjar_agent::{Names, Onlooker, Setup, look_as_told, tells_of_looks};
use nightjar_incident::journal::Entry;
use nightjar_incident::{AlertId, IncidentId, Recording, TriageDecision, Window};
use nightjar_oncall::{
    Address, Intake, Move, Policy, Receipt, export_capsule, move_alert, run_task_again,
};
use nightjar_store::{
    DeliveryFilter, DeliveryStatus, Error as StoreError, IncidentFilter, InvestigationState,
    PageRequest, TaskRecord, TaskState, TaskStatus,
};
use serde_json::{Value, json};

use crate::crashes::{LEASE_IS_OVER, mortal};
use crate::house::{House, assert_same, small};

pub(crate) fn alert(id: &str, service: &str, action: &str) -> Value {
    json!({
        "eventType": "incident", "incidentId": id, "action": action, "priority": "HIGH",
        "title": format!("{service} is slow"), "service": service, "data": { "metric": "latency" },
    })
}

fn address() -> Address {
    Address { webhook: "hook".into(), origin: "assoc".into(), provider: None }
}

pub(crate) async fn send(house: &House, intake: &Intake, message: &Value) -> Receipt {
    intake.take(&house.space, &address(), message.to_string().as_bytes()).await.unwrap()
}

/// A recording that knows the services and has nothing to tell of them.
fn quiet() -> Recording {
    Recording { alerts: Vec::new(), ..small() }
}

async fn task(house: &House, id: &str) -> TaskRecord {
    house.space.task(id).await.unwrap()
}

pub(crate) async fn occasions(house: &House, incident: &str) -> Vec<String> {
    let state = house.space.incident_state(&IncidentId::new(incident), false).await.unwrap();
    state.executions.into_iter().map(|execution| execution.occasion).collect()
}

#[tokio::test]
async fn alerts_open_link_repeat_and_stay_apart() {
    for house in House::each().await {
        house.connect(&quiet()).await;
        let (intake, worker) = (house.intake(), house.worker());
        let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        assert_eq!(first.status, DeliveryStatus::Accepted, "{first:?}");
        let told = first.foremost().unwrap();
        assert_eq!((told.alert.as_str(), told.task.as_str()), ("alert-1", "task-1"));
        assert_eq!(task(&house, "task-1").await.status, TaskStatus::PendingStart);
        worker.work_off().await.unwrap();
        assert_eq!(task(&house, "task-1").await.status, TaskStatus::Completed);

        house.pass(30);
        let second = send(&house, &intake, &alert("i-2", "checkout", "created")).await;
        assert_eq!(second.status, DeliveryStatus::Linked, "{second:?}");
        assert_eq!(second.foremost().unwrap().incident, told.incident);
        house.pass(5);
        let again = send(&house, &intake, &alert("i-2", "checkout", "created")).await;
        assert_eq!(again.status, DeliveryStatus::Duplicate, "{again:?}");
        assert_eq!(again.foremost().unwrap().task, second.foremost().unwrap().task);
        let apart = send(&house, &intake, &alert("i-3", "search", "created")).await;
        assert_eq!(apart.status, DeliveryStatus::Accepted, "{apart:?}");
        assert_ne!(apart.foremost().unwrap().incident, told.incident);
        worker.work_off().await.unwrap();

        let linked = task(&house, "task-2").await;
        assert_eq!(
            (linked.status, linked.primary.as_deref()),
            (TaskStatus::Linked, Some("task-1"))
        );
        assert!(task(&house, "task-1").await.has_linked);
        let incident = told.incident.clone().unwrap();
        let occasions = occasions(&house, incident.as_str()).await;
        assert_eq!(occasions.len(), 2, "{occasions:?}");
        assert_eq!(occasions[1], "alert linked: checkout is slow");
        let state = house.space.incident_state(&incident, false).await.unwrap();
        assert_eq!(state.incident.alerts.len(), 2);
        assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
    }
}

#[tokio::test]
async fn an_incident_is_looked_at_again_and_closed_when_it_is_quiet() {
    for house in House::each().await {
        house.connect(&quiet()).await;
        let (intake, worker) = (house.intake(), house.worker());
        let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        let incident = first.foremost().unwrap().incident.clone().unwrap();
        for seconds in [0, 59, 2, 120, 420, 1] {
            house.pass(seconds);
            worker.work_off().await.unwrap();
        }
        let told = occasions(&house, incident.as_str()).await;
        assert!(told.len() >= 2, "{told:?}");
        assert_eq!(told[1], "1 min after it opened");
        assert!(house.space.live_incident(&incident).await.unwrap().is_open);
        house.pass(20 * 60);
        worker.work_off().await.unwrap();
        assert!(!house.space.live_incident(&incident).await.unwrap().is_open);
        assert_eq!(house.store.queue_depth().await.unwrap(), (0, 0));
        // The next one is a story of its own.
        let later = send(&house, &intake, &alert("i-9", "checkout", "created")).await;
        assert_eq!(later.status, DeliveryStatus::Accepted);
    }
}

#[tokio::test]
async fn news_that_comes_while_it_is_looked_at_isnt_lost() {
    let house = House::new().await;
    house.connect(&quiet()).await;
    let (intake, worker) = (house.intake(), house.worker());
    let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
    let incident = first.foremost().unwrap().incident.clone().unwrap();
    let lease = std::time::Duration::from_secs(60);
    let job = house.store.take_job(lease, house.now()).await.unwrap().unwrap();
    for number in 2..5 {
        send(&house, &intake, &alert(&format!("i-{number}"), "checkout", "created")).await;
    }
    assert!(house.store.take_job(lease, house.now()).await.unwrap().is_none());
    house
        .store
        .reschedule_job(&job, house.now() + jiff::SignedDuration::from_hours(1))
        .await
        .unwrap();
    worker.work_off().await.unwrap();
    let told = occasions(&house, incident.as_str()).await;
    assert_eq!(told, ["first alert: checkout is slow"]);
    let state = house.space.incident_state(&incident, false).await.unwrap();
    assert_eq!(state.incident.alerts.len(), 4);
}

#[tokio::test]
async fn an_execution_that_saw_one_alert_doesnt_say_that_none_is_linked() {
    for house in House::each().await {
        house.connect(&quiet()).await;
        let (intake, worker) = (house.intake(), house.worker());
        let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        worker.work_off().await.unwrap();
        let seen = house.space.task("task-1").await.unwrap();
        house.pass(30);
        send(&house, &intake, &alert("i-2", "checkout", "created")).await;
        let told = first.foremost().unwrap();
        // As a worker writes it that began before the second alert came.
        let state = TaskState {
            alert: told.alert.clone(),
            incident: told.incident.clone(),
            execution: seen.execution.clone(),
            title: seen.title.clone(),
            description: seen.description.clone(),
            reference: None,
            caller_id: None,
            priority: seen.priority,
            status: TaskStatus::Completed,
            reason: Some("final".to_owned()),
            primary: None,
            has_linked: false,
            outcome: seen.outcome.clone(),
            news: "1 executions".to_owned(),
        };
        house.space.keep_primary_task("inv-1", &state, house.now()).await.unwrap();
        assert!(task(&house, "task-1").await.has_linked);
    }
}

#[tokio::test]
async fn resolves_and_returns_are_news_and_a_resolve_of_nothing_is_skipped() {
    for house in House::each().await {
        house.connect(&quiet()).await;
        let (intake, worker) = (house.intake(), house.worker());
        let unknown = send(&house, &intake, &alert("i-0", "checkout", "resolved")).await;
        assert_eq!(unknown.status, DeliveryStatus::Noted, "{unknown:?}");
        let told = unknown.foremost().unwrap();
        assert_eq!(told.decision, TriageDecision::Skipped);
        assert_eq!(task(&house, &told.task).await.status, TaskStatus::Skipped);

        let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        let incident = first.foremost().unwrap().incident.clone().unwrap();
        worker.work_off().await.unwrap();
        house.pass(10);
        let resolved = send(&house, &intake, &alert("i-1", "checkout", "resolved")).await;
        assert_eq!(resolved.status, DeliveryStatus::Duplicate);
        worker.work_off().await.unwrap();
        house.pass(10);
        send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        worker.work_off().await.unwrap();
        let told = occasions(&house, incident.as_str()).await;
        assert_eq!(
            told[1..],
            ["alert resolved: checkout is slow", "alert fires again: checkout is slow"]
        );
    }
}

#[tokio::test]
async fn what_nobody_can_read_is_kept_as_rejected() {
    for house in House::each().await {
        let intake = house.intake();
        for body in ["{\"hello\": 1}", "no json", "", "[1, 2"] {
            let receipt = intake.take(&house.space, &address(), body.as_bytes()).await.unwrap();
            assert_eq!(receipt.status, DeliveryStatus::Rejected);
            assert!(receipt.is_unreadable, "{receipt:?}");
            let kept = house.space.delivery(&receipt.delivery).await.unwrap();
            assert_eq!(kept.status, DeliveryStatus::Rejected);
            assert_eq!(kept.reason.as_deref(), Some(receipt.reason.as_str()));
        }
        let page = PageRequest { limit: 100, after: None };
        let all = house.space.deliveries(&DeliveryFilter::default(), &page).await.unwrap();
        assert_eq!(all.items.len(), 4);
        assert!(house.tasks().await.is_empty());
        // What is understood and is no alert isn't wrong.
        let note = json!({ "eventType": "note", "incidentId": "i-1", "action": "created" });
        let receipt = send(&house, &intake, &note).await;
        assert_eq!((receipt.status, receipt.is_unreadable), (DeliveryStatus::Noted, false));
        assert!(receipt.alerts.is_empty());
    }
}

#[tokio::test]
async fn people_unlink_link_skip_and_unskip() {
    for house in House::each().await {
        house.connect(&quiet()).await;
        let (intake, worker) = (house.intake(), house.worker());
        for number in 1..4 {
            send(&house, &intake, &alert(&format!("i-{number}"), "checkout", "created")).await;
        }
        worker.work_off().await.unwrap();
        let alert_id = |number: u32| AlertId::new(format!("alert-{number}"));
        let incident = async |number: u32| {
            house.space.alert(&alert_id(number)).await.unwrap().incident.unwrap()
        };
        let moved = async |number: u32, what: Move| {
            let now = house.now();
            move_alert(&house.space, &alert_id(number), &what, "NJAKX", None, now).await
        };
        let first = incident(1).await;
        assert_eq!((incident(2).await, incident(3).await), (first.clone(), first.clone()));

        // Unlinked: a fresh investigation starts, at once.
        moved(2, Move::Unlink).await.unwrap();
        let second = incident(2).await;
        assert_ne!(second, first);
        assert_eq!(task(&house, "task-2").await.status, TaskStatus::PendingStart);
        worker.work_off().await.unwrap();
        assert_eq!(task(&house, "task-2").await.status, TaskStatus::Completed);
        assert_eq!(task(&house, "task-2").await.primary, None);
        let told = occasions(&house, first.as_str()).await;
        assert_eq!(told.last().unwrap(), "alert unlinked by NJAKX");

        // The primary leaves: the next one takes its place, and the others are linked to that.
        moved(1, Move::Unlink).await.unwrap();
        worker.work_off().await.unwrap();
        let third = task(&house, "task-3").await;
        assert_eq!((third.status, &third.primary), (TaskStatus::Completed, &None));
        assert_eq!(third.incident.as_ref(), Some(&first));

        // Linked by hand; nothing is left of where it was.
        moved(2, Move::Link(first.clone())).await.unwrap();
        worker.work_off().await.unwrap();
        assert_eq!(incident(2).await, first);
        assert!(!house.space.live_incident(&second).await.unwrap().is_open);
        let (second, third) = (task(&house, "task-2").await, task(&house, "task-3").await);
        assert_eq!((second.status, &second.primary), (TaskStatus::Completed, &None));
        assert_eq!((third.status, third.primary.as_deref()), (TaskStatus::Linked, Some("task-2")));

        moved(3, Move::Skip).await.unwrap();
        let skipped = task(&house, "task-3").await;
        assert_eq!((skipped.status, skipped.incident), (TaskStatus::Skipped, None));
        assert!(matches!(
            moved(3, Move::Skip).await,
            Err(nightjar_oncall::Error::Store(StoreError::Conflict(_)))
        ));
        moved(3, Move::Unskip).await.unwrap();
        worker.work_off().await.unwrap();
        assert_eq!(task(&house, "task-3").await.status, TaskStatus::Completed);
        assert!(moved(3, Move::Unskip).await.is_err());

        // Asked for once more.
        let before = occasions(&house, first.as_str()).await.len();
        run_task_again(&house.space, "task-2", "NJAKY", None, house.now()).await.unwrap();
        worker.work_off().await.unwrap();
        let told = occasions(&house, first.as_str()).await;
        assert_eq!((told.len(), told.last().unwrap().as_str()), (before + 1, "NJAKY asked"));
        assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
    }
}

#[tokio::test]
async fn what_is_exported_of_a_live_incident_is_looked_at_again_in_the_same_way() {
    let house = House::new().await;
    house.connect(&quiet()).await;
    let (intake, worker) = (house.intake(), house.worker());
    let first = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
    worker.work_off().await.unwrap();
    house.pass(20);
    for (id, action) in [("i-2", "created"), ("i-1", "resolved"), ("i-3", "created")] {
        send(&house, &intake, &alert(id, "checkout", action)).await;
        worker.work_off().await.unwrap();
    }
    let now = house.now();
    move_alert(&house.space, &AlertId::new("alert-2"), &Move::Unlink, "NJAKX", None, now)
        .await
        .unwrap();
    worker.work_off().await.unwrap();
    let incident = first.foremost().unwrap().incident.clone().unwrap();
    let investigation = house.space.incident(&incident).await.unwrap().investigation;
    let exported = export_capsule(&house.space, &house.recordings, &investigation).await.unwrap();
    let (recording, journal): (Recording, Option<Vec<Entry>>) =
        serde_json::from_slice(&exported.archive).unwrap();
    let journal = journal.unwrap();
    assert_eq!(recording.alerts.len(), 2, "those of the alerts that are left");
    assert!(tells_of_looks(&journal));
    let name = recording.name.clone();
    let connections = [nightjar_capsule::connection(Arc::new(recording), &name)];
    let setup = Setup {
        space: house.space.id().clone(),
        names: Names::of_journal(&journal),
        connections: &connections,
        policy: Policy::default(),
    };
    let again = look_as_told(&setup, &journal, &mut Onlooker(|_: &Entry| {})).await.unwrap();
    assert_eq!(again.investigations[0].executions.len(), 5);
    assert_same(&again.journal, &journal);
}

#[tokio::test]
async fn killed_at_every_step_a_look_ends_as_if_nothing_had_happened() {
    let recording = || {
        let window = Window {
            from: "2026-11-23T02:00:00Z".parse().unwrap(),
            to: "2026-11-23T04:00:00Z".parse().unwrap(),
        };
        Recording { window: Some(window), ..quiet() }
    };
    let first_look = async |house: &House| {
        let mut stored = house.journal().await;
        stored.retain(|entry| entry.chain == "inc-1-1/exec-1");
        let told = |entry: Entry| (entry.seq, entry.at, entry.kind, entry.body);
        stored.into_iter().map(told).collect::<Vec<_>>()
    };
    let undisturbed = House::new().await;
    undisturbed.connect(&recording()).await;
    send(&undisturbed, &undisturbed.intake(), &alert("i-1", "checkout", "created")).await;
    undisturbed.worker().work_off().await.unwrap();
    let expected = first_look(&undisturbed).await;
    for house in House::each().await {
        house.connect(&recording()).await;
        send(&house, &house.intake(), &alert("i-1", "checkout", "created")).await;
        let deaths = die_in_a_look(&house).await;
        assert!(deaths > 5, "{deaths}");
        assert_eq!(first_look(&house).await, expected);
        assert_eq!(task(&house, "task-1").await.status, TaskStatus::Completed);
        assert_eq!(house.state("inv-1").await, InvestigationState::Done);
        assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
    }
}

/// Lets workers die, each a little later than the one before, until one gets through.
async fn die_in_a_look(house: &House) -> u32 {
    for looks in 1.. {
        let (worker, left) = mortal(house, looks);
        let _ = tokio::spawn(async move { worker.work_off().await }).await;
        if left.load(Ordering::SeqCst) > 0 {
            return looks - 1;
        }
        house.pass(LEASE_IS_OVER);
    }
    unreachable!("it goes on until one gets through")
}

#[tokio::test]
async fn alerts_link_over_replicas_as_over_one() {
    for house in House::each().await {
        house.connect(&quiet()).await;
        // Each has a desk of its own, and what it remembers is out of date each time.
        let intakes = [house.intake(), house.intake()];
        for number in 0..6 {
            let intake = &intakes[number % 2];
            let message = alert(&format!("i-{number}"), "checkout", "created");
            let receipt = send(&house, intake, &message).await;
            let expected =
                if number == 0 { DeliveryStatus::Accepted } else { DeliveryStatus::Linked };
            assert_eq!(receipt.status, expected);
        }
        let page = PageRequest { limit: 100, after: None };
        let incidents = house.space.incidents(&IncidentFilter::default(), &page).await.unwrap();
        assert_eq!((incidents.items.len(), incidents.items[0].alerts), (1, 6));
    }
}
