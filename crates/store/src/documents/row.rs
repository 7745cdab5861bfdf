//! A document as a row.

use sqlx::any::AnyRow;

use super::{Document, Documents};
use crate::Result;
use crate::db::{Columns as _, micros};
use crate::sealed::{open_json, seal_json};

impl Documents<'_> {
    pub(super) fn seal(&self, document: &Document) -> Result<Vec<u8>> {
        let context = self.context(document);
        match self.space {
            Some(space) => space.keys.seal(&context, &document.body),
            None => seal_json(&self.store.inner.installation.credentials, &context, &document.body),
        }
    }

    /// A row whose body was altered or exchanged, or any other column, is [`crate::Error::Damaged`].
    pub(crate) fn document_of(&self, row: &AnyRow) -> Result<Document> {
        let mut document = Document {
            number: row.count("number")?,
            id: row.text("id")?,
            parent: row.maybe_text("parent")?,
            state: row.text("state")?,
            version: row.count("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            body: serde_json::Value::Null,
        };
        let context = self.context(&document);
        let sealed = row.bytes("sealed")?;
        document.body = match self.space {
            Some(space) => space.keys.open(&context, &sealed)?,
            None => open_json(&self.store.inner.installation.credentials, &context, &sealed)?,
        };
        Ok(document)
    }

    /// What the body is bound to: every other column, so that none can be altered alone. As JSON,
    /// since ids are the callers' and could hold any separator.
    fn context(&self, document: &Document) -> String {
        let Document { number, id, parent, state, version, created_at, updated_at, body: _ } =
            document;
        let (created_at, updated_at) = (micros(*created_at), micros(*updated_at));
        let (scope, collection) = (self.scope_name(), self.collection.label());
        let columns = serde_json::json!([
            scope, collection, number, id, parent, state, version, created_at, updated_at
        ]);
        format!("document|{columns}")
    }
}
