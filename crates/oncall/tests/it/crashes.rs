use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use nightjar_agent::UserRequest;
use nightjar_incident::{AlertId, IncidentId, Recording};
use nightjar_oncall::{Pace, Request, Worker, request};
use nightjar_store::InvestigationState;
use tokio::sync::watch;

use crate::house::{House, assert_same, directly, several, small};

/// More than a lease, seconds.
pub(crate) const LEASE_IS_OVER: i64 = 120;

/// A worker that falls over dead when it looks at the clock for the n-th time: before each append,
/// and at every step of a job.
pub(crate) fn mortal(house: &House, looks: u32) -> (Worker, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(looks));
    let (clock, counted) = (house.clock(), Arc::clone(&left));
    let clock: nightjar_oncall::Clock = Arc::new(move || -> Timestamp {
        let is_alive = counted
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok();
        assert!(is_alive, "dead, as this test wants");
        clock()
    });
    // A dead process's crash counts; here there are many of them in one job's life.
    let pace =
        Pace { most_crashes: u32::MAX, look_again: Duration::from_millis(5), ..Pace::default() };
    (Worker { clock, pace, ..house.worker() }, left)
}

/// Lets workers die, each a little later than the one before, until one gets through.
pub(crate) async fn die_and_resume(house: &House, id: &str, first: u32) -> u32 {
    let mut deaths = 0;
    for looks in first.. {
        let (worker, left) = mortal(house, looks);
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(Arc::new(worker).run(stopped));
        let is_done = async || house.store.queue_depth().await.unwrap() == (0, 0);
        while left.load(Ordering::SeqCst) > 0 && !is_done().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if left.load(Ordering::SeqCst) > 0 {
            stop.send(true).unwrap();
            working.await.unwrap();
            break;
        }
        working.abort();
        let _ = working.await;
        drop(stop);
        deaths += 1;
        house.passed.fetch_add(LEASE_IS_OVER, Ordering::SeqCst);
    }
    assert_eq!(house.state(id).await, InvestigationState::Done);
    deaths
}

fn unlink() -> Request {
    Request::Unlink { incident: IncidentId::new("inc-1-1"), alert: AlertId::new("alert-1-2") }
}

async fn assert_as_if_nothing_had_happened(
    house: &House,
    id: &str,
    recording: &Recording,
    asked: &[UserRequest],
) {
    let expected = directly(house.space.id(), recording, asked);
    assert_same(&house.journal().await, &expected.journal);
    assert_eq!(house.states(id).await, expected.investigations);
    let alerts = house.alerts().await;
    let (rejected, understood): (Vec<_>, Vec<_>) =
        alerts.into_iter().partition(|alert| alert.rejected.is_some());
    assert_eq!(rejected.len(), expected.rejected.len());
    let ids: Vec<_> = understood.iter().map(|alert| &alert.id).collect();
    // A person's decision speaks of an alert once more.
    let mut told: Vec<_> = Vec::new();
    for note in &expected.triage {
        if !told.contains(&&note.alert) {
            told.push(&note.alert);
        }
    }
    assert_eq!(ids, told);
    let stored: Vec<_> = understood.into_iter().flat_map(|alert| alert.triage).collect();
    assert_eq!(stored.len(), expected.triage.len());
    assert!(expected.triage.iter().all(|note| stored.contains(note)));
    assert!(house.space.verify(&[]).await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn killed_at_every_step_it_ends_as_if_nothing_had_happened() {
    for house in House::each().await {
        let id = house.start(&several()).await.id;
        let deaths = die_and_resume(&house, &id, 1).await;
        assert!(deaths > 10, "{deaths}");
        assert_as_if_nothing_had_happened(&house, &id, &several(), &[]).await;
    }
}

#[tokio::test]
async fn killed_at_every_step_nothing_is_told_twice_or_left_out() {
    let undisturbed = House::new().await;
    undisturbed.subscribe().await;
    let id = undisturbed.start(&several()).await.id;
    undisturbed.work(&id).await;
    let expected = undisturbed.events().await;
    assert!(expected.iter().any(|(title, _)| *title == "Investigation Completed"), "{expected:?}");
    assert!(expected.iter().any(|(title, _)| *title == "Investigation Linked"));
    for house in House::each().await {
        house.subscribe().await;
        let id = house.start(&several()).await.id;
        let deaths = die_and_resume(&house, &id, 1).await;
        assert!(deaths > 10, "{deaths}");
        assert_eq!(house.events().await, expected);
    }
}

#[tokio::test]
async fn killed_at_every_step_of_a_request_it_is_met_once() {
    for house in House::each().await {
        let id = house.start(&small()).await.id;
        house.work(&id).await;
        let now = house.now();
        request(&house.space, &id, "NJAK1", &unlink(), None, now).await.unwrap();
        let deaths = die_and_resume(&house, &id, 1).await;
        assert!(deaths > 5, "{deaths}");
        let plain = nightjar_agent::State::from(directly(house.space.id(), &small(), &[]));
        let asked =
            UserRequest { at: plain.latest().unwrap(), actor: "NJAK1".into(), request: unlink() };
        assert_as_if_nothing_had_happened(&house, &id, &small(), &[asked]).await;
    }
}

#[tokio::test]
async fn a_job_that_always_kills_is_given_up_with_the_reason() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    for _ in 0..4 {
        let (mut worker, left) = mortal(&house, 4);
        worker.pace.most_crashes = 3;
        let (_stop, stopped) = watch::channel(false);
        let working = tokio::spawn(Arc::new(worker).run(stopped));
        while left.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        working.abort();
        let _ = working.await;
        house.passed.fetch_add(LEASE_IS_OVER, Ordering::SeqCst);
    }
    house.work(&id).await;
    let record = house.space.investigation(&id).await.unwrap();
    assert_eq!(record.state, InvestigationState::Failed);
    assert!(record.reason.unwrap().contains("given up"));
    assert!(house.ledger().await.iter().any(|entry| entry.body["error"].is_string()));
}
