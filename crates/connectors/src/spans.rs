//! What sources of traces share: which traces are answered, and the graph that follows from them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightjar_connect::Query;
use nightjar_incident::{Span, Window};
use nightjar_otlp::{Calls, Traced};
use nightjar_topology::{EntityId, Topology};

/// Spans that were picked, in the order of their start.
pub(crate) struct Picked {
    pub(crate) spans: Vec<Span>,
    pub(crate) truncated: Option<String>,
    pub(crate) notes: Vec<String>,
}

/// The spans of whole traces, each once: a trace is found by every service in it.
pub(crate) fn each_once(spans: &mut Vec<Traced>) {
    spans.sort_by(|a, b| key(&a.span).cmp(&key(&b.span)));
    spans.dedup_by(|a, b| key(&a.span) == key(&b.span));
}

/// Both halves of a call have the same id where Zipkin's libraries wrote them.
fn key(span: &Span) -> (&str, &str, i64, &EntityId, &str) {
    (&span.trace_id, &span.span_id, span.start_nanos, &span.entity, &span.operation)
}

/// The parts of a window to ask for one by one: before the trouble and since. Of each as much is read,
/// so that a source that cuts doesn't cut one of them away.
pub(crate) fn parts(query: &Query) -> Vec<Window> {
    let Window { from, to } = query.window;
    match query.since {
        Some(since) if from < since && since < to => {
            vec![Window { from, to: since }, Window { from: since, to }]
        }
        Some(_) | None => vec![query.window],
    }
}

/// Those spans that are answered: of traces with one of the entities, within the window, and no more
/// than the limit. Where not all fit, whole traces are left out evenly, from before the trouble and
/// since alike.
pub(crate) fn pick(mut spans: Vec<Traced>, calls: &Calls, query: &Query) -> Picked {
    calls.settle(&mut spans);
    let mut traces: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for Traced { span, .. } in spans {
        traces.entry(span.trace_id.clone()).or_default().push(span);
    }
    let entities: BTreeSet<&EntityId> = query.entities.iter().collect();
    let is_asked = |span: &Span| {
        let peer = span.peer.as_ref().is_some_and(|peer| entities.contains(peer));
        peer || entities.contains(&span.entity)
    };
    let (from, to) = (nanos(query.window.from), nanos(query.window.to));
    let mut outside = 0;
    let mut kept: Vec<Vec<Span>> = Vec::new();
    for (_, mut trace) in traces {
        if !entities.is_empty() && !trace.iter().any(is_asked) {
            continue;
        }
        let all = trace.len();
        trace.retain(|span| from <= span.start_nanos && span.start_nanos < to);
        outside += if trace.is_empty() { 0 } else { all - trace.len() };
        if !trace.is_empty() {
            kept.push(trace);
        }
    }
    let mut notes = Vec::new();
    if outside > 0 {
        notes.push(format!("{outside} spans of these traces lie outside of the time asked about"));
    }
    let found: usize = kept.iter().map(Vec::len).sum();
    let (mut spans, traces) = (Vec::new(), kept.len());
    let mut taken = 0;
    if found <= query.limit {
        spans = kept.into_iter().flatten().collect();
    } else {
        for trace in evenly(kept, query) {
            if spans.len() + trace.len() <= query.limit {
                taken += 1;
                spans.extend(trace);
            } else if taken == 0 && spans.is_empty() {
                // Better a part of a trace than nothing at all.
                spans.extend(trace.into_iter().take(query.limit));
            }
        }
    }
    spans.sort_by(|a, b| (a.start_nanos, key(a)).cmp(&(b.start_nanos, key(b))));
    let truncated = (found > query.limit)
        .then(|| format!("cut here: {} of {found} spans, {taken} of {traces} traces", spans.len()));
    Picked { spans, truncated, notes }
}

/// Traces in an order whose every beginning is spread over the time, half of it since the trouble.
fn evenly(mut traces: Vec<Vec<Span>>, query: &Query) -> Vec<Vec<Span>> {
    let start = |trace: &Vec<Span>| trace.iter().map(|span| span.start_nanos).min();
    traces.sort_by_key(start);
    let since = nanos(query.since.unwrap_or(query.window.from));
    let split = traces.partition_point(|trace| start(trace).is_none_or(|start| start < since));
    let after = spread(traces.split_off(split));
    let before = spread(traces);
    let (mut before, mut after) = (before.into_iter(), after.into_iter());
    let mut mixed = Vec::new();
    loop {
        let (one, other) = (before.next(), after.next());
        if one.is_none() && other.is_none() {
            return mixed;
        }
        mixed.extend(one.into_iter().chain(other));
    }
}

/// An order whose every beginning is spread over the whole: the middle, the quarters, the eighths.
pub(crate) fn spread<T>(items: Vec<T>) -> Vec<T> {
    let bits = usize::BITS - items.len().leading_zeros();
    let turned = |index: usize| {
        if bits == 0 { 0 } else { index.reverse_bits() >> (usize::BITS - bits) }
    };
    let mut order: Vec<(usize, T)> =
        items.into_iter().enumerate().map(|(index, item)| (turned(index), item)).collect();
    order.sort_by_key(|(place, _)| *place);
    order.into_iter().map(|(_, item)| item).collect()
}

/// Unix nanoseconds; beyond what 64 bits hold, the end of them.
pub(crate) fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at < Timestamp::UNIX_EPOCH {
        i64::MIN
    } else {
        i64::MAX
    })
}

/// Of a topology what is asked about: those entities with what they are related to, at most as many as
/// may be answered.
pub(crate) fn cut(whole: &Topology, query: &Query) -> (Topology, Option<String>) {
    let mut wanted: Vec<&EntityId> = Vec::new();
    if query.entities.is_empty() {
        wanted.extend(whole.entities().map(|entity| &entity.id));
    } else {
        let known = query.entities.iter().filter_map(|id| whole.resolve(id.as_str()));
        for entity in known {
            let id = &entity.id;
            wanted.push(id);
            wanted.extend(whole.dependencies(id).map(|relation| &relation.to));
            wanted.extend(whole.dependents(id).map(|relation| &relation.from));
        }
    }
    let mut seen = BTreeSet::new();
    wanted.retain(|id| seen.insert(*id));
    let found = wanted.len();
    let kept: BTreeSet<&EntityId> = wanted.into_iter().take(query.limit).collect();
    let mut topology = Topology::default();
    for id in &kept {
        whole.entity(id).into_iter().for_each(|entity| topology.add(entity.clone()));
        let within = whole.dependencies(id).filter(|relation| kept.contains(&relation.to));
        within.for_each(|relation| topology.relate(relation.clone()));
    }
    let truncated =
        (found > query.limit).then(|| format!("cut here: {} of {found} entities", query.limit));
    (topology, truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_spread_over_the_whole() {
        assert_eq!(spread((0..8).collect()), [0, 4, 2, 6, 1, 5, 3, 7].map(|n| n));
        assert_eq!(spread(vec![1]), [1]);
        assert!(spread(Vec::<u8>::new()).is_empty());
        let mut all = spread((0..1000).collect());
        let mut first: Vec<i32> = all.iter().copied().take(10).collect();
        first.sort_unstable();
        assert!(first.windows(2).all(|two| (50..200).contains(&(two[1] - two[0]))), "{first:?}");
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }
}
