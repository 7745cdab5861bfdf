//! Calls: an operation calls others more or less often per call of its own than it used to. Retries,
//! fan-out, calls left out, error handlers. The caller decides whom it calls, so it is the caller's.

use nightjar_incident::{ObservationKind, Signal, amount};

use super::log_mix::direction;
use super::{Draft, View, between};
use crate::thresholds as limit;

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some(operations) = view.operations else { return Vec::new() };
    let mut found = Vec::new();
    for finding in &operations.findings {
        let Some(callee) = &finding.callee else { continue };
        let (usual, seen) = (finding.usual.rate(), finding.seen.rate());
        found.push(Draft {
            entity: finding.entity.clone(),
            peer: None,
            kind: ObservationKind::Calls,
            signal: finding.is_exception.then_some(Signal::Errors),
            stated: None,
            direction: direction(finding),
            onset: operations.since.and_then(|at| between(None, at.as_millisecond())),
            usual,
            seen,
            unit: "{call}/{span}".to_owned(),
            z: finding.z.abs(),
            summary: format!(
                "`{}` of `{}` runs `{callee}` {} times a call, usually {}",
                finding.operation,
                finding.entity,
                amount(seen, ""),
                amount(usual, "")
            ),
            evidence: finding.evidence.iter().cloned().collect(),
        });
    }
    found.truncate(limit::MAX_LOG_OBSERVATIONS);
    found
}
