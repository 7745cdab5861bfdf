use std::sync::Arc;

use nightjar_store::{Error, MasterKeyFile, NewSpace, Options, Store};

use crate::place::{Place, new_space, on_both, t0};

fn of(place: &Place, location: Option<&str>) -> Options {
    Options { location: location.map(str::to_owned), ..place.options() }
}

#[tokio::test]
async fn data_of_one_location_isnt_opened_in_another() {
    on_both(async |place| {
        Store::open(of(place, Some("eu-central-1"))).await.unwrap().close().await;
        let other = Store::open(of(place, Some("us-east-1"))).await;
        assert!(matches!(other, Err(Error::WrongLocation { what: "database", .. })));
        let store = Store::open(of(place, Some("eu-central-1"))).await.unwrap();
        let space = |location: &str| NewSpace {
            name: "shop".to_owned(),
            location: Some(location.to_owned()),
            ..NewSpace::default()
        };
        let refused = store.create_space(space("us-east-1"), None, t0()).await;
        assert!(matches!(refused, Err(Error::WrongLocation { .. })));
        let made = store.create_space(space("eu-central-1"), None, t0()).await.unwrap();
        assert_eq!(made.into_inner().location.as_deref(), Some("eu-central-1"));
    })
    .await;
}

#[tokio::test]
async fn blobs_of_another_place_or_installation_are_refused() {
    on_both(async |place| {
        Store::open(of(place, Some("eu-central-1"))).await.unwrap().close().await;
        let marker = place.blobs().join("location");
        let text = std::fs::read_to_string(&marker).unwrap();
        std::fs::write(&marker, text.replace("eu-central-1", "us-east-1")).unwrap();
        let moved = Store::open(of(place, None)).await;
        assert!(matches!(moved, Err(Error::WrongLocation { what: "store of the blobs", .. })));
        std::fs::write(&marker, r#"{"installation":"x","location":"eu-central-1"}"#).unwrap();
        assert!(matches!(Store::open(of(place, None)).await, Err(Error::Conflict(_))));
        std::fs::remove_file(&marker).unwrap();
        assert!(matches!(Store::open(of(place, None)).await, Err(Error::Damaged { .. })));
        std::fs::write(&marker, text).unwrap();
        Store::open(of(place, None)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_master_key_is_refused_when_the_store_is_opened() {
    on_both(async |place| {
        let store = place.open().await;
        new_space(&store).await;
        let key = place.folder.path().join("other.key");
        let master = Arc::new(MasterKeyFile::open(&key, true).unwrap());
        let other = Store::open(Options { master, ..place.options() }).await;
        assert!(matches!(other, Err(Error::MasterKey(_))));
    })
    .await;
}

#[test]
fn a_master_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    assert!(matches!(MasterKeyFile::open(&path, false), Err(Error::MasterKey(_))));
    MasterKeyFile::open(&path, true).unwrap();
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
    mode(0o640).unwrap();
    assert!(matches!(MasterKeyFile::open(&path, true), Err(Error::MasterKey(_))));
    mode(0o600).unwrap();
    std::fs::write(&path, "too short").unwrap();
    assert!(matches!(MasterKeyFile::open(&path, true), Err(Error::MasterKey(_))));
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1);
}
