//! Live systems can't be asked the same twice: what they answer while an incident is looked at is redacted
//! and kept before anybody thinks about it, and a look that is taken up again is given the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Answer, Answers, Asked, Capability, Connection, Error, ErrorKind, Given, Query,
    Tape as Recorded, all_through,
};
use nightjar_incident::journal::{Digest, Entry};
use nightjar_incident::{Content, Evidence, EvidenceId, RawAlert, Source};
use nightjar_redact::{Policy, Redactor};
use nightjar_store::{Error as StoreError, Space, Take};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::redaction::names;

/// The tape of one execution: everything its connections answer.
#[derive(Clone)]
pub(crate) struct Tape(Arc<Shared>);

struct Shared {
    space: Space,
    /// The execution's chain.
    chain: String,
    policy: Policy,
    /// Names of entities, which are never taken for those of people.
    names: Mutex<BTreeSet<String>>,
    /// Why an answer couldn't be kept: nothing may be thought about it then.
    broken: watch::Sender<Option<Arc<StoreError>>>,
}

/// A connection whose answers are kept.
struct Taped {
    tape: Tape,
    inner: Connection,
    /// How often each question was asked.
    asked: Mutex<BTreeMap<String, usize>>,
}

/// A take without the content of its answer.
#[derive(Serialize, Deserialize)]
struct Told {
    source: Source,
    capabilities: Vec<Capability>,
    query: Query,
    result: Result<Words, Error>,
}

/// An answer without its content.
#[derive(Serialize, Deserialize)]
struct Words {
    query: String,
    truncated: Option<String>,
    notes: Vec<String>,
}

impl Tape {
    pub(crate) fn new(space: &Space, chain: &str, policy: Policy, names: &[String]) -> Self {
        Self(Arc::new(Shared {
            space: space.clone(),
            chain: chain.to_owned(),
            policy,
            names: Mutex::new(names.iter().cloned().collect()),
            broken: watch::Sender::new(None),
        }))
    }

    /// The same connection, with its answers on the tape.
    pub(crate) fn before(&self, inner: Connection) -> Connection {
        let (source, capabilities) = (inner.source.clone(), Capability::of(&inner));
        let taped = Taped { tape: self.clone(), inner, asked: Mutex::default() };
        all_through(Arc::new(taped), source, &capabilities)
    }

    /// Waits until something can't be kept.
    pub(crate) async fn broken(&self) -> Arc<StoreError> {
        let mut broken = self.0.broken.subscribe();
        let found = broken.wait_for(Option::is_some).await.map(|error| error.clone());
        match found {
            Ok(Some(error)) => error,
            _ => std::future::pending().await,
        }
    }
}

impl Shared {
    /// Replaces what nobody should store, and keeps what it replaced.
    async fn redacted(&self, answer: Answer, query: &Query) -> Result<Answer, StoreError> {
        let known = {
            let mut known = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            if let Content::Inventory(topology) = &answer.content {
                known.extend(names(topology));
            }
            known.clone()
        };
        let mut redactor =
            Redactor::new(&self.space.pseudonym_key(), &self.policy, known.into_iter());
        let mut evidence = Evidence {
            id: EvidenceId::new(""),
            space: self.space.id().clone(),
            source: Source { connection: String::new(), system: String::new() },
            query: answer.query,
            window: query.window,
            taken_at: query.window.to,
            content: answer.content,
            truncated: answer.truncated,
            notes: answer.notes,
        };
        redactor.evidence(&mut evidence);
        let originals: Vec<_> = redactor.originals().clone().into_iter().collect();
        if !originals.is_empty() {
            self.space.keep_originals(&originals).await?;
        }
        let Evidence { query, content, truncated, notes, .. } = evidence;
        Ok(Answer { query, content, truncated, notes })
    }
}

impl Taped {
    /// What is asked, told from the same question at another time within the execution.
    fn key(&self, query: &Query) -> String {
        let words = serde_json::to_string(&(&self.inner.source.connection, query));
        let words = words.expect("invariant: a question holds only texts and numbers");
        let digest = Digest::of(words.as_bytes()).to_string();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.entry(digest.clone()).or_default();
        *before += 1;
        format!("{digest}/{before}")
    }

    async fn kept(&self, query: &Query) -> Result<Result<Answer, Error>, StoreError> {
        let Shared { space, chain, .. } = &*self.tape.0;
        let key = self.key(query);
        if let Some(take) = space.take(chain, &key).await? {
            return given(take);
        }
        let asked = self.inner.ask(query).await.unwrap_or_else(|| {
            let asked = query.question.label();
            Err(Error::new(ErrorKind::BadQuery, asked, "the connection can't answer this"))
        });
        let (result, content) = match asked {
            Ok(answer) => {
                let Answer { query, content, truncated, notes } =
                    self.tape.0.redacted(answer, query).await?;
                (Ok(Words { query, truncated, notes }), Some(content))
            }
            Err(error) => (Err(error), None),
        };
        let told = Told {
            source: self.inner.source.clone(),
            capabilities: Capability::of(&self.inner),
            query: query.clone(),
            result,
        };
        let told = serde_json::to_value(told).map_err(|e| StoreError::Invalid(e.to_string()))?;
        let connection = self.inner.source.connection.clone();
        given(space.keep_take(chain, Take { key, connection, told, content }).await?)
    }
}

/// What a take gave.
fn given(take: Take) -> Result<Result<Answer, Error>, StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        what: "an answer of a live system".to_owned(),
        reason,
    };
    let told: Told = serde_json::from_value(take.told).map_err(|e| damaged(e.to_string()))?;
    Ok(match (told.result, take.content) {
        (Ok(Words { query, truncated, notes }), Some(content)) => {
            Ok(Answer { query, content, truncated, notes })
        }
        (Ok(_), None) => return Err(damaged("it has no content".to_owned())),
        (Err(error), _) => Err(error),
    })
}

#[async_trait]
impl Answers for Taped {
    async fn answer(&self, query: &Query) -> Result<Answer, Error> {
        match self.kept(query).await {
            Ok(answer) => answer,
            Err(error) => {
                self.tape.0.broken.send_replace(Some(Arc::new(error)));
                // Whoever conducts the look ends it now.
                std::future::pending().await
            }
        }
    }

    async fn give_alerts(&self, _: Timestamp) -> Result<Vec<RawAlert>, Error> {
        // What happened is told by webhooks; who looks at an incident asks for none.
        Err(Error::new(ErrorKind::BadQuery, "alerts", "an incident's alerts are taken in"))
    }
}

/// What the executions of an incident were answered, as tapes that play it again: one per connection, in the
/// order in which they were asked first, which its journal tells.
pub(crate) async fn tapes(space: &Space, journal: &[Entry]) -> crate::Result<Vec<Recorded>> {
    let mut tapes: Vec<Recorded> = Vec::new();
    let firsts = journal.iter().filter(|entry| entry.seq == 0 && entry.chain.contains("/exec-"));
    for first in firsts {
        for take in space.takes(&first.chain).await? {
            let told: Told = serde_json::from_value(take.told.clone())
                .map_err(|error| StoreError::Invalid(error.to_string()))?;
            let Told { source, capabilities, query, .. } = told;
            let result = given(take)?.map(Given::Answer);
            let take = nightjar_connect::Take { query: Asked::Query(query), result };
            match tapes.iter_mut().find(|tape| tape.source == source) {
                Some(tape) => tape.takes.push(take),
                None => tapes.push(Recorded { source, capabilities, takes: vec![take] }),
            }
        }
    }
    let asked: Vec<&str> = journal
        .iter()
        .filter_map(|entry| entry.body.get("asks")?.get("connection")?.as_str())
        .collect();
    let place = |tape: &Recorded| asked.iter().position(|name| *name == tape.source.connection);
    tapes.sort_by_key(|tape| place(tape).unwrap_or(usize::MAX));
    Ok(tapes)
}
