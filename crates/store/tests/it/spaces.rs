use nightjar_store::{Created, Error, NewSpace, Store};

use crate::place::{all, new_space, on_both, t0};

#[tokio::test]
async fn a_space_is_made_found_changed_and_deleted() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        assert_eq!(store.spaces(&all()).await.unwrap().items.len(), 1);
        let policy = serde_json::json!({ "seal_originals": true });
        let record = space.update(Some("store".to_owned()), Some(policy.clone())).await.unwrap();
        assert_eq!((record.name.as_str(), record.redaction), ("store", Some(policy)));
        space.keep_originals(&[("EMAIL_1".into(), "a@b.c".into())]).await.unwrap();
        assert_eq!(space.original("EMAIL_1").await.unwrap().as_deref(), Some("a@b.c"));
        assert_eq!(space.original("EMAIL_2").await.unwrap(), None);

        // Another process has it open and notices at once.
        let other = place.open().await;
        let theirs = other.space(space.id()).await.unwrap();
        space.delete(t0()).await.unwrap();
        assert!(matches!(theirs.original("EMAIL_1").await, Err(Error::Destroyed)));
        assert!(matches!(theirs.record().await, Err(Error::Destroyed)));
        assert!(matches!(theirs.delete(t0()).await, Err(Error::Destroyed)));
        assert!(matches!(other.space(space.id()).await, Err(Error::NotFound { .. })));
        assert!(store.spaces(&all()).await.unwrap().items.is_empty());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_request_again_makes_no_second_space() {
    on_both(async |place| {
        let store = place.open().await;
        let once = nightjar_store::Once {
            caller: "me".to_owned(),
            key: "k".to_owned(),
            digest: nightjar_incident::journal::Digest::of(b"a"),
        };
        let make = |once| async {
            let new = NewSpace { name: "shop".to_owned(), location: None, redaction: None };
            let once: nightjar_store::Once = once;
            store.create_space(new, Some(&once), t0()).await
        };
        let first = make(once.clone()).await.unwrap();
        assert!(matches!(first, Created::New(_)));
        let again = make(once.clone()).await.unwrap();
        assert!(matches!(again, Created::Again(_)));
        assert_eq!(first.into_inner().id, again.into_inner().id);
        let other =
            nightjar_store::Once { digest: nightjar_incident::journal::Digest::of(b"b"), ..once };
        assert!(matches!(make(other).await, Err(Error::KeyReused)));
    })
    .await;
}

#[tokio::test]
async fn a_store_in_memory_works() {
    let place = crate::place::Place::sqlite();
    let options =
        nightjar_store::Options { database: "sqlite::memory:".to_owned(), ..place.options() };
    let store = Store::open(options).await.unwrap();
    let space = new_space(&store).await;
    assert_eq!(space.record().await.unwrap().name, "shop");
    assert!(store.health().await.database_ok);
    assert!(store.health().await.blobs_ok);
}
