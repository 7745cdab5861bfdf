use nightjar_incident::{Evidence, EvidenceId, IncidentId};

use crate::{Result, Space};

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

impl Space {
    /// What an incident's executions saw, in order of id. Pieces of earlier executions stay.
    pub async fn evidence_of(&self, incident: &IncidentId) -> Result<Vec<EvidenceRecord>> {
        let _ = incident;
        todo!()
    }
    /// One piece whole.
    pub async fn evidence(&self, id: &EvidenceId) -> Result<Evidence> {
        let _ = id;
        todo!()
    }
}
