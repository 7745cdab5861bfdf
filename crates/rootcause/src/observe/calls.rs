//! Calls: an operation calls others more or less often per call of its own than it used to. Retries,
//! fan-out, calls left out, error handlers. The caller decides whom it calls, so it is the caller's.

use nightjar_incident::{ObservationKind, Signal, amount};

use super::log_mix::direction;
use super::{About, Draft, View, answering, between};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "calls",
    kind: ObservationKind::Calls,
    measured: "calls of other operations per call of an operation",
    unit: "{call}/{span}",
    thresholds: &[limit::MIX_Z, limit::PARTIAL, limit::MIN_OCCASIONS],
    method: "as for `log-mix`; a call that used to be made and is gone is `vanished`",
    reason: "whom to call is the caller's decision",
    means: "retries, fan-out, an error handler, or a step left out",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some(operations) = view.operations else { return Vec::new() };
    let silent = answering::silent(view);
    let mut found = Vec::new();
    for finding in &operations.findings {
        let Some(callee) = &finding.callee else { continue };
        // Who is gone does nothing any more on anybody's behalf: no news of who asked for it.
        if finding.z < 0.0 && finding.called.as_ref().is_some_and(|id| silent.contains(id)) {
            continue;
        }
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
