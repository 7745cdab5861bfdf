//! Time-outs: failed calls that all last equally long, and longer than those that succeed, were ended by a
//! limit and not by an answer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{
    Content, Direction, EvidenceId, ObservationKind, Span, SpanStatus, amount,
};
use nightjar_series::count::{Count, rate_z};
use nightjar_series::robust;
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "timeouts",
    kind: ObservationKind::Timeouts,
    measured: "failed calls by operation that last equally long, and longer than successful ones, per call",
    unit: "s",
    thresholds: &[
        limit::GAUGE_Z,
        limit::FEW_CALLS,
        limit::TIMEOUT_SPREAD,
        limit::TIMEOUT_SHARE,
        limit::TIMEOUT_SECONDS,
    ],
    method: "share of the failures within a narrow band around their median; G statistic of two Poisson counts against before (McCullagh and Nelder 1989, §6.2)",
    reason: "answers scatter, limits don't; what is refused at once fails equally fast, but faster than an answer",
    means: "the callee, or the way to it, doesn't answer within that time; the caller gives up. Look below, not here",
}];

/// Spans of one operation on one side of the onset.
#[derive(Default)]
struct Side {
    /// Seconds of those that failed, with when they began.
    failed: Vec<(f64, i64)>,
    /// Seconds of the others.
    answered: Vec<f64>,
}

#[derive(Default)]
struct Seen<'a> {
    before: Side,
    after: Side,
    evidence: Vec<&'a EvidenceId>,
}

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut seen: BTreeMap<(&EntityId, Option<&EntityId>, &str), Seen<'_>> = BTreeMap::new();
    let onset = view.onset.as_nanosecond();
    for piece in view.case.evidence {
        let Content::Spans(spans) = &piece.content else { continue };
        let failing: std::collections::BTreeSet<_> =
            spans.iter().filter(|span| span.status == SpanStatus::Error).map(operation).collect();
        for span in spans.iter().filter(|span| failing.contains(&operation(span))) {
            let known = seen.entry(operation(span)).or_default();
            if known.evidence.last() != Some(&&piece.id) {
                known.evidence.push(&piece.id);
            }
            let is_after = i128::from(span.start_nanos) >= onset;
            let side = if is_after { &mut known.after } else { &mut known.before };
            let seconds = span.end_nanos.saturating_sub(span.start_nanos).max(0) as f64 / 1e9;
            match span.status {
                SpanStatus::Error => side.failed.push((seconds, span.start_nanos)),
                SpanStatus::Ok | SpanStatus::Unset => side.answered.push(seconds),
            }
        }
    }
    seen.into_iter().filter_map(|(operation, seen)| draft(operation, &seen)).collect()
}

fn operation(span: &Span) -> (&EntityId, Option<&EntityId>, &str) {
    (&span.entity, span.peer.as_ref(), &span.operation)
}

fn draft(
    (entity, peer, operation): (&EntityId, Option<&EntityId>, &str),
    seen: &Seen<'_>,
) -> Option<Draft> {
    let failed: Vec<f64> = seen.after.failed.iter().map(|(seconds, _)| *seconds).collect();
    let bound = robust::median(&failed);
    let band = limit::TIMEOUT_SPREAD.value * bound;
    let at_limit =
        |side: &Side| side.failed.iter().filter(|(s, _)| (s - bound).abs() <= band).count();
    let (earlier, later) = (at_limit(&seen.before) as f64, at_limit(&seen.after) as f64);
    let answered = || seen.before.answered.iter().chain(&seen.after.answered);
    let is_a_limit = bound >= limit::TIMEOUT_SECONDS.value
        && later >= limit::FEW_CALLS.value
        && later >= limit::TIMEOUT_SHARE.value * failed.len() as f64
        && !answered().any(|seconds| *seconds > bound + band);
    let calls = |side: &Side| (side.failed.len() + side.answered.len()) as f64;
    let count = |events, side| Count { events, exposure: calls(side) };
    let z = rate_z(
        count(earlier, &seen.before),
        count(later, &seen.after),
        limit::LINES_IN_BUNCHES.value,
    );
    if !is_a_limit || z < limit::GAUGE_Z.value {
        return None;
    }
    let usual = robust::median(&answered().copied().collect::<Vec<f64>>());
    let usual = if usual.is_finite() { usual } else { 0.0 };
    let first = seen.after.failed.iter().map(|(_, start)| *start).min()?;
    let first = Timestamp::from_nanosecond(i128::from(first)).ok();
    let whom = peer.map_or(String::new(), |peer| format!(" calling `{peer}`"));
    Some(Draft {
        entity: entity.clone(),
        peer: peer.cloned(),
        kind: ObservationKind::Timeouts,
        signal: None,
        stated: None,
        direction: if earlier > 0.0 { Direction::Up } else { Direction::Appeared },
        onset: first.and_then(|at| between(None, at.as_millisecond())),
        usual,
        seen: bound,
        unit: "s".to_owned(),
        z,
        summary: format!(
            "`{operation}` of `{entity}`{whom} ends {later:.0} times at a limit of {}, without an answer; \
             answers usually take {}",
            amount(bound, "s"),
            amount(usual, "s")
        ),
        evidence: seen.evidence.iter().map(|id| (*id).clone()).collect(),
    })
}
