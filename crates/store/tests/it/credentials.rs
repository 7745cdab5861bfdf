use jiff::ToSpan as _;
use nightjar_store::{Error, NewKey};

use crate::place::{all, new_space, on_both, t0};

fn key() -> NewKey {
    NewKey {
        role: "operator".to_owned(),
        space: None,
        name: "laptop".to_owned(),
        expires_at: Some(t0() + 1.hour()),
    }
}

#[tokio::test]
async fn a_key_is_known_until_it_expires_or_is_revoked() {
    on_both(async |place| {
        let store = place.open().await;
        assert!(!store.has_credentials(t0()).await.unwrap());
        let issued = store.issue_key(key(), None, t0()).await.unwrap().into_inner();
        assert!(store.has_credentials(t0()).await.unwrap());
        let id = issued.key.id.as_str();
        assert!(id.len() == 20 && id.starts_with("NJAK"), "{id}");
        assert_eq!(issued.secret_access_key.len(), 40);
        let holder = store.holder_of_token(&issued.token, t0()).await.unwrap().unwrap();
        assert_eq!((holder.id.as_str(), holder.role.as_str()), (id, "operator"));
        let (same, secret) = store.holder_of_key(id, t0()).await.unwrap().unwrap();
        assert_eq!((same, secret), (holder.clone(), issued.secret_access_key.clone()));

        let late = t0() + 1.hour();
        assert_eq!(store.holder_of_token(&issued.token, late).await.unwrap(), None);
        assert!(store.holder_of_key(id, late).await.unwrap().is_none());
        assert_eq!(store.holder_of_token("njt_x", t0()).await.unwrap(), None);

        let until = t0() + 8.hours();
        let (_, cookie, _) = store.begin_session(&holder, until, t0()).await.unwrap();
        assert!(store.session(&cookie, t0()).await.unwrap().is_some());
        store.revoke_key(None, id, t0()).await.unwrap();
        assert_eq!(store.holder_of_token(&issued.token, t0()).await.unwrap(), None);
        assert!(store.session(&cookie, t0()).await.unwrap().is_none());
        assert!(!store.has_credentials(t0()).await.unwrap());
        let missing = store.revoke_key(None, "NJAKX", t0()).await;
        assert!(matches!(missing, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn keys_of_a_space_end_with_it() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let new = NewKey { space: Some(space.id().clone()), ..key() };
        let issued = store.issue_key(new.clone(), None, t0()).await.unwrap().into_inner();
        store.issue_key(key(), None, t0()).await.unwrap();
        assert_eq!(store.access_keys(Some(space.id()), &all()).await.unwrap().items.len(), 1);
        assert_eq!(store.access_keys(None, &all()).await.unwrap().items.len(), 2);
        space.delete(t0()).await.unwrap();
        assert_eq!(store.holder_of_token(&issued.token, t0()).await.unwrap(), None);
        assert!(store.holder_of_key(&issued.key.id, t0()).await.unwrap().is_none());
        let late = store.issue_key(new, None, t0()).await;
        assert!(matches!(late, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_link_signs_in_once() {
    on_both(async |place| {
        let store = place.open().await;
        let until = t0() + 15.minutes();
        let link = store.create_sign_in_link("viewer", None, "Ada", until, t0()).await.unwrap();
        let day = t0() + 24.hours();
        let (session, cookie, csrf) =
            store.redeem_link(&link.secret, day, t0()).await.unwrap().unwrap();
        assert!(store.redeem_link(&link.secret, day, t0()).await.unwrap().is_none());
        assert_eq!(session.holder.name, "Ada");
        let found = store.session(&cookie, t0()).await.unwrap().unwrap();
        assert_eq!(found.id, session.id);
        assert!(store.csrf_fits(&cookie, &csrf).await.unwrap());
        assert!(!store.csrf_fits(&cookie, &cookie).await.unwrap());
        assert!(!store.csrf_fits("x", &csrf).await.unwrap());
        assert_eq!(store.sessions(None, t0()).await.unwrap().len(), 1);
        store.end_session(&session.id, t0()).await.unwrap();
        assert!(store.session(&cookie, t0()).await.unwrap().is_none());

        let link = store.create_sign_in_link("viewer", None, "Ada", until, t0()).await.unwrap();
        assert!(store.redeem_link(&link.secret, day, until).await.unwrap().is_none());
    })
    .await;
}
