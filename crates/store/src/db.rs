//! The database: one SQL text for SQLite and PostgreSQL through sqlx's `Any` driver.
//!
//! Decision record 7 says why. What the two don't share (locks, opening) is in this file and below.

mod error;
mod migrate;
mod row;

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Executor as _};

pub(crate) use error::{from_driver, is_duplicate};
pub(crate) use row::{Columns, id, micros, number, whole};

use crate::{Error, Result};

/// A transaction that may write.
pub(crate) type Tx = sqlx::Transaction<'static, sqlx::Any>;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// Connections to it.
#[derive(Clone)]
pub(crate) struct Db {
    kind: Kind,
    /// PostgreSQL: the same pool as `write`. SQLite: readers, which don't wait for the writer; in
    /// memory there is one connection for both.
    read: AnyPool,
    write: AnyPool,
}

/// How long a caller waits for a free connection, or for a database that is away, until it is told.
const WAIT: Duration = Duration::from_secs(5);

impl Db {
    /// Connects; doesn't touch the schema.
    pub(crate) async fn open(url: &str, max_connections: u32) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let max = max_connections.max(1);
        if url.starts_with("sqlite:") {
            return Self::open_sqlite(url, max).await;
        }
        if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(Error::Invalid(
                "the database's URL begins with `sqlite:` or `postgres:`".to_owned(),
            ));
        }
        let pool = AnyPoolOptions::new()
            .max_connections(max)
            .acquire_timeout(WAIT)
            .after_connect(|connection, _| Box::pin(prepare_postgres(connection)))
            .connect_with(options(url)?)
            .await
            .map_err(from_driver)?;
        Ok(Self { kind: Kind::Postgres, read: pool.clone(), write: pool })
    }

    async fn open_sqlite(url: &str, max: u32) -> Result<Self> {
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let url = match url.split_once('?') {
            None if !in_memory => format!("{url}?mode=rwc"),
            Some((path, rest)) if !in_memory && !rest.contains("mode=") => {
                format!("{path}?mode=rwc&{rest}")
            }
            _ => url.to_owned(),
        };
        // A connection in memory is the database: it must never be dropped for being idle.
        let pool = || {
            AnyPoolOptions::new()
                .acquire_timeout(WAIT)
                .min_connections(u32::from(in_memory))
                .max_lifetime(None)
                .idle_timeout(None)
                .test_before_acquire(false)
        };
        let write = pool()
            .max_connections(1)
            .after_connect(|connection, _| Box::pin(prepare_sqlite(connection)))
            .connect_with(options(&url)?)
            .await
            .map_err(from_driver)?;
        if in_memory {
            return Ok(Self { kind: Kind::Sqlite, read: write.clone(), write });
        }
        let read = pool()
            .max_connections(max)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    prepare_sqlite(&mut *connection).await?;
                    connection.execute("PRAGMA query_only = ON").await.map(drop)
                })
            })
            .connect_with(options(&url)?)
            .await
            .map_err(from_driver)?;
        Ok(Self { kind: Kind::Sqlite, read, write })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Brings the schema to this program's version and says which that is.
    pub(crate) async fn migrate(&self) -> Result<i64> {
        migrate::run(self.kind, &self.write).await
    }

    /// For statements that only read.
    pub(crate) fn read(&self) -> &AnyPool {
        &self.read
    }

    /// For single statements that write.
    pub(crate) fn write(&self) -> &AnyPool {
        &self.write
    }

    /// Begins a transaction that may write. While it runs, nothing else of this process may be asked
    /// of [`Self::write`] by the same task: SQLite has one writer.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let statement = match self.kind {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        };
        begin(&self.write, statement).await
    }

    /// Begins a transaction that only reads, and sees the database as it is now until it ends.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let statement = match self.kind {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        begin(&self.read, statement).await
    }

    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Begins a transaction in a task of its own, which ends even if nobody waits for it any more. sqlx 0.9 forgets
/// a PostgreSQL transaction that was being begun when its future was dropped (a client that hung up, a worker
/// that was stopped): the connection would go back to the pool with the transaction open, and what others
/// then write on it would be acknowledged and not durable.
async fn begin(pool: &AnyPool, statement: &'static str) -> Result<Tx> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    let aborted = |error| sqlx::Error::Io(std::io::Error::other(error));
    begun.map_err(aborted).flatten().map_err(from_driver)
}

/// The next number of a kind of thing in a space (empty: of the installation), without gaps where the
/// transaction is committed.
pub(crate) async fn next_number(tx: &mut Tx, space: &str, what: &str) -> Result<u64> {
    let row = sqlx::query(
        "INSERT INTO counters (space, what, last) VALUES ($1, $2, 1)
         ON CONFLICT (space, what) DO UPDATE SET last = counters.last + 1
         RETURNING last",
    )
    .bind(space.to_owned())
    .bind(what.to_owned())
    .fetch_one(&mut **tx)
    .await
    .map_err(from_driver)?;
    row.count("last")
}

fn options(url: &str) -> Result<AnyConnectOptions> {
    // The driver's own words could repeat the URL, and a URL may hold a password.
    url.parse().map_err(|_| Error::Invalid("the database's URL can't be read".to_owned()))
}

async fn prepare_sqlite(connection: &mut AnyConnection) -> sqlx::Result<()> {
    // `recursive_triggers`: without it REPLACE would delete rows past the triggers that forbid it.
    for pragma in [
        "PRAGMA busy_timeout = 5000",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA secure_delete = ON",
    ] {
        connection.execute(pragma).await?;
    }
    Ok(())
}

async fn prepare_postgres(connection: &mut AnyConnection) -> sqlx::Result<()> {
    // `synchronous_commit`: what is acknowledged is durable, whatever the server's default.
    for setting in [
        "SET statement_timeout = '30s'",
        "SET lock_timeout = '10s'",
        "SET idle_in_transaction_session_timeout = '60s'",
        "SET synchronous_commit = on",
        "SET client_min_messages = warning",
    ] {
        connection.execute(setting).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transaction_that_nobody_waits_for_is_not_left_open() {
        let Some(postgres) = nightjar_pgtest::database() else { return };
        let db = Db::open(&postgres.url, 1).await.unwrap();
        for micros in 0..200 {
            let pause = Duration::from_micros(micros * 5);
            let _ = tokio::time::timeout(pause, db.begin()).await;
            // The time at which the transaction began.
            let now = async || {
                let row = sqlx::query("SELECT now()::text AS now").fetch_one(db.write()).await;
                row.unwrap().text("now").unwrap()
            };
            assert_ne!(now().await, now().await, "cut off after {pause:?}");
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_goes_on_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/x.db", folder.path().display());
        let db = Db::open(&url, 1).await.unwrap();
        db.migrate().await.unwrap();
        let limit = async |pages: &'static str| {
            sqlx::query(pages).execute(db.write()).await.unwrap();
        };
        let insert = async |name: String| {
            let statement = "INSERT INTO originals (space, pseudonym, sealed) VALUES ('s', $1, $2)";
            let query = sqlx::query(statement).bind(name).bind(vec![7_u8; 4000]);
            query.execute(db.write()).await.map(drop).map_err(from_driver)
        };
        limit("PRAGMA max_page_count = 150").await;
        let mut full = None;
        for number in 0..200 {
            if let Err(error) = insert(number.to_string()).await {
                full = Some(error);
                break;
            }
        }
        assert!(matches!(full, Some(Error::Full(_))), "{full:?}");
        limit("PRAGMA max_page_count = 1000").await;
        insert("later".to_owned()).await.unwrap();
    }
}
