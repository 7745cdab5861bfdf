use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nightjar_incident::journal::{Chain, Kind};
use nightjar_oncall::Worker;
use nightjar_store::InvestigationState;
use serde_json::json;
use tokio::sync::watch;

use crate::house::{House, assert_same, directly, small};

#[tokio::test]
async fn an_investigation_comes_to_what_the_agent_comes_to() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    house.work(&id).await;
    assert_eq!(house.state(&id).await, InvestigationState::Done);
    let expected = directly(house.space.id(), &small(), &[]);
    assert_same(&house.journal().await, &expected.journal);
    assert_eq!(house.states(&id).await, expected.investigations);
    assert!(house.ledger().await.is_empty());
}

#[tokio::test]
async fn two_workers_share_a_queue_and_do_nothing_twice() {
    for house in House::each().await {
        let mut ids = Vec::new();
        for number in 0..12 {
            let recording = nightjar_incident::Recording { name: format!("{number}"), ..small() };
            ids.push(house.start(&recording).await.id);
        }
        let other = house.opened_again("second").await;
        let (stop, stopped) = watch::channel(false);
        let workers = [house.worker(), Worker { store: other, ..house.worker() }];
        let working = workers.map(|worker| tokio::spawn(Arc::new(worker).run(stopped.clone())));
        for id in &ids {
            house.wait(id).await;
        }
        stop.send(true).unwrap();
        for worker in working {
            worker.await.unwrap();
        }
        for id in &ids {
            assert_eq!(house.state(id).await, InvestigationState::Done);
        }
        // Nobody ever found a job begun by the other: nothing was put off, lost or diverged.
        assert!(house.ledger().await.is_empty());
        let one = directly(house.space.id(), &small(), &[]).journal.len();
        assert_eq!(house.journal().await.len(), one * ids.len());
    }
}

#[tokio::test]
async fn a_record_that_the_program_would_write_otherwise_fails_honestly() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    let mut chain = Chain::new(house.space.id().clone(), "play-1/intake");
    let at = small().alerts[0].received_at;
    let body = json!({ "decided": "otherwise" });
    let other = chain.append(at, Kind::Update, "triage", body).unwrap();
    house.space.append(&[other], house.now()).await.unwrap();
    house.work(&id).await;
    let record = house.space.investigation(&id).await.unwrap();
    assert_eq!(record.state, InvestigationState::Failed);
    let reason = record.reason.unwrap();
    assert!(reason.contains("start it again"), "{reason}");
    let told = house.ledger().await.pop().unwrap();
    assert_eq!((told.kind, &told.body["error"]), (Kind::Error, &json!(reason)));
    assert_eq!(house.journal().await.len(), 1);
}

#[tokio::test]
async fn a_job_of_a_deleted_space_leaves_the_queue() {
    for house in House::each().await {
        house.start(&small()).await;
        house.space.delete(house.now()).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(Arc::new(house.worker()).run(stopped));
        let empty = async {
            while house.store.queue_depth().await.unwrap() != (0, 0) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), empty).await.expect("it leaves");
        stop.send(true).unwrap();
        working.await.unwrap();
    }
}

#[tokio::test]
async fn a_stopped_service_gives_its_job_back_and_the_next_one_ends_it() {
    let house = House::new().await;
    let recording = nightjar_world::demo();
    let id = house.start(&recording).await.id;
    let mut worker = house.worker();
    worker.pace.grace = Duration::ZERO;
    let (stop, stopped) = watch::channel(false);
    let mut seen = house.space.watch_journal();
    let working = tokio::spawn(Arc::new(worker).run(stopped));
    seen.wait_for(|position| *position > 0).await.unwrap();
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(20), working).await.expect("in time").unwrap();
    let is_done = house.state(&id).await == InvestigationState::Done;
    assert!(is_done || house.store.queue_depth().await.unwrap() == (1, 0));
    house.work(&id).await;
    let stored = nightjar_store::PageRequest { limit: 10, after: None };
    let capsule = house.space.capsules(&stored).await.unwrap().items.remove(0);
    let archive = house.space.capsule_archive(&capsule.id).await.unwrap();
    let kept = house.recordings.read(&archive).unwrap().recording;
    let expected = directly(house.space.id(), &kept, &[]);
    assert_same(&house.journal().await, &expected.journal);
}

#[tokio::test]
async fn what_cannot_be_reached_is_tried_again_later() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    // A file where the folder of the space's blobs should be: they can't be reached.
    let away = house.blobs().with_extension("away");
    std::fs::rename(house.blobs(), &away).unwrap();
    std::fs::File::create_new(house.blobs()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(Arc::new(house.worker()).run(stopped));
    let put_off = async {
        while !house.ledger().await.iter().any(|entry| entry.body["put_off"].is_string()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), put_off).await.expect("it is put off");
    std::fs::remove_file(house.blobs()).unwrap();
    std::fs::rename(&away, house.blobs()).unwrap();
    house.passed.fetch_add(10, Ordering::SeqCst);
    house.wait(&id).await;
    stop.send(true).unwrap();
    working.await.unwrap();
    assert_eq!(house.state(&id).await, InvestigationState::Done);
    let expected = directly(house.space.id(), &small(), &[]);
    assert_same(&house.journal().await, &expected.journal);
}
