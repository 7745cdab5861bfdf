//! What the store depends on goes away and comes back. Takes some seconds: it waits until the store
//! gives up asking.

use jiff::ToSpan as _;
use nightjar_store::{Error, Maintained, NewCapsule, Options, Store};

use crate::fixture::{append, call, entries, incident};
use crate::place::{Place, new_space, on_both, t0};

#[tokio::test]
async fn a_postgres_that_goes_away_is_unavailable_and_then_works_again() {
    let Some(server) = nightjar_pgtest::Server::start() else { return };
    let database = server.database().unwrap();
    let place = Place::sqlite();
    let options = Options { database: database.url.clone(), ..place.options() };
    let store = Store::open(options).await.unwrap();
    let space = new_space(&store).await;
    append(&space, "a", 2).await;
    let next = entries(&space, "a", 1).await;

    server.stop().unwrap();
    let failed = space.append(&next, t0()).await;
    assert!(matches!(failed, Err(Error::Unavailable { what: "database", .. })), "{failed:?}");
    let (read, audit, taken) = futures::join!(
        space.chain("a", 0, 9),
        store.audit(call(1)),
        store.take_job(std::time::Duration::from_secs(1), t0()),
    );
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    assert!(matches!(audit, Err(Error::Unavailable { .. })), "{audit:?}");
    assert!(matches!(taken, Err(Error::Unavailable { .. })), "{taken:?}");
    let health = store.health().await;
    assert_eq!((health.database_ok, health.blobs_ok), (false, true));

    server.resume().unwrap();
    assert_eq!(space.append(&next, t0()).await.unwrap().position, 3);
    store.audit(call(2)).await.unwrap();
    assert!(store.health().await.database_ok);
    assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    store.close().await;
}

#[tokio::test]
async fn a_folder_that_cant_be_written_is_unavailable() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        // A file where the space's folder should be.
        std::fs::write(place.blobs().join(space.id().as_str()), "").unwrap();
        let state = incident(space.id(), "inc-1-1", 1);
        let failed = space.keep_incident("inv-1", &state).await;
        assert!(matches!(failed, Err(Error::Unavailable { what: "blobs", .. })), "{failed:?}");
        assert!(matches!(space.incident(&state.incident.id).await, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn what_expired_or_was_left_behind_is_removed() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let until = t0() + 1.hour();
        store.create_sign_in_link("viewer", None, "Ada", until, t0()).await.unwrap();
        let link = store.create_sign_in_link("viewer", None, "Ada", until, t0()).await.unwrap();
        store.redeem_link(&link.secret, until, t0()).await.unwrap().unwrap();
        let once = nightjar_store::Once {
            caller: "c".to_owned(),
            key: "k".to_owned(),
            digest: nightjar_incident::journal::Digest::of(b""),
        };
        let new = NewCapsule {
            name: "a".to_owned(),
            archive: vec![1; 100],
            redacted: Default::default(),
            notes: Vec::new(),
        };
        space.create_capsule(new, Some(&once), t0()).await.unwrap();
        // A blob of an upload that was killed, written now by the system's clock.
        let name = "ab".repeat(32);
        let orphan = place.blobs().join(space.id().as_str()).join("ab").join(&name);
        std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        std::fs::write(&orphan, "x").unwrap();

        assert_eq!(store.maintain(t0()).await.unwrap(), Maintained::default());
        let later = jiff::Timestamp::now() + 48.hours();
        let done = store.maintain(later).await.unwrap();
        let expected = Maintained { sessions: 1, links: 1, once: 1, blobs: 1 };
        assert_eq!(done, expected);
        assert!(!orphan.exists());
        assert_eq!(space.capsule_archive("cap-1").await.unwrap().len(), 100);
        assert_eq!(store.maintain(later).await.unwrap(), Maintained::default());

        space.delete(t0()).await.unwrap();
        let left = place.blobs().join(space.id().as_str());
        let files = walk(&left);
        assert!(files.is_empty(), "{files:?}");
    })
    .await;
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
