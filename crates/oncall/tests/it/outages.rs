//! The database goes away in the middle of the work, and comes back. Takes some seconds: it starts a
//! PostgreSQL of its own, and stops it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nightjar_oncall::{Pace, Worker};
use nightjar_store::InvestigationState;
use tokio::sync::watch;

use crate::house::{House, assert_same, directly};

#[tokio::test]
async fn an_investigation_outlives_restarts_of_the_database() {
    let Some(server) = nightjar_pgtest::Server::start() else { return };
    let house = House::on(server.database().unwrap()).await;
    let id = house.start(&nightjar_world::demo()).await.id;
    let (stop, stopped) = watch::channel(false);
    let pace = Pace {
        look_again: Duration::from_millis(20),
        first_pause: Duration::from_millis(50),
        // If an outage counted as a crash, two of them were too many.
        most_crashes: 1,
        ..Pace::default()
    };
    let worker = Worker { pace, ..house.worker() };
    let mut seen = house.space.watch_journal();
    let working = tokio::spawn(Arc::new(worker).run(stopped));
    for further in [5, 10] {
        let reached = *seen.borrow() + further;
        let told = seen.wait_for(|position| *position >= reached);
        tokio::time::timeout(Duration::from_secs(30), told).await.expect("it goes on").unwrap();
        assert_ne!(house.state(&id).await, InvestigationState::Done, "it is too quick for this");
        server.stop().unwrap();
        assert!(!house.store.health().await.database_ok);
        server.resume().unwrap();
    }
    let over = async {
        while !is_over(&house, &id).await {
            // What was put off is due a little later; a lease must not run out meanwhile.
            if matches!(house.store.queue_depth().await, Ok((1, 0))) {
                house.passed.fetch_add(1, Ordering::SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), over).await.expect("it ends");
    stop.send(true).unwrap();
    working.await.unwrap();
    let record = house.space.investigation(&id).await.unwrap();
    assert_eq!(record.state, InvestigationState::Done, "{:?}", record.reason);
    let expected = directly(house.space.id(), &house.stored().await, &[]);
    assert_same(&house.journal().await, &expected.journal);
    assert_eq!(house.states(&id).await, expected.investigations);
    assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
    assert!(house.store.health().await.database_ok);
    house.store.close().await;
}

/// Connections of the pool that died with the server are found out by being used.
async fn is_over(house: &House, id: &str) -> bool {
    let Ok(record) = house.space.investigation(id).await else { return false };
    matches!(record.state, InvestigationState::Done | InvestigationState::Failed)
        && matches!(house.store.queue_depth().await, Ok((0, 0)))
}
