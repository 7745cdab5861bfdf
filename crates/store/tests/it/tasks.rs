use std::time::Duration;

use jiff::ToSpan as _;
use nightjar_incident::journal::{Chain, Kind};
use nightjar_incident::{AlertId, IncidentId};
use nightjar_store::{
    Cancel, Created, Error, InvestigationState, NewConnection, NewEntry, NewTask, Once,
    PageRequest, Priority, Space, Store, TaskFilter, TaskKind, TaskOrder, TaskRecord, TaskSort,
    TaskStart, TaskState, TaskStatus,
};
use serde_json::{Value, json};

use crate::place::{all, new_space, on_both, t0};

const LEASE: Duration = Duration::from_secs(30);

const OLDEST: TaskOrder = TaskOrder { by: TaskSort::CreatedAt, is_descending: false };

fn new(kind: TaskKind, priority: Priority) -> NewTask {
    NewTask {
        title: "checkout is slow".to_owned(),
        description: String::new(),
        reference: None,
        kind,
        priority,
    }
}

fn state(alert: &str, status: TaskStatus) -> TaskState {
    TaskState {
        alert: AlertId::new(alert),
        incident: Some(IncidentId::new("inc-1-1")),
        execution: None,
        title: format!("about {alert}"),
        description: "it fires".to_owned(),
        reference: None,
        caller_id: None,
        priority: Priority::High,
        status,
        reason: None,
        primary: None,
        has_linked: false,
        outcome: None,
        news: String::new(),
    }
}

async fn investigation(space: &Space) -> String {
    let new = NewConnection { kind: "x".into(), name: "x".into(), config: json!({}) };
    let connection = space.create_connection(new, None, t0()).await.unwrap().into_inner().id;
    space.start_investigation(&connection, None, t0()).await.unwrap().into_inner().id
}

async fn manual(space: &Space) -> TaskRecord {
    let start = |task: &str| json!({ "of": task });
    let start = TaskStart::Investigate { connection: None, start: &start };
    let new = new(TaskKind::Investigation, Priority::Minimal);
    space.create_task(&new, &start, None, t0()).await.unwrap().into_inner()
}

async fn cancel(
    space: &Space,
    task: &str,
    once: Option<&Once>,
) -> nightjar_store::Result<Created<TaskRecord>> {
    let entry = NewEntry {
        chain: "work-1".to_owned(),
        kind: Kind::UserRequest,
        actor: "NJAK1".to_owned(),
        body: json!({ "cancel": task }),
    };
    let cancel = Cancel { task, reason: "cancelled by NJAK1", entry: &entry };
    space.cancel_task(&cancel, once, t0() + 2.minutes()).await
}

fn once(key: &str) -> Once {
    let digest = nightjar_incident::journal::Digest::of(key.as_bytes());
    Once { caller: "NJAK1".to_owned(), key: key.to_owned(), digest }
}

async fn work_of(store: &Store) -> nightjar_store::Job {
    store.take_job(LEASE, t0()).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_filter_and_order_shows_what_it_should_page_by_page() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let investigation = investigation(&space).await;
        for number in 0..24_i64 {
            let at = t0() + (number % 6).minutes();
            let priority = Priority::ALL[usize::try_from(number % 5).unwrap()];
            if number % 4 == 0 {
                let new = new(TaskKind::ALL[1 + usize::try_from(number % 3).unwrap()], priority);
                space.create_task(&new, &TaskStart::Skip("no"), None, at).await.unwrap();
                continue;
            }
            let status = if number % 2 == 0 { TaskStatus::Linked } else { TaskStatus::Completed };
            let primary = (number % 2 == 0).then(|| AlertId::new("alert-1"));
            let state =
                TaskState { priority, primary, ..state(&format!("alert-{number}"), status) };
            space.keep_tasks(&investigation, &[state], at).await.unwrap();
        }
        let everything = space.tasks(&TaskFilter::default(), OLDEST, &all()).await.unwrap().items;
        assert_eq!(everything.len(), 24);
        let primary = space.task_of_alert(&AlertId::new("alert-1")).await.unwrap().id;
        let mut shown = 0;
        for bits in 0_u32..64 {
            let has = |bit: u32| bits & (1 << bit) != 0;
            let filter = TaskFilter {
                created_after: has(0).then(|| t0() + 1.minute()),
                created_before: has(1).then(|| t0() + 4.minutes()),
                priority: has(2).then_some(Priority::High),
                status: has(3).then_some(TaskStatus::Linked),
                kind: has(4).then_some(TaskKind::Investigation),
                primary: has(5).then(|| primary.clone()),
            };
            let fits = |task: &&TaskRecord| {
                filter.created_after.is_none_or(|after| task.created_at >= after)
                    && filter.created_before.is_none_or(|before| task.created_at < before)
                    && filter.priority.is_none_or(|priority| task.priority == priority)
                    && filter.status.is_none_or(|status| task.status == status)
                    && filter.kind.is_none_or(|kind| task.kind == kind)
                    && filter.primary.as_ref().is_none_or(|id| task.primary.as_ref() == Some(id))
            };
            for by in [TaskSort::CreatedAt, TaskSort::Priority] {
                for is_descending in [false, true] {
                    let mut expected: Vec<&TaskRecord> = everything.iter().filter(fits).collect();
                    let rank = |task: &TaskRecord| match by {
                        TaskSort::CreatedAt => None,
                        TaskSort::Priority => Some(task.priority),
                    };
                    expected.sort_by_key(|task| (rank(task), task.created_at, task.number));
                    if is_descending {
                        expected.reverse();
                    }
                    let mut found = Vec::new();
                    let mut page = PageRequest { limit: 3, after: None };
                    loop {
                        let order = TaskOrder { by, is_descending };
                        let part = space.tasks(&filter, order, &page).await.unwrap();
                        assert!(part.items.len() == 3 || part.next.is_none());
                        found.extend(part.items);
                        let Some(next) = part.next else { break };
                        page.after = Some(next);
                    }
                    shown += found.len();
                    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?} {by:?}");
                }
            }
        }
        assert!(shown > 500, "{shown}");
        let other = TaskOrder { by: TaskSort::Priority, ..OLDEST };
        let first = PageRequest { limit: 3, after: None };
        let next = space.tasks(&TaskFilter::default(), OLDEST, &first).await.unwrap().next;
        let page = PageRequest { limit: 3, after: next };
        let wrong = space.tasks(&TaskFilter::default(), other, &page).await;
        assert!(matches!(wrong, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn a_task_that_is_kept_again_as_it_was_stays_as_it_is() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let investigation = investigation(&space).await;
        let linked = TaskState {
            primary: Some(AlertId::new("alert-1")),
            ..state("alert-2", TaskStatus::Linked)
        };
        let states = [state("alert-1", TaskStatus::InProgress), linked];
        for minute in 0..3 {
            space.keep_tasks(&investigation, &states, t0() + minute.minutes()).await.unwrap();
        }
        let kept = space.tasks(&TaskFilter::default(), OLDEST, &all()).await.unwrap().items;
        let told: Vec<_> = kept.iter().map(|task| (task.version, task.updated_at)).collect();
        assert_eq!(told, [(1, t0()), (1, t0())]);
        assert_eq!(kept[1].primary.as_deref(), Some("task-1"));
        // Anything else is a new version, also where only the news are new.
        let later = t0() + 5.minutes();
        let mut changed = states[0].clone();
        for (version, change) in (2..).zip([
            (|task: &mut TaskState| task.news = "again".into()) as fn(&mut TaskState),
            |task| task.status = TaskStatus::Completed,
            |task| task.reason = Some("final: no incident".into()),
            |task| task.has_linked = true,
            |task| task.priority = Priority::Critical,
            |task| task.incident = Some(IncidentId::new("inc-1-2")),
        ]) {
            change(&mut changed);
            space.keep_tasks(&investigation, &[changed.clone()], later).await.unwrap();
            let kept = space.task("task-1").await.unwrap();
            assert_eq!((kept.version, kept.created_at, kept.updated_at), (version, t0(), later));
            assert_eq!((kept.status, &kept.reason), (changed.status, &changed.reason));
        }
        let unknown = space.keep_tasks("inv-9", &states, t0()).await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_manual_start_is_one_task_one_investigation_and_one_job() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let start = |task: &str| json!({ "of": task });
        let start = TaskStart::Investigate { connection: None, start: &start };
        let new = new(TaskKind::Investigation, Priority::Minimal);
        let once = once("start");
        let made = space.create_task(&new, &start, Some(&once), t0()).await.unwrap();
        let Created::New(task) = made else { panic!("{made:?}") };
        let again = space.create_task(&new, &start, Some(&once), t0()).await.unwrap();
        assert!(matches!(again, Created::Again(again) if again == task));
        assert_eq!(
            (task.status, task.investigation.as_deref()),
            (TaskStatus::PendingStart, Some("inv-1"))
        );
        assert_eq!(
            space.investigation_start("inv-1").await.unwrap(),
            Some(json!({ "of": "task-1" }))
        );
        assert_eq!(space.investigation("inv-1").await.unwrap().connection, None);
        assert_eq!(store.queue_depth().await.unwrap(), (1, 0));

        let running = InvestigationState::Running;
        assert!(space.set_investigation_state("inv-1", running, None, t0()).await.unwrap());
        assert_eq!(space.task("task-1").await.unwrap().status, TaskStatus::InProgress);
        // What the message's alert comes to is this task's; what the person wrote stays.
        let played = state("alert-1-1", TaskStatus::Completed);
        space.keep_tasks("inv-1", &[played], t0()).await.unwrap();
        let kept = space.task("task-1").await.unwrap();
        assert_eq!((kept.title.as_str(), kept.priority), ("checkout is slow", Priority::Minimal));
        assert_eq!((kept.status, kept.version), (TaskStatus::Completed, 3));
        assert_eq!(kept.alert, Some(AlertId::new("alert-1-1")));
        let tasks = space.tasks(&TaskFilter::default(), OLDEST, &all()).await.unwrap().items;
        assert_eq!(tasks, [kept]);

        let unknown = TaskStart::Investigate { connection: Some("con-9"), start: &|_| Value::Null };
        let refused = space.create_task(&new, &unknown, None, t0()).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "connection", .. })));
    })
    .await;
}

#[tokio::test]
async fn what_is_cancelled_leaves_the_queue_and_stays_cancelled() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let task = manual(&space).await;
        let job = work_of(&store).await;
        let running = InvestigationState::Running;
        space.set_investigation_state("inv-1", running, None, t0()).await.unwrap();
        let cancels = store.cancels();
        let once = once("cancel");
        let made = cancel(&space, &task.id, Some(&once)).await.unwrap();
        let Created::New(cancelled) = made else { panic!("{made:?}") };
        assert_eq!(cancelled.status, TaskStatus::Canceled);
        assert_eq!(cancelled.reason.as_deref(), Some("cancelled by NJAK1"));
        assert!(cancels.has_changed().unwrap());
        assert!(matches!(cancel(&space, &task.id, Some(&once)).await, Ok(Created::Again(_))));
        let refused = cancel(&space, &task.id, None).await.unwrap_err();
        assert_eq!(refused.to_string(), "task `task-1` has ended: it is CANCELED");

        // Whoever worked on it has lost it, and can't say otherwise any more.
        assert!(!store.keep_lease(&job, LEASE, t0()).await.unwrap());
        assert!(matches!(store.finish_job(&job).await, Err(Error::Conflict(_))));
        for state in [InvestigationState::Done, InvestigationState::Failed, running] {
            assert!(!space.set_investigation_state("inv-1", state, None, t0()).await.unwrap());
        }
        let late = [state("alert-1-1", TaskStatus::Completed)];
        let kept = space.keep_tasks("inv-1", &late, t0()).await;
        assert!(matches!(kept, Err(Error::Conflict(_))));
        let record = space.investigation("inv-1").await.unwrap();
        assert_eq!(record.state, InvestigationState::Cancelled);
        assert_eq!(record.reason.as_deref(), Some("cancelled by NJAK1"));
        let asked = space.request("inv-1", &json!({}), None, t0()).await;
        assert!(matches!(asked, Err(Error::Conflict(_))));

        // The journal says so, and is sound.
        let page = space.records("work-1", None, false, &all()).await.unwrap().items;
        assert_eq!(page[0].entry.body, json!({ "cancel": "task-1" }));
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);

        let decide = |task: &TaskRecord, state: Option<InvestigationState>| {
            assert_eq!(task.status, TaskStatus::Canceled);
            assert_eq!(state, Some(InvestigationState::Cancelled));
            Ok(None)
        };
        let again = space.run_task_again(&task.id, &decide, None, t0()).await.unwrap().into_inner();
        assert_eq!((again.status, again.reason), (TaskStatus::PendingStart, None));
        assert_eq!(store.queue_depth().await.unwrap(), (1, 0));
        let no = |_: &TaskRecord, _: Option<InvestigationState>| Err("no".to_owned());
        let refused = space.run_task_again(&task.id, &no, None, t0()).await.unwrap_err();
        assert!(matches!(refused, Error::Conflict(told) if told == "no"));
    })
    .await;
}

#[tokio::test]
async fn what_has_a_verdict_or_is_linked_to_it_cannot_be_cancelled() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let investigation = investigation(&space).await;
        let linked = |alert: &str, primary: &str| TaskState {
            primary: Some(AlertId::new(primary)),
            ..state(alert, TaskStatus::Linked)
        };
        let states = [
            state("alert-1", TaskStatus::Completed),
            linked("alert-2", "alert-1"),
            state("alert-3", TaskStatus::InProgress),
            linked("alert-4", "alert-3"),
        ];
        space.keep_tasks(&investigation, &states, t0()).await.unwrap();
        let told = async |task: &str| cancel(&space, task, None).await.unwrap_err().to_string();
        assert_eq!(told("task-1").await, "task `task-1` has ended: it is COMPLETED");
        assert_eq!(told("task-2").await, "task `task-2` is linked to `task-1`, which has ended");
        assert_eq!(told("task-9").await, "task `task-9` doesn't exist");
        cancel(&space, "task-4", None).await.unwrap();
        let tasks = space.tasks(&TaskFilter::default(), OLDEST, &all()).await.unwrap().items;
        let statuses: Vec<_> = tasks.iter().map(|task| task.status).collect();
        let cancelled = TaskStatus::Canceled;
        let expected = [TaskStatus::Completed, TaskStatus::Linked, cancelled, cancelled];
        assert_eq!(statuses, expected);
    })
    .await;
}

#[tokio::test]
async fn records_of_a_chain_come_page_by_page_in_both_directions() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let cycle = [Kind::Planning, Kind::FetchingData, Kind::Observation];
        let mut chain = Chain::new(space.id().clone(), "inc-1-1/exec-1");
        for kind in cycle.into_iter().cycle().take(25) {
            let entry = chain.append(t0(), kind, "test", json!({})).unwrap();
            space.append(&[entry], t0()).await.unwrap();
        }
        crate::fixture::append(&space, "inc-1-1/exec-2", 1).await;
        crate::fixture::append(&space, "inc-1-10/exec-1", 2).await;
        for kind in [None, Some(Kind::FetchingData), Some(Kind::MitigationSummaryMd)] {
            for newest_first in [false, true] {
                let fits = |seq: &u64| {
                    let place = usize::try_from(*seq % 3).unwrap();
                    kind.is_none_or(|kind| cycle[place] == kind)
                };
                let mut expected: Vec<u64> = (0..25).filter(fits).collect();
                if newest_first {
                    expected.reverse();
                }
                let mut found = Vec::new();
                let mut page = PageRequest { limit: 4, after: None };
                loop {
                    let part =
                        space.records("inc-1-1/exec-1", kind, newest_first, &page).await.unwrap();
                    found.extend(part.items.into_iter().map(|record| record.entry.seq));
                    let Some(next) = part.next else { break };
                    page.after = Some(next);
                }
                assert_eq!(found, expected);
            }
        }
        let ends = space.chain_ends("inc-1-1/exec-").await.unwrap();
        let told: Vec<_> = ends
            .iter()
            .map(|ends| (ends.name.as_str(), ends.first.entry.seq, ends.last.entry.seq))
            .collect();
        assert_eq!(told, [("inc-1-1/exec-1", 0, 24), ("inc-1-1/exec-2", 0, 0)]);
        assert!(space.records("none", None, true, &all()).await.unwrap().items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn busy_time_is_that_of_what_ended_within() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        manual(&space).await;
        let job = work_of(&store).await;
        for minute in 0..3 {
            let worked = Duration::from_millis(1500);
            store.note_busy(&job, worked, t0() + minute.minutes()).await.unwrap();
        }
        let within = async |from: i64, to: i64| {
            store.busy_time(t0() + from.minutes(), t0() + to.minutes()).await.unwrap().as_millis()
        };
        assert_eq!((within(0, 3).await, within(1, 2).await, within(3, 9).await), (4500, 1500, 0));
        let busy = space.investigation("inv-1").await.unwrap().busy;
        assert_eq!(busy, Duration::from_millis(4500));
        space.delete(t0()).await.unwrap();
        assert_eq!(within(0, 3).await, 4500);
    })
    .await;
}
