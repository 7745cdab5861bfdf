//! The hash chain of the audit trail: docs/specs/journal.md.

use nightjar_incident::journal::{Digest, canonical};
use serde_json::json;

use super::NewAudit;
use crate::{Error, Result};

/// SHA-256 over the hash before and the canonical JSON of the record.
pub(crate) fn compute_hash(seq: u64, call: &NewAudit, prev_hash: Digest) -> Result<Digest> {
    let record = json!({
        "actor": call.actor,
        "at": call.at,
        "operation": call.operation,
        "outcome": call.outcome.label(),
        "request": call.request,
        "seq": seq,
        "source": call.source,
        "space": call.space,
        "status": call.status,
        "subject": call.subject,
    });
    let record = canonical(&record).map_err(|error| Error::Invalid(error.to_string()))?;
    let mut bytes = prev_hash.as_bytes().to_vec();
    bytes.extend(record);
    Ok(Digest::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    #[test]
    fn the_hash_of_a_known_record_never_changes() {
        // Frozen: docs/specs/journal.md, the audit trail. A change here breaks every trail out there.
        let call = NewAudit {
            at: "2026-11-23T03:00:00Z".parse().unwrap(),
            actor: "NJAKAAAAAAAAAAAAAAAA".to_owned(),
            source: "127.0.0.1".to_owned(),
            operation: "ListIncidents".to_owned(),
            space: None,
            subject: None,
            outcome: Outcome::Done,
            status: 200,
            request: "r-1".to_owned(),
        };
        let hash = compute_hash(1, &call, Digest::ZERO).unwrap().to_string();
        assert_eq!(hash, "fcf8366dbea3b7aff9265d6bf0bf3135cad44c7a4d73fc83bd50da999468372c");
    }
}
