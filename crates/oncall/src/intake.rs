//! Messages of alerting systems, taken in as they come: durable, and their place known, before the sender
//! has its answer.
//!
//! All that waits for a space is taken into one sitting, so that a storm shares the cost of being durable.

mod desk;
mod receipt;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, Change, RawAlert, SpaceId};
use nightjar_payloads::Rejected;
use nightjar_redact::Redactor;
use nightjar_store::Space;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::redaction::policy;
use crate::sources::Sources;
use crate::worker::Clock;
use crate::{Error, Result, Rules};

pub use receipt::{Receipt, Received};

pub(crate) use desk::CHAIN;

use desk::Table;

/// Where a message was sent to.
#[derive(Clone, Debug)]
pub struct Address {
    /// The webhook's id.
    pub webhook: String,
    /// What alerts that come over it are said to come from: the association, or the webhook itself.
    pub origin: String,
    /// Whose messages are expected; any is recognised.
    pub provider: Option<String>,
}

/// Takes messages in, for all spaces of this process.
#[derive(Clone)]
pub struct Intake(Arc<Shared>);

struct Shared {
    sources: Sources,
    rules: Rules,
    clock: Clock,
    spaces: Mutex<BTreeMap<SpaceId, mpsc::Sender<Waiting>>>,
}

/// A message on its way to the desk.
struct Waiting {
    space: Space,
    message: Prepared,
    answer: oneshot::Sender<Result<Receipt>>,
}

/// A message that was read and redacted.
pub(crate) struct Prepared {
    address: Address,
    raw: RawAlert,
    read: std::result::Result<Read, Rejected>,
    originals: Vec<(String, String)>,
}

/// What a message tells of.
pub(crate) enum Read {
    /// Alerts, whose ids are given at the desk.
    Alerts(Vec<Alert>),
    /// Changes.
    Changes(Vec<Change>),
}

/// How many messages wait for a space before senders are kept waiting.
const WAITING: usize = 1024;

/// How many alerts a sitting takes, roughly: bounds how long the first of them waits for the others.
const SITTING: usize = 500;

impl Intake {
    /// Nothing has come in yet.
    pub fn new(sources: Sources, rules: Rules, clock: Clock) -> Self {
        Self(Arc::new(Shared { sources, rules, clock, spaces: Mutex::default() }))
    }

    /// Takes a message in. It is durable when this returns, whatever it holds.
    ///
    /// # Errors
    /// Of the store; nothing of the message is kept then, and it may be sent again.
    pub async fn take(&self, space: &Space, address: &Address, body: &[u8]) -> Result<Receipt> {
        let message = self.prepare(space, address, body).await?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { space: space.clone(), message, answer };
        let gone = || Error::Broken("the desk of the space broke down".to_owned());
        self.desk(space.id()).send(waiting).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Reads a message, and replaces what nobody should store.
    async fn prepare(&self, space: &Space, address: &Address, body: &[u8]) -> Result<Prepared> {
        let now = (self.0.clock)();
        let policy = policy(space).await?;
        let known = self.0.sources.surroundings(space, now).await?;
        let mut redactor =
            Redactor::new(&space.pseudonym_key(), &policy, known.names.iter().cloned());
        let (payload, unread) = match nightjar_payloads::json(body) {
            Ok(mut payload) => {
                redactor.value(&mut payload);
                (payload, None)
            }
            Err(reason) => {
                let text = String::from_utf8_lossy(body);
                (Value::String(redactor.text(shortened(&text)).into_owned()), Some(reason))
            }
        };
        let raw = RawAlert { provider: address.provider.clone(), received_at: now, payload };
        let read = match unread {
            Some(reason) => Err(Rejected {
                provider: address.provider.clone(),
                reason,
                kind: nightjar_payloads::Kind::Unreadable,
            }),
            None => understood(&raw),
        };
        let originals = redactor.originals().clone().into_iter().collect();
        Ok(Prepared { address: address.clone(), raw, read, originals })
    }

    /// Where the messages of a space wait.
    fn desk(&self, space: &SpaceId) -> mpsc::Sender<Waiting> {
        let mut spaces = self.0.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = spaces.get(space).filter(|known| !known.is_closed()) {
            return known.clone();
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        spaces.insert(space.clone(), sender.clone());
        tokio::spawn(serve(Arc::clone(&self.0), receiver));
        sender
    }
}

/// What a message says: of changes where it has the shape of one that does, else of alerts.
fn understood(raw: &RawAlert) -> std::result::Result<Read, Rejected> {
    if let Some(changes) = nightjar_payloads::changes(&raw.payload, raw.received_at) {
        return changes.map(Read::Changes);
    }
    let mut alerts = nightjar_payloads::parse(raw, &mut || AlertId::new(""))?;
    nightjar_triage::in_order(&mut alerts);
    Ok(Read::Alerts(alerts))
}

/// The longest text that is kept of a body nobody could read, bytes.
const LONGEST: usize = 64 * 1024;

fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}

/// Serves one space: takes what waits, again and again.
async fn serve(shared: Arc<Shared>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut table = Table::default();
    while let Some(first) = waiting.recv().await {
        let mut alerts = first.message.alerts();
        let mut batch = vec![first];
        while alerts < SITTING
            && let Ok(next) = waiting.try_recv()
        {
            alerts += next.message.alerts();
            batch.push(next);
        }
        if sit(&shared, &mut table, &mut batch).await.is_ok() {
            continue;
        }
        // Perhaps one of them can't be kept: the others don't suffer for it.
        for waiting in batch {
            let mut alone = vec![waiting];
            if let Err(error) = sit(&shared, &mut table, &mut alone).await {
                alone.into_iter().for_each(|waiting| waiting.answer(Err(error.again())));
            }
        }
    }
}

/// Takes a batch in, and answers those who wait for it unless it fails.
async fn sit(shared: &Shared, table: &mut Table, batch: &mut Vec<Waiting>) -> Result<()> {
    let Some(first) = batch.first() else { return Ok(()) };
    let space = first.space.clone();
    let messages: Vec<&Prepared> = batch.iter().map(|waiting| &waiting.message).collect();
    let sat = table.sit(&shared.sources, &shared.rules, &space, &messages, (shared.clock)()).await;
    match sat {
        Ok(receipts) => {
            for (waiting, receipt) in batch.drain(..).zip(receipts) {
                waiting.answer(Ok(receipt));
            }
            Ok(())
        }
        Err(error) => {
            // What is remembered may be ahead of what is kept.
            *table = Table::default();
            Err(error)
        }
    }
}

impl Waiting {
    fn answer(self, answer: Result<Receipt>) {
        // Who doesn't wait any more has hung up; the message is kept all the same.
        let _ = self.answer.send(answer);
    }
}

impl Prepared {
    fn alerts(&self) -> usize {
        match &self.read {
            Ok(Read::Alerts(alerts)) => alerts.len().max(1),
            Ok(Read::Changes(changes)) => changes.len().max(1),
            Err(_) => 1,
        }
    }

    fn received_at(&self) -> Timestamp {
        self.raw.received_at
    }
}
