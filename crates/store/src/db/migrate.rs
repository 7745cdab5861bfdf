//! The schema's versions. A version that was released never changes; another one is another file.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr as _};

use super::{Kind, from_driver};
use crate::{Error, Result};

const SQLITE: [(i64, &str, &str); 10] = [
    (1, "store", include_str!("../../migrations/sqlite/0001_store.sql")),
    (2, "documents", include_str!("../../migrations/sqlite/0002_documents.sql")),
    (3, "tasks", include_str!("../../migrations/sqlite/0003_tasks.sql")),
    (4, "sign in", include_str!("../../migrations/sqlite/0004_sign_in.sql")),
    (5, "intake", include_str!("../../migrations/sqlite/0005_intake.sql")),
    (6, "outbox", include_str!("../../migrations/sqlite/0006_outbox.sql")),
    (7, "queue", include_str!("../../migrations/sqlite/0007_queue.sql")),
    (8, "rules", include_str!("../../migrations/sqlite/0008_rules.sql")),
    (9, "changes", include_str!("../../migrations/sqlite/0009_changes.sql")),
    (10, "takes", include_str!("../../migrations/sqlite/0010_takes.sql")),
];
const POSTGRES: [(i64, &str, &str); 10] = [
    (1, "store", include_str!("../../migrations/postgres/0001_store.sql")),
    (2, "documents", include_str!("../../migrations/postgres/0002_documents.sql")),
    (3, "tasks", include_str!("../../migrations/postgres/0003_tasks.sql")),
    (4, "sign in", include_str!("../../migrations/postgres/0004_sign_in.sql")),
    (5, "intake", include_str!("../../migrations/postgres/0005_intake.sql")),
    (6, "outbox", include_str!("../../migrations/postgres/0006_outbox.sql")),
    (7, "queue", include_str!("../../migrations/postgres/0007_queue.sql")),
    (8, "rules", include_str!("../../migrations/postgres/0008_rules.sql")),
    (9, "changes", include_str!("../../migrations/postgres/0009_changes.sql")),
    (10, "takes", include_str!("../../migrations/postgres/0010_takes.sql")),
];

/// How often a migration is tried where another process migrates the same SQLite file.
const TRIES: u32 = 5;

pub(super) async fn run(kind: Kind, pool: &AnyPool) -> Result<i64> {
    let versions = match kind {
        Kind::Sqlite => SQLITE,
        Kind::Postgres => POSTGRES,
    };
    let newest = versions.iter().map(|(version, ..)| *version).max().unwrap_or_default();
    let migrations = versions.map(|(version, name, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(version, name.into(), kind, sql.into_sql_str(), false)
    });
    let migrator = Migrator::with_migrations(migrations.into());
    let mut tries = 0;
    loop {
        tries += 1;
        match migrator.run(pool).await {
            Ok(()) => return Ok(newest),
            Err(MigrateError::VersionMissing(found)) => {
                return Err(Error::Migration(format!(
                    "the database has schema {found}, this program knows up to {newest}: it was \
                     written by a later version of nightjar"
                )));
            }
            Err(MigrateError::VersionMismatch(version)) => {
                return Err(Error::Migration(format!(
                    "schema {version} of the database isn't the one that was released"
                )));
            }
            Err(MigrateError::Execute(error)) if error.as_database_error().is_none() => {
                return Err(from_driver(error));
            }
            Err(_) if kind == Kind::Sqlite && tries < TRIES => {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
            Err(error) => return Err(Error::Migration(error.to_string())),
        }
    }
}
