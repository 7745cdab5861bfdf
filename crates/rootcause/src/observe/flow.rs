//! Latency and errors: places whose excess stands out, by the pulse test of [`crate::excess`].

use nightjar_incident::{Direction, ObservationKind, Signal, amount};

use super::{About, Draft, View, between};
use crate::excess::Kind;
use crate::ledger::Place;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "latency",
        kind: ObservationKind::Latency,
        measured: "excess seconds of a place or edge, row by row: requests × (mean latency − usual)",
        unit: "s",
        thresholds: &[
            limit::SYMPTOM_Z,
            limit::LATENCY_FLOOR,
            limit::SPREAD_SHARE,
            limit::MIN_REFERENCE,
        ],
        method: "matched filter over every stretch of rows (Kay, \"Detection theory\", 1998) against median and MAD of the reference, with an offset for drift",
        reason: "excess adds up along the calls, means and quantiles do not",
        means: "requests take longer here; how much of it starts here says the flow",
    },
    About {
        id: "errors",
        kind: ObservationKind::Errors,
        measured: "failed requests beyond the usual share, row by row",
        unit: "1",
        thresholds: &[limit::SYMPTOM_Z, limit::ERROR_NOISE, limit::TRIMMED_ROWS],
        method: "matched filter as for latency; variance of a binomial over the row's requests, times its overdispersion (McCullagh and Nelder, \"Generalized Linear Models\", 1989)",
        reason: "three failures of ten requests are chance, three hundred of a thousand are not",
        means: "requests fail here; whether they fail first here say spans and flow",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some((ledger, graph)) = view.requests else { return Vec::new() };
    let mut found = Vec::new();
    for node in &graph.nodes {
        let Some(table) = node.table(ledger) else { continue };
        for kind in Kind::BOTH {
            let Some(excess) = node.excess(kind).filter(|excess| excess.known) else { continue };
            let Some(pulse) = excess.pulse.filter(|p| p.z >= limit::SYMPTOM_Z.value) else {
                continue;
            };
            let during = |values: &[f64]| -> f64 {
                values.get(pulse.from..pulse.to).unwrap_or_default().iter().sum()
            };
            let requests = during(&excess.requests);
            let seen = excess.usual + during(&excess.values) / requests.max(f64::MIN_POSITIVE);
            let first = ledger.window.start + pulse.from;
            let onset = ledger.rows.get(first).and_then(|&at| {
                between(first.checked_sub(1).and_then(|row| ledger.rows.get(row)).copied(), at)
            });
            let (entity, peer) = match &node.place {
                Place::Entity(id) => (id.clone(), None),
                Place::Edge { from, to } => (from.clone(), Some(to.clone())),
            };
            let whom = peer.as_ref().map_or(String::new(), |peer| format!(" calling `{peer}`"));
            let (kind, signal, unit, summary) = match kind {
                Kind::Time => (
                    ObservationKind::Latency,
                    Signal::Latency,
                    "s",
                    format!(
                        "`{entity}`{whom} takes {} instead of {} per request",
                        amount(seen, "s"),
                        amount(excess.usual, "s")
                    ),
                ),
                Kind::Errors => (
                    ObservationKind::Errors,
                    Signal::Errors,
                    "1",
                    format!(
                        "{} of the requests of `{entity}`{whom} fail, usually {}",
                        amount(100.0 * seen, "%"),
                        amount(100.0 * excess.usual, "%")
                    ),
                ),
            };
            found.push(Draft {
                entity,
                peer,
                kind,
                signal: Some(signal),
                stated: None,
                direction: Direction::Up,
                onset,
                usual: excess.usual,
                seen,
                unit: unit.to_owned(),
                z: pulse.z,
                summary,
                evidence: table.evidence.clone(),
            });
        }
    }
    found
}
