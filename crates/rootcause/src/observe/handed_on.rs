//! Handed on: a caller sends a callee far fewer requests per request of its own than it used to,
//! although the callee runs and answers. Whom it calls is the caller's decision: it went another way,
//! or gave up before it came to that call.

use nightjar_incident::{Direction, ObservationKind, Signal, amount};
use nightjar_series::count::{Count, Dispersion, rate_z};
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::excess::{Excess, Kind};
use crate::graph::Graph;
use crate::ledger::{Ledger, Place, Table};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "handed-on",
    kind: ObservationKind::Calls,
    measured: "requests an only caller sends a callee, per request of its own",
    unit: "{request}/{request}",
    thresholds: &[limit::GAUGE_Z, limit::HANDED_ON],
    method: "two Poisson rates with the dispersion of the reference (`series/src/count.rs`)",
    reason: "the mix of requests changes by some; most of the calls gone is another way taken",
    means: "the caller goes another way or gives up before it comes to that call",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let Some((ledger, graph)) = view.requests else { return Vec::new() };
    let tables = |id: &EntityId| {
        let node = graph.nodes.get(graph.entity(id)?)?;
        node.table(ledger).filter(|table| table.counted && !table.inferred)
    };
    let onset = view.onset.as_millisecond();
    let since = ledger.rows.iter().take_while(|row| **row < onset).count().max(ledger.window.start);
    let mut found = Vec::new();
    for node in &graph.nodes {
        let Place::Entity(callee) = &node.place else { continue };
        let Some(caller) = only_caller(view, callee) else { continue };
        let Some((from, to)) = tables(caller).zip(tables(callee)) else { continue };
        if !runs(view, callee) || fails(graph, caller, callee) {
            continue;
        }
        let Some((usual, seen, z)) = compare(ledger, from, to, since) else { continue };
        if z > -limit::GAUGE_Z.value || seen.rate() > limit::HANDED_ON.value * usual.rate() {
            continue;
        }
        let at = ledger.rows.get(since).copied().unwrap_or(onset);
        let before = since.checked_sub(1).and_then(|row| ledger.rows.get(row)).copied();
        let mut evidence = from.evidence.clone();
        evidence.extend(to.evidence.iter().filter(|id| !from.evidence.contains(id)).cloned());
        found.push(Draft {
            entity: caller.clone(),
            peer: None,
            kind: ObservationKind::Calls,
            signal: None,
            stated: None,
            direction: if seen.events == 0.0 { Direction::Vanished } else { Direction::Down },
            onset: between(before, at),
            usual: usual.rate(),
            seen: seen.rate(),
            unit: "{call}/{request}".to_owned(),
            z: z.abs(),
            summary: format!(
                "`{caller}` calls `{callee}` {} times a request, usually {}",
                amount(seen.rate(), ""),
                amount(usual.rate(), "")
            ),
            evidence,
        });
    }
    found
}

/// Who alone calls an entity: with several callers nobody knows whose calls are missing.
fn only_caller<'a>(view: &View<'a>, callee: &EntityId) -> Option<&'a EntityId> {
    let mut callers = view.case.topology.dependents(callee).filter(|r| r.kind.is_request());
    let first = callers.next()?;
    callers.all(|other| other.from == first.from).then_some(&first.from)
}

/// Whether an entity is seen at work since the onset, by a gauge of its processor or memory: who is
/// down isn't called either.
fn runs(view: &View<'_>, id: &EntityId) -> bool {
    view.columns.iter().any(|measured| {
        matches!(measured.signal, Signal::CpuUtilization | Signal::MemoryUsage)
            && measured.series.entity == *id
            && measured
                .series
                .column
                .samples()
                .any(|(at, value)| at >= view.onset.as_millisecond() && value > 0.0)
    })
}

/// Whether calls of anything that the caller needs are seen to fail: then it gives up because of that.
fn fails(graph: &Graph, caller: &EntityId, callee: &EntityId) -> bool {
    let in_trouble = |node: usize| {
        let errors = graph.nodes.get(node).and_then(|node| node.excess(Kind::Errors));
        errors.is_some_and(|errors| errors.known && Excess::z(errors) >= limit::OWN_TEST.value)
    };
    let Some(node) = graph.entity(caller).and_then(|node| graph.nodes.get(node)) else {
        return false;
    };
    node.callees.iter().copied().chain(graph.entity(callee)).any(in_trouble)
}

/// Calls per request of the caller, before the window and since a row.
fn compare(ledger: &Ledger, from: &Table, to: &Table, since: usize) -> Option<(Count, Count, f64)> {
    let usual = Side::of(from, to, ledger.reference.clone());
    let seen = Side::of(from, to, since..ledger.window.end);
    let enough = usual.count.events >= limit::MIN_OCCASIONS.value && seen.count.exposure > 0.0;
    let dispersion = usual.dispersion.and(seen.dispersion).value();
    enough.then(|| (usual.count, seen.count, rate_z(usual.count, seen.count, dispersion)))
}

struct Side {
    count: Count,
    dispersion: Dispersion,
}

impl Side {
    fn of(from: &Table, to: &Table, rows: std::ops::Range<usize>) -> Self {
        let cut = |table: &Table| table.requests.get(rows.clone()).unwrap_or_default().to_vec();
        let rows: Vec<Count> = cut(from)
            .into_iter()
            .zip(cut(to))
            .filter(|(sent, got)| sent.is_finite() && got.is_finite() && *sent > 0.0)
            .map(|(exposure, events)| Count { events, exposure })
            .collect();
        let sum = |of: fn(&Count) -> f64| rows.iter().map(of).sum::<f64>();
        let count = Count { events: sum(|row| row.events), exposure: sum(|row| row.exposure) };
        let mut dispersion = Dispersion::of(rows.len() as f64, count);
        for row in &rows {
            dispersion.add(*row, count.rate());
        }
        Self { count, dispersion }
    }
}
