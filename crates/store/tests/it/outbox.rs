//! Events on their way out.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use nightjar_incident::journal::{Digest, Kind};
use nightjar_incident::{AlertId, ExecutionId, FaultMode, HypothesisId, IncidentId, Share, Stage};
use nightjar_store::{
    About, Cancel, Collection, Dispatch, DispatchFilter, DispatchRecord, DispatchState, Error,
    EventKind, InvestigationState, NewConnection, NewDocument, NewEntry, NewSubscription, NewTask,
    OutboxDepth, OutboxKeeping, PageRequest, Priority, SigningSecret, Space, Store, Subscription,
    TaskCause, TaskFacts, TaskKind, TaskOutcome, TaskPlan, TaskStart, TaskState, TaskStatus,
    TaskVerdict,
};
use nightjar_topology::EntityId;
use serde_json::json;

use crate::place::{Place, all, new_space, on_both, t0};

const LEASE: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_c2VjcmV0IG9mIGEgdGVzdA==";

async fn subscribe(space: &Space, kinds: Option<Vec<EventKind>>) -> Subscription {
    let new = NewSubscription {
        name: "pager".into(),
        url: "https://hooks.example.com/token-in-the-path".into(),
        kinds,
        secret: SECRET.into(),
        created_by: "NJAK1".into(),
    };
    space.create_subscription(new, None, t0()).await.unwrap().into_inner()
}

async fn investigation(space: &Space) -> String {
    let name = nightjar_store::new_secret().unwrap();
    let new = NewConnection { kind: "x".into(), name, config: json!({}) };
    let connection = space.create_connection(new, None, t0()).await.unwrap().into_inner().id;
    space.start_investigation(&connection, None, t0()).await.unwrap().into_inner().id
}

fn state(alert: &str, status: TaskStatus) -> TaskState {
    TaskState {
        alert: AlertId::new(alert),
        incident: Some(IncidentId::new("inc-1-1")),
        execution: Some(ExecutionId::new("inc-1-1/exec-1")),
        title: format!("about {alert}"),
        description: String::new(),
        reference: None,
        caller_id: Some(format!("caller's {alert}")),
        priority: Priority::High,
        status,
        reason: None,
        primary: None,
        has_linked: false,
        outcome: None,
        news: String::new(),
    }
}

fn found(stage: Stage, entity: &str, goal: &str) -> TaskState {
    let outcome = TaskOutcome {
        verdict: TaskVerdict::CauseFound,
        stage,
        causes: vec![TaskCause {
            statement: format!("{entity} is slow"),
            entity: EntityId::new(entity).unwrap(),
            fault_mode: FaultMode::Slow,
            change: None,
            confidence: Share::new(0.5),
        }],
        plans: vec![TaskPlan {
            hypothesis: HypothesisId::new("h"),
            goal: goal.into(),
            steps: 2,
            digest: Digest::of(goal.as_bytes()),
        }],
    };
    TaskState { outcome: Some(outcome), ..state("alert-1", TaskStatus::Completed) }
}

/// What the outbox holds, oldest first.
async fn rows(space: &Space) -> Vec<DispatchRecord> {
    let mut rows = space.dispatches(&DispatchFilter::default(), &all()).await.unwrap().items;
    rows.reverse();
    rows
}

async fn titles(space: &Space) -> Vec<&'static str> {
    rows(space).await.iter().map(|row| row.kind.title()).collect()
}

async fn take(store: &Store, now: Timestamp) -> Option<Dispatch> {
    store.take_delivery(4, LEASE, now).await.unwrap()
}

fn facts(delivery: &Dispatch) -> &TaskFacts {
    match &delivery.content.about {
        About::Task(facts) => facts,
        other => panic!("{other:?}"),
    }
}

/// A task per alert, so that there are rows with subjects of their own.
async fn tasks(space: &Space, count: usize) -> String {
    let investigation = investigation(space).await;
    let states: Vec<_> =
        (0..count).map(|n| state(&format!("alert-{n}"), TaskStatus::InProgress)).collect();
    space.keep_tasks(&investigation, &states, t0()).await.unwrap();
    investigation
}

#[tokio::test]
async fn a_state_that_is_written_again_makes_no_event() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let investigation = investigation(&space).await;
        // Nobody listens: nothing is written.
        space.keep_tasks(&investigation, &[state("a", TaskStatus::Skipped)], t0()).await.unwrap();
        assert_eq!(titles(&space).await, [""; 0]);

        let subscription = subscribe(&space, None).await;
        let running = state("alert-1", TaskStatus::InProgress);
        let provisional = found(Stage::Provisional, "shop", "roll back");
        let last = found(Stage::Final, "shop", "roll back");
        let otherwise = found(Stage::Final, "cart", "add memory");
        for (minute, state) in [&running, &provisional, &last, &otherwise].into_iter().enumerate() {
            let now = t0() + i64::try_from(minute).unwrap().minutes();
            // Each as a killed worker writes it: again and again, with nothing but its news changed.
            for news in ["", "2 executions", ""] {
                let state = TaskState { news: news.into(), ..state.clone() };
                space.keep_tasks(&investigation, &[state], now).await.unwrap();
            }
        }
        let expected = [
            "Investigation Created",
            "Investigation In Progress",
            "Investigation Completed",
            "Mitigation Completed",
            "Investigation Completed",
            "Investigation Completed",
            "Mitigation Completed",
        ];
        assert_eq!(titles(&space).await, expected);
        let mut revised = Vec::new();
        while let Some(delivery) = take(&store, t0() + 1.hour()).await {
            assert_eq!(
                (delivery.subject.as_str(), &delivery.subscription),
                ("task-2", &subscription)
            );
            let facts = facts(&delivery);
            assert_eq!(facts.caller_id.as_deref(), Some("caller's alert-1"));
            if delivery.kind == EventKind::InvestigationCompleted {
                let entity = facts.outcome.as_ref().unwrap().causes[0].entity.as_str().to_owned();
                revised.push((facts.is_revised, entity, facts.updated_at));
            }
            store.note_delivered(&delivery, t0() + 1.hour()).await.unwrap();
        }
        assert_eq!(
            revised,
            [
                (false, "shop".to_owned(), t0() + 1.minute()),
                (true, "shop".to_owned(), t0() + 2.minutes()),
                (true, "cart".to_owned(), t0() + 3.minutes()),
            ]
        );
        let depth = OutboxDepth { pending: 0, failed: 0, delivered: 7 };
        assert_eq!(store.outbox_depth().await.unwrap(), depth);
    })
    .await;
}

#[tokio::test]
async fn every_way_a_task_changes_is_told() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        subscribe(&space, None).await;
        let new = NewTask {
            title: "checkout is slow".into(),
            description: String::new(),
            reference: None,
            kind: TaskKind::Investigation,
            priority: Priority::High,
        };
        let start = TaskStart::Investigate { connection: None, start: &|_| json!({}) };
        let task = space.create_task(&new, &start, None, t0()).await.unwrap().into_inner().id;
        let running = InvestigationState::Running;
        for _ in 0..3 {
            // A worker that begins, dies, and begins again.
            space.set_investigation_state("inv-1", running, None, t0()).await.unwrap();
        }
        space.fail_tasks("inv-1", "broken", t0()).await.unwrap();
        space.fail_tasks("inv-1", "broken", t0()).await.unwrap();
        space.run_task_again(&task, &|_, _| Ok(None), None, t0()).await.unwrap();
        let entry = NewEntry {
            chain: "work-1".into(),
            kind: Kind::UserRequest,
            actor: "NJAK1".into(),
            body: json!({}),
        };
        let cancel = Cancel { task: &task, reason: "enough", entry: &entry };
        space.cancel_task(&cancel, None, t0()).await.unwrap();
        let urgent =
            TaskState { priority: Priority::Critical, ..state("b", TaskStatus::InProgress) };
        let investigation = investigation(&space).await;
        for state in [state("b", TaskStatus::InProgress), urgent] {
            space.keep_tasks(&investigation, &[state], t0()).await.unwrap();
        }
        let expected = [
            "Investigation Created",
            "Investigation In Progress",
            "Investigation Failed",
            "Investigation Cancelled",
            "Investigation Created",
            "Investigation In Progress",
            "Investigation Priority Updated",
        ];
        assert_eq!(titles(&space).await, expected);
        let all = rows(&space).await;
        assert_eq!(all[3].subject.as_deref(), Some(task.as_str()));
        let numbered: Vec<_> = all.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(numbered, ["dlv-1", "dlv-2", "dlv-3", "dlv-4", "dlv-5", "dlv-6", "dlv-7"]);
    })
    .await;
}

#[tokio::test]
async fn an_event_is_there_if_its_change_is_and_only_then() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        subscribe(&space, None).await;
        let investigation = investigation(&space).await;
        // The second task has to be linked to one that isn't there: nothing of the transaction stays.
        let states = [
            state("alert-1", TaskStatus::InProgress),
            TaskState { primary: Some(AlertId::new("none")), ..state("b", TaskStatus::Linked) },
        ];
        assert!(space.keep_tasks(&investigation, &states, t0()).await.is_err());
        assert_eq!(titles(&space).await, [""; 0]);
        space.keep_tasks(&investigation, &states[..1], t0()).await.unwrap();
        assert_eq!(rows(&space).await[0].id, "dlv-1");
    })
    .await;
}

#[tokio::test]
async fn who_wants_one_kind_hears_of_one_and_all_hear_of_the_same() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let whole = subscribe(&space, None).await;
        let one = subscribe(&space, Some(vec![EventKind::InvestigationInProgress])).await;
        tasks(&space, 1).await;
        let of = async |id: &str| {
            let filter = DispatchFilter { subscription: Some(id.into()), state: None };
            space.dispatches(&filter, &all()).await.unwrap().items
        };
        let (of_whole, of_one) = (of(&whole.id).await, of(&one.id).await);
        assert_eq!((of_whole.len(), of_one.len()), (2, 1));
        assert_eq!(of_whole[0].event, of_one[0].event);
        assert_ne!(of_whole[0].event, of_whole[1].event);
        let recommendations = space.documents(Collection::Recommendation);
        let new = NewDocument {
            id: Some("rec-1".into()),
            parent: Some("task-1".into()),
            state: "PROPOSED".into(),
            body: json!({ "title": "more memory", "priority": "HIGH" }),
            ..NewDocument::default()
        };
        recommendations.create(new, None, t0()).await.unwrap();
        for _ in 0..2 {
            let accepted = recommendations.update("rec-1", t0(), |document| {
                document.state = "ACCEPTED".into();
                Ok(())
            });
            accepted.await.unwrap();
        }
        let told: Vec<_> = of(&whole.id).await.iter().map(|row| row.kind.title()).collect();
        assert_eq!(told[..2], ["Recommendation Updated", "Recommendation Created"]);
        assert_eq!(told.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn events_of_a_task_go_in_order_and_those_of_others_dont_wait() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let (first, second) = (subscribe(&space, None).await, subscribe(&space, None).await);
        tasks(&space, 2).await;
        // Two tasks with two events each for two subscriptions: one of each is on its way at a time.
        let mut leased = Vec::new();
        while let Some(delivery) = take(&store, t0()).await {
            leased.push(delivery);
        }
        let told: BTreeSet<_> = leased
            .iter()
            .map(|d| (d.subject.clone(), d.subscription.id.clone(), d.kind.title()))
            .collect();
        assert_eq!(told.len(), 4);
        assert!(told.iter().all(|(_, _, title)| *title == "Investigation Created"));
        // One that is put off holds the later one back; the others go on.
        let of = |subject: &str, to: &Subscription| {
            let found = leased.iter().find(|d| d.subject == subject && d.subscription.id == to.id);
            found.unwrap().clone()
        };
        let late = of("task-1", &first);
        store
            .postpone_delivery(&late, t0() + 30.seconds(), "the receiver answered 500")
            .await
            .unwrap();
        store.note_delivered(&of("task-1", &second), t0()).await.unwrap();
        let next = take(&store, t0()).await.unwrap();
        assert_eq!((next.subject.as_str(), &next.subscription.id), ("task-1", &second.id));
        assert_eq!(next.kind, EventKind::InvestigationInProgress);
        assert!(take(&store, t0()).await.is_none());
        // The subscription that failed has one place; after its pause the same event comes again.
        store.note_delivered(&of("task-2", &first), t0()).await.unwrap();
        let soon = t0() + 30.seconds();
        let other = take(&store, soon).await.unwrap();
        assert_eq!((other.subject.as_str(), &other.subscription.id), ("task-2", &first.id));
        assert!(take(&store, soon).await.is_none());
        store.note_delivered(&other, soon).await.unwrap();
        let again = take(&store, soon).await.unwrap();
        assert_eq!((&again.event, again.attempts), (&late.event, 2));
    })
    .await;
}

#[tokio::test]
async fn who_is_down_has_one_place_and_who_is_well_a_few() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        subscribe(&space, Some(vec![EventKind::InvestigationCreated])).await;
        tasks(&space, 9).await;
        let mut leased = Vec::new();
        while let Some(delivery) = take(&store, t0()).await {
            leased.push(delivery);
        }
        assert_eq!(leased.len(), 4);
        for delivery in &leased {
            store.postpone_delivery(delivery, t0() + 1.hour(), "no answer").await.unwrap();
        }
        let only = take(&store, t0()).await.unwrap();
        assert!(take(&store, t0()).await.is_none());
        // Another one gets on meanwhile.
        subscribe(&space, Some(vec![EventKind::Test])).await;
        let other = space.subscriptions(&all()).await.unwrap().items.pop().unwrap();
        let test = space.send_test(&other.id, t0()).await.unwrap();
        assert_eq!(take(&store, t0()).await.unwrap().id, test);
        store.note_delivered(&only, t0()).await.unwrap();
        assert!(take(&store, t0()).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_somebody_elses_and_a_late_word_counts_for_nothing() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        subscribe(&space, None).await;
        tasks(&space, 1).await;
        let first = take(&store, t0()).await.unwrap();
        assert!(take(&store, t0() + 59.seconds()).await.is_none());
        let second = take(&store, t0() + 60.seconds()).await.unwrap();
        assert_eq!((&first.id, first.attempts), (&second.id, 1));
        assert_eq!((second.attempts, &second.event), (2, &first.event));
        assert_eq!(first.content, second.content);
        let late = store.note_delivered(&first, t0()).await;
        assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        let late = store.postpone_delivery(&first, t0(), "x").await;
        assert!(matches!(late, Err(Error::Conflict(_))));
        let on_its_way = space.send_again(&second.id, t0() + 61.seconds()).await;
        assert!(matches!(on_its_way, Err(Error::Conflict(_))), "{on_its_way:?}");
        store.note_delivered(&second, t0()).await.unwrap();
        assert_eq!(store.outbox_depth().await.unwrap().delivered, 1);
    })
    .await;
}

#[tokio::test]
async fn a_process_that_was_killed_leaves_its_events_to_the_next() {
    let place = Place::sqlite();
    let store = place.open().await;
    let space = new_space(&store).await;
    subscribe(&space, None).await;
    tasks(&space, 1).await;
    let lost = take(&store, t0()).await.unwrap();
    store.close().await;
    let options = nightjar_store::Options { process: "another".into(), ..place.options() };
    let store = Store::open(options).await.unwrap();
    assert!(take(&store, t0()).await.is_none());
    store.free_dead_leases().await.unwrap();
    let again = take(&store, t0()).await.unwrap();
    assert_eq!((&again.event, &again.content), (&lost.event, &lost.content));
}

#[tokio::test]
async fn what_was_given_up_stays_visible_lets_others_pass_and_can_be_sent_again() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        subscribe(&space, None).await;
        tasks(&space, 1).await;
        let delivery = take(&store, t0()).await.unwrap();
        let reason = format!("the receiver answered 500\n\0{}", "x".repeat(1000));
        store.give_up_delivery(&delivery, &reason, t0() + 1.minute()).await.unwrap();
        let record = space.dispatch(&delivery.id).await.unwrap();
        assert_eq!((record.state, record.due_at), (DispatchState::Failed, None));
        assert_eq!(record.ended_at, Some(t0() + 1.minute()));
        let error = record.error.unwrap();
        assert!(error.len() == 300 && !error.contains(['\n', '\0']), "{error}");
        let later = take(&store, t0() + 2.minutes()).await.unwrap();
        assert_eq!(later.kind, EventKind::InvestigationInProgress);
        store.note_delivered(&later, t0()).await.unwrap();
        assert_eq!(
            store.outbox_depth().await.unwrap(),
            OutboxDepth { pending: 0, failed: 1, delivered: 1 }
        );

        let again = space.send_again(&delivery.id, t0() + 1.hour()).await.unwrap();
        assert_eq!((again.state, again.attempts, again.error), (DispatchState::Pending, 0, None));
        let taken = take(&store, t0() + 1.hour()).await.unwrap();
        assert_eq!((&taken.event, taken.since), (&delivery.event, t0() + 1.hour()));
        store.note_delivered(&taken, t0() + 1.hour()).await.unwrap();
        // Also what had arrived: whoever lost it can have it once more.
        space.send_again(&later.id, t0() + 1.hour()).await.unwrap();
        assert_eq!(take(&store, t0() + 1.hour()).await.unwrap().event, later.event);
        let unknown = space.send_again("dlv-99", t0()).await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn events_wait_for_a_paused_subscription_and_go_with_a_deleted_one() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let subscription = subscribe(&space, None).await;
        let set = async |is_active: bool| {
            let changed = space.update_subscription(&subscription.id, t0(), |subscription| {
                subscription.is_active = is_active;
                Ok(())
            });
            changed.await.unwrap()
        };
        assert!(!set(false).await.is_active);
        tasks(&space, 1).await;
        assert!(take(&store, t0()).await.is_none());
        let test = space.send_test(&subscription.id, t0()).await;
        assert!(matches!(test, Err(Error::Conflict(_))));
        set(true).await;
        assert!(take(&store, t0()).await.is_some());
        space.delete_subscription(&subscription.id).await.unwrap();
        assert_eq!(titles(&space).await, [""; 0]);
        assert!(matches!(space.subscription(&subscription.id).await, Err(Error::NotFound { .. })));
        // And everything with the space.
        subscribe(&space, None).await;
        space.keep_tasks("inv-1", &[state("b", TaskStatus::Skipped)], t0()).await.unwrap();
        assert_eq!(store.outbox_depth().await.unwrap().pending, 2);
        space.delete(t0()).await.unwrap();
        assert_eq!(store.outbox_depth().await.unwrap().pending, 0);
    })
    .await;
}

#[tokio::test]
async fn old_events_are_forgotten_and_those_of_a_forgotten_subscription_are_given_up() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let subscription = subscribe(&space, Some(vec![EventKind::InvestigationCreated])).await;
        tasks(&space, 3).await;
        let arrived = take(&store, t0()).await.unwrap();
        store.note_delivered(&arrived, t0()).await.unwrap();
        let failed = take(&store, t0()).await.unwrap();
        store.give_up_delivery(&failed, "no", t0()).await.unwrap();
        let paused = space.update_subscription(&subscription.id, t0(), |subscription| {
            subscription.is_active = false;
            Ok(())
        });
        paused.await.unwrap();
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let keeping = OutboxKeeping { pending: days(3), delivered: days(7), failed: days(30) };
        let states = async |after: i64| {
            let removed = store.tidy_outbox(&keeping, t0() + days(after)).await.unwrap();
            let left: Vec<_> = rows(&space).await.iter().map(|row| row.state.label()).collect();
            (removed, left)
        };
        assert_eq!(states(2).await, (0, vec!["delivered", "failed", "pending"]));
        assert_eq!(states(3).await, (0, vec!["delivered", "failed", "failed"]));
        let told = rows(&space).await[2].error.clone();
        assert_eq!(told.as_deref(), Some("the subscription was paused for too long"));
        assert_eq!(states(7).await, (1, vec!["failed", "failed"]));
        assert_eq!(states(30).await, (1, vec!["failed"]));
        assert_eq!(states(33).await, (1, vec![]));
        assert_eq!(store.outbox_depth().await.unwrap().delivered, 1);
    })
    .await;
}

#[tokio::test]
async fn lists_are_filtered_page_by_page() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        subscribe(&space, None).await;
        tasks(&space, 5).await;
        let delivery = take(&store, t0()).await.unwrap();
        store.note_delivered(&delivery, t0()).await.unwrap();
        let filter = DispatchFilter { state: Some(DispatchState::Pending), subscription: None };
        let mut page = PageRequest { limit: 4, after: None };
        let mut found = Vec::new();
        loop {
            let part = space.dispatches(&filter, &page).await.unwrap();
            found.extend(part.items.into_iter().map(|row| row.id));
            let Some(next) = part.next else { break };
            page.after = Some(next);
        }
        let expected: Vec<_> = (2..=10).rev().map(|n| format!("dlv-{n}")).collect();
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn a_rotated_secret_counts_for_a_while_and_nothing_secret_is_printed_or_lies_open() {
    let place = Place::sqlite();
    let store = place.open().await;
    let space = new_space(&store).await;
    let subscription = subscribe(&space, None).await;
    let rotated = space.update_subscription(&subscription.id, t0(), |subscription| {
        subscription.secrets[0].until = Some(t0() + 1.hour());
        subscription.secrets.insert(0, SigningSecret { text: "whsec_bmV3".into(), until: None });
        Ok(())
    });
    let rotated = rotated.await.unwrap();
    let at = |minutes: i64| {
        rotated.secrets_at(t0() + minutes.minutes()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(at(59), ["whsec_bmV3", SECRET]);
    assert_eq!(at(60), ["whsec_bmV3"]);
    tasks(&space, 1).await;
    let delivery = take(&store, t0()).await.unwrap();
    let printed = format!("{rotated:?} {delivery:?} {:?}", rotated.secrets);
    assert!(!printed.contains("whsec_") && !printed.contains("token-in-the-path"), "{printed}");
    store.close().await;
    let file = std::fs::read(place.folder.path().join("nightjar.db")).unwrap();
    for secret in [SECRET, "token-in-the-path", "about alert-0"] {
        let lies_open = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!lies_open, "`{secret}` is in the file");
    }
}

#[tokio::test]
async fn replicas_share_the_work_without_sending_anything_twice_or_out_of_order() {
    let Some(place) = Place::postgres() else { return };
    let store = place.open().await;
    let space = new_space(&store).await;
    subscribe(&space, None).await;
    tasks(&space, 20).await;
    let mut workers = tokio::task::JoinSet::new();
    for n in 0..4 {
        let options = nightjar_store::Options { process: format!("worker-{n}"), ..place.options() };
        let store = Store::open(options).await.unwrap();
        workers.spawn(async move {
            let mut sent = Vec::new();
            let mut idle = 0;
            while idle < 20 {
                match store.take_delivery(100, LEASE, t0()).await.unwrap() {
                    Some(delivery) => {
                        idle = 0;
                        sent.push((delivery.subject.clone(), delivery.number));
                        store.note_delivered(&delivery, t0()).await.unwrap();
                    }
                    None => idle += 1,
                }
            }
            sent
        });
    }
    let mut all: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), 40);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40);
}
