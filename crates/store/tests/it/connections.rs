use std::collections::BTreeMap;
use std::time::Duration;

use jiff::ToSpan as _;
use nightjar_store::{
    Error, InvestigationState, JobKind, NewCapsule, NewConnection, PageRequest, Space,
};
use serde_json::json;

use crate::place::{new_space, on_both, t0};

fn capsule() -> NewCapsule {
    NewCapsule {
        name: "checkout".to_owned(),
        archive: b"archive ".repeat(1000),
        redacted: BTreeMap::from([("email".to_owned(), 2)]),
        notes: vec!["one line was cut".to_owned()],
    }
}

async fn connection(space: &Space, name: &str) -> nightjar_store::Result<String> {
    let new = NewConnection {
        kind: "capsule".to_owned(),
        name: name.to_owned(),
        config: json!({ "capsule": "cap-1" }),
    };
    Ok(space.create_connection(new, None, t0()).await?.into_inner().id)
}

#[tokio::test]
async fn a_capsule_comes_back_as_it_was() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let record = space.create_capsule(capsule(), None, t0()).await.unwrap().into_inner();
        assert_eq!((record.id.as_str(), record.bytes), ("cap-1", 8000));
        assert_eq!(space.capsule_archive("cap-1").await.unwrap(), capsule().archive);
        let con = connection(&space, "a").await.unwrap();
        assert!(matches!(connection(&space, "a").await, Err(Error::Conflict(_))));
        let used = space.delete_capsule("cap-1", t0()).await;
        assert!(matches!(used, Err(Error::Conflict(_))), "{used:?}");
        space.delete_connection(&con, t0()).await.unwrap();
        space.delete_capsule("cap-1", t0()).await.unwrap();
        assert!(matches!(space.capsule("cap-1").await, Err(Error::NotFound { .. })));
        assert!(matches!(connection(&space, "b").await, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn pages_show_every_record_once() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        space.create_capsule(capsule(), None, t0()).await.unwrap();
        for number in 0..5 {
            connection(&space, &format!("c{number}")).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut page = PageRequest { limit: 2, after: None };
        loop {
            let found = space.connections(&page).await.unwrap();
            seen.extend(found.items.into_iter().map(|record| record.id));
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, ["con-1", "con-2", "con-3", "con-4", "con-5"]);
        assert!(matches!(space.capsules(&page).await, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn an_investigation_waits_in_the_queue_until_it_is_done() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        space.create_capsule(capsule(), None, t0()).await.unwrap();
        let con = connection(&space, "a").await.unwrap();
        let lease = Duration::from_secs(30);
        assert!(store.take_job(lease, t0()).await.unwrap().is_none());
        let inv = space.start_investigation(&con, None, t0()).await.unwrap().into_inner();
        assert_eq!((inv.id.as_str(), inv.state), ("inv-1", InvestigationState::Queued));
        space.request("inv-1", &json!({ "again": true }), None, t0()).await.unwrap();
        assert_eq!(store.queue_depth().await.unwrap(), (2, 0));
        let busy = space.delete_connection(&con, t0()).await;
        assert!(matches!(busy, Err(Error::Conflict(_))));

        let job = store.take_job(lease, t0()).await.unwrap().unwrap();
        assert_eq!((job.kind.clone(), job.attempts), (JobKind::Investigate, 1));
        assert_eq!(store.queue_depth().await.unwrap(), (1, 1));
        // The request waits for the first job, which somebody has leased.
        assert!(store.take_job(lease, t0()).await.unwrap().is_none());
        // The lease expires; whoever had it has lost it.
        let late = t0() + 1.minute();
        let again = store.take_job(lease, late).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempts), (job.id, 2));
        assert!(!store.keep_lease(&job, lease, late).await.unwrap());
        assert!(matches!(store.finish_job(&job).await, Err(Error::Conflict(_))));
        assert!(store.keep_lease(&again, lease, late).await.unwrap());
        store.postpone_job(&again, late + 1.minute(), "the database was away").await.unwrap();
        assert!(store.take_job(lease, late).await.unwrap().is_none());
        let third = store.take_job(lease, late + 1.minute()).await.unwrap().unwrap();
        store.finish_job(&third).await.unwrap();
        let request = store.take_job(lease, late).await.unwrap().unwrap();
        assert_eq!(request.kind, JobKind::Request(json!({ "again": true })));
        store.finish_job(&request).await.unwrap();

        let failed = InvestigationState::Failed;
        space.set_investigation_state("inv-1", failed, Some("why"), late).await.unwrap();
        let inv = space.investigation("inv-1").await.unwrap();
        assert_eq!((inv.reason.as_deref(), inv.ended_at), (Some("why"), Some(late)));
        space.delete_connection(&con, t0()).await.unwrap();
    })
    .await;
}
