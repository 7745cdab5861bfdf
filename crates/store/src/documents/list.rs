use sqlx::AssertSqlSafe;

use super::{Document, Documents};
use crate::db::{Columns as _, from_driver};
use crate::{Page, PageRequest, Result};

/// Which documents of a collection are listed.
#[derive(Clone, Debug, Default)]
pub struct DocumentFilter {
    /// Only those with this parent.
    pub parent: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// The newest first; otherwise the oldest.
    pub newest_first: bool,
}

impl Documents<'_> {
    /// Those of the collection in the order they were made.
    pub async fn list(
        &self,
        filter: &DocumentFilter,
        page: &PageRequest,
    ) -> Result<Page<Document>> {
        let scope = self.scope()?;
        self.alive().await?;
        let label = self.collection.label();
        let (list, first, beyond, order) = match filter.newest_first {
            false => (format!("{label}-oldest"), 0, ">", "ASC"),
            true => (format!("{label}-newest"), i64::MAX, "<", "DESC"),
        };
        let [from] = page.keys(&list)?.unwrap_or([first]);
        let wanted = [("parent", &filter.parent), ("state", &filter.state)];
        let wanted =
            wanted.into_iter().filter_map(|(column, value)| Some((column, value.clone()?)));
        // A condition that isn't asked for isn't in the statement: `$5 IS NULL OR parent = $5` would
        // keep the database from using the index of the one that is.
        let mut conditions = String::new();
        let mut values = Vec::new();
        for (column, value) in wanted {
            values.push(value);
            conditions.push_str(&format!(" AND {column} = ${}", values.len() + 4));
        }
        let statement = format!(
            "SELECT number, id, parent, state, version, created_at, updated_at, sealed
             FROM documents
             WHERE scope = $1 AND collection = $2 AND number {beyond} $3{conditions}
             ORDER BY number {order} LIMIT $4"
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(scope)
            .bind(label.to_owned())
            .bind(from)
            .bind(page.fetch());
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(self.store.db().read()).await.map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], self.document_of(row)?)));
        Ok(page.page(&list, found.collect::<Result<_>>()?))
    }
}
