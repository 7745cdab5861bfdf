use std::collections::BTreeMap;

use jiff::ToSpan as _;
use nightjar_store::{Created, Error, NewSpace, Profile, Store};
use sqlx::{AnyConnection, Connection as _};

use crate::place::{all, new_space, on_both, t0};

fn profile() -> Profile {
    Profile {
        description: Some("everything that sells".to_owned()),
        locale: Some("de-DE".to_owned()),
        kms_key_arn: Some("arn:aws:kms:eu-central-1:123456789012:key/k".to_owned()),
        preferences: BTreeMap::from([("learn".to_owned(), true)]),
        tags: BTreeMap::from([("team".to_owned(), "p\0q".to_owned())]),
    }
}

#[tokio::test]
async fn a_space_is_made_found_changed_and_deleted() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        assert_eq!(store.spaces(&all()).await.unwrap().items.len(), 1);
        let policy = serde_json::json!({ "seal_originals": true });
        let later = t0() + 1.hour();
        let update = space.update(later, |settings| {
            settings.name = "store".to_owned();
            settings.redaction = Some(policy.clone());
            Ok(())
        });
        let record = update.await.unwrap();
        assert_eq!((record.name.as_str(), record.redaction), ("store", Some(policy.clone())));
        assert_eq!((record.created_at, record.updated_at), (t0(), later));
        let refused = space.update(later + 1.hour(), |settings| {
            settings.name = "lost".to_owned();
            Err(Error::Conflict("not now".to_owned()))
        });
        assert!(matches!(refused.await, Err(Error::Conflict(_))));
        let nul = space.update(later, |settings| {
            settings.name = "a\0b".to_owned();
            Ok(())
        });
        assert!(matches!(nul.await, Err(Error::Invalid(_))));
        let record = space.record().await.unwrap();
        assert_eq!((record.name.as_str(), record.redaction), ("store", Some(policy)));
        assert_eq!(record.updated_at, later);
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
        let updated = theirs.update(t0(), |_| Ok(())).await;
        assert!(matches!(updated, Err(Error::Destroyed)));
        assert!(matches!(other.space(space.id()).await, Err(Error::NotFound { .. })));
        assert!(store.spaces(&all()).await.unwrap().items.is_empty());
        assert!(store.space_ids(&all()).await.unwrap().items.is_empty());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_space_keeps_what_it_says_about_itself() {
    on_both(async |place| {
        let store = place.open().await;
        let new = NewSpace { name: "shop".to_owned(), profile: profile(), ..NewSpace::default() };
        let made = store.create_space(new, None, t0()).await.unwrap().into_inner();
        assert_eq!((made.profile, made.updated_at), (profile(), t0()));
        let plain = new_space(&store).await;
        // Another process knows no keys yet.
        let other = place.open().await;
        let listed = other.spaces(&all()).await.unwrap().items;
        let profiles: Vec<Profile> = listed.into_iter().map(|record| record.profile).collect();
        assert_eq!(profiles, [profile(), Profile::default()]);

        let update = plain.update(t0(), |settings| {
            settings.profile = profile();
            Ok(())
        });
        assert_eq!(update.await.unwrap().profile, profile());

        // The profile of one space isn't that of another.
        let mut connection = AnyConnection::connect(&place.database).await.unwrap();
        let exchange = "UPDATE spaces SET profile_sealed =
            (SELECT profile_sealed FROM spaces o WHERE o.number = 1) WHERE number = 2";
        sqlx::query(exchange).execute(&mut connection).await.unwrap();
        assert!(matches!(plain.record().await, Err(Error::Damaged { .. })));
        assert!(matches!(store.spaces(&all()).await, Err(Error::Damaged { .. })));
        assert_eq!(store.space_ids(&all()).await.unwrap().items.len(), 2);
        plain.delete(t0()).await.unwrap();
        let left = "SELECT id FROM spaces WHERE number = 2 AND profile_sealed IS NULL";
        let left = sqlx::query(left).fetch_optional(&mut connection).await.unwrap();
        assert!(left.is_some(), "a deleted space says nothing about itself");
        connection.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn concurrent_updates_of_a_space_lose_nothing() {
    on_both(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let space = new_space(&one).await;
        let theirs = other.space(space.id()).await.unwrap();
        let updates = (0..12).map(|n| {
            let space = if n % 2 == 0 { space.clone() } else { theirs.clone() };
            tokio::spawn(async move {
                let update = space.update(t0(), |settings| {
                    settings.profile.preferences.insert(n.to_string(), true);
                    Ok(())
                });
                update.await.unwrap();
            })
        });
        for update in updates.collect::<Vec<_>>() {
            update.await.unwrap();
        }
        assert_eq!(space.record().await.unwrap().profile.preferences.len(), 12);
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
            let new = NewSpace { name: "shop".to_owned(), ..NewSpace::default() };
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
