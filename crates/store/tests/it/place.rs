//! Where a test keeps its data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_store::{MasterKeyFile, NewSpace, Options, PageRequest, Space, Store};
use tempfile::TempDir;

/// A database, blobs and a master key of one test.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    /// Where the database is, as [`Options::database`] has it.
    pub(crate) database: String,
    _postgres: Option<nightjar_pgtest::Database>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/nightjar.db", folder.path().display());
        Self { folder, database, _postgres: None }
    }

    pub(crate) fn postgres() -> Option<Self> {
        let postgres = nightjar_pgtest::database()?;
        let folder = tempfile::tempdir().unwrap();
        Some(Self { folder, database: postgres.url.clone(), _postgres: Some(postgres) })
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.database.starts_with("sqlite")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    pub(crate) fn options(&self) -> Options {
        Options { database: self.database.clone(), ..Self::options_in(self.folder.path()) }
    }

    /// Options for a folder with key and blobs; without a database.
    pub(crate) fn options_in(folder: &Path) -> Options {
        Options {
            database: String::new(),
            blobs: format!("file://{}", folder.join("blobs").display()),
            blob_options: Vec::new(),
            master: Arc::new(MasterKeyFile::open(&folder.join("master.key"), true).unwrap()),
            location: None,
            max_connections: 8,
            process: format!("test-{}", std::process::id()),
        }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(self.options()).await.unwrap()
    }
}

/// Runs a test on both databases.
pub(crate) async fn on_both(test: impl AsyncFn(&Place)) {
    test(&Place::sqlite()).await;
    if let Some(place) = Place::postgres() {
        test(&place).await;
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A time to begin with; tests add to it.
pub(crate) fn t0() -> Timestamp {
    at("2026-11-23T03:00:00Z")
}

pub(crate) async fn new_space(store: &Store) -> Space {
    let new = NewSpace { name: "shop".to_owned(), ..NewSpace::default() };
    let record = store.create_space(new, None, t0()).await.unwrap().into_inner();
    store.space(&record.id).await.unwrap()
}

/// Everything on one page.
pub(crate) fn all() -> PageRequest {
    PageRequest { limit: 1000, after: None }
}
