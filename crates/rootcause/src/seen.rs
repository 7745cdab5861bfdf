//! Relations that telemetry shows, whether or not an inventory knows them.

use std::collections::BTreeSet;

use nightjar_incident::{Content, Evidence, Span};
use nightjar_topology::{EntityId, EntityKind, Relation, RelationKind, Topology};

/// Adds to a topology who waits for whom according to the evidence: metrics that a caller keeps of
/// a callee, and spans within spans of another entity.
///
/// Only entities that the topology knows are related, and only pairs that nothing relates yet: an
/// inventory knows better what kind of relation it is. What passes through a queue isn't waited
/// for.
pub fn relate_as_seen(topology: &mut Topology, evidence: &[Evidence]) {
    let mut seen: BTreeSet<(&EntityId, &EntityId)> = BTreeSet::new();
    for piece in evidence {
        match &piece.content {
            Content::Series(series) => {
                let calls = series.iter().filter(|series| series.name.contains("client"));
                seen.extend(calls.filter_map(|s| Some((&s.entity, s.peer.as_ref()?))));
            }
            Content::Spans(spans) => seen.extend(calls_within(spans)),
            _ => {}
        }
    }
    let fresh: Vec<(EntityId, EntityId)> = seen
        .into_iter()
        .filter(|(from, to)| from != to && !are_related(topology, from, to))
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect();
    for (from, to) in fresh {
        topology.relate(Relation { from, to, kind: RelationKind::Calls });
    }
}

/// Pairs of entities of which one had a span open while its span within started at the other.
fn calls_within(spans: &[Span]) -> BTreeSet<(&EntityId, &EntityId)> {
    let mut by_id: Vec<(&str, &str, &Span)> =
        spans.iter().map(|span| (&*span.trace_id, &*span.span_id, span)).collect();
    by_id.sort_unstable_by_key(|(trace, id, _)| (*trace, *id));
    let parent_of = |span: &Span| {
        let key = (&*span.trace_id, span.parent_id.as_deref()?);
        let at = by_id.binary_search_by_key(&key, |(trace, id, _)| (*trace, *id)).ok()?;
        by_id.get(at).map(|(_, _, parent)| *parent)
    };
    let waits = |span| {
        let parent = parent_of(span)?;
        (span.start_nanos <= parent.end_nanos).then_some((&parent.entity, &span.entity))
    };
    spans.iter().filter_map(waits).collect()
}

/// Whether the topology knows nothing to add about a pair: one of them is a stranger to it, they
/// are related already, or a queue lies between them.
fn are_related(topology: &Topology, from: &EntityId, to: &EntityId) -> bool {
    let known = |id: &EntityId| topology.entity(id).is_some();
    let direct = topology.dependencies(from).any(|relation| relation.to == *to)
        || topology.dependents(from).any(|relation| relation.from == *to);
    let queues = |id| {
        let all = topology.dependencies(id).map(|relation| &relation.to);
        all.filter(|to| topology.kind(to) == EntityKind::Queue).collect::<BTreeSet<_>>()
    };
    !known(from) || !known(to) || direct || !queues(from).is_disjoint(&queues(to))
}
