//! Changes that somebody told of: kept once, found by their time, dropped when they are old.

use jiff::SignedDuration;
use nightjar_incident::{Change, ChangeId, ChangeKind, Window};
use nightjar_store::{Arrived, Error, PageRequest, Space, Told};
use nightjar_topology::EntityId;

use crate::place::{all, new_space, on_both, t0};

fn change(id: &str, minute: i64) -> Change {
    Change {
        id: ChangeId::new(id),
        kind: ChangeKind::Deployment,
        at: t0() + SignedDuration::from_mins(minute),
        entities: vec![EntityId::new("cart").unwrap()],
        summary: format!("{id} at {minute}"),
        author: None,
        previous: None,
        url: None,
    }
}

async fn keep(space: &Space, change: &Change) -> (String, Arrived) {
    let mut sitting = space.sit().await.unwrap();
    let told = Told { change, webhook: "hook", delivery: "del-1", received_at: t0() };
    let kept = sitting.keep_change(&told).await.unwrap();
    sitting.keep(t0()).await.unwrap();
    kept
}

#[tokio::test]
async fn one_id_is_one_change_of_which_the_last_word_counts() {
    on_both(async |place| {
        let store = place.open().await;
        let (space, other) = (new_space(&store).await, new_space(&store).await);
        assert!(!space.has_changes().await.unwrap());
        assert_eq!(keep(&space, &change("a", 5)).await, ("chg-1".to_owned(), Arrived::New));
        assert_eq!(keep(&space, &change("a", 5)).await, ("chg-1".to_owned(), Arrived::Known));
        assert_eq!(keep(&space, &change("b", 3)).await, ("chg-2".to_owned(), Arrived::New));
        // Told again later: the word counts, the time stays.
        let later = Change { summary: "done".to_owned(), ..change("a", 9) };
        assert_eq!(keep(&space, &later).await, ("chg-1".to_owned(), Arrived::Updated));
        let kept = space.change("chg-1").await.unwrap();
        assert_eq!((kept.change.summary.as_str(), kept.change.at), ("done", change("a", 5).at));
        assert_eq!((kept.webhook.as_str(), kept.received_at), ("hook", t0()));
        // Another space has ids of its own, and sees nothing.
        assert!(!other.has_changes().await.unwrap());
        assert!(matches!(other.change("chg-1").await, Err(Error::NotFound { .. })));
        assert_eq!(keep(&other, &change("a", 5)).await, ("chg-1".to_owned(), Arrived::New));
    })
    .await;
}

#[tokio::test]
async fn changes_are_found_by_when_they_took_effect_and_dropped_by_when_they_came() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        for (id, minute) in [("a", 5), ("b", 3), ("c", 9), ("d", 3)] {
            keep(&space, &change(id, minute)).await;
        }
        let at = |minute| t0() + SignedDuration::from_mins(minute);
        let within = async |from, to, most| {
            let window = Window { from: at(from), to: at(to) };
            let found = space.changes_within(window, most).await.unwrap();
            found.into_iter().map(|record| record.change.id.to_string()).collect::<String>()
        };
        assert_eq!(within(0, 60, 10).await, "cadb");
        assert_eq!(within(3, 9, 10).await, "adb");
        assert_eq!(within(3, 9, 1).await, "a");
        assert_eq!(within(4, 5, 10).await, "");
        let mut listed = String::new();
        let mut page = PageRequest { limit: 1, after: None };
        loop {
            let found = space.changes(&page).await.unwrap();
            listed.extend(found.items.iter().map(|record| record.change.id.to_string()));
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(listed, "cadb");
        assert_eq!(space.drop_changes(t0()).await.unwrap(), 0);
        assert_eq!(space.drop_changes(at(1)).await.unwrap(), 4);
        assert!(space.changes(&all()).await.unwrap().items.is_empty());
    })
    .await;
}
