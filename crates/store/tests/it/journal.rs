use std::time::Duration;

use jiff::ToSpan as _;
use nightjar_incident::journal::{Digest, verify};
use nightjar_store::Error;

use crate::fixture::{append, appended_at, entries};
use crate::place::{all, new_space, on_both, t0};

#[tokio::test]
async fn entries_come_back_as_they_were_in_the_order_of_writing() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let a = entries(&space, "play-1/a", 3).await;
        let b = entries(&space, "play-1/b", 2).await;
        let mixed: Vec<_> = [&a[0], &b[0], &a[1]].into_iter().cloned().collect();
        let appended = space.append(&mixed, t0()).await.unwrap();
        assert_eq!((appended.position, appended.next_seq, appended.head), (3, 2, a[1].hash));
        let rest = vec![a[2].clone(), b[1].clone()];
        assert_eq!(space.append(&rest, t0()).await.unwrap().position, 5);

        assert_eq!(space.chain("play-1/a", 0, 10).await.unwrap(), a);
        assert_eq!(space.chain("play-1/a", 2, 10).await.unwrap(), a[2..]);
        assert_eq!(space.chain_end("play-1/a").await.unwrap(), (3, a[2].hash));
        assert_eq!(space.chain_end("play-2").await.unwrap(), (0, Digest::ZERO));
        let page = space.journal("", 0, 4).await.unwrap();
        assert_eq!(page.items.len(), 4);
        assert_eq!(page.next.as_deref(), Some("4"));
        let page = space.journal("play-1/b", 1, 10).await.unwrap();
        let places: Vec<u64> = page.items.iter().map(|entry| entry.position).collect();
        assert_eq!((places, page.next), (vec![2, 5], None));
        let all = space.journal("", 0, 100).await.unwrap().items;
        verify(all.iter().map(|entry| &entry.entry)).unwrap();
        let report = store.verify(&[]).await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.chains, report.entries, report.opened), (3, 5, 5));
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_doesnt_follow_changes_nothing() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let a = entries(&space, "a", 4).await;
        space.append(&a[..2], t0()).await.unwrap();
        for wrong in [&a[1..3], &a[3..]] {
            assert!(matches!(space.append(wrong, t0()).await, Err(Error::Conflict(_))));
        }
        let mut forged = a[2].clone();
        forged.actor = "somebody".to_owned();
        let forged = [forged];
        assert!(matches!(space.append(&forged, t0()).await, Err(Error::Invalid(_))));
        let other = new_space(&store).await;
        assert!(matches!(other.append(&a[..1], t0()).await, Err(Error::Invalid(_))));
        assert!(matches!(space.append(&[], t0()).await, Err(Error::Invalid(_))));
        assert_eq!(space.append(&a[2..], t0()).await.unwrap().position, 4);
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn many_chains_are_written_at_the_same_time() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let writers = (0..8).map(|chain| {
            let space = space.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    append(&space, &format!("chain-{chain}"), 2).await;
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let items = space.journal("", 0, 1000).await.unwrap().items;
        let places: Vec<u64> = items.iter().map(|entry| entry.position).collect();
        assert_eq!(places, (1..=160).collect::<Vec<u64>>());
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn watchers_are_told_of_this_process_and_of_others() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        append(&space, "a", 1).await;
        let mut watch = space.watch_journal();
        let reached = async |watch: &mut tokio::sync::watch::Receiver<u64>, position: u64| {
            let told = watch.wait_for(|last| *last >= position);
            tokio::time::timeout(Duration::from_secs(10), told).await.unwrap().map(drop).unwrap();
        };
        reached(&mut watch, 1).await;
        append(&space, "a", 1).await;
        reached(&mut watch, 2).await;
        let other = place.open().await;
        append(&other.space(space.id()).await.unwrap(), "a", 1).await;
        reached(&mut watch, 3).await;
        store.close().await;
        assert!(watch.changed().await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_space_keeps_a_journal_that_can_be_verified_and_not_read() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        append(&space, "a", 3).await;
        let checkpoint = space.checkpoint(t0()).await.unwrap();
        space.delete(t0()).await.unwrap();
        assert!(matches!(space.chain("a", 0, 9).await, Err(Error::Destroyed)));
        assert!(matches!(space.checkpoint(t0()).await, Err(Error::Destroyed)));
        let late = entries_of_deleted(&space).await;
        assert!(matches!(space.append(&late, t0()).await, Err(Error::Destroyed)));
        let report = store.verify(&[checkpoint]).await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.entries, report.opened, report.checkpoints), (3, 0, 2));
    })
    .await;
}

async fn entries_of_deleted(
    space: &nightjar_store::Space,
) -> Vec<nightjar_incident::journal::Entry> {
    let id = space.id().clone();
    let mut chain = nightjar_incident::journal::Chain::new(id, "b");
    let kind = nightjar_incident::journal::Kind::Message;
    vec![chain.append(t0(), kind, "test", serde_json::json!({})).unwrap()]
}

#[tokio::test]
async fn checkpoints_follow_each_other_and_only_where_something_is_new() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        append(&space, "a", 2).await;
        append(&space, "b", 1).await;
        let first = space.checkpoint(t0()).await.unwrap();
        assert_eq!((first.number, first.position, first.heads.len()), (1, 3, 2));
        assert_eq!(space.checkpoint(t0() + 1.hour()).await.unwrap(), first);
        append(&space, "b", 1).await;
        let second = space.checkpoint(t0() + 1.hour()).await.unwrap();
        let chains: Vec<&str> = second.heads.iter().map(|head| head.chain.as_str()).collect();
        assert_eq!((second.number, second.position, chains), (2, 4, vec!["b"]));
        assert_ne!(second.prev_hash, first.prev_hash);
        let stored = space.checkpoints(&all()).await.unwrap().items;
        assert_eq!(stored, [first.clone(), second.clone()]);
        let report = store.verify(&stored).await.unwrap();
        assert_eq!(report.findings, []);

        // Signed by somebody else, or about another past.
        let forged = nightjar_store::Checkpoint { position: 3, ..second.clone() };
        let report = store.verify(&[forged]).await.unwrap();
        assert!(report.findings[0].problem.contains("signature"), "{:?}", report.findings);
        let elsewhere = nightjar_incident::SpaceId::new("elsewhere");
        let other = nightjar_store::Checkpoint { space: Some(elsewhere), ..second };
        assert_eq!(store.verify(&[other]).await.unwrap().findings.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_pruned_chain_is_told_from_a_lost_one() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        append(&space, "old", 3).await;
        append(&space, "mixed", 1).await;
        let early = space.checkpoint(t0()).await.unwrap();
        appended_at(&space, "mixed", 1, t0() + 2.hours()).await;
        assert_eq!(space.prune_journal(t0(), t0()).await.unwrap(), 0);
        let now = t0() + 3.hours();
        assert_eq!(space.prune_journal(t0() + 1.hour(), now).await.unwrap(), 1);
        assert_eq!(space.prune_journal(t0() + 1.hour(), now).await.unwrap(), 0);
        assert!(space.chain("old", 0, 9).await.unwrap().is_empty());
        let report = store.verify(std::slice::from_ref(&early)).await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.pruned, [("old".to_owned(), 2)]);
        // The chain goes on where it ended.
        append(&space, "old", 2).await;
        assert_eq!(space.chain_end("old").await.unwrap().0, 5);
        let report = store.verify(&[early]).await.unwrap();
        assert_eq!(report.findings, []);
        // And can be pruned again.
        assert_eq!(space.prune_journal(t0() + 9.hours(), now).await.unwrap(), 2);
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    })
    .await;
}
