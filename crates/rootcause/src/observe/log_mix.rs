//! Log mix: an operation writes other lines per call than it used to.

use nightjar_incident::{Direction, ObservationKind, Onset, Signal, amount};

use super::{About, Draft, View, between};
use crate::operations::Finding;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "log-mix",
    kind: ObservationKind::LogMix,
    measured: "lines by template per call of the operation that writes them",
    unit: "{line}/{span}",
    thresholds: &[limit::MIX_Z, limit::PARTIAL, limit::MIN_OCCASIONS],
    method: "G statistic of two Poisson counts over the dispersion between traces (McCullagh and Nelder 1989, §6.2)",
    reason: "per call, the mix of requests does not matter",
    means: "the operation takes another way through its code",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some(operations) = view.operations else { return Vec::new() };
    let lines = operations.findings.iter().filter(|finding| finding.callee.is_none());
    let since = operations.since.and_then(|at| between(None, at.as_millisecond()));
    lines.take(limit::MAX_LOG_OBSERVATIONS).map(|finding| draft(finding, since)).collect()
}

fn draft(finding: &Finding, since: Option<Onset>) -> Draft {
    let per_call = |rate: f64| amount(rate, "");
    let (usual, seen) = (finding.usual.rate(), finding.seen.rate());
    let told = match &finding.teller {
        Some(teller) => format!("`{teller}` says of `{}` in", finding.entity),
        None => format!("`{}` writes in", finding.entity),
    };
    let summary = match &finding.after {
        Some(after) => format!(
            "`{}` goes on differently in `{}` after `{after}`: {} times, usually {}, with: {}",
            finding.entity,
            finding.operation,
            per_call(seen),
            per_call(usual),
            if finding.example.is_empty() { "nothing" } else { &finding.example }
        ),
        None => format!(
            "{told} `{}` {} times a call, usually {}: {}",
            finding.operation,
            per_call(seen),
            per_call(usual),
            finding.example
        ),
    };
    Draft {
        entity: finding.entity.clone(),
        peer: finding.teller.clone(),
        kind: ObservationKind::LogMix,
        signal: finding.is_exception.then_some(Signal::Errors),
        stated: None,
        direction: direction(finding),
        onset: since,
        usual,
        seen,
        unit: "{line}/{span}".to_owned(),
        z: finding.z.abs(),
        summary,
        evidence: finding.evidence.iter().cloned().collect(),
    }
}

pub(super) fn direction(finding: &Finding) -> Direction {
    if finding.usual.events == 0.0 {
        Direction::Appeared
    } else if finding.seen.events == 0.0 {
        Direction::Vanished
    } else if finding.z > 0.0 {
        Direction::Up
    } else {
        Direction::Down
    }
}
