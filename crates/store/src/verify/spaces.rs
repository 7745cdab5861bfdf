//! The list of spaces: none was taken out, and nothing is there of one that isn't in it.

use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;

use super::collect::Collector;
use super::read::PAGE;
use super::space::read_head;
use crate::Result;
use crate::db::{Columns as _, Tx, from_driver};
use crate::heads::SPACES;
use crate::installation::{Installation, spaces_digest};

/// Tables of the append-only part that name a space.
const STRAY: [&str; 5] = [
    "SELECT space AS scope FROM journal j
     WHERE NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = j.space) LIMIT 1",
    "SELECT space AS scope FROM journal_chains j
     WHERE NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = j.space) LIMIT 1",
    "SELECT space AS scope FROM journal_pruned j
     WHERE NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = j.space) LIMIT 1",
    "SELECT scope FROM checkpoints j WHERE scope <> 'audit'
     AND NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = j.scope) LIMIT 1",
    "SELECT scope FROM heads j WHERE scope NOT IN ('audit', 'spaces')
     AND NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = j.scope) LIMIT 1",
];

/// All spaces that were ever made, deleted ones included.
pub(super) async fn verify(
    tx: &mut Tx,
    installation: &Installation,
    collector: &mut Collector,
) -> Result<Vec<SpaceId>> {
    let mut listed = Vec::new();
    let mut digest = Digest::ZERO;
    let mut after = i64::MIN;
    loop {
        let rows =
            sqlx::query("SELECT id, number FROM spaces WHERE number > $1 ORDER BY number LIMIT $2")
                .bind(after)
                .bind(PAGE)
                .fetch_all(&mut **tx)
                .await
                .map_err(from_driver)?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            after = row.signed("number")?;
            let space: SpaceId = row.id("id")?;
            digest = spaces_digest(digest, space.as_str());
            listed.push(space);
        }
    }
    match read_head(tx, &installation.mac_key, SPACES).await? {
        Some((head, true)) => {
            let count = u64::try_from(listed.len()).unwrap_or(u64::MAX);
            if head.position != count || head.hash != digest {
                let problem = format!(
                    "the list of spaces was altered: {} were made, {count} are there",
                    head.position
                );
                collector.find(None, "", None, problem);
            }
        }
        Some((_, false)) => collector.find(None, "", None, "the head of the list was altered"),
        None => collector.find(None, "", None, "the head of the list of spaces is missing"),
    }
    for statement in STRAY {
        let row = sqlx::query(statement).fetch_optional(&mut **tx).await.map_err(from_driver)?;
        if let Some(row) = row {
            let space: SpaceId = row.id("scope")?;
            collector.about(&space, "there are rows of a space that isn't in the list");
        }
    }
    Ok(listed)
}
