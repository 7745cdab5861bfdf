use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, IncidentId, RawAlert, TriageNote};

use crate::{Page, PageRequest, Result, Space};

/// A message that arrived, and what became of it.
pub struct NewMessage<'a> {
    /// The investigation it was played in.
    pub investigation: &'a str,
    /// Its place in the order of arrival, from 0.
    pub number: u64,
    /// As it came, redacted.
    pub raw: &'a RawAlert,
    /// What was understood, and where each alert went.
    pub alerts: &'a [(Alert, TriageNote)],
    /// Why it was rejected, if it was.
    pub rejected: Option<&'a str>,
}

/// An alert, or a message nobody could read.
#[derive(Clone, Debug)]
pub struct AlertRecord {
    /// Its id; a rejected message has one as well (`msg-1-3`).
    pub id: AlertId,
    /// The investigation it was played in.
    pub investigation: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// As it came, redacted.
    pub raw: RawAlert,
    /// The normal form; `None` if rejected.
    pub alert: Option<Alert>,
    /// What triage decided, latest last (a person may have moved it).
    pub triage: Vec<TriageNote>,
    /// The incident it is in now.
    pub incident: Option<IncidentId>,
    /// Why it was rejected, if it was.
    pub rejected: Option<String>,
}

impl Space {
    /// Keeps a message; the same number of the same investigation again changes nothing.
    pub async fn keep_message(&self, message: &NewMessage<'_>) -> Result<()> {
        let _ = message;
        todo!()
    }
    /// Notes where an alert went to, after a person moved it.
    pub async fn keep_triage(&self, note: &TriageNote) -> Result<()> {
        let _ = note;
        todo!()
    }
    /// Alerts in the order of arrival; of one incident, where given.
    pub async fn alerts(
        &self,
        incident: Option<&IncidentId>,
        page: &PageRequest,
    ) -> Result<Page<AlertRecord>> {
        let _ = (incident, page);
        todo!()
    }
    /// One of them.
    pub async fn alert(&self, id: &AlertId) -> Result<AlertRecord> {
        let _ = id;
        todo!()
    }
}
