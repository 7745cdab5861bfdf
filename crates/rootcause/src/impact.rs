//! Who is affected, since when, how badly.

use nightjar_incident::{Impact, Observation, ObservationKind, Share, amount};

use crate::excess::{Excess, Kind};
use crate::graph::{Graph, State};
use crate::ledger::{Ledger, Place};
use crate::thresholds as limit;

/// The impact at the place nearest to the users that suffers from the symptom.
pub(crate) fn measure(
    ledger: &Ledger,
    graph: &Graph,
    symptom: State,
    observations: &[Observation],
) -> Option<Impact> {
    let suffers = |node: usize| {
        Kind::BOTH.into_iter().any(|kind| {
            let excess = graph.nodes.get(node).and_then(|n| n.excess(kind));
            excess.is_some_and(|excess| excess.known && excess.z() >= limit::SYMPTOM_Z.value)
        })
    };
    let is_entity =
        |node: usize| graph.nodes.get(node).is_some_and(|n| matches!(n.place, Place::Entity(_)));
    // The highest suffering place that waits for the symptom; the symptom if there is none.
    let above = graph.above(symptom.0).into_iter();
    let above = above.filter(|&node| node != symptom.0 && is_entity(node) && suffers(node));
    let (mut node, mut fewest) = (symptom.0, usize::MAX);
    for candidate in above {
        if let Some(callers) = graph.waiting(candidate, fewest) {
            (node, fewest) = (candidate, callers);
        }
    }
    let place = graph.nodes.get(node)?;
    let entity = match &place.place {
        Place::Entity(id) => id.clone(),
        Place::Edge { from, .. } => from.clone(),
    };
    let table = place.table(ledger)?;
    let errors = place.excess(Kind::Errors).filter(|e| e.z() >= limit::SYMPTOM_Z.value);
    let time = place.excess(Kind::Time).filter(|e| e.z() >= limit::SYMPTOM_Z.value);
    let failed = errors.map(|e| positive(e).round());
    let worst_share = errors.map(|e| Share::new(e.usual + worst(e)));
    let worst_latency = time.map(|e| (e.usual + worst(e), e.usual));
    let mine: Vec<&Observation> = observations
        .iter()
        .filter(|o| o.entity == entity && o.peer.is_none())
        .filter(|o| matches!(o.kind, ObservationKind::Latency | ObservationKind::Errors))
        .collect();
    let onset = mine.iter().filter_map(|o| o.onset).min_by_key(|onset| onset.at);
    let counted = if table.counted { "requests" } else { "samples" };
    let mut parts = Vec::new();
    if let (Some(failed), Some(share)) = (failed, worst_share) {
        parts.push(format!(
            "{} {counted} of `{entity}` failed beyond the usual, at worst {} of them",
            amount(failed, "1"),
            amount(100.0 * share.value(), "%")
        ));
    }
    if let Some((worst, usual)) = worst_latency {
        parts.push(format!(
            "its mean latency reached {}, usually {}",
            amount(worst, "s"),
            amount(usual, "s")
        ));
    }
    if parts.is_empty() {
        return None;
    }
    Some(Impact {
        entity: entity.clone(),
        onset,
        failed_requests: failed,
        worst_error_share: worst_share,
        worst_latency_seconds: worst_latency,
        summary: format!("{}.", parts.join("; ")),
        observations: mine.iter().map(|o| o.id.clone()).collect(),
    })
}

fn positive(excess: &Excess) -> f64 {
    excess.values.iter().filter(|e| **e > 0.0).sum()
}

/// The largest excess per request of any row.
fn worst(excess: &Excess) -> f64 {
    let rows = excess.values.iter().zip(&excess.requests).filter(|(_, r)| **r > 0.0);
    rows.map(|(e, r)| e / r).fold(0.0, f64::max)
}
