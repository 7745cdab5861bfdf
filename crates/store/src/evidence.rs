use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use nightjar_incident::journal::Digest;
use nightjar_incident::{Content, Evidence, EvidenceId, IncidentId};
use nightjar_topology::Topology;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::blobs::Blobs;
use crate::db::{Columns as _, Tx, from_driver, id, number};
use crate::{Error, Result, Space};

/// A piece of evidence without its content.
#[derive(Clone, Debug)]
pub struct EvidenceRecord {
    /// The evidence with empty content of its kind.
    pub evidence: Evidence,
    /// How many pieces the content has.
    pub pieces: u64,
    /// SHA-256 of the content as JSON, hex.
    pub digest: String,
}

/// What is sealed of a row.
#[derive(Serialize, Deserialize)]
struct Meta {
    evidence: Evidence,
    pieces: u64,
    digest: Digest,
}

/// A piece whose content is in the blobs, before its row is written.
pub(crate) struct Kept {
    meta: Meta,
    blob: String,
    bytes: u64,
}

/// How many blobs are written at once.
const AT_ONCE: usize = 8;

impl Space {
    /// What an incident's executions saw, in order of id. Pieces of earlier executions stay.
    pub async fn evidence_of(&self, incident: &IncidentId) -> Result<Vec<EvidenceRecord>> {
        self.alive().await?;
        let rows = sqlx::query(
            "SELECT id, meta_sealed FROM evidence WHERE space = $1 AND incident = $2
             ORDER BY number",
        )
        .bind(id(&self.id))
        .bind(id(incident))
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let record = |row| {
            let Meta { evidence, pieces, digest } = self.meta_of(row)?;
            Ok(EvidenceRecord { evidence, pieces, digest: digest.to_string() })
        };
        rows.iter().map(record).collect()
    }

    /// One piece whole.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the content isn't what was written.
    pub async fn evidence(&self, evidence: &EvidenceId) -> Result<Evidence> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT id, meta_sealed, blob, bytes FROM evidence WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.id))
        .bind(id(evidence))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let row =
            row.ok_or_else(|| Error::NotFound { what: "evidence", id: evidence.to_string() })?;
        let meta = self.meta_of(&row)?;
        let (blob, bytes) = (row.text("blob")?, row.count("bytes")?);
        let blobs = &self.store.inner.blobs;
        let content = blobs.get(self.id.as_str(), &blob, &self.keys.blobs, bytes).await?;
        let damaged = |reason: &str| Error::Damaged {
            what: format!("evidence `{evidence}`"),
            reason: reason.to_owned(),
        };
        if Digest::of(&content) != meta.digest {
            return Err(damaged("its content is that of another"));
        }
        let content =
            serde_json::from_slice(&content).map_err(|error| damaged(&error.to_string()))?;
        Ok(Evidence { content, ..meta.evidence })
    }

    fn meta_of(&self, row: &AnyRow) -> Result<Meta> {
        self.open("evidence", &row.text("id")?, &row.bytes("meta_sealed")?)
    }

    /// Writes contents to the blobs, each different one once.
    pub(crate) async fn keep_contents(&self, evidence: &[Evidence]) -> Result<Vec<Kept>> {
        // Boxed: whoever awaits this in a trait must see that it is Send, for every lifetime.
        let kept: Vec<BoxFuture<'_, Result<Kept>>> =
            evidence.iter().map(|evidence| self.keep_content(evidence).boxed()).collect();
        futures::stream::iter(kept).buffered(AT_ONCE).try_collect().await
    }

    async fn keep_content(&self, evidence: &Evidence) -> Result<Kept> {
        let content = serde_json::to_vec(&evidence.content).map_err(|error| {
            Error::Invalid(format!("evidence `{}` can't be written: {error}", evidence.id))
        })?;
        let kept = Kept {
            meta: Meta {
                evidence: without_content(evidence),
                pieces: u64::try_from(evidence.content.len()).unwrap_or(u64::MAX),
                digest: Digest::of(&content),
            },
            blob: Blobs::name(&self.keys.blobs, "", &content),
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
        };
        let known = sqlx::query("SELECT id FROM evidence WHERE space = $1 AND blob = $2 LIMIT 1")
            .bind(id(&self.id))
            .bind(kept.blob.clone())
            .fetch_optional(self.store.db().read())
            .await
            .map_err(from_driver)?;
        // Evidence rows go only with their space, so a blob that one names stays.
        if known.is_none() {
            let blobs = &self.store.inner.blobs;
            blobs.put(self.id.as_str(), &kept.blob, &self.keys.blobs, content).await?;
        }
        Ok(kept)
    }

    pub(crate) async fn keep_evidence(
        &self,
        tx: &mut Tx,
        incident: &IncidentId,
        pieces: &[Kept],
    ) -> Result<()> {
        for Kept { meta, blob, bytes } in pieces {
            let evidence = id(&meta.evidence.id);
            let sealed = self.seal("evidence", &evidence, meta)?;
            let changed = sqlx::query(
                "UPDATE evidence SET incident = $3, meta_sealed = $4, blob = $5, bytes = $6
                 WHERE space = $1 AND id = $2",
            )
            .bind(id(&self.id))
            .bind(evidence.clone())
            .bind(id(incident))
            .bind(sealed.clone())
            .bind(blob.clone())
            .bind(number(*bytes)?)
            .execute(&mut **tx)
            .await
            .map_err(from_driver)?;
            if changed.rows_affected() > 0 {
                continue;
            }
            let place = self.next(tx, "evidence").await?;
            sqlx::query(
                "INSERT INTO evidence (space, number, id, incident, meta_sealed, blob, bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(id(&self.id))
            .bind(number(place)?)
            .bind(evidence)
            .bind(id(incident))
            .bind(sealed)
            .bind(blob.clone())
            .bind(number(*bytes)?)
            .execute(&mut **tx)
            .await
            .map_err(from_driver)?;
        }
        Ok(())
    }
}

/// A piece with the empty content of its kind.
pub(crate) fn without_content(evidence: &Evidence) -> Evidence {
    let content = match &evidence.content {
        Content::Series(_) => Content::Series(Vec::new()),
        Content::Logs(_) => Content::Logs(Vec::new()),
        Content::Spans(_) => Content::Spans(Vec::new()),
        Content::Changes(_) => Content::Changes(Vec::new()),
        Content::Inventory(_) => Content::Inventory(Topology::default()),
        Content::Text(_) => Content::Text(String::new()),
    };
    Evidence {
        id: evidence.id.clone(),
        space: evidence.space.clone(),
        source: evidence.source.clone(),
        query: evidence.query.clone(),
        window: evidence.window,
        taken_at: evidence.taken_at,
        content,
        truncated: evidence.truncated.clone(),
        notes: evidence.notes.clone(),
    }
}
