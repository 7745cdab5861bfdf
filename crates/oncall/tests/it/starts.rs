//! Investigations that a person started, and ended.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use nightjar_agent::{Request, Start, State, UserRequest};
use nightjar_incident::journal::{Entry, Kind};
use nightjar_incident::{IncidentId, Recording, Signal, Verdict};
use nightjar_oncall::{
    Address, Clock, Error, NewTask, Pace, RunState, StartingPoint, Worker, cancel_task,
    export_capsule, request, run_task_again, runs, start_task,
};
use nightjar_store::{
    Created, Error as StoreError, InvestigationState, Once, Priority, TaskKind, TaskRecord,
    TaskReference, TaskStatus,
};
use tokio::sync::watch;

use crate::crashes::die_and_resume;
use crate::house::{House, assert_same, small, started};

fn new(title: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        description: "customers complain since this morning".to_owned(),
        priority: Priority::Minimal,
        kind: TaskKind::Investigation,
        reference: None,
        connection: None,
        from: StartingPoint::Words,
        at: None,
    }
}

async fn start(house: &House, new: &NewTask) -> TaskRecord {
    let now = house.now();
    let started = start_task(&house.space, &house.sources(), "NJAK1", new, None, now).await;
    started.unwrap().into_inner()
}

/// What the agent makes of the start by itself, with the recording as it is stored.
async fn expected(house: &House) -> nightjar_agent::Outcome {
    let start = Start::of_journal(&house.journal().await).unwrap();
    started(house.space.id(), &house.stored().await, Some(&start), &[])
}

#[tokio::test]
async fn what_a_person_describes_is_investigated_as_an_alert_at_the_end_of_the_recording() {
    let house = House::new().await;
    let recording = nightjar_world::demo();
    house.connect(&recording).await;
    let task = start(&house, &new("checkout is slow")).await;
    assert_eq!((task.status, task.version), (TaskStatus::PendingStart, 1));
    house.work("inv-1").await;
    let entries = house.journal().await;
    let first = &entries[0];
    assert_eq!((first.kind, first.actor.as_str()), (Kind::UserRequest, "NJAK1"));
    assert_eq!(first.body["request"]["start"]["message"]["payload"]["title"], "checkout is slow");
    assert_eq!(first.at, recording.window.unwrap().to);
    // The alerts that the recording holds aren't played.
    assert_eq!(house.alerts().await.len(), 1);
    let task = house.space.task(&task.id).await.unwrap();
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!((task.title.as_str(), task.priority), ("checkout is slow", Priority::Minimal));
    assert_eq!(task.alert.as_ref().unwrap().as_str(), "alert-1-1");
    let states = house.states("inv-1").await;
    assert_eq!(states.len(), 1);
    assert_eq!(states[0].incident.alerts[0].key, task.id);
    assert_eq!(runs(&house.space, &task).await.unwrap().len(), states[0].executions.len());

    // The exported capsule holds what was played, and replays the same.
    let exported = export_capsule(&house.space, &house.recordings, "inv-1").await.unwrap();
    let (recording, journal): (Recording, Option<Vec<Entry>>) =
        serde_json::from_slice(&exported.archive).unwrap();
    assert_same(&entries, &journal.unwrap());
    let start = Start::of_journal(&entries).unwrap();
    assert_eq!(recording.alerts, std::slice::from_ref(&start.message));
    assert_same(&started(house.space.id(), &recording, Some(&start), &[]).journal, &entries);
}

#[tokio::test]
async fn without_a_connection_the_verdict_says_what_could_not_be_seen() {
    let house = House::new().await;
    let task = start(&house, &new("checkout is slow")).await;
    house.work("inv-1").await;
    assert_eq!(house.space.investigation("inv-1").await.unwrap().connection, None);
    let states = house.states("inv-1").await;
    let conclusion = states[0].conclusion().unwrap();
    assert!(matches!(conclusion.verdict, Verdict::NotFound { .. }));
    for wanted in ["metrics", "logs", "traces", "changes", "topology"] {
        let is_told = |gap: &&nightjar_incident::Gap| gap.wanted == wanted;
        let gap = conclusion.gaps.iter().find(is_told).unwrap();
        assert_eq!(gap.reason, "no connection provides them");
    }
    let task = house.space.task(&task.id).await.unwrap();
    let reason = task.reason.unwrap();
    assert!(reason.ends_with("no root cause found; see investigation gaps"), "{reason}");
    // The capsule holds the message and nothing else, and comes to the same.
    let exported = export_capsule(&house.space, &house.recordings, "inv-1").await.unwrap();
    let (recording, journal): (Recording, Option<Vec<Entry>>) =
        serde_json::from_slice(&exported.archive).unwrap();
    assert_eq!(recording.alerts.len(), 1);
    let journal = journal.unwrap();
    let start = Start::of_journal(&journal);
    assert_same(&started(house.space.id(), &recording, start.as_ref(), &[]).journal, &journal);
}

#[tokio::test]
async fn killed_at_every_step_a_start_ends_as_if_nothing_had_happened() {
    for house in House::each().await {
        house.connect(&small()).await;
        let task = start(&house, &new("checkout is slow")).await;
        let deaths = die_and_resume(&house, "inv-1", 1).await;
        assert!(deaths > 5, "{deaths}");
        let expected = expected(&house).await;
        assert_same(&house.journal().await, &expected.journal);
        assert_eq!(house.states("inv-1").await, expected.investigations);
        let tasks = house.tasks().await;
        assert_eq!((tasks.len(), &tasks[0].id), (1, &task.id));
        assert_eq!(tasks[0].status, TaskStatus::Completed);
        assert!(house.space.verify(&[]).await.unwrap().findings.is_empty());
    }
}

#[tokio::test]
async fn what_a_person_writes_is_redacted_before_it_is_stored() {
    let house = House::new().await;
    let leaky = NewTask {
        title: "jane.doe@customer.example can't pay".into(),
        description: "token ghp_16C7e42F292c6912E7710c838347Ae178B4a fails".into(),
        reference: Some(TaskReference {
            system: "tickets".into(),
            title: Some("ask jane.doe@customer.example".into()),
            id: "T-1".into(),
            url: "https://tickets.example/T-1?user=jane.doe@customer.example".into(),
            association: "con-1".into(),
        }),
        ..new("")
    };
    let task = start(&house, &leaky).await;
    let kept = TaskReference { association: "con-1".into(), ..task.reference.clone().unwrap() };
    assert_eq!((kept.id.as_str(), kept.system.as_str()), ("T-1", "tickets"));
    house.work("inv-1").await;
    let journal = serde_json::to_string(&house.journal().await).unwrap();
    let alerts = format!("{:?}", house.alerts().await);
    for stored in [format!("{task:?}"), format!("{:?}", house.tasks().await), journal, alerts] {
        assert!(!stored.contains("jane.doe") && !stored.contains("ghp_16C7"), "{stored}");
    }
}

#[tokio::test]
async fn a_start_names_its_connection_or_takes_the_newest() {
    let house = House::new().await;
    let first = house.connect(&small()).await;
    let second = house.connect(&Recording { name: "other".into(), ..small() }).await;
    let connection_of = async |wanted: Option<&str>| {
        let new = NewTask { connection: wanted.map(str::to_owned), ..new("checkout is slow") };
        let task = start(&house, &new).await;
        house.space.investigation(&task.investigation.unwrap()).await.unwrap().connection
    };
    assert_eq!(connection_of(None).await, Some(second));
    assert_eq!(connection_of(Some(&first)).await, Some(first.clone()));
    // Connections are called as their capsules here.
    assert_eq!(connection_of(Some("cap-1")).await, Some(first));
    let unknown = NewTask { connection: Some("con-9".into()), ..new("x") };
    let now = house.now();
    let refused = start_task(&house.space, &house.sources(), "NJAK1", &unknown, None, now).await;
    assert!(matches!(refused, Err(Error::Store(StoreError::NotFound { what: "connection", .. }))));
}

#[tokio::test]
async fn work_of_other_kinds_is_skipped_and_a_repeated_start_is_one() {
    let house = House::new().await;
    for kind in TaskKind::ALL.into_iter().filter(|kind| *kind != TaskKind::Investigation) {
        let task = start(&house, &NewTask { kind, ..new("look at it") }).await;
        assert_eq!((task.status, &task.investigation), (TaskStatus::Skipped, &None));
        let reason = task.reason.as_deref();
        assert_eq!(reason, Some("this version doesn't run tasks of this kind"));
        let now = house.now();
        let error = cancel_task(&house.space, &task.id, "NJAK1", None, now).await.unwrap_err();
        assert_eq!(error.to_string(), format!("task `{}` has ended: it is SKIPPED", task.id));
        let again = run_task_again(&house.space, &task.id, "NJAK1", None, now).await;
        assert!(matches!(again, Err(Error::Store(StoreError::Conflict(_)))));
    }
    let digest = nightjar_incident::journal::Digest::of(b"x");
    let once = Once { caller: "NJAK1".into(), key: "k".into(), digest };
    let mut made = Vec::new();
    for _ in 0..2 {
        let new = new("checkout is slow");
        let now = house.now();
        let sources = house.sources();
        let started = start_task(&house.space, &sources, "NJAK1", &new, Some(&once), now);
        made.push(started.await.unwrap());
    }
    assert!(matches!(&made[..], [Created::New(one), Created::Again(same)] if one == same));
    assert_eq!(house.store.queue_depth().await.unwrap(), (1, 0));
}

#[tokio::test]
async fn a_start_that_waits_is_cancelled_and_can_be_run_all_the_same() {
    let house = House::new().await;
    let task = start(&house, &new("checkout is slow")).await;
    let now = house.now();
    let cancelled = cancel_task(&house.space, &task.id, "NJAK1", None, now).await.unwrap();
    assert_eq!(cancelled.into_inner().reason.as_deref(), Some("cancelled by NJAK1"));
    assert_eq!(house.store.queue_depth().await.unwrap(), (0, 0));
    let told = &house.ledger().await[0];
    assert_eq!((told.kind, told.actor.as_str()), (Kind::UserRequest, "NJAK1"));
    assert_eq!(told.body["request"]["cancel"]["task"], task.id);
    run_task_again(&house.space, &task.id, "NJAK1", None, now).await.unwrap();
    house.work("inv-1").await;
    assert_eq!(house.space.task(&task.id).await.unwrap().status, TaskStatus::Completed);
}

/// A clock that holds up whoever conducts an investigation at its n-th look: before an append, or
/// before what came of one is kept. Workers look at it from the thread of the test and aren't held:
/// one that is at work looks at each heartbeat, and these are counted.
struct Gate {
    looks: AtomicU32,
    beats: AtomicU32,
    is_reached: AtomicBool,
    is_open: Mutex<bool>,
    opened: Condvar,
}

/// After how many heartbeats a worker has seen what was done before: the one that may be under way, and
/// the end of the next, which the beginning of the one after it tells.
const SEEN: u32 = 3;

impl Gate {
    fn at(house: &House, looks: u32) -> (Arc<Self>, Clock) {
        let gate = Arc::new(Self {
            looks: AtomicU32::new(looks),
            beats: AtomicU32::new(0),
            is_reached: AtomicBool::new(false),
            is_open: Mutex::new(false),
            opened: Condvar::new(),
        });
        let (clock, held, test) = (house.clock(), Arc::clone(&gate), std::thread::current().id());
        let clock: Clock = Arc::new(move || {
            if std::thread::current().id() == test {
                held.beats.fetch_add(1, SeqCst);
            } else if held.looks.fetch_sub(1, SeqCst) == 1 {
                held.is_reached.store(true, SeqCst);
                let is_open = held.is_open.lock().unwrap();
                drop(held.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            }
            clock()
        });
        (gate, clock)
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// Cancels the first task when the investigation has come so far as the gate is, and holds it there for
/// so many heartbeats; says how long the journal was, or that there was nothing to cancel.
async fn cancelled_at(
    house: &House,
    id: &str,
    worker: Worker,
    looks: u32,
    beats: u32,
) -> Option<usize> {
    let (gate, clock) = Gate::at(house, looks);
    let (stop, stopped) = watch::channel(false);
    let pace = Pace { lease: Duration::from_secs(3), ..worker.pace };
    let working =
        tokio::spawn(Arc::new(Worker { clock, concurrency: 1, pace, ..worker }).run(stopped));
    let is_done = async || house.state(id).await == InvestigationState::Done;
    while !gate.is_reached.load(SeqCst) && !is_done().await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let cancelled = cancel_task(&house.space, "task-1", "NJAK1", None, house.now()).await;
    let written = house.journal().await.len();
    if cancelled.is_ok() {
        let until = gate.beats.load(SeqCst) + beats;
        while gate.beats.load(SeqCst) < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    gate.open();
    if cancelled.is_err() {
        house.wait(id).await;
    }
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(20), working).await.expect("soon").unwrap();
    cancelled.ok().map(|_| written)
}

/// That all was conducted to its end, as the agent does it by itself.
async fn assert_ended(house: &House, id: &str, asked: &[UserRequest]) {
    let expected = crate::house::directly(house.space.id(), &small(), asked);
    assert_same(&house.journal().await, &expected.journal);
    assert_eq!(house.states(id).await, expected.investigations);
    let is_settled =
        |task: &TaskRecord| matches!(task.status, TaskStatus::Completed | TaskStatus::Linked);
    assert!(house.tasks().await.iter().all(is_settled));
}

#[tokio::test]
async fn whoever_works_on_what_is_cancelled_stops_and_what_is_left_can_be_ended_later() {
    let mut houses = House::each().await;
    houses.push(House::new().await);
    for (number, house) in houses.into_iter().enumerate() {
        let id = house.start(&small()).await.id;
        let worker = match number {
            0 | 1 => house.worker(),
            // Of another process, which isn't told: the store doesn't let it keep tasks any more.
            _ => Worker { store: house.opened_again("second").await, ..house.worker() },
        };
        // In the middle of the first execution.
        let beats = if number < 2 { SEEN } else { 0 };
        cancelled_at(&house, &id, worker, 5, beats).await.unwrap();
        assert_eq!(house.state(&id).await, InvestigationState::Cancelled);
        let task = house.space.task("task-1").await.unwrap();
        assert_eq!(task.status, TaskStatus::Canceled);
        assert_eq!(house.store.queue_depth().await.unwrap(), (0, 0));
        // The other process came to the end of the execution, and no further.
        let stopped = if number < 2 { RunState::Cancelled } else { RunState::Finished };
        let runs = runs(&house.space, &task).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [stopped]);

        run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await.unwrap();
        house.work(&id).await;
        assert_ended(&house, &id, &[]).await;
    }
}

#[tokio::test]
async fn a_look_again_that_is_cancelled_is_ended_when_the_task_runs_again() {
    let plain = |house: &House| {
        State::from(crate::house::directly(house.space.id(), &small(), &[])).latest().unwrap()
    };
    // Before its request is in the journal, and in the middle of its execution.
    for looks in [1, 3] {
        let house = House::new().await;
        let id = house.start(&small()).await.id;
        house.work(&id).await;
        run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await.unwrap();
        cancelled_at(&house, &id, house.worker(), looks, SEEN).await.unwrap();
        let again = Request::LookAgain { incident: IncidentId::new("inc-1-1") };
        let refused = request(&house.space, &id, "NJAK1", &again, None, house.now()).await;
        assert!(matches!(refused, Err(Error::Store(StoreError::Conflict(_)))));
        run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await.unwrap();
        house.work(&id).await;
        // What was being written just when it was cancelled may have got there, and counts then.
        let asked = UserRequest { at: plain(&house), actor: "NJAK1".into(), request: again };
        let told = UserRequest::of_journal(&house.journal().await);
        assert!(told.is_empty() || told == [asked], "{told:?}");
        assert!(looks == 1 || !told.is_empty());
        assert_ended(&house, &id, &told).await;
    }
}

#[tokio::test]
async fn another_process_writes_nothing_more_from_its_next_heartbeat_on() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    let worker = Worker { store: house.opened_again("second").await, ..house.worker() };
    // Behind the first task, before the entries of its execution.
    let written = cancelled_at(&house, &id, worker, 4, SEEN).await;
    assert_eq!(house.journal().await.len(), written.unwrap());
    assert_eq!(house.state(&id).await, InvestigationState::Cancelled);
    assert_eq!(house.space.task("task-1").await.unwrap().status, TaskStatus::Canceled);
}

#[tokio::test]
async fn a_start_has_presets_a_point_and_a_time() {
    let house = House::new().await;
    let recording = small();
    house.connect(&recording).await;
    let started = async |new: NewTask| {
        let task = start(&house, &new).await;
        house.work(task.investigation.as_deref().unwrap()).await;
        let state = house.states(task.investigation.as_deref().unwrap()).await;
        state[0].incident.alerts[0].clone()
    };
    let entity = StartingPoint::Entity("checkout".to_owned());
    let alert = started(NewTask { from: entity, ..new("it is odd") }).await;
    assert_eq!(alert.entity_names, ["checkout"]);
    let cpu = StartingPoint::HighCpu(Some("search".to_owned()));
    let at = "2026-11-23T03:00:30Z".parse().unwrap();
    let alert = started(NewTask { from: cpu, at: Some(at), ..new("High CPU") }).await;
    assert_eq!(alert.signal, Some(Signal::CpuUtilization));
    assert_eq!((alert.entity_names, alert.received_at), (vec!["search".to_owned()], at));
    let errors = StartingPoint::ErrorRateSpike(None);
    let late = "2030-01-01T00:00:00Z".parse().unwrap();
    let alert = started(NewTask { from: errors, at: Some(late), ..new("x") }).await;
    assert_eq!(alert.signal, Some(Signal::Errors));
    assert_eq!(alert.received_at, recording.alerts[2].received_at, "as late as can be seen");
    let alert = started(NewTask { from: StartingPoint::LatestAlert, ..new("Latest alarm") }).await;
    assert_eq!(alert.title, "search is slow", "that of the recording");
    let message = serde_json::json!({
        "eventType": "incident", "incidentId": "i-77", "action": "created", "priority": "LOW",
        "title": "checkout fails", "service": "checkout",
    });
    let address = Address { webhook: "hook".into(), origin: "hook".into(), provider: None };
    let body = message.to_string();
    house.intake().take(&house.space, &address, body.as_bytes()).await.unwrap();
    let latest = NewTask { from: StartingPoint::LatestAlert, ..new("Latest alarm") };
    let task = start(&house, &latest).await;
    house.worker().work_off().await.unwrap();
    let state = house.states(task.investigation.as_deref().unwrap()).await;
    assert_eq!(state[0].incident.alerts[0].title, "checkout fails", "that of the webhook");

    let empty = House::new().await;
    let now = empty.now();
    let refused = start_task(&empty.space, &empty.sources(), "NJAKX", &latest, None, now).await;
    assert!(refused.is_err());
}
