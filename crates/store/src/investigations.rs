use jiff::Timestamp;
use nightjar_incident::IncidentId;

use crate::{Created, Once, Page, PageRequest, Result, Space};

/// Where an investigation of a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvestigationState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Every incident has its verdict.
    Done,
    /// It couldn't be done; the reason is kept.
    Failed,
}

/// An investigation that was started over a connection that holds alerts.
#[derive(Clone, Debug)]
pub struct InvestigationRecord {
    /// `inv-1`, the number is that of its names: incidents `inc-1-1`, chains `play-1/intake`.
    pub id: String,
    /// Its number within the space, from 1.
    pub number: u64,
    /// Which connection.
    pub connection: String,
    /// Where it stands.
    pub state: InvestigationState,
    /// Why it failed, if it did.
    pub reason: Option<String>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The incidents so far, in the order they opened.
    pub incidents: Vec<IncidentId>,
}

impl Space {
    /// Starts an investigation: the record and its task in the queue, in one transaction.
    pub async fn start_investigation(
        &self,
        connection: &str,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<InvestigationRecord>> {
        let _ = (connection, once, now);
        todo!()
    }
    /// All of them, newest first.
    pub async fn investigations(&self, page: &PageRequest) -> Result<Page<InvestigationRecord>> {
        let _ = page;
        todo!()
    }
    /// One of them.
    pub async fn investigation(&self, id: &str) -> Result<InvestigationRecord> {
        let _ = id;
        todo!()
    }
    /// Says where it stands.
    pub async fn set_investigation_state(
        &self,
        id: &str,
        state: InvestigationState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let _ = (id, state, reason, now);
        todo!()
    }
    /// Puts a person's request on an investigation into the queue (JSON understood by `oncall`), in one
    /// transaction with its idempotency row, and sets the investigation to queued again.
    pub async fn request(
        &self,
        id: &str,
        body: &serde_json::Value,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<()>> {
        let _ = (id, body, once, now);
        todo!()
    }
}
