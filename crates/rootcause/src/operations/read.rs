//! From spans and lines to counts per operation.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Content, EvidenceId, LogRecord, LogSeverity, Span};
use nightjar_series::count::Count;
use nightjar_templates::{Limits, has_stack_trace, mine};
use nightjar_topology::{EntityId, Topology};

use super::origin::Origins;
use super::{Exposure, Item, Occurrences, Operation, Operations, SLOT_SECONDS, What};
use crate::case::Case;

/// A span with what is needed of it.
pub(super) struct Node<'a> {
    pub(super) span: &'a Span,
    pub(super) parent: Option<usize>,
    operation: usize,
    evidence: &'a EvidenceId,
}

/// Lines that are looked at for names: an error that names ten things blames none.
const NAMED_BYTES: usize = 2_000;

pub(super) fn read(case: &Case<'_>) -> Option<Operations> {
    let mut found =
        Operations { operations: Vec::new(), items: BTreeMap::new(), spans: BTreeMap::new() };
    let nodes = nodes(case, &mut found.operations);
    if nodes.is_empty() {
        return None;
    }
    let of_span: BTreeMap<(&str, &str), usize> =
        nodes.iter().enumerate().map(|(n, node)| (key(node.span), n)).collect();
    let lines = lines(case, &of_span);
    let mined = mine(lines.iter().map(|(line, _, _)| line.body.as_str()), Limits::default());
    let told: Vec<Option<EntityId>> =
        lines.iter().map(|(line, _, _)| told_of(line, case.topology)).collect();

    let mut origins = Origins::new(&nodes);
    for ((line, node, _), told) in lines.iter().zip(&told) {
        if line.severity >= LogSeverity::Error {
            origins.fails(*node, told.is_some());
        }
    }
    origins.settle();

    let mut groups: BTreeMap<(usize, i64, &str), f64> = BTreeMap::new();
    for node in &nodes {
        let slot = slot(node.span);
        *found.spans.entry(slot).or_default() += 1.0;
        *groups.entry((node.operation, slot, &node.span.trace_id)).or_default() += 1.0;
    }
    for ((operation, slot, _), spans) in &groups {
        if let Some(operation) = found.operations.get_mut(*operation) {
            let exposure = operation.slots.entry(*slot).or_insert_with(Exposure::default);
            exposure.spans += spans;
            exposure.traces += 1.0;
        }
    }

    let mut events: BTreeMap<(Item, i64, &str), f64> = BTreeMap::new();
    for (((line, node, evidence), told), template) in lines.iter().zip(&told).zip(&mined.of_line) {
        let Some(home) = nodes.get(*node) else { continue };
        let is_exception = is_exception(&line.body);
        let is_bad = line.severity >= LogSeverity::Warn || is_exception;
        // What fails because something below failed says nothing of itself.
        if line.severity >= LogSeverity::Error && told.is_none() && !origins.is_origin(*node) {
            continue;
        }
        let what = match told {
            Some(entity) => What::Told(*template, entity.clone()),
            None => What::Line(*template),
        };
        let item = Item { operation: home.operation, what };
        let known = found.items.entry(item.clone()).or_default();
        known.note(&line.body, evidence);
        known.is_bad |= is_bad;
        known.is_exception |= is_exception;
        *events.entry((item, slot(home.span), &home.span.trace_id)).or_default() += 1.0;
    }
    for (number, node) in nodes.iter().enumerate() {
        let Some((parent, above)) = node.parent.and_then(|p| Some((p, nodes.get(p)?))) else {
            continue;
        };
        let handler = super::origin::is_error_handler(&node.span.operation);
        if handler && !(origins.is_origin(number) && origins.is_origin(parent)) {
            continue;
        }
        let item = Item { operation: above.operation, what: What::Call(node.operation) };
        let known = found.items.entry(item.clone()).or_default();
        known.note("", node.evidence);
        known.is_bad |= handler;
        known.is_exception |= handler;
        *events.entry((item, slot(above.span), &above.span.trace_id)).or_default() += 1.0;
    }
    for ((item, slot, trace), count) in events {
        let exposure = groups.get(&(item.operation, slot, trace)).copied().unwrap_or(1.0);
        if let Some(known) = found.items.get_mut(&item) {
            known.groups.push((slot, Count { events: count, exposure }));
        }
    }
    Some(found)
}

impl Occurrences {
    fn note(&mut self, example: &str, evidence: &EvidenceId) {
        if self.evidence.is_none() {
            self.example = example.chars().take(160).collect();
            self.evidence = Some(evidence.clone());
        }
    }
}

/// All spans, each once, with the operations they are of.
fn nodes<'a>(case: &Case<'a>, operations: &mut Vec<Operation>) -> Vec<Node<'a>> {
    let mut spans: Vec<(&Span, &EvidenceId)> = Vec::new();
    for piece in case.evidence {
        if let Content::Spans(found) = &piece.content {
            spans.extend(found.iter().map(|span| (span, &piece.id)));
        }
    }
    spans.sort_by(|a, b| (key(a.0), a.0.start_nanos, a.1).cmp(&(key(b.0), b.0.start_nanos, b.1)));
    spans.dedup_by(|a, b| key(a.0) == key(b.0));
    let numbers: BTreeMap<(&str, &str), usize> =
        spans.iter().enumerate().map(|(n, (span, _))| (key(span), n)).collect();
    let mut known: BTreeMap<(&EntityId, &str), usize> = BTreeMap::new();
    let mut nodes = Vec::with_capacity(spans.len());
    for (span, evidence) in &spans {
        let next = operations.len();
        let operation = *known.entry((&span.entity, &span.operation)).or_insert_with(|| {
            operations.push(Operation {
                entity: span.entity.clone(),
                name: span.operation.clone(),
                slots: BTreeMap::new(),
            });
            next
        });
        let parent = span.parent_id.as_deref();
        let parent = parent.and_then(|id| numbers.get(&(span.trace_id.as_str(), id)).copied());
        nodes.push(Node { span, parent, operation, evidence });
    }
    nodes
}

/// Lines written within a known span.
fn lines<'a>(
    case: &Case<'a>,
    of_span: &BTreeMap<(&str, &str), usize>,
) -> Vec<(&'a LogRecord, usize, &'a EvidenceId)> {
    let mut found = Vec::new();
    for piece in case.evidence {
        let Content::Logs(lines) = &piece.content else { continue };
        for line in lines {
            let ids = line.trace_id.as_deref().zip(line.span_id.as_deref());
            if let Some(node) = ids.and_then(|ids| of_span.get(&ids)) {
                found.push((line, *node, &piece.id));
            }
        }
    }
    found.sort_by(|a, b| (a.0.at, &a.0.entity, &a.0.body).cmp(&(b.0.at, &b.0.entity, &b.0.body)));
    found
}

/// Whom an error line speaks of, where it names exactly one entity that its writer needs.
fn told_of(line: &LogRecord, topology: &Topology) -> Option<EntityId> {
    if line.severity < LogSeverity::Error {
        return None;
    }
    let end = line.body.floor_char_boundary(NAMED_BYTES);
    let text = line.body.get(..end)?;
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let words: BTreeSet<&str> = words
        .map(|word| word.trim_matches('.'))
        .flat_map(|word| [word, word.split('.').next().unwrap_or(word)])
        .collect();
    let mut named = topology.dependencies(&line.entity).map(|relation| &relation.to).filter(|to| {
        let is_alias = |alias: &String| words.contains(alias.as_str());
        words.contains(to.as_str())
            || topology.entity(to).is_some_and(|entity| entity.aliases.iter().any(is_alias))
    });
    let first = named.next()?;
    named.all(|other| other == first).then(|| first.clone())
}

fn is_exception(body: &str) -> bool {
    body.contains("xception") || has_stack_trace(body)
}

fn key(span: &Span) -> (&str, &str) {
    (&span.trace_id, &span.span_id)
}

fn slot(span: &Span) -> i64 {
    span.start_nanos.div_euclid(1_000_000_000).div_euclid(SLOT_SECONDS)
}
