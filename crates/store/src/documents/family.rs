//! Parents and children: a child isn't made without its parent, and doesn't outlive it.

use super::collection::Bond;
use super::{Collection, Documents, NewDocument, no_document};
use crate::db::{Columns as _, Kind, Tx, from_driver};
use crate::{Error, Result};

impl Documents<'_> {
    /// Holds the parent of a document to be made, so that it isn't deleted before the document is there
    /// to forbid it or to go with it.
    pub(super) async fn hold_parent(&self, tx: &mut Tx, new: &NewDocument) -> Result<()> {
        let Some((collection, _)) = self.collection.parent() else { return Ok(()) };
        let Some(parent) = new.parent.as_deref() else {
            if self.collection.may_stand_alone() {
                return Ok(());
            }
            let (label, of) = (self.collection.label(), collection.label());
            return Err(Error::Invalid(format!("a document of `{label}` needs a {of} as parent")));
        };
        if new.built_in.contains(&parent) {
            return Ok(());
        }
        let scope = if collection.is_of_installation() { "" } else { self.scope_name() };
        let statement = match self.store.db().kind() {
            Kind::Sqlite => {
                "SELECT id FROM documents WHERE scope = $1 AND collection = $2 AND id = $3"
            }
            Kind::Postgres => {
                "SELECT id FROM documents WHERE scope = $1 AND collection = $2 AND id = $3 FOR SHARE"
            }
        };
        let found = sqlx::query(statement)
            .bind(scope.to_owned())
            .bind(collection.label().to_owned())
            .bind(parent.to_owned())
            .fetch_optional(&mut **tx)
            .await
            .map_err(from_driver)?;
        found.map(drop).ok_or_else(|| no_document(collection, parent))
    }

    /// Sees to the children of a document whose row was deleted in this transaction, and to theirs.
    pub(super) async fn bereave(&self, tx: &mut Tx, id: &str) -> Result<()> {
        let mut gone = vec![(self.collection, id.to_owned())];
        while let Some((collection, id)) = gone.pop() {
            for (child, bond) in collection.children() {
                match bond {
                    Bond::Holds => self.refuse_if_used(tx, collection, &id, child).await?,
                    Bond::Follows => {
                        for deleted in self.delete_children(tx, &id, child).await? {
                            gone.push((child, deleted));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn refuse_if_used(
        &self,
        tx: &mut Tx,
        collection: Collection,
        id: &str,
        child: Collection,
    ) -> Result<()> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM documents
             WHERE collection = $1 AND parent = $2 AND ($3 IS NULL OR scope = $3)",
        )
        .bind(child.label().to_owned())
        .bind(id.to_owned())
        .bind(self.space.map(|_| self.scope_name().to_owned()))
        .fetch_one(&mut **tx)
        .await
        .map_err(from_driver)?;
        let (of, by) = (collection.label(), child.label());
        match row.count("n")? {
            0 => Ok(()),
            1 => Err(Error::Conflict(format!("1 {by} uses {of} `{id}`"))),
            many => Err(Error::Conflict(format!("{many} {by}s use {of} `{id}`"))),
        }
    }

    async fn delete_children(
        &self,
        tx: &mut Tx,
        id: &str,
        child: Collection,
    ) -> Result<Vec<String>> {
        let rows = sqlx::query(
            "DELETE FROM documents
             WHERE collection = $1 AND parent = $2 AND ($3 IS NULL OR scope = $3) RETURNING id",
        )
        .bind(child.label().to_owned())
        .bind(id.to_owned())
        .bind(self.space.map(|_| self.scope_name().to_owned()))
        .fetch_all(&mut **tx)
        .await
        .map_err(from_driver)?;
        rows.iter().map(|row| row.text("id")).collect()
    }
}
