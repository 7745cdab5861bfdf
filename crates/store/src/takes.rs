use nightjar_incident::Content;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;

use crate::blobs::Blobs;
use crate::db::{Columns as _, from_driver, id, is_duplicate, number};
use crate::{Error, Result, Space};

/// What came of a question to a live system, which can't be asked the same again.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The question, with how often it was asked before within its chain.
    pub key: String,
    /// The connection that was asked.
    pub connection: String,
    /// The question and what came of it, without the content.
    pub told: Value,
    /// The content of the answer, if there was one.
    pub content: Option<Content>,
}

/// What is sealed of a row.
#[derive(Serialize, Deserialize)]
struct Meta {
    told: Value,
}

impl Space {
    /// Keeps what came of a question within a chain of the journal, and answers with what is kept: where
    /// that question was answered before, it is the earlier answer.
    pub async fn keep_take(&self, chain: &str, take: Take) -> Result<Take> {
        let content =
            match &take.content {
                Some(content) => Some(serde_json::to_vec(content).map_err(|error| {
                    Error::Invalid(format!("an answer can't be written: {error}"))
                })?),
                None => None,
            };
        let (mut blob, mut bytes) = (None, None);
        if let Some(content) = content {
            let name = Blobs::name(&self.keys.blobs, "", &content);
            bytes = Some(number(u64::try_from(content.len()).unwrap_or(u64::MAX))?);
            let blobs = &self.store.inner.blobs;
            blobs.put(self.id.as_str(), &name, &self.keys.blobs, content).await?;
            blob = Some(name);
        }
        let sealed = self.seal("take", &take.key, &Meta { told: take.told.clone() })?;
        let mut tx = self.begin().await?;
        let place = self.next(&mut tx, "take").await?;
        let kept = sqlx::query(
            "INSERT INTO takes (space, number, chain, key, connection, meta_sealed, blob, bytes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id(&self.id))
        .bind(number(place)?)
        .bind(chain.to_owned())
        .bind(take.key.clone())
        .bind(take.connection.clone())
        .bind(sealed)
        .bind(blob)
        .bind(bytes)
        .execute(&mut *tx)
        .await;
        match kept {
            Ok(_) => {
                tx.commit().await.map_err(from_driver)?;
                Ok(take)
            }
            Err(error) if is_duplicate(&error) => {
                drop(tx);
                let known = self.take(chain, &take.key).await?;
                known.ok_or_else(|| Error::NotFound { what: "answer", id: take.key })
            }
            Err(error) => Err(from_driver(error)),
        }
    }

    /// What came of a question within a chain, if it was asked.
    pub async fn take(&self, chain: &str, key: &str) -> Result<Option<Take>> {
        let row = sqlx::query(
            "SELECT key, connection, meta_sealed, blob, bytes FROM takes
             WHERE space = $1 AND chain = $2 AND key = $3",
        )
        .bind(id(&self.id))
        .bind(chain.to_owned())
        .bind(key.to_owned())
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        match row {
            Some(row) => self.take_of(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Everything that was asked within a chain, in the order in which it was answered.
    pub async fn takes(&self, chain: &str) -> Result<Vec<Take>> {
        self.alive().await?;
        let rows = sqlx::query(
            "SELECT key, connection, meta_sealed, blob, bytes FROM takes
             WHERE space = $1 AND chain = $2 ORDER BY number",
        )
        .bind(id(&self.id))
        .bind(chain.to_owned())
        .fetch_all(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let mut takes = Vec::with_capacity(rows.len());
        for row in &rows {
            takes.push(self.take_of(row).await?);
        }
        Ok(takes)
    }

    async fn take_of(&self, row: &AnyRow) -> Result<Take> {
        let key = row.text("key")?;
        let Meta { told } = self.open("take", &key, &row.bytes("meta_sealed")?)?;
        let content = match row.maybe_text("blob")? {
            None => None,
            Some(blob) => {
                let (blobs, bytes) = (&self.store.inner.blobs, row.count("bytes")?);
                let content = blobs.get(self.id.as_str(), &blob, &self.keys.blobs, bytes).await?;
                Some(serde_json::from_slice(&content).map_err(|error| Error::Damaged {
                    what: "an answer of a live system".to_owned(),
                    reason: error.to_string(),
                })?)
            }
        };
        Ok(Take { key, connection: row.text("connection")?, told, content })
    }
}
