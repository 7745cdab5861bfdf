use jiff::Timestamp;
use nightjar_incident::{IncidentId, Investigation};

use crate::{Page, PageRequest, Result, Space};

/// Which incidents are wanted.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// Only of one investigation.
    pub investigation: Option<String>,
    /// Only with this verdict: `cause_found`, `no_incident`, `not_found`.
    pub verdict: Option<String>,
    /// Only with news at or after.
    pub since: Option<Timestamp>,
}

/// An incident as lists show it.
#[derive(Clone, Debug)]
pub struct IncidentRecord {
    /// Its id.
    pub id: IncidentId,
    /// The investigation it came up in.
    pub investigation: String,
    /// When its first alert arrived.
    pub opened_at: Timestamp,
    /// When its last news arrived.
    pub last_news_at: Timestamp,
    /// The primary alert's title.
    pub title: String,
    /// How many alerts it has.
    pub alerts: u64,
    /// `cause_found`, `no_incident`, `not_found`; `None` before the first execution ends.
    pub verdict: Option<String>,
    /// `provisional` or `final`.
    pub stage: Option<String>,
    /// Best confidence of its causes, 0 to 1.
    pub confidence: Option<f64>,
    /// The first cause in one sentence.
    pub statement: Option<String>,
}

impl Space {
    /// Keeps an incident's new state, and its evidence: contents go to the blobs by digest, the rest is
    /// sealed in the row. Overwrites the earlier state (the journal holds how it came about).
    pub async fn keep_incident(&self, investigation: &str, state: &Investigation) -> Result<()> {
        let _ = (investigation, state);
        todo!()
    }
    /// Incidents, last news first.
    pub async fn incidents(
        &self,
        filter: &IncidentFilter,
        page: &PageRequest,
    ) -> Result<Page<IncidentRecord>> {
        let _ = (filter, page);
        todo!()
    }
    /// One as lists show it.
    pub async fn incident(&self, id: &IncidentId) -> Result<IncidentRecord> {
        let _ = id;
        todo!()
    }
    /// One whole; its evidence has empty content (see [`Space::evidence`]) unless `with_content`.
    pub async fn incident_state(
        &self,
        id: &IncidentId,
        with_content: bool,
    ) -> Result<Investigation> {
        let _ = (id, with_content);
        todo!()
    }
}
