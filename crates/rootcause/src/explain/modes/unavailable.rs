//! Not answering: the telemetry stopped, and nobody who calls it says otherwise.

use nightjar_incident::{FaultMode, Observation, ObservationKind, Signal};

use super::{Fit, Place, ids};
use crate::excess::Kind;
use crate::graph::Node;
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    // Its own telemetry: what it measures of others stops when none of its calls come back.
    let own = || place.marks.of(ObservationKind::Missing).filter(|o| o.peer.is_none());
    let unanswered = own().find(|o| o.signal == Some(Signal::Up));
    let silent = unanswered.or_else(|| own().next())?;
    let failing = place
        .scene
        .observations
        .iter()
        .filter(|o| o.kind == ObservationKind::Errors && o.peer.as_ref() == Some(place.id));
    let weight = match unanswered {
        Some(_) => limit::MARK_CERTAIN.value,
        None => limit::MARK_CLEAR.value,
    };
    let answers = is_answered(place, silent);
    let at_work = place.marks.of(ObservationKind::Saturation).any(|o| {
        matches!(o.signal, Some(Signal::CpuUtilization | Signal::CpuThrottling))
            && o.seen >= limit::CPU_BUSY.value
    });
    let (less, reason) = match (answers, at_work, unanswered) {
        (true, _, _) => {
            let reason = "its telemetry stopped, but those who call it get their answers";
            (limit::MARK_CERTAIN.value, reason)
        }
        (false, true, _) => {
            (limit::MARK_CLEAR.value, "its telemetry stopped while it was too busy to answer")
        }
        (false, false, Some(_)) if place.is_another_program() => (
            limit::MARK_CLEAR.value,
            "it doesn't answer, and does new things since it was deployed",
        ),
        (false, false, Some(_)) => (0.0, "it doesn't answer whoever watches it"),
        (false, false, None) => (0.0, "its telemetry stopped"),
    };
    let weight = weight - less;
    Some(Fit {
        mode: FaultMode::Unavailable,
        weight,
        decisive: less == 0.0,
        support: ids([silent].into_iter().chain(failing)),
        reason: reason.to_owned(),
    })
}

/// Whether those who call the place get answers since its telemetry stopped: then only that did.
fn is_answered(place: &Place<'_>, silent: &Observation) -> bool {
    let Some((ledger, graph)) = place.scene.view.requests else { return false };
    let Some(node) = graph.entity(place.id).and_then(|node| graph.nodes.get(node)) else {
        return false;
    };
    let since = silent.onset.map_or(i64::MAX, |onset| onset.latest.as_millisecond());
    let rows = ledger.rows.get(ledger.window.clone()).unwrap_or_default();
    let first = rows.partition_point(|&at| at < since);
    let sum = |rows: &[f64]| rows.get(first..).unwrap_or_default().iter().sum::<f64>();
    let answered = |edge: &Node| {
        let (failed, time) = (edge.excess(Kind::Errors), edge.excess(Kind::Time));
        let asked = failed.or(time).map_or(0.0, |excess| sum(&excess.requests));
        // Where nobody counts failures: who isn't there refuses at once or lets wait.
        let is_well = match (failed, time) {
            (Some(failed), _) => sum(&failed.values) < limit::FELT_FAILING.value * asked,
            (None, Some(time)) => {
                let usual = time.usual * asked;
                time.known && sum(&time.values).abs() < limit::FELT_SLOWER.value * usual
            }
            (None, None) => false,
        };
        asked > 0.0 && is_well
    };
    let edges = node.callers.iter().filter(|&&caller| graph.is_edge(caller));
    edges.filter_map(|&edge| graph.nodes.get(edge)).any(answered)
}
