use jiff::{SignedDuration, Timestamp, ToSpan as _};
use nightjar_store::{Collection, NewDocument, ProviderSession, Space};
use serde_json::json;

use crate::place::{new_space, on_both, t0};

fn provider() -> ProviderSession {
    ProviderSession {
        issuer: "https://login.example.com".to_owned(),
        client_id: "nightjar".to_owned(),
        subject: "ada-1".to_owned(),
        id_token: "h.p.s".to_owned(),
        end_session: None,
    }
}

async fn configure(space: &Space) -> u64 {
    let new = NewDocument { id: Some("idp".to_owned()), body: json!({}), ..Default::default() };
    let documents = space.documents(Collection::SignIn);
    documents.create(new, None, t0()).await.unwrap().into_inner().number
}

fn until() -> Timestamp {
    t0() + 8.hours()
}

#[tokio::test]
async fn what_a_browser_needs_to_come_back_is_taken_once_and_in_time() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let (kept, soon) = (json!({ "state": "s" }), t0() + SignedDuration::from_mins(10));
        let cookie = space.keep_sign_in(&kept, soon, t0()).await.unwrap();
        assert!(store.take_sign_in("guess", t0()).await.unwrap().is_none());
        let (of, taken) = store.take_sign_in(&cookie, t0()).await.unwrap().unwrap();
        assert_eq!((of.id(), taken), (space.id(), kept.clone()));
        assert!(store.take_sign_in(&cookie, t0()).await.unwrap().is_none());
        let late = space.keep_sign_in(&kept, soon, t0()).await.unwrap();
        assert!(store.take_sign_in(&late, soon).await.unwrap().is_none());
        space.keep_sign_in(&kept, soon, t0()).await.unwrap();
        assert_eq!(store.maintain(soon).await.unwrap().links, 1);
        let gone = space.keep_sign_in(&kept, soon, t0()).await.unwrap();
        space.delete(t0()).await.unwrap();
        assert!(store.take_sign_in(&gone, t0()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_with_the_provider_that_vouched_for_its_holder() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let number = configure(&space).await;
        let who = ("Ada", "operator");
        let begun = space.begin_provider_session(who, number, &provider(), (until(), t0())).await;
        let (record, cookie, csrf) = begun.unwrap();
        let session = store.session(&cookie, t0()).await.unwrap().unwrap();
        assert_eq!(
            (session.holder.role.as_str(), session.holder.name.as_str()),
            ("operator", "Ada")
        );
        assert!(store.csrf_fits(&cookie, &csrf).await.unwrap());
        let remembered = space.provider_session(&record.id).await.unwrap();
        assert_eq!(remembered, Some(provider()));
        let other = new_space(&store).await;
        assert_eq!(other.provider_session(&record.id).await.unwrap(), None);
        assert_eq!(store.sessions(Some(space.id()), t0()).await.unwrap().len(), 1);
        space.documents(Collection::SignIn).delete("idp").await.unwrap();
        assert!(store.session(&cookie, t0()).await.unwrap().is_none());
        assert!(store.sessions(Some(space.id()), t0()).await.unwrap().is_empty());
        // The same provider once more is another agreement.
        assert_ne!(configure(&space).await, number);
        assert!(store.session(&cookie, t0()).await.unwrap().is_none());
    })
    .await;
}
