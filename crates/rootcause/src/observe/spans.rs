//! Spans: where failing traces fail first, and whose own time grew.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{
    Content, Direction, EvidenceId, ObservationKind, Span, SpanStatus, amount,
};
use nightjar_series::robust;
use nightjar_topology::EntityId;

use super::{About, Draft, View};
use crate::thresholds as limit;

#[derive(Default)]
struct Seen {
    /// Own seconds of each span, before and after the onset.
    own: [Vec<f64>; 2],
    /// Spans that failed although nothing they called did.
    origins: [f64; 2],
    spans: [f64; 2],
    evidence: BTreeSet<EvidenceId>,
}

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "span-origin",
        kind: ObservationKind::Spans,
        measured: "failing spans below which nothing failed, as a share of the entity's spans",
        unit: "1",
        thresholds: &[limit::GAUGE_Z, limit::FEW_CALLS],
        method: "two binomials, normal approximation, half a failure added to the reference",
        reason: "failures travel upwards; where they begin is where to look",
        means: "requests fail first here",
    },
    About {
        id: "span-own-time",
        kind: ObservationKind::Spans,
        measured: "time of a span minus the union of its children",
        unit: "s",
        thresholds: &[limit::GAUGE_Z, limit::OWN_TIME_FACTOR],
        method: "difference of medians over the standard error of a median (1.25 s/√n; Kendall and Stuart, \"The Advanced Theory of Statistics\")",
        reason: "the whole duration holds what others take",
        means: "the entity itself works or waits longer",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut seen: BTreeMap<EntityId, Seen> = BTreeMap::new();
    for piece in view.case.evidence {
        let Content::Spans(spans) = &piece.content else { continue };
        let mut children: BTreeMap<(&str, &str), Vec<&Span>> = BTreeMap::new();
        for span in spans {
            if let Some(parent) = &span.parent_id {
                children.entry((&span.trace_id, parent)).or_default().push(span);
            }
        }
        let onset = view.onset.as_nanosecond();
        for span in spans {
            let below = children.get(&(span.trace_id.as_str(), span.span_id.as_str()));
            let below = below.map_or(&[][..], Vec::as_slice);
            let half = usize::from(i128::from(span.start_nanos) >= onset);
            let known = seen.entry(span.entity.clone()).or_default();
            known.evidence.insert(piece.id.clone());
            let failed = span.status == SpanStatus::Error;
            let origin = failed && !below.iter().any(|child| child.status == SpanStatus::Error);
            if let (Some(own), Some(origins), Some(count)) =
                (known.own.get_mut(half), known.origins.get_mut(half), known.spans.get_mut(half))
            {
                own.push(self_seconds(span, below));
                *origins += f64::from(u8::from(origin));
                *count += 1.0;
            }
        }
    }
    let mut found = Vec::new();
    for (entity, seen) in seen {
        found.extend(origin_of_errors(&entity, &seen));
        found.extend(own_time(&entity, &seen));
    }
    found
}

/// Many more of an entity's spans fail first than used to (two binomials, normal approximation).
fn origin_of_errors(entity: &EntityId, seen: &Seen) -> Option<Draft> {
    let [before, after] = seen.spans;
    let [failed_before, failed] = seen.origins;
    let usual = (failed_before + 0.5) / (before + 1.0);
    let share = failed / after.max(1.0);
    let z = (failed - usual * after) / (usual * (1.0 - usual) * after + 0.5).sqrt();
    (z >= limit::GAUGE_Z.value && failed >= limit::FEW_CALLS.value).then(|| Draft {
        entity: entity.clone(),
        peer: None,
        kind: ObservationKind::Spans,
        signal: Some(nightjar_incident::Signal::Errors),
        stated: None,
        direction: Direction::Up,
        onset: None,
        usual,
        seen: share,
        unit: "1".to_owned(),
        z,
        summary: format!(
            "failing traces fail first at `{entity}`: {} of its spans, usually {}",
            amount(100.0 * share, "%"),
            amount(100.0 * usual, "%")
        ),
        evidence: seen.evidence.iter().cloned().collect(),
    })
}

/// The middle of an entity's own time moved, in units of its spread.
fn own_time(entity: &EntityId, seen: &Seen) -> Option<Draft> {
    let [before, after] = &seen.own;
    if before.len() < limit::MIN_SPANS || after.len() < limit::MIN_SPANS {
        return None;
    }
    let (usual, now) = (robust::median(before), robust::median(after));
    let spread = robust::mad(before).max(limit::LATENCY_FLOOR.value * usual).max(1e-6);
    // The standard error of a median is 1.25 standard deviations over √n.
    let z = (now - usual) / (1.25 * spread / (after.len() as f64).sqrt()).max(spread / 4.0);
    (z >= limit::GAUGE_Z.value && now >= limit::OWN_TIME_FACTOR.value * usual).then(|| Draft {
        entity: entity.clone(),
        peer: None,
        kind: ObservationKind::Spans,
        signal: Some(nightjar_incident::Signal::Latency),
        stated: None,
        direction: Direction::Up,
        onset: None,
        usual,
        seen: now,
        unit: "s".to_owned(),
        z,
        summary: format!(
            "spans of `{entity}` spend {} of their own, usually {}",
            amount(now, "s"),
            amount(usual, "s")
        ),
        evidence: seen.evidence.iter().cloned().collect(),
    })
}

/// A span's time minus the union of its children's.
fn self_seconds(span: &Span, children: &[&Span]) -> f64 {
    let mut intervals: Vec<(i64, i64)> = children
        .iter()
        .map(|child| (child.start_nanos.max(span.start_nanos), child.end_nanos.min(span.end_nanos)))
        .filter(|(start, end)| start < end)
        .collect();
    intervals.sort_unstable();
    let mut covered: i64 = 0;
    let mut until = span.start_nanos;
    for (start, end) in intervals {
        covered = covered.saturating_add(end.saturating_sub(start.max(until)).max(0));
        until = until.max(end);
    }
    let whole = span.end_nanos.saturating_sub(span.start_nanos).max(0);
    whole.saturating_sub(covered).max(0) as f64 / 1e9
}
