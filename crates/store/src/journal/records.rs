//! Entries of single chains, for readers that page.

use nightjar_incident::journal::Kind;
use sqlx::AssertSqlSafe;

use super::{EntryRow, JournalEntry};
use crate::db::{Columns as _, from_driver, id};
use crate::once::clean;
use crate::{Page, PageRequest, Result, Space};

/// The ends of a chain.
#[derive(Clone, Debug)]
pub struct ChainEnds {
    /// What the chain is called.
    pub name: String,
    /// Its first entry.
    pub first: JournalEntry,
    /// Its last entry so far.
    pub last: JournalEntry,
}

const COLUMNS: &str = "j.position, j.chain, j.seq, j.at, j.kind, j.actor, j.body_digest,
    j.body_sealed, j.prev_hash, j.hash, j.written_at, j.mac";

impl Space {
    /// The entries of a chain page by page, in their order or the newest first; of one kind, where given.
    /// A page costs what it holds, however long the chain is.
    pub async fn records(
        &self,
        chain: &str,
        kind: Option<Kind>,
        newest_first: bool,
        page: &PageRequest,
    ) -> Result<Page<JournalEntry>> {
        self.alive().await?;
        clean(chain)?;
        let (list, than, down, start) = match newest_first {
            false => ("records", ">", "", -1),
            true => ("records-down", "<", " DESC", i64::MAX),
        };
        let [after] = page.keys(list)?.unwrap_or([start]);
        let of_kind = if kind.is_some() { "AND j.kind = $5" } else { "" };
        let statement = format!(
            "SELECT {COLUMNS} FROM journal j
             WHERE j.space = $1 AND j.chain = $2 AND j.seq {than} $3 {of_kind}
             ORDER BY j.seq{down} LIMIT $4"
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(chain.to_owned())
            .bind(after)
            .bind(page.fetch());
        if let Some(kind) = kind {
            query = query.bind(kind.label().to_owned());
        }
        let rows = query.fetch_all(self.store.db().read()).await.map_err(from_driver)?;
        let found =
            rows.iter().map(|row| Ok(([row.signed("seq")?], EntryRow::read(row)?.open(self)?)));
        Ok(page.page(list, found.collect::<Result<_>>()?))
    }

    /// First and last entry of the chains whose names begin with `prefix`, by name. A chain whose entries
    /// were pruned isn't among them.
    pub async fn chain_ends(&self, prefix: &str) -> Result<Vec<ChainEnds>> {
        self.alive().await?;
        clean(prefix)?;
        let statement = format!(
            "SELECT {COLUMNS} FROM journal_chains c
             JOIN journal j ON j.space = c.space AND j.chain = c.chain
                           AND j.seq IN (0, c.next_seq - 1)
             WHERE c.space = $1 AND c.chain >= $2 AND c.chain < $3
             ORDER BY c.chain, j.seq"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(id(&self.id))
            .bind(prefix.to_owned())
            // The greatest character there is: behind all names that begin so.
            .bind(format!("{prefix}{}", char::MAX))
            .fetch_all(self.store.db().read())
            .await
            .map_err(from_driver)?;
        let mut found: Vec<ChainEnds> = Vec::new();
        for row in &rows {
            let entry = EntryRow::read(row)?.open(self)?;
            match found.last_mut().filter(|ends| ends.name == entry.entry.chain) {
                Some(ends) => ends.last = entry,
                None => {
                    let name = entry.entry.chain.clone();
                    found.push(ChainEnds { name, first: entry.clone(), last: entry });
                }
            }
        }
        Ok(found)
    }
}
