use nightjar_incident::journal::Entry;
use nightjar_incident::{LogRecord, Recording};
use nightjar_oncall::{BadConfig, Error, capsule, check, export_capsule, import_capsule};
use serde_json::json;

use crate::house::{House, archive, assert_same, directly, small};

const EMAIL: &str = "jane.doe@customer.example";
const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

/// The simulated shop, where somebody wrote what nobody should have.
fn leaky() -> Recording {
    let mut recording = nightjar_world::demo();
    let told = format!("payment of {EMAIL} failed: bad token {TOKEN}");
    for line in recording.logs.iter_mut().step_by(3) {
        let LogRecord { body, .. } = line;
        *body = told.clone();
    }
    for alert in &mut recording.alerts {
        if let Some(fields) = alert.payload.as_object_mut() {
            fields.insert("note".into(), json!(told));
        }
    }
    for change in &mut recording.changes {
        change.author = Some(EMAIL.to_owned());
    }
    recording
}

#[tokio::test]
async fn nothing_that_is_stored_or_exported_holds_what_was_redacted() {
    let house = House::new().await;
    let id = house.start(&leaky()).await.id;
    let page = nightjar_store::PageRequest { limit: 10, after: None };
    let capsule = house.space.capsules(&page).await.unwrap().items.remove(0);
    assert!(!capsule.redacted.is_empty());
    house.work(&id).await;
    let mut stored = house.space.capsule_archive(&capsule.id).await.unwrap();
    stored.extend(serde_json::to_vec(&house.journal().await).unwrap());
    stored.extend(serde_json::to_vec(&house.states(&id).await).unwrap());
    for alert in house.alerts().await {
        stored.extend(serde_json::to_vec(&(alert.raw, alert.alert, alert.triage)).unwrap());
    }
    stored.extend(export_capsule(&house.space, &house.recordings, &id).await.unwrap().archive);
    let stored = String::from_utf8(stored).unwrap();
    assert!(!stored.contains(EMAIL));
    assert!(!stored.contains("jane.doe"));
    assert!(!stored.contains(TOKEN));
}

#[tokio::test]
async fn an_exported_capsule_replays_the_same() {
    let house = House::new().await;
    let id = house.start(&leaky()).await.id;
    house.work(&id).await;
    let exported = export_capsule(&house.space, &house.recordings, &id).await.unwrap();
    let (recording, journal): (Recording, Option<Vec<Entry>>) =
        serde_json::from_slice(&exported.archive).unwrap();
    let journal = journal.unwrap();
    assert!(!journal.is_empty());
    assert_same(&directly(house.space.id(), &recording, &[]).journal, &journal);
    assert_eq!(
        house.states(&id).await.len(),
        house.space.investigation(&id).await.unwrap().incidents.len()
    );
}

#[tokio::test]
async fn the_same_capsule_comes_to_the_same_bytes_and_no_capsule_to_an_error() {
    let house = House::new().await;
    let import = async |bytes| {
        import_capsule(&house.space, &house.recordings, bytes, None, house.now()).await
    };
    let mut kept = Vec::new();
    for _ in 0..2 {
        let record = import(archive(&leaky())).await.unwrap().into_inner();
        kept.push(house.space.capsule_archive(&record.id).await.unwrap());
    }
    assert_eq!(kept[0], kept[1]);
    let error = import(b"not a capsule".to_vec()).await.unwrap_err();
    assert!(matches!(error, Error::Archive(_)), "{error}");
}

#[tokio::test]
async fn a_connection_needs_a_capsule_that_is_there() {
    let house = House::new().await;
    let import =
        import_capsule(&house.space, &house.recordings, archive(&small()), None, house.now());
    let id = import.await.unwrap().into_inner().id;
    let (kind, registry) = (capsule().kind, &house.registry);
    check(registry, kind, &json!({ "capsule": id }), &house.space).await.unwrap();
    let error =
        check(registry, kind, &json!({ "capsule": "cap-77" }), &house.space).await.unwrap_err();
    match error {
        Error::Config(BadConfig::Field { field, reason }) => {
            assert_eq!(
                (field.as_str(), reason.as_str()),
                ("capsule", "there is no capsule `cap-77`")
            );
        }
        other => panic!("{other}"),
    }
}
