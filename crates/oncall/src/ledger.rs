//! What the workflow itself notes about an investigation: which requests were begun, what was put
//! off, what went wrong, what was cancelled. A chain of its own, `work-1`, beside those of the investigation, which hold
//! only what a replay writes again.

use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Digest, Entry, Kind};
use nightjar_store::{Error, Space};
use serde_json::{Value, json};

use crate::plan::Past;
use crate::request::Asked;

/// Entries read at a time.
const PAGE: usize = 500;

/// Who writes.
const ACTOR: &str = "oncall";

/// What the chain for an investigation of this number is called.
pub(crate) fn chain(play: u64) -> String {
    format!("work-{play}")
}

pub(crate) struct Ledger {
    space: Space,
    chain: Chain,
    job: i64,
    past: Past,
}

impl Ledger {
    /// Reads what was noted about a job.
    pub(crate) async fn open(space: &Space, play: u64, job: i64) -> Result<Self, Error> {
        let name = chain(play);
        let mut past = Past::default();
        let (mut next, mut head) = (0, Digest::ZERO);
        loop {
            let page = space.chain(&name, next, PAGE).await?;
            let Some(last) = page.last() else { break };
            (next, head) = (last.seq + 1, last.hash);
            // Ledgers of the first version call it a task.
            let of_job = |entry: &Entry| {
                of(entry, "job").or_else(|| of(entry, "task")).and_then(Value::as_i64)
            };
            let is_ours = |entry: &&Entry| of_job(entry) == Some(job);
            page.iter().filter(is_ours).for_each(|entry| note(&mut past, entry));
        }
        let chain = Chain::continued(space.id().clone(), name, next, head);
        Ok(Self { space: space.clone(), chain, job, past })
    }

    pub(crate) fn past(&self) -> &Past {
        &self.past
    }

    /// Notes that a request is begun: nothing was done for it yet.
    pub(crate) async fn begin(
        &mut self,
        asked: &Asked,
        at: Timestamp,
        after: usize,
        now: Timestamp,
    ) -> Result<(), Error> {
        let body = json!({ "begun": asked, "at": at, "after": after });
        self.write(Kind::Decision, body, now).await
    }

    /// Notes that the job is put off.
    pub(crate) async fn put_off(&mut self, reason: &str, now: Timestamp) -> Result<(), Error> {
        self.write(Kind::Update, json!({ "put_off": reason }), now).await
    }

    /// Notes what went wrong.
    pub(crate) async fn error(&mut self, reason: &str, now: Timestamp) -> Result<(), Error> {
        self.write(Kind::Error, json!({ "error": reason }), now).await
    }

    async fn write(&mut self, kind: Kind, mut body: Value, now: Timestamp) -> Result<(), Error> {
        if let Some(members) = body.as_object_mut() {
            members.insert("job".to_owned(), self.job.into());
        }
        let mut chain = self.chain.clone();
        let entry = chain.append(now, kind, ACTOR, body);
        let entry = entry.map_err(|error| Error::Invalid(error.to_string()))?;
        self.space.append(std::slice::from_ref(&entry), now).await?;
        note(&mut self.past, &entry);
        self.chain = chain;
        Ok(())
    }
}

fn note(past: &mut Past, entry: &Entry) {
    if of(entry, "put_off").is_some() {
        past.pauses += 1;
    }
    if of(entry, "begun").is_some() {
        let at = of(entry, "at").and_then(Value::as_str).and_then(|at| at.parse().ok());
        let after = of(entry, "after").and_then(Value::as_u64);
        past.begun = at.zip(after.and_then(|after| usize::try_from(after).ok()));
    }
}

fn of<'a>(entry: &'a Entry, name: &str) -> Option<&'a Value> {
    entry.body.get(name)
}
