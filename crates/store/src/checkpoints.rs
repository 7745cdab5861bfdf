mod sign;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;
use serde::{Deserialize, Serialize};

use crate::db::{Columns as _, Tx, from_driver, id, number, whole};
use crate::heads::{self, AUDIT, Head};
use crate::journal::ChainRow;
use crate::{Error, Page, PageRequest, Result, Space, Store};

pub(crate) use sign::{fault, hash, parse};

/// Where a chain ended when a checkpoint was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Its name.
    pub chain: String,
    /// How many entries it had.
    pub entries: u64,
    /// Hash of the last.
    pub head: Digest,
}

/// A signed statement of what the journal of a space held: docs/specs/journal.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Version of the format: 1.
    pub schema: u32,
    /// The space; `None`: the audit trail of the installation (one chain, `audit`).
    pub space: Option<SpaceId>,
    /// From 1, without gaps, per space.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Position of the last entry it covers.
    pub position: u64,
    /// The chains that changed since the checkpoint before, and those that are pruned under this one.
    pub heads: Vec<ChainHead>,
    /// Hash of the checkpoint before (its canonical JSON with signature); zeros for the first.
    pub prev_hash: Digest,
    /// Ed25519 public key, hex.
    pub public_key: String,
    /// Ed25519 signature over the canonical JSON of all fields above, hex.
    pub signature: String,
}

impl Space {
    /// Makes a checkpoint of all that is written; the last one again if nothing is new.
    pub async fn checkpoint(&self, now: Timestamp) -> Result<Checkpoint> {
        let mut tx = self.store.db().begin().await?;
        let mac_key = &self.store.inner.installation.mac_key;
        let mut head = heads::lock(&mut tx, mac_key, self.id.as_str()).await?;
        self.alive_in(&mut tx).await?;
        let checkpoint = match last(&mut tx, self.id.as_str(), &head).await? {
            Some(last) if last.position == head.position => last,
            before => {
                let since = before.map_or(0, |before| before.position);
                let heads = self.chains_since(&mut tx, since).await?;
                self.add_checkpoint(&mut tx, &mut head, heads, now).await?
            }
        };
        tx.commit().await.map_err(from_driver)?;
        Ok(checkpoint)
    }

    /// Checkpoints, oldest first.
    pub async fn checkpoints(&self, page: &PageRequest) -> Result<Page<Checkpoint>> {
        self.alive().await?;
        self.store.checkpoints_of(self.id.as_str(), page).await
    }

    /// Up to where the last checkpoint reaches; 0 if there is none.
    pub(crate) async fn last_checkpoint_position(&self, tx: &mut Tx, head: &Head) -> Result<u64> {
        Ok(last(tx, self.id.as_str(), head).await?.map_or(0, |last| last.position))
    }

    /// Ends of the chains that grew after a position.
    pub(crate) async fn chains_since(&self, tx: &mut Tx, position: u64) -> Result<Vec<ChainHead>> {
        let rows = sqlx::query(
            "SELECT chain, next_seq, head, last_position, mac FROM journal_chains
             WHERE space = $1 AND last_position > $2 ORDER BY chain",
        )
        .bind(id(&self.id))
        .bind(number(position)?)
        .fetch_all(&mut **tx)
        .await
        .map_err(from_driver)?;
        let mac_key = &self.store.inner.installation.mac_key;
        let mut heads = Vec::with_capacity(rows.len());
        for row in &rows {
            let chain = ChainRow::read_sound(row, mac_key, self.id.as_str())?;
            heads.push(ChainHead { chain: chain.name, entries: chain.next_seq, head: chain.head });
        }
        Ok(heads)
    }

    /// Signs the ends of chains and moves the head that [`heads::lock`] holds.
    pub(crate) async fn add_checkpoint(
        &self,
        tx: &mut Tx,
        head: &mut Head,
        heads: Vec<ChainHead>,
        now: Timestamp,
    ) -> Result<Checkpoint> {
        self.store.add_checkpoint(tx, Some(&self.id), head, heads, now).await
    }
}

impl Store {
    /// Makes a checkpoint of the audit trail; the last one again if nothing is new.
    pub async fn audit_checkpoint(&self, now: Timestamp) -> Result<Checkpoint> {
        let mut tx = self.db().begin().await?;
        let mut head = heads::lock(&mut tx, &self.inner.installation.mac_key, AUDIT).await?;
        let checkpoint = match last(&mut tx, AUDIT, &head).await? {
            Some(last) if last.position == head.position => last,
            _ => {
                let chain = AUDIT.to_owned();
                let heads = vec![ChainHead { chain, entries: head.position, head: head.hash }];
                self.add_checkpoint(&mut tx, None, &mut head, heads, now).await?
            }
        };
        tx.commit().await.map_err(from_driver)?;
        Ok(checkpoint)
    }

    /// Checkpoints of the audit trail, oldest first.
    pub async fn audit_checkpoints(&self, page: &PageRequest) -> Result<Page<Checkpoint>> {
        self.checkpoints_of(AUDIT, page).await
    }

    /// The installation's public key, hex.
    pub fn public_key(&self) -> String {
        self.inner.installation.public_key()
    }

    async fn add_checkpoint(
        &self,
        tx: &mut Tx,
        space: Option<&SpaceId>,
        head: &mut Head,
        heads: Vec<ChainHead>,
        now: Timestamp,
    ) -> Result<Checkpoint> {
        let scope = space.map_or(AUDIT, SpaceId::as_str);
        let checkpoint = Checkpoint {
            schema: sign::SCHEMA,
            space: space.cloned(),
            number: head.checkpoints + 1,
            at: whole(now),
            position: head.position,
            heads,
            prev_hash: head.checkpoint_hash,
            public_key: self.public_key(),
            signature: String::new(),
        };
        let checkpoint = sign::sign(checkpoint, &self.inner.installation.signing)?;
        let body = sign::text(&checkpoint)?;
        head.checkpoints = checkpoint.number;
        head.checkpoint_hash = Digest::of(body.as_bytes());
        sqlx::query("INSERT INTO checkpoints (scope, number, body) VALUES ($1, $2, $3)")
            .bind(scope.to_owned())
            .bind(number(checkpoint.number)?)
            .bind(body)
            .execute(&mut **tx)
            .await
            .map_err(from_driver)?;
        heads::store(tx, &self.inner.installation.mac_key, scope, head).await?;
        Ok(checkpoint)
    }

    async fn checkpoints_of(&self, scope: &str, page: &PageRequest) -> Result<Page<Checkpoint>> {
        let list = format!("checkpoints-{scope}");
        let [after] = page.keys(&list)?.unwrap_or([0]);
        let rows = sqlx::query(
            "SELECT number, body FROM checkpoints WHERE scope = $1 AND number > $2
             ORDER BY number LIMIT $3",
        )
        .bind(scope.to_owned())
        .bind(after)
        .bind(page.fetch())
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| {
            let number = row.signed("number")?;
            let checkpoint =
                parse(&row.text("body")?).ok_or_else(|| damaged(scope, &number.to_string()))?;
            Ok(([number], checkpoint))
        });
        Ok(page.page(&list, found.collect::<Result<_>>()?))
    }
}

/// The last checkpoint that a head knows of.
async fn last(tx: &mut Tx, scope: &str, head: &Head) -> Result<Option<Checkpoint>> {
    if head.checkpoints == 0 {
        return Ok(None);
    }
    let row = sqlx::query("SELECT body FROM checkpoints WHERE scope = $1 AND number = $2")
        .bind(scope.to_owned())
        .bind(number(head.checkpoints)?)
        .fetch_optional(&mut **tx)
        .await
        .map_err(from_driver)?;
    let body = row.map(|row| row.text("body")).transpose()?;
    let sound = body.filter(|body| Digest::of(body.as_bytes()) == head.checkpoint_hash);
    let found = sound.as_deref().and_then(parse);
    found.map(Some).ok_or_else(|| damaged(scope, &head.checkpoints.to_string()))
}

fn damaged(scope: &str, number: &str) -> Error {
    Error::Damaged {
        what: format!("checkpoint {number} of `{scope}`"),
        reason: "it is missing or was altered".to_owned(),
    }
}
