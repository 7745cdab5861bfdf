//! Retries: a call that is made again, below the same span, after one of the same operation failed there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightjar_incident::{
    Content, Direction, EvidenceId, ObservationKind, Span, SpanStatus, amount,
};
use nightjar_series::count::{Count, rate_z};
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "retries",
    kind: ObservationKind::Retries,
    measured: "calls made again after a failed one of the same operation below the same span, per call",
    unit: "{retry}/{call}",
    thresholds: &[limit::GAUGE_Z, limit::FEW_CALLS, limit::LINES_IN_BUNCHES],
    method: "G statistic of two Poisson counts, retries coming in bunches (McCullagh and Nelder 1989, §6.2)",
    reason: "counted per call, more traffic is not more retries; only what follows a failure is one",
    means: "somebody fails and is asked again: load on what fails multiplies, and the caller waits for all attempts",
}];

/// Who calls which operation of whom.
type Call<'a> = (&'a EntityId, &'a EntityId, &'a str);

/// Trace and span that calls were made from, whom they went to and what was asked.
type Attempts<'a> = ((&'a str, &'a str), &'a EntityId, &'a str);

/// Calls and retries before and after the onset.
#[derive(Default)]
struct Seen {
    sides: [Count; 2],
    first: Option<i64>,
    evidence: BTreeSet<EvidenceId>,
}

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut seen: BTreeMap<Call<'_>, Seen> = BTreeMap::new();
    for piece in view.case.evidence {
        let Content::Spans(spans) = &piece.content else { continue };
        for (call, part) in again(spans, view.onset) {
            let known = seen.entry(call).or_default();
            known.evidence.insert(piece.id.clone());
            known.first = known.first.into_iter().chain(part.first).min();
            for (whole, part) in known.sides.iter_mut().zip(part.sides) {
                whole.events += part.events;
                whole.exposure += part.exposure;
            }
        }
    }
    seen.into_iter().filter_map(|(call, seen)| draft(call, &seen)).collect()
}

/// The calls made again among some spans.
fn again(spans: &[Span], onset: Timestamp) -> BTreeMap<Call<'_>, Seen> {
    let side = |span: &Span| usize::from(i128::from(span.start_nanos) >= onset.as_nanosecond());
    let mut again: BTreeMap<Call<'_>, Seen> = BTreeMap::new();
    for ((from, to, operation), mut attempts) in attempts(spans) {
        attempts.sort_by_key(|span| (span.start_nanos, span.end_nanos));
        for pair in attempts.windows(2) {
            let [before, after] = pair else { continue };
            if before.status != SpanStatus::Error || after.start_nanos < before.end_nanos {
                continue;
            }
            let known = again.entry((from, to, operation)).or_default();
            if let Some(count) = known.sides.get_mut(side(after)) {
                count.events += 1.0;
            }
            if side(after) == 1 {
                known.first = known.first.into_iter().chain([after.start_nanos]).min();
            }
        }
    }
    // How often that operation was called at all, by whomever: few callers share one.
    let mut made: BTreeMap<(&EntityId, &str), [f64; 2]> =
        again.keys().map(|(_, to, operation)| ((*to, *operation), [0.0; 2])).collect();
    for span in spans.iter().filter(|span| span.parent_id.is_some()) {
        let known = made.get_mut(&(whom(span), span.operation.as_str()));
        if let Some(count) = known.and_then(|sides| sides.get_mut(side(span))) {
            *count += 1.0;
        }
    }
    for ((_, to, operation), seen) in &mut again {
        let made = made.get(&(*to, *operation)).copied().unwrap_or_default();
        for (count, made) in seen.sides.iter_mut().zip(made) {
            count.exposure = made;
        }
    }
    again
}

/// Calls of one operation below one span, of spans below which a call failed; most have none.
fn attempts(spans: &[Span]) -> Vec<(Call<'_>, Vec<&Span>)> {
    let failed: BTreeSet<(&str, &str)> =
        spans.iter().filter(|span| span.status == SpanStatus::Error).filter_map(under).collect();
    let mut callers: BTreeMap<(&str, &str), &EntityId> = BTreeMap::new();
    let mut calls: BTreeMap<Attempts<'_>, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        let own = (span.trace_id.as_str(), span.span_id.as_str());
        if failed.contains(&own) {
            callers.insert(own, &span.entity);
        }
        if let Some(above) = under(span).filter(|above| failed.contains(above)) {
            calls.entry((above, whom(span), &span.operation)).or_default().push(span);
        }
    }
    let call =
        |((above, to, operation), calls)| Some(((*callers.get(&above)?, to, operation), calls));
    calls.into_iter().filter_map(call).collect()
}

/// The span that a span was called from.
fn under(span: &Span) -> Option<(&str, &str)> {
    Some((span.trace_id.as_str(), span.parent_id.as_deref()?))
}

/// Whom a span calls, or who does its work.
fn whom(span: &Span) -> &EntityId {
    span.peer.as_ref().unwrap_or(&span.entity)
}

fn draft((from, to, operation): Call<'_>, seen: &Seen) -> Option<Draft> {
    let [before, after] = seen.sides;
    let z = rate_z(before, after, limit::LINES_IN_BUNCHES.value);
    if z < limit::GAUGE_Z.value || after.events < limit::FEW_CALLS.value {
        return None;
    }
    let first = seen.first.and_then(|nanos| Timestamp::from_nanosecond(i128::from(nanos)).ok());
    Some(Draft {
        entity: from.clone(),
        peer: Some(to.clone()).filter(|to| to != from),
        kind: ObservationKind::Retries,
        signal: None,
        stated: None,
        direction: if before.events > 0.0 { Direction::Up } else { Direction::Appeared },
        onset: first.and_then(|at| between(None, at.as_millisecond())),
        usual: before.rate(),
        seen: after.rate(),
        unit: "{retry}/{call}".to_owned(),
        z,
        summary: format!(
            "`{from}` calls `{operation}` of `{to}` again after it failed: {} of the calls are retries, usually {}",
            amount(100.0 * after.rate(), "%"),
            amount(100.0 * before.rate(), "%")
        ),
        evidence: seen.evidence.iter().cloned().collect(),
    })
}
