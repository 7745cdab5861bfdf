use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use tokio::sync::{Notify, watch};

use crate::audit::AuditWriter;
use crate::blobs::Blobs;
use crate::db::{Db, Kind, from_driver};
use crate::installation::Installation;
use crate::sealed::SpaceKeys;
use crate::watch::Watchers;
use crate::{Error, KeyService, Result};

/// Where everything is kept.
pub struct Options {
    /// `sqlite:///path/file.db`, `sqlite::memory:` or `postgres://…`.
    pub database: String,
    /// `file:///path` or `s3://bucket/prefix` (endpoint and credentials from `blob_options`).
    pub blobs: String,
    /// Options of the blob store: `endpoint`, `region`, `access_key_id`, `secret_access_key`, `allow_http`.
    pub blob_options: Vec<(String, String)>,
    /// The master key.
    pub master: Arc<dyn KeyService>,
    /// Where database and blobs are, e.g. `eu-central-1`; `None`: not stated. An installation that was
    /// made for one location refuses to open with another, and one that was made without refuses any;
    /// who states none takes the installation's.
    pub location: Option<String>,
    /// Connections to PostgreSQL, readers of SQLite.
    pub max_connections: u32,
    /// This process, for leases of the queue: unique per start.
    pub process: String,
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) schema: i64,
    pub(crate) blobs: Blobs,
    pub(crate) master: Arc<dyn KeyService>,
    pub(crate) installation: Arc<Installation>,
    pub(crate) process: String,
    pub(crate) audit: AuditWriter,
    pub(crate) watchers: Watchers,
    /// Told when a job was put into the queue.
    pub(crate) work: Notify,
    /// Told when events may have been written into the outbox.
    pub(crate) outbox: Notify,
    /// How often something was cancelled by this process.
    pub(crate) cancels: watch::Sender<u64>,
    /// Keys of spaces that were opened; whether a space still exists is asked each time.
    pub(crate) keys: Mutex<BTreeMap<SpaceId, Arc<SpaceKeys>>>,
    /// Journal entries this process has written.
    pub(crate) appended: AtomicU64,
}

/// How the store is.
#[derive(Clone, Debug)]
pub struct Health {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// The schema's version.
    pub schema: i64,
    /// Whether the database answers.
    pub database_ok: bool,
    /// Whether the blobs answer.
    pub blobs_ok: bool,
}

/// How long [`Store::health`] waits for an answer.
const HEALTH_WAIT: Duration = Duration::from_secs(3);

impl Store {
    /// Opens the store and brings its schema to this version.
    ///
    /// # Errors
    /// [`Error::MasterKey`] if the data was written with another master key, [`Error::Migration`] if
    /// the database is of a later version, [`Error::WrongLocation`] if database or blobs belong to
    /// another location.
    pub async fn open(options: Options) -> Result<Self> {
        let db = Db::open(&options.database, options.max_connections).await?;
        let schema = db.migrate().await?;
        let blobs = Blobs::open(&options.blobs, &options.blob_options)?;
        let installation = Installation::open(
            &db,
            &blobs,
            &options.master,
            options.location.as_deref(),
            Timestamp::now(),
        )
        .await?;
        let installation = Arc::new(installation);
        let inner = Inner {
            audit: AuditWriter::start(db.clone(), Arc::clone(&installation)),
            watchers: Watchers::new(db.clone()),
            db,
            schema,
            blobs,
            master: options.master,
            installation,
            process: options.process,
            work: Notify::new(),
            outbox: Notify::new(),
            cancels: watch::Sender::new(0),
            keys: Mutex::default(),
            appended: AtomicU64::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Asks database and blobs whether they answer.
    pub async fn health(&self) -> Health {
        let database = sqlx::query("SELECT 1").execute(self.inner.db.read());
        let (database, blobs) = futures::future::join(
            tokio::time::timeout(HEALTH_WAIT, database),
            tokio::time::timeout(HEALTH_WAIT, self.inner.blobs.marker()),
        )
        .await;
        Health {
            database: match self.inner.db.kind() {
                Kind::Sqlite => "sqlite",
                Kind::Postgres => "postgres",
            },
            schema: self.inner.schema,
            database_ok: matches!(database, Ok(Ok(_))),
            blobs_ok: matches!(blobs, Ok(Ok(Some(_)))),
        }
    }

    /// Whether other processes may use the same database at the same time.
    pub fn is_shared(&self) -> bool {
        self.inner.db.kind() == Kind::Postgres
    }

    /// Journal entries this process has written since it began, for metrics.
    pub fn appended(&self) -> u64 {
        self.inner.appended.load(Ordering::Relaxed)
    }

    /// Writes a consistent copy of the database (SQLite only: `VACUUM INTO`) to a file.
    ///
    /// # Errors
    /// [`Error::Invalid`] with PostgreSQL, which has `pg_dump` for it, and for a file that exists.
    pub async fn copy_database(&self, to: &Path) -> Result<()> {
        if self.inner.db.kind() != Kind::Sqlite {
            return Err(Error::Invalid(
                "only SQLite is copied by nightjar; use pg_dump for PostgreSQL".to_owned(),
            ));
        }
        if to.exists() {
            return Err(Error::Invalid(format!("`{}` exists already", to.display())));
        }
        let to = to
            .to_str()
            .ok_or_else(|| Error::Invalid("the path of the copy isn't UTF-8".to_owned()))?;
        sqlx::query("VACUUM INTO $1")
            .bind(to.to_owned())
            .execute(self.inner.db.write())
            .await
            .map_err(from_driver)?;
        Ok(())
    }

    /// Closes all connections after what runs has ended.
    pub async fn close(&self) {
        self.inner.watchers.stop();
        self.inner.audit.finish().await;
        self.inner.db.close().await;
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    /// The keys of a space that was opened before.
    pub(crate) fn known_keys(&self, id: &SpaceId) -> Option<Arc<SpaceKeys>> {
        self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn keep_keys(&self, id: &SpaceId, keys: &Arc<SpaceKeys>) {
        let mut known = self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.clone(), Arc::clone(keys));
    }

    pub(crate) fn forget_keys(&self, id: &SpaceId) {
        self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
