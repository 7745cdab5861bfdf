//! Several processes on one database, as several stores.

use std::collections::BTreeSet;
use std::time::Duration;

use nightjar_incident::journal::Digest;
use nightjar_store::{Created, Error, NewConnection, NewKey, Once, Options, Store};
use serde_json::json;

use crate::fixture::{append, call, entries};
use crate::place::{Place, new_space, on_both, t0};

async fn two(place: &Place) -> (Store, Store) {
    let named = |name: &str| Options { process: name.to_owned(), ..place.options() };
    // At the same time, on an empty database: both make the schema, or wait for the other.
    let (one, other) = futures::join!(Store::open(named("one")), Store::open(named("other")));
    (one.unwrap(), other.unwrap())
}

#[tokio::test]
async fn two_processes_write_one_journal_and_one_trail() {
    on_both(async |place| {
        let (one, other) = two(place).await;
        let space = new_space(&one).await;
        let theirs = other.space(space.id()).await.unwrap();
        let work = async |store: &Store, space: &nightjar_store::Space, chain: &str| {
            for number in 0..15 {
                append(space, chain, 1).await;
                store.audit(call(number)).await.unwrap();
            }
        };
        futures::join!(work(&one, &space, "a"), work(&other, &theirs, "b"));
        let report = other.verify(&[]).await.unwrap();
        assert_eq!((report.findings.as_slice(), report.entries), (&[][..], 60));

        // Of two that continue the same chain one is told that it came second.
        let next = entries(&space, "a", 1).await;
        let (first, second) = futures::join!(space.append(&next, t0()), theirs.append(&next, t0()));
        let refused = [first, second].into_iter().filter(|result| result.is_err()).count();
        assert_eq!(refused, 1);
    })
    .await;
}

#[tokio::test]
async fn the_same_request_at_two_processes_makes_one_thing() {
    on_both(async |place| {
        let (one, other) = two(place).await;
        let space = new_space(&one).await;
        let theirs = other.space(space.id()).await.unwrap();
        let once = Once { caller: "c".into(), key: "k".into(), digest: Digest::of(b"x") };
        let make = |space: nightjar_store::Space| {
            let once = once.clone();
            tokio::spawn(async move {
                let new = NewConnection {
                    kind: "prometheus".to_owned(),
                    name: "metrics".to_owned(),
                    config: json!({}),
                };
                space.create_connection(new, Some(&once), t0()).await.unwrap()
            })
        };
        let requests: Vec<_> = (0..10)
            .map(|n| make(if n % 2 == 0 { space.clone() } else { theirs.clone() }))
            .collect();
        let mut made = 0;
        for request in requests {
            made += usize::from(matches!(request.await.unwrap(), Created::New(_)));
        }
        assert_eq!(made, 1);
    })
    .await;
}

#[tokio::test]
async fn no_job_is_taken_twice() {
    on_both(async |place| {
        let (one, other) = two(place).await;
        for _ in 0..4 {
            let space = new_space(&one).await;
            let new = NewConnection { kind: "x".into(), name: "x".into(), config: json!({}) };
            let connection = space.create_connection(new, None, t0()).await.unwrap().into_inner();
            for _ in 0..3 {
                space.start_investigation(&connection.id, None, t0()).await.unwrap();
            }
        }
        let take = async |store: &Store| {
            let mut taken = Vec::new();
            while let Some(job) = store.take_job(Duration::from_secs(60), t0()).await.unwrap() {
                taken.push(job.id);
                tokio::task::yield_now().await;
            }
            taken
        };
        let (a, b) = futures::join!(take(&one), take(&other));
        let all: BTreeSet<i64> = a.iter().chain(&b).copied().collect();
        assert_eq!((all.len(), a.len() + b.len()), (12, 12));
        // After a restart SQLite's leases are free at once; PostgreSQL's expire.
        let freed = one.free_dead_leases().await.unwrap();
        let expected = if place.is_sqlite() { b.len() } else { 0 };
        assert_eq!(freed, u64::try_from(expected).unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_one_process_revokes_the_other_refuses() {
    on_both(async |place| {
        let (one, other) = two(place).await;
        let new = NewKey {
            role: "viewer".to_owned(),
            space: None,
            name: "x".to_owned(),
            expires_at: None,
        };
        let issued = one.issue_key(new, None, t0()).await.unwrap().into_inner();
        assert!(other.holder_of_token(&issued.token, t0()).await.unwrap().is_some());
        one.revoke_key(None, &issued.key.id, t0()).await.unwrap();
        assert!(other.holder_of_token(&issued.token, t0()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_worker_is_woken_by_a_new_job() {
    let place = Place::sqlite();
    let store = place.open().await;
    let space = new_space(&store).await;
    let new = NewConnection { kind: "x".into(), name: "x".into(), config: json!({}) };
    let connection = space.create_connection(new, None, t0()).await.unwrap().into_inner();
    let waiting = store.wait_for_job(Duration::from_secs(3600), t0());
    let start = space.start_investigation(&connection.id, None, t0());
    let both = futures::future::join(waiting, start);
    let (_, started) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    started.unwrap();
    let unknown = space.start_investigation("con-9", None, t0()).await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
}
