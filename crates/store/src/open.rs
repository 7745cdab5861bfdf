use std::sync::Arc;

use crate::{KeyService, Result};

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
    /// made for one location refuses to open with another.
    pub location: Option<String>,
    /// Connections to PostgreSQL, readers of SQLite.
    pub max_connections: u32,
    /// This process, for leases of the queue: unique per start.
    pub process: String,
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    _inner: Arc<()>,
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

impl Store {
    /// Opens the store and brings its schema to this version.
    pub async fn open(options: Options) -> Result<Self> {
        let _ = options;
        todo!()
    }
    /// Asks database and blobs whether they answer.
    pub async fn health(&self) -> Health {
        todo!()
    }
    /// Writes a consistent copy of the database (SQLite only: `VACUUM INTO`) to a file.
    pub async fn copy_database(&self, to: &std::path::Path) -> Result<()> {
        let _ = to;
        todo!()
    }
    /// Closes all connections after what runs has ended.
    pub async fn close(&self) {}
}
