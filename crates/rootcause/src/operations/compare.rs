//! Rates since the onset against those before.

use nightjar_incident::EvidenceId;
use nightjar_series::count::{Count, Dispersion, rate_z, share_z};
use nightjar_topology::EntityId;

use super::{Item, Occurrences, Operation, Operations, What};
use crate::thresholds as limit;

/// Something an operation does more or less often than it used to.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Whose operation; for trouble told of, who is blamed.
    pub(crate) entity: EntityId,
    /// Who tells of it.
    pub(crate) teller: Option<EntityId>,
    pub(crate) operation: String,
    /// The line after which it counts, where it is about what comes next.
    pub(crate) after: Option<String>,
    /// The operation called, where it is about calls.
    pub(crate) callee: Option<String>,
    /// Whose operation is called, where it is another's.
    pub(crate) called: Option<EntityId>,
    pub(crate) usual: Count,
    pub(crate) seen: Count,
    pub(crate) z: f64,
    pub(crate) is_exception: bool,
    pub(crate) example: String,
    pub(crate) evidence: Option<EvidenceId>,
}

/// The parts of time that are compared.
pub(super) struct Sides {
    onset: i64,
    /// The first slot of the part right before the onset.
    recent: i64,
}

impl Sides {
    /// `None` where too little was recorded on either side.
    pub(super) fn at(operations: &Operations, onset: i64) -> Option<Self> {
        let before = operations.spans.range(..onset);
        let busy: Vec<i64> = before
            .filter(|(_, spans)| **spans >= limit::BUSY_SLOT.value)
            .map(|(slot, _)| *slot)
            .collect();
        // Two minutes by the clock: an incident before them is over. Longer ago where they hold little.
        let near = onset.saturating_sub_unsigned(limit::RECENT_SLOTS as u64);
        let held: f64 = operations.spans.range(near..onset).map(|(_, spans)| spans).sum();
        let recent = if held >= limit::MIN_SPANS as f64 {
            near
        } else {
            *busy.get(busy.len().saturating_sub(limit::RECENT_SLOTS))?
        };
        let earlier: f64 = operations.spans.range(..onset).map(|(_, spans)| spans).sum();
        let later: f64 = operations.spans.range(onset..).map(|(_, spans)| spans).sum();
        let least = limit::MIN_SPANS as f64;
        (earlier >= least && later >= least).then_some(Self { onset, recent })
    }
}

pub(super) fn findings(operations: &Operations, onset: i64) -> Vec<Finding> {
    let Some(sides) = Sides::at(operations, onset) else { return Vec::new() };
    let mut found = Vec::new();
    for (item, seen) in &operations.items {
        let Some(operation) = operations.operations.get(item.operation) else { continue };
        let Some((usual, now, z)) = compare(operation, item, seen, &sides) else { continue };
        if z.abs() < limit::MIX_Z.value {
            continue;
        }
        let (entity, teller) = match &item.what {
            What::Told(_, blamed) => (blamed.clone(), Some(operation.entity.clone())),
            What::Line(_) | What::Call(_) | What::End => (operation.entity.clone(), None),
        };
        let callee = match &item.what {
            What::Call(to) => operations.operations.get(*to),
            What::Line(_) | What::Told(..) | What::End => None,
        };
        let called = callee.map(|callee| &callee.entity).filter(|id| **id != operation.entity);
        found.push(Finding {
            entity,
            teller,
            operation: operation.name.clone(),
            after: operation.after.clone(),
            callee: callee.map(|callee| callee.name.clone()),
            called: called.cloned(),
            usual,
            seen: now,
            z,
            is_exception: seen.is_exception,
            example: seen.example.clone(),
            evidence: seen.evidence.clone(),
        });
    }
    found.sort_by(|a, b| b.z.abs().total_cmp(&a.z.abs()).then_with(|| a.example.cmp(&b.example)));
    found
}

/// The larger of the deviations from all that was recorded before and from right before: old
/// references are many but may hold other incidents; near ones are few but alike. What came right
/// before counts only where it isn't itself the exception.
pub(super) fn compare(
    operation: &Operation,
    item: &Item,
    seen: &Occurrences,
    sides: &Sides,
) -> Option<(Count, Count, f64)> {
    let now = Side::new(operation, seen, sides.onset..i64::MAX);
    if now.count.exposure <= 0.0 {
        return None;
    }
    let all = Side::new(operation, seen, i64::MIN..sides.onset);
    let recent = Side::new(operation, seen, sides.recent..sides.onset);
    let against = |before| weighed(operation, item, seen, before, &now, all.count.events > 0.0);
    let (far, near) = (against(&all), against(&recent));
    // What is as it has mostly been only returned to the usual: what came right before was odd.
    let moved = |before: &Side| now.count.rate() - before.count.rate();
    let agree = moved(&all) * moved(&recent) > 0.0
        && moved(&all).abs() >= limit::MOSTLY.value * moved(&recent).abs();
    let z = if agree && near.abs() > far.abs() { near } else { far };
    Some((all.count, now.count, z))
}

/// What one side of the onset holds.
struct Side {
    count: Count,
    dispersion: Dispersion,
}

impl Side {
    fn new(operation: &Operation, seen: &Occurrences, slots: std::ops::Range<i64>) -> Self {
        let (mut spans, mut traces) = (0.0, 0.0);
        for exposure in operation.slots.range(slots.clone()).map(|(_, exposure)| exposure) {
            spans += exposure.spans;
            traces += exposure.traces;
        }
        let within = || seen.groups.iter().filter(|(slot, _)| slots.contains(slot));
        let events = within().fold(0.0, |sum, (_, group)| sum + group.events);
        let count = Count { events, exposure: spans };
        let mut dispersion = Dispersion::of(traces, count);
        for (_, group) in within() {
            dispersion.add(*group, count.rate());
        }
        Self { count, dispersion }
    }
}

fn weighed(
    operation: &Operation,
    item: &Item,
    seen: &Occurrences,
    before: &Side,
    now: &Side,
    was_seen_before: bool,
) -> f64 {
    let (usual, count) = (before.count, now.count);
    let is_line = operation.after.is_none() && !matches!(item.what, What::Call(_));
    let z = if usual.exposure >= limit::MIN_OCCASIONS.value {
        let dispersion = before.dispersion.and(now.dispersion).value();
        // A line is followed by exactly one thing, a call may write any number of lines.
        let is_share = operation.after.is_some();
        if is_share { share_z(usual, count, dispersion) } else { rate_z(usual, count, dispersion) }
    } else if usual.exposure == 0.0 && seen.is_bad && is_line {
        // An operation never seen counts through its errors alone.
        return (2.0 * count.events).sqrt().min(limit::NEVER_SEEN_Z.value) * told_share(item);
    } else {
        0.0
    };
    if seen.is_bad {
        // The G statistic of errors and warnings counts double, and fewer of them is no trouble.
        return z.max(0.0) * std::f64::consts::SQRT_2 * told_share(item);
    }
    // What became more or less frequent may be another mix of requests; what is new, or is gone
    // although it came more often than not, isn't.
    let is_gone = count.events == 0.0 && usual.rate() >= limit::GONE.value;
    let is_whole = !was_seen_before || is_gone;
    z * if is_whole { 1.0 } else { limit::PARTIAL.value }
}

/// What others say of an entity counts less than what it says itself.
fn told_share(item: &Item) -> f64 {
    match item.what {
        What::Told(..) => limit::HEARSAY.value,
        What::Line(_) | What::Call(_) | What::End => 1.0,
    }
}
