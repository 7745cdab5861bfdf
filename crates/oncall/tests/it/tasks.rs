//! What becomes of the tasks of alerts.

use jiff::ToSpan as _;
use nightjar_incident::{AlertId, IncidentId, RawAlert, Recording};
use nightjar_oncall::{Error, Request, RunState, request, run_task_again, runs};
use nightjar_store::TaskStatus::{self, Completed, Linked};
use nightjar_store::{Error as StoreError, InvestigationState, Priority, TaskRecord};
use serde_json::json;

use crate::house::{House, several, small};

type Told<'a> = (&'a str, &'a str, TaskStatus, Option<&'a str>, bool);

fn told(task: &TaskRecord) -> Told<'_> {
    let alert = task.alert.as_ref().map_or("", |alert| alert.as_str());
    (&task.id, alert, task.status, task.primary.as_deref(), task.has_linked)
}

/// Alerts that are all about one service, each sent several times.
fn storm(repeats: usize) -> Recording {
    let mut recording = small();
    let first = recording.alerts[0].clone();
    recording.alerts = (0..repeats)
        .map(|n| RawAlert {
            received_at: first.received_at + i64::try_from(n).unwrap().seconds(),
            ..first.clone()
        })
        .collect();
    recording
}

#[tokio::test]
async fn every_alert_has_a_task_and_a_message_that_nobody_understands_has_none() {
    for house in House::each().await {
        let id = house.start(&several()).await.id;
        house.work(&id).await;
        let tasks = house.tasks().await;
        let alerts = house.alerts().await;
        assert!(alerts.iter().any(|alert| alert.rejected.is_some()));
        let understood = alerts.iter().filter(|alert| alert.alert.is_some());
        assert_eq!(tasks.len(), understood.count());
        for incident in house.states(&id).await {
            let of = |id: &AlertId| tasks.iter().find(|task| task.alert.as_ref() == Some(id));
            let mut alerts = incident.incident.alerts.iter();
            let first = of(&alerts.next().unwrap().id).unwrap();
            assert_eq!((first.status, &first.primary), (Completed, &None));
            assert_eq!(first.has_linked, incident.incident.alerts.len() > 1);
            assert_eq!(first.execution.as_ref(), incident.executions.last().map(|run| &run.id));
            assert!(first.reason.as_ref().unwrap().starts_with("final: "), "{:?}", first.reason);
            for alert in alerts {
                let task = of(&alert.id).unwrap();
                assert_eq!((task.status, task.primary.as_ref()), (Linked, Some(&first.id)));
                let notes = incident.triage.iter();
                let note = notes.rev().find(|note| note.alert == alert.id).unwrap();
                assert_eq!(task.reason.as_ref(), Some(&note.reason));
            }
        }
        assert_eq!(tasks[0].priority, Priority::High);
        assert!(tasks.iter().any(|task| task.priority == Priority::Critical));
    }
}

#[tokio::test]
async fn a_storm_of_repeats_leaves_one_task_that_tells_of_them() {
    let house = House::new().await;
    let id = house.start(&storm(60)).await.id;
    house.work(&id).await;
    let tasks = house.tasks().await;
    assert_eq!(tasks.len(), 1);
    let executions = house.states(&id).await[0].executions.len();
    // One version to begin with, one for each repeat and one for each execution.
    assert_eq!(tasks[0].version, u64::try_from(60 + executions).unwrap());
}

#[tokio::test]
async fn a_resolve_of_something_unknown_is_skipped_with_the_reason() {
    let house = House::new().await;
    let mut recording = small();
    recording.alerts.truncate(1);
    recording.alerts[0].payload["action"] = json!("resolved");
    let id = house.start(&recording).await.id;
    house.work(&id).await;
    let tasks = house.tasks().await;
    assert_eq!(told(&tasks[0]), ("task-1", "alert-1-1", TaskStatus::Skipped, None, false));
    let reason = tasks[0].reason.as_deref();
    assert_eq!(reason, Some("it resolves an alert that no open incident holds"));
    let error = run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await;
    assert!(matches!(error, Err(Error::Store(StoreError::Conflict(_)))));
}

#[tokio::test]
async fn tasks_go_where_people_move_their_alerts() {
    for house in House::each().await {
        let id = house.start(&small()).await.id;
        house.work(&id).await;
        let tasks = house.tasks().await;
        let linked: Vec<_> = tasks.iter().map(told).collect();
        assert_eq!(
            linked,
            [
                ("task-1", "alert-1-1", Completed, None, true),
                ("task-2", "alert-1-2", Linked, Some("task-1"), false),
                ("task-3", "alert-1-3", Completed, None, false),
            ]
        );
        // A linked task that runs again gets an incident of its own.
        let again = run_task_again(&house.space, "task-2", "NJAK1", None, house.now()).await;
        assert_eq!(again.unwrap().into_inner().status, TaskStatus::PendingStart);
        let twice = run_task_again(&house.space, "task-2", "NJAK1", None, house.now()).await;
        assert!(matches!(twice, Err(Error::Store(StoreError::Conflict(_)))));
        house.work(&id).await;
        let tasks = house.tasks().await;
        assert_eq!(told(&tasks[0]), ("task-1", "alert-1-1", Completed, None, false));
        assert_eq!(told(&tasks[1]), ("task-2", "alert-1-2", Completed, None, false));
        assert_eq!(tasks[1].incident, Some(IncidentId::new("inc-1-3")));
        assert_eq!(
            runs(&house.space, &tasks[1]).await.unwrap()[0].occasion,
            "alert unlinked by NJAK1"
        );
        // The first alert of the first incident goes to that one: its task is linked now.
        let link = Request::Link {
            alert: AlertId::new("alert-1-1"),
            incident: IncidentId::new("inc-1-3"),
        };
        request(&house.space, &id, "NJAK1", &link, None, house.now()).await.unwrap();
        house.work(&id).await;
        let tasks = house.tasks().await;
        assert_eq!(told(&tasks[0]), ("task-1", "alert-1-1", Linked, Some("task-2"), false));
        assert_eq!(told(&tasks[1]), ("task-2", "alert-1-2", Completed, None, true));
        assert!(runs(&house.space, &tasks[0]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_task_that_has_a_verdict_is_looked_at_again() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    house.work(&id).await;
    let before = house.tasks().await.remove(0);
    let ran = runs(&house.space, &before).await.unwrap();
    let executions = &house.states(&id).await[0].executions;
    let ids: Vec<_> = ran.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, executions.iter().map(|run| run.id.as_str()).collect::<Vec<_>>());
    assert!(ran.iter().all(|run| run.state == RunState::Finished));
    assert_eq!(ran[0].occasion, "first alert: checkout is slow");
    run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await.unwrap();
    house.work(&id).await;
    let after = house.tasks().await.remove(0);
    assert_eq!(after.status, Completed);
    // It waited, ran, and came to something.
    assert_eq!(after.version, before.version + 3);
    let again = runs(&house.space, &after).await.unwrap();
    assert_eq!(again.len(), ran.len() + 1);
    assert_eq!(again.last().unwrap().occasion, "NJAK1 asked to look again");
    assert_eq!(after.execution.unwrap().as_str(), again.last().unwrap().id);
}

#[tokio::test]
async fn an_investigation_that_fails_fails_its_tasks_with_the_reason() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    house.work(&id).await;
    // A look again that finds the journal altered behind it.
    run_task_again(&house.space, "task-1", "NJAK1", None, house.now()).await.unwrap();
    house
        .space
        .set_investigation_state(&id, InvestigationState::Failed, None, house.now())
        .await
        .unwrap();
    house.space.fail_tasks(&id, "the record diverges", house.now()).await.unwrap();
    let tasks = house.tasks().await;
    let stand: Vec<_> = tasks.iter().map(|task| (task.status, task.reason.as_deref())).collect();
    assert_eq!(stand[0], (TaskStatus::Failed, Some("the record diverges")));
    assert_eq!(stand[1].0, Linked);
    // What failed is conducted to its end, and the tasks have what came of it.
    house.work(&id).await;
    assert_eq!(house.tasks().await[0].status, Completed);
}
