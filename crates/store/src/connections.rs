use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::db::{Columns as _, from_driver, id, is_duplicate, micros, number};
use crate::once::{claim, clean, settle};
use crate::{Created, Error, Once, Page, PageRequest, Result, Space};

/// A connection to be made.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// The connector's kind: `capsule`.
    pub kind: String,
    /// What people call it; unique in the space.
    pub name: String,
    /// Its settings; sealed.
    pub config: serde_json::Value,
}

/// A configured connection.
#[derive(Clone, Debug)]
pub struct ConnectionRecord {
    /// `con-1`.
    pub id: String,
    /// The connector's kind.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Its settings.
    pub config: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Space {
    /// Makes a connection. A name that exists is [`crate::Error::Conflict`].
    ///
    /// Where its settings name a capsule of this space (`"capsule": "cap-1"`), that has to exist, and
    /// can't be deleted as long as the connection is there.
    pub async fn create_connection(
        &self,
        new: NewConnection,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<ConnectionRecord>> {
        clean(&new.kind)?;
        clean(&new.name)?;
        let capsule = new.config.get("capsule").and_then(serde_json::Value::as_str);
        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.connection(&made).await.map(Created::Again);
        }
        if let Some(capsule) = capsule {
            let found = sqlx::query("SELECT id FROM capsules WHERE space = $1 AND id = $2")
                .bind(id(&self.id))
                .bind(capsule.to_owned())
                .fetch_optional(&mut *tx)
                .await
                .map_err(from_driver)?;
            found.ok_or_else(|| Error::NotFound { what: "capsule", id: capsule.to_owned() })?;
        }
        let next = self.next(&mut tx, "connection").await?;
        let name = format!("con-{next}");
        sqlx::query(
            "INSERT INTO connections (space, number, id, kind, name, capsule, config_sealed,
                                      created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id(&self.id))
        .bind(number(next)?)
        .bind(name.clone())
        .bind(new.kind)
        .bind(new.name.clone())
        .bind(capsule.map(str::to_owned))
        .bind(self.seal("connection", &name, &new.config)?)
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(|error| match is_duplicate(&error) {
            true => Error::Conflict(format!("a connection `{}` exists already", new.name)),
            false => from_driver(error),
        })?;
        settle(&mut tx, once, &name).await?;
        tx.commit().await.map_err(from_driver)?;
        self.connection(&name).await.map(Created::New)
    }

    /// All connections, oldest first.
    pub async fn connections(&self, page: &PageRequest) -> Result<Page<ConnectionRecord>> {
        self.alive().await?;
        let [after] = page.keys("connections")?.unwrap_or([0]);
        let rows = sqlx::query(
            "SELECT number, id, kind, name, config_sealed, created_at FROM connections
             WHERE space = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .bind(id(&self.id))
        .bind(after)
        .bind(page.fetch())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], self.connection_of(row)?)));
        Ok(page.page("connections", found.collect::<Result<_>>()?))
    }

    /// One of them.
    pub async fn connection(&self, connection: &str) -> Result<ConnectionRecord> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT id, kind, name, config_sealed, created_at FROM connections
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(connection.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        self.connection_of(&row.ok_or_else(|| no_connection(connection))?)
    }

    /// The newest of them.
    pub async fn newest_connection(&self) -> Result<Option<ConnectionRecord>> {
        let row = sqlx::query(
            "SELECT id, kind, name, config_sealed, created_at FROM connections
             WHERE space = $1 ORDER BY number DESC LIMIT 1",
        )
        .bind(id(&self.id))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        row.map(|row| self.connection_of(&row)).transpose()
    }

    /// Removes one. [`crate::Error::Conflict`] while an investigation that uses it runs.
    pub async fn delete_connection(&self, connection: &str, _now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        // Locks the row, so that no investigation begins meanwhile.
        let deleted = sqlx::query("DELETE FROM connections WHERE space = $1 AND id = $2")
            .bind(id(&self.id))
            .bind(connection.to_owned())
            .execute(&mut *tx)
            .await
            .map_err(from_driver)?;
        if deleted.rows_affected() == 0 {
            return Err(no_connection(connection));
        }
        let running = sqlx::query(
            "SELECT id FROM investigations
             WHERE space = $1 AND connection = $2 AND state IN ('queued', 'running') LIMIT 1",
        )
        .bind(id(&self.id))
        .bind(connection.to_owned())
        .fetch_optional(&mut *tx)
        .await
        .map_err(from_driver)?;
        if let Some(row) = running {
            let by = row.text("id")?;
            return Err(Error::Conflict(format!("investigation `{by}` uses this connection")));
        }
        tx.commit().await.map_err(from_driver)
    }

    fn connection_of(&self, row: &AnyRow) -> Result<ConnectionRecord> {
        let id = row.text("id")?;
        Ok(ConnectionRecord {
            kind: row.text("kind")?,
            name: row.text("name")?,
            config: self.open("connection", &id, &row.bytes("config_sealed")?)?,
            created_at: row.time("created_at")?,
            id,
        })
    }
}

pub(crate) fn no_connection(id: &str) -> Error {
    Error::NotFound { what: "connection", id: id.to_owned() }
}
