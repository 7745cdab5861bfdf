//! What somebody reads who has the files and not the master key.

use std::collections::BTreeMap;
use std::path::Path;

use nightjar_incident::journal::{Chain, Kind};
use nightjar_store::{
    Collection, NewCapsule, NewConnection, NewDocument, NewFeedback, NewKey, Rating,
};
use serde_json::json;

use crate::fixture::incident;
use crate::place::{Place, new_space, t0};

/// A text that stands in everything which has to be sealed.
const MARK: &str = "sesame-9f3c-what-customers-said";

fn holds(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holds(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|w| w == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn without_the_master_key_nothing_that_was_said_is_readable() {
    let place = Place::sqlite();
    let store = place.open().await;
    let space = new_space(&store).await;
    let capsule = NewCapsule {
        name: MARK.to_owned(),
        archive: MARK.repeat(3).into_bytes(),
        redacted: BTreeMap::new(),
        notes: vec![MARK.to_owned()],
    };
    space.create_capsule(capsule, None, t0()).await.unwrap();
    let connection = NewConnection {
        kind: "capsule".to_owned(),
        name: "recorded".to_owned(),
        config: json!({ "capsule": "cap-1", "password": MARK }),
    };
    let connection = space.create_connection(connection, None, t0()).await.unwrap().into_inner();
    space.start_investigation(&connection.id, None, t0()).await.unwrap();
    space.request("inv-1", &json!({ "why": MARK }), None, t0()).await.unwrap();
    let mut state = incident(space.id(), "inc-1-1", 2);
    for alert in &mut state.incident.alerts {
        alert.title = MARK.to_owned();
    }
    space.keep_incident("inv-1", &state).await.unwrap();
    let feedback = NewFeedback {
        incident: state.incident.id.clone(),
        rating: Rating::Wrong,
        actual_entity: Some(MARK.to_owned()),
        actual_cause: Some(MARK.to_owned()),
        by: "Ada".to_owned(),
    };
    space.give_feedback(feedback, None, t0()).await.unwrap();
    for documents in [space.documents(Collection::Goal), store.documents(Collection::Service)] {
        let new = NewDocument { body: json!({ "secret": MARK }), ..NewDocument::default() };
        documents.create(new, None, t0()).await.unwrap();
    }
    let update = space.update(t0(), |settings| {
        settings.profile.description = Some(MARK.to_owned());
        settings.profile.tags.insert(MARK.to_owned(), MARK.to_owned());
        Ok(())
    });
    update.await.unwrap();
    space.keep_originals(&[("‹email:1›".to_owned(), MARK.to_owned())]).await.unwrap();
    let mut chain = Chain::new(space.id().clone(), "inc-1-1/exec-1");
    let entry = chain.append(t0(), Kind::Finding, "test", json!({ "said": MARK })).unwrap();
    space.append(&[entry], t0()).await.unwrap();
    let key = NewKey {
        role: "viewer".to_owned(),
        space: Some(space.id().clone()),
        name: "wall".to_owned(),
        expires_at: None,
    };
    let key = store.issue_key(key, None, t0()).await.unwrap().into_inner();
    store.close().await;

    assert_eq!(holds(place.folder.path(), "recorded").len(), 1, "what isn't sealed is found");
    for text in [MARK, &key.token, &key.secret_access_key] {
        assert_eq!(holds(place.folder.path(), text), Vec::<String>::new(), "{text}");
    }
}
