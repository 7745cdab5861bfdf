//! One task writes the audit trail: calls that come while it writes share the next transaction.

use std::sync::{Arc, Mutex, PoisonError};

use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{NewAudit, compute_hash};
use crate::db::{Db, Tx, from_driver, id, micros, number};
use crate::heads::{self, AUDIT};
use crate::installation::Installation;
use crate::{Error, Result};

/// The most calls of one transaction, and how many may wait before callers wait as well.
const BATCH: usize = 256;

type Waiting = (NewAudit, oneshot::Sender<Result<()>>);

pub(crate) struct AuditWriter {
    calls: Mutex<Option<mpsc::Sender<Waiting>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl AuditWriter {
    pub(crate) fn start(db: Db, installation: Arc<Installation>) -> Self {
        let (calls, waiting) = mpsc::channel(BATCH);
        let task = tokio::spawn(run(db, installation, waiting));
        Self { calls: Mutex::new(Some(calls)), task: Mutex::new(Some(task)) }
    }

    /// Returns when the call is durable.
    pub(crate) async fn record(&self, call: NewAudit) -> Result<()> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let calls = calls.ok_or_else(closed)?;
        let (done, written) = oneshot::channel();
        calls.send((storable(call), done)).await.map_err(|_| closed())?;
        written.await.map_err(|_| closed())?
    }

    /// Takes no more calls and returns when those that wait are written.
    pub(crate) async fn finish(&self) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It ends by itself; a panic in it was seen by those who waited.
            let _ = task.await;
        }
    }
}

fn closed() -> Error {
    Error::Unavailable { what: "database", source: "the store was closed".into() }
}

/// A call whose texts both databases can hold: what comes from outside may hold NUL, and a record that
/// can't be written would be a call that leaves no trace.
fn storable(mut call: NewAudit) -> NewAudit {
    let texts = [&mut call.actor, &mut call.source, &mut call.operation, &mut call.request];
    for text in texts.into_iter().chain(call.subject.as_mut()) {
        if text.contains('\0') {
            *text = text.replace('\0', "\u{fffd}");
        }
    }
    if call.space.as_ref().is_some_and(|space| space.as_str().contains('\0')) {
        call.space = call.space.map(|space| SpaceId::new(space.as_str().replace('\0', "\u{fffd}")));
    }
    call
}

/// Writes until no sender is left, the last batch included.
async fn run(db: Db, installation: Arc<Installation>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (calls, callers): (Vec<NewAudit>, Vec<_>) = batch.drain(..).unzip();
        let written = write(&db, &installation, &calls).await;
        for caller in callers {
            let told = match &written {
                Ok(()) => Ok(()),
                Err(error) => Err(error.again()),
            };
            // A caller that was cancelled has its record all the same.
            let _ = caller.send(told);
        }
    }
}

async fn write(db: &Db, installation: &Installation, calls: &[NewAudit]) -> Result<()> {
    let key = &installation.mac_key;
    let mut tx = db.begin().await?;
    let mut head = heads::lock(&mut tx, key, AUDIT).await?;
    for call in calls {
        let seq = head.position + 1;
        let hash = compute_hash(seq, call, head.hash)?;
        insert(&mut tx, seq, call, head.hash, hash).await?;
        head.position = seq;
        head.hash = hash;
    }
    heads::store(&mut tx, key, AUDIT, &head).await?;
    tx.commit().await.map_err(from_driver)
}

async fn insert(
    tx: &mut Tx,
    seq: u64,
    call: &NewAudit,
    prev_hash: Digest,
    hash: Digest,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (seq, at, at_micros, actor, source, operation, space, subject, outcome,
                            status, request, prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(number(seq)?)
    .bind(call.at.to_string())
    .bind(micros(call.at))
    .bind(call.actor.clone())
    .bind(call.source.clone())
    .bind(call.operation.clone())
    .bind(call.space.as_ref().map(id))
    .bind(call.subject.clone())
    .bind(call.outcome.label().to_owned())
    .bind(i64::from(call.status))
    .bind(call.request.clone())
    .bind(prev_hash.as_bytes().to_vec())
    .bind(hash.as_bytes().to_vec())
    .execute(&mut **tx)
    .await
    .map_err(from_driver)?;
    Ok(())
}
