//! Databases of every version that was released are brought to this one.
//!
//! `tests/schemas/<version>/` holds dumps of a small installation as that version wrote it, its master
//! key and the marker of its blobs. `tests/schemas/write` makes them from the code as it is, before a
//! version is released.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightjar_incident::SpaceId;
use nightjar_store::{Collection, Error, MasterKeyFile, NewDocument, Options, Profile, Store};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use crate::fixture::{append, call, incident};
use crate::place::{Place, all, new_space, on_both, t0};

/// The newest version.
const NEWEST: i64 = 10;

/// The versions that were released, each with its folder.
const RELEASED: [i64; 1] = [1];

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas")
}

async fn connect(place: &Place) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let url = match place.is_sqlite() {
        true => format!("{}?mode=rwc", place.database),
        false => place.database.clone(),
    };
    AnyConnection::connect(&url).await.unwrap()
}

#[tokio::test]
async fn every_earlier_version_is_brought_to_this_one() {
    on_both(async |place| {
        for version in RELEASED {
            let place =
                if place.is_sqlite() { Place::sqlite() } else { Place::postgres().unwrap() };
            let folder = schemas().join(version.to_string());
            let database = if place.is_sqlite() { "sqlite" } else { "postgres" };
            let dump = std::fs::read_to_string(folder.join(format!("{database}.sql"))).unwrap();
            let mut connection = connect(&place).await;
            sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            std::fs::create_dir(place.blobs()).unwrap();
            let marker = folder.join(format!("{database}.location.json"));
            std::fs::copy(marker, place.blobs().join("location")).unwrap();
            // A copy: git doesn't keep the mode that a key file has to have.
            let key = place.folder.path().join("old.key");
            let text = std::fs::read_to_string(folder.join("master.key")).unwrap();
            MasterKeyFile::open(&key, true).unwrap();
            std::fs::write(&key, text).unwrap();
            let master = Arc::new(MasterKeyFile::open(&key, false).unwrap());

            let store = Store::open(Options { master, ..place.options() }).await.unwrap();
            assert_eq!(store.health().await.schema, NEWEST);
            let report = store.verify(&[]).await.unwrap();
            assert_eq!(report.findings, []);
            assert_eq!((report.entries, report.opened), (4, 4));
            let spaces = store.spaces(&all()).await.unwrap().items;
            assert_eq!(spaces[0].profile, Profile::default());
            assert_eq!(spaces[0].updated_at, spaces[0].created_at);
            let space = store.space(&spaces[0].id).await.unwrap();
            assert_eq!(space.incidents(&Default::default(), &all()).await.unwrap().items.len(), 1);
            append(&space, "play-1/a", 1).await;
            let goals = space.documents(Collection::Goal);
            goals.create(NewDocument::default(), None, t0()).await.unwrap();
            let update = space.update(t0(), |settings| {
                settings.profile.locale = Some("en".to_owned());
                Ok(())
            });
            assert_eq!(update.await.unwrap().profile.locale.as_deref(), Some("en"));
            store.close().await;
        }
    })
    .await;
}

/// Not a test but what makes the folder above; passes at once where it isn't asked to.
#[tokio::test]
async fn an_installation_to_dump() {
    let Ok(folder) = std::env::var("NIGHTJAR_WRITE_SCHEMA") else { return };
    let folder = PathBuf::from(folder);
    let mut databases = vec![("sqlite", format!("sqlite://{}/nightjar.db", folder.display()))];
    let postgres = std::env::var("NIGHTJAR_TEST_POSTGRES");
    databases.extend(postgres.map(|url| ("postgres", url)));
    for (name, database) in databases {
        let store = Store::open(Options { database, ..Place::options_in(&folder) }).await.unwrap();
        let space = new_space(&store).await;
        let goals = space.documents(Collection::Goal);
        goals.create(NewDocument::default(), None, t0()).await.unwrap();
        append(&space, "play-1/a", 3).await;
        space.checkpoint(t0()).await.unwrap();
        store.audit(call(1)).await.unwrap();
        space.keep_incident("inv-1", &incident(space.id(), "inc-1-1", 1)).await.unwrap();
        store.close().await;
        // The next database is another installation, with blobs of its own.
        let marker = folder.join("blobs/location");
        std::fs::rename(marker, folder.join(format!("{name}.location.json"))).unwrap();
    }
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    on_both(async |place| {
        place.open().await.close().await;
        let mut connection = connect(place).await;
        let later = "INSERT INTO _sqlx_migrations
            (version, description, success, checksum, execution_time)
            SELECT 999, 'later', success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
        sqlx::query(later).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let Err(Error::Migration(told)) = Store::open(place.options()).await else {
            panic!("a later version was opened");
        };
        assert!(told.contains("999") && told.contains("later version"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let Some(postgres) = Place::postgres() else { return };
    let sqlite = Place::sqlite();
    let columns = async |place: &Place, statement: &'static str| {
        place.open().await.close().await;
        let mut connection = connect(place).await;
        let rows = sqlx::query(statement).fetch_all(&mut connection).await.unwrap();
        let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for row in rows {
            let kind = match row.get::<String, _>(2).to_uppercase().as_str() {
                "BIGINT" => "INTEGER".to_owned(),
                "BYTEA" => "BLOB".to_owned(),
                other => other.to_owned(),
            };
            tables.entry(row.get(0)).or_default().push((row.get(1), kind));
        }
        tables
    };
    let lite = columns(
        &sqlite,
        "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'
         ORDER BY m.name, c.cid",
    );
    let pg = columns(
        &postgres,
        "SELECT table_name::text, column_name::text, data_type::text
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'
         ORDER BY table_name::text COLLATE \"C\", ordinal_position",
    );
    assert_eq!(lite.await, pg.await);
}

#[tokio::test]
async fn an_unknown_space_isnt_found() {
    on_both(async |place| {
        let store = place.open().await;
        for unknown in ["", "x", "../..", "a\0b"] {
            let found = store.space(&SpaceId::new(unknown)).await;
            let told = found.map(drop);
            assert!(matches!(told, Err(Error::NotFound { .. } | Error::Invalid(_))), "{told:?}");
        }
    })
    .await;
}
