mod collection;
mod family;
mod list;
mod row;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use serde_json::Value;
use uuid::Uuid;

pub use collection::Collection;
pub use list::DocumentFilter;

use crate::db::{
    Columns as _, Kind, Tx, from_driver, is_duplicate, micros, next_number, number, whole,
};
use crate::once::{claim, clean, settle};
use crate::{Created, Error, Once, Result, Space, Store};

/// A document to be made.
#[derive(Clone, Debug, Default)]
pub struct NewDocument {
    /// Its id, unique in its collection and scope; `None`: a new UUID (version 7). It isn't sealed: never a secret.
    pub id: Option<String>,
    /// What it belongs to. Where its collection has a parent collection, a document of that one.
    pub parent: Option<String>,
    /// Parents that exist without a document, since they are part of the program.
    pub built_in: &'static [&'static str],
    /// A word to list by. It isn't sealed.
    pub state: String,
    /// What it says; sealed.
    pub body: Value,
}

/// A small record of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its place in the order of making, from 1.
    pub number: u64,
    /// Its id.
    pub id: String,
    /// What it belongs to.
    pub parent: Option<String>,
    /// A word to list by.
    pub state: String,
    /// 1, and one more with each update.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was made or last updated.
    pub updated_at: Timestamp,
    /// What it says.
    pub body: Value,
}

/// One collection of a space or of the installation.
///
/// Asking a space for a collection of the installation, or the other way round, is
/// [`crate::Error::Invalid`] at the first use.
#[derive(Clone, Copy)]
pub struct Documents<'a> {
    store: &'a Store,
    space: Option<&'a Space>,
    collection: Collection,
}

/// The longest id, parent or state, bytes: three of them fit into an entry of PostgreSQL's indices
/// (2,700 bytes), and a UUID has 36.
const LONGEST: usize = 512;

/// What [`Documents::document_of`] reads of a row.
pub(crate) const DOCUMENT_COLUMNS: &str =
    "number, id, parent, state, version, created_at, updated_at, sealed";

impl Space {
    /// A collection of this space.
    pub fn documents(&self, collection: Collection) -> Documents<'_> {
        Documents { store: &self.store, space: Some(self), collection }
    }
}

impl Store {
    /// A collection of the installation.
    pub fn documents(&self, collection: Collection) -> Documents<'_> {
        Documents { store: self, space: None, collection }
    }

    /// The space a webhook belongs to: who calls it names nothing else.
    pub async fn webhook_space(&self, webhook: &str) -> Result<Option<SpaceId>> {
        if clean(webhook).is_err() {
            return Ok(None);
        }
        // The collection stands in the text, so that the index of webhooks is used.
        let row =
            sqlx::query("SELECT scope FROM documents WHERE collection = 'webhook' AND id = $1")
                .bind(webhook.to_owned())
                .fetch_optional(self.db().read())
                .await
                .map_err(from_driver)?;
        row.map(|row| row.id("scope")).transpose()
    }
}

impl Documents<'_> {
    /// Makes a document. [`crate::Error::NotFound`] if its parent doesn't exist, [`crate::Error::Conflict`] if
    /// its id does.
    pub async fn create(
        &self,
        new: NewDocument,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<Document>> {
        let scope = self.scope()?;
        for text in new.id.iter().chain(&new.parent) {
            check_word(text)?;
        }
        check_state(&new.state)?;
        let mut tx = self.begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            tx.commit().await.map_err(from_driver)?;
            return self.get(&made).await.map(Created::Again);
        }
        self.hold_parent(&mut tx, &new).await?;
        let document = Document {
            number: next_number(&mut tx, &scope, self.collection.label()).await?,
            id: new.id.unwrap_or_else(|| Uuid::now_v7().to_string()),
            parent: new.parent,
            state: new.state,
            version: 1,
            created_at: whole(now),
            updated_at: whole(now),
            body: new.body,
        };
        self.insert(&mut tx, scope, &document).await?;
        self.announce(&mut tx, None, &document).await?;
        settle(&mut tx, once, &document.id).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        Ok(Created::New(document))
    }

    async fn insert(&self, tx: &mut Tx, scope: String, document: &Document) -> Result<()> {
        let label = self.collection.label();
        sqlx::query(
            "INSERT INTO documents (scope, collection, number, id, parent, state, version,
                                    created_at, updated_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(scope)
        .bind(label.to_owned())
        .bind(number(document.number)?)
        .bind(document.id.clone())
        .bind(document.parent.clone())
        .bind(document.state.clone())
        .bind(number(document.version)?)
        .bind(micros(document.created_at))
        .bind(micros(document.updated_at))
        .bind(self.seal(document)?)
        .execute(&mut **tx)
        .await
        .map_err(|error| match is_duplicate(&error) {
            true => Error::Conflict(format!("{label} `{}` exists already", document.id)),
            false => from_driver(error),
        })?;
        Ok(())
    }

    /// One of them.
    pub async fn get(&self, id: &str) -> Result<Document> {
        let scope = self.scope()?;
        self.alive().await?;
        let row = sqlx::query(
            "SELECT number, id, parent, state, version, created_at, updated_at, sealed
             FROM documents WHERE scope = $1 AND collection = $2 AND id = $3",
        )
        .bind(scope)
        .bind(self.collection.label().to_owned())
        .bind(id.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        self.document_of(&row.ok_or_else(|| no_document(self.collection, id))?)
    }

    /// Changes state and body of one as `change` says, which sees it as it is and may refuse; nobody
    /// else changes it meanwhile. All other fields are the store's: what is done to them has no effect.
    pub async fn update(
        &self,
        id: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Document) -> Result<()>,
    ) -> Result<Document> {
        let scope = self.scope()?;
        let mut tx = self.begin().await?;
        let statement = match self.store.db().kind() {
            Kind::Sqlite => {
                "SELECT number, id, parent, state, version, created_at, updated_at, sealed
                 FROM documents WHERE scope = $1 AND collection = $2 AND id = $3"
            }
            Kind::Postgres => {
                "SELECT number, id, parent, state, version, created_at, updated_at, sealed
                 FROM documents WHERE scope = $1 AND collection = $2 AND id = $3 FOR UPDATE"
            }
        };
        let row = sqlx::query(statement)
            .bind(scope.clone())
            .bind(self.collection.label().to_owned())
            .bind(id.to_owned())
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let before = self.document_of(&row.ok_or_else(|| no_document(self.collection, id))?)?;
        let mut changed = before.clone();
        change(&mut changed)?;
        check_state(&changed.state)?;
        let after = Document {
            state: changed.state,
            body: changed.body,
            version: before.version + 1,
            updated_at: whole(now),
            ..before.clone()
        };
        sqlx::query(
            "UPDATE documents SET state = $4, version = $5, updated_at = $6, sealed = $7
             WHERE scope = $1 AND collection = $2 AND number = $3",
        )
        .bind(scope)
        .bind(self.collection.label().to_owned())
        .bind(number(after.number)?)
        .bind(after.state.clone())
        .bind(number(after.version)?)
        .bind(micros(after.updated_at))
        .bind(self.seal(&after)?)
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        self.announce(&mut tx, Some(&before), &after).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.told_outbox();
        Ok(after)
    }

    /// Removes one, and gives it as it was. Its children go with it, or forbid it
    /// ([`crate::Error::Conflict`]), as their collection says.
    pub async fn delete(&self, id: &str) -> Result<Document> {
        let scope = self.scope()?;
        let mut tx = self.begin().await?;
        // The row first: who makes a child holds it, so none comes after they are looked for.
        let row = sqlx::query(
            "DELETE FROM documents WHERE scope = $1 AND collection = $2 AND id = $3
             RETURNING number, id, parent, state, version, created_at, updated_at, sealed",
        )
        .bind(scope)
        .bind(self.collection.label().to_owned())
        .bind(id.to_owned())
        .fetch_optional(&mut *tx)
        .await
        .map_err(from_driver)?;
        let document = self.document_of(&row.ok_or_else(|| no_document(self.collection, id))?)?;
        self.bereave(&mut tx, id).await?;
        if self.collection == Collection::Subscription {
            // Events aren't documents, but go the same way.
            sqlx::query("DELETE FROM outbox WHERE space = $1 AND subscription = $2")
                .bind(self.scope_name().to_owned())
                .bind(id.to_owned())
                .execute(&mut *tx)
                .await
                .map_err(from_driver)?;
        }
        tx.commit().await.map_err(from_driver)?;
        Ok(document)
    }

    /// Tells subscribers of what they want to hear of: recommendations.
    async fn announce(
        &self,
        tx: &mut Tx,
        before: Option<&Document>,
        after: &Document,
    ) -> Result<()> {
        match self.space {
            Some(space) if self.collection == Collection::Recommendation => {
                space.announce_recommendation(tx, before, after).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whose it is, as the rows say it; refused where the collection isn't of that kind.
    fn scope(&self) -> Result<String> {
        if self.collection.is_of_installation() != self.space.is_none() {
            let label = self.collection.label();
            let of = if self.space.is_some() { "a space" } else { "the installation" };
            return Err(Error::Invalid(format!("`{label}` isn't a collection of {of}")));
        }
        Ok(self.scope_name().to_owned())
    }

    fn scope_name(&self) -> &str {
        self.space.map_or("", |space| space.id.as_str())
    }

    async fn begin(&self) -> Result<Tx> {
        match self.space {
            Some(space) => space.begin().await,
            None => self.store.db().begin().await,
        }
    }

    async fn alive(&self) -> Result<()> {
        match self.space {
            Some(space) => space.alive().await,
            None => Ok(()),
        }
    }
}

fn check_word(text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::Invalid("an id is empty".to_owned()));
    }
    check_state(text)
}

fn check_state(text: &str) -> Result<()> {
    clean(text)?;
    if text.len() > LONGEST {
        return Err(Error::Invalid(format!("an id or state has more than {LONGEST} bytes")));
    }
    Ok(())
}

fn no_document(collection: Collection, id: &str) -> Error {
    Error::NotFound { what: collection.label(), id: id.to_owned() }
}
