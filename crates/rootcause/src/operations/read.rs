//! From spans and lines to counts per operation.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Content, EvidenceId, LogRecord, LogSeverity, Span};
use nightjar_templates::{Limits, TemplateId, code_location, has_stack_trace, mine};
use nightjar_topology::{EntityId, Topology};

use super::counts::{Counts, own_operations};
use super::origin::{Origins, answering};
use super::sequence::{self, Written};
use super::{Item, Occurrences, Operation, Operations, SLOT_SECONDS, Statement, What};
use crate::case::Case;

/// A span with what is needed of it.
pub(super) struct Node<'a> {
    pub(super) span: &'a Span,
    pub(super) parent: Option<usize>,
    pub(super) operation: usize,
    pub(super) evidence: &'a EvidenceId,
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
    let statements = statements(&lines);
    let told: Vec<Option<EntityId>> =
        lines.iter().map(|(line, _, _)| told_of(line, case.topology)).collect();

    let errors = lines.iter().filter(|(line, _, _)| line.severity >= LogSeverity::Error);
    let explained: BTreeSet<usize> = errors.map(|(_, node, _)| answering(&nodes, *node)).collect();
    let mut origins = Origins::new(&nodes);
    for ((line, node, _), told) in lines.iter().zip(&told) {
        if line.severity >= LogSeverity::Error {
            origins.fails(*node, told.is_some());
        }
    }
    origins.settle();
    let failed_by_others = origins.failed_by_others(&explained);
    // What an operation does by itself is counted per call that nothing below it failed.
    let own: Vec<Option<usize>> = own_operations(&mut found, &nodes, &failed_by_others);

    let mut counts = Counts::default();
    for (node, own) in nodes.iter().zip(&own) {
        *found.spans.entry(slot(node.span)).or_default() += 1.0;
        for operation in [Some(node.operation), *own].into_iter().flatten() {
            counts.occasion(operation, node);
        }
    }
    let mut written: BTreeMap<usize, Vec<Written<'_>>> = BTreeMap::new();
    for (((line, number, evidence), told), statement) in lines.iter().zip(&told).zip(&statements) {
        let Some(node) = nodes.get(*number) else { continue };
        let is_exception = is_exception(&line.body);
        let is_bad = line.severity >= LogSeverity::Warn || is_exception;
        let own = own.get(*number).copied().flatten();
        let (operation, what) = match (told, own) {
            (Some(entity), _) => (node.operation, What::Told(*statement, entity.clone())),
            (None, Some(own)) => (own, What::Line(*statement)),
            // What fails because something below failed says nothing of itself.
            (None, None) => continue,
        };
        let item = Item { operation, what };
        let known = found.items.entry(item.clone()).or_default();
        known.note(&line.body, evidence);
        known.is_bad |= is_bad;
        known.is_exception |= is_exception;
        counts.event(item, node);
        if own.is_some() {
            let line = Written { statement: *statement, body: &line.body, is_bad, is_exception };
            written.entry(*number).or_default().push(line);
        }
    }
    for (number, node) in nodes.iter().enumerate() {
        // Others are called by the operation that answers, whatever client it does that with.
        let is_other = |parent: &usize| {
            nodes.get(*parent).is_some_and(|above| above.span.entity != node.span.entity)
        };
        let caller = match node.parent {
            Some(parent) if is_other(&parent) => Some(answering(&nodes, parent)),
            Some(parent) => Some(parent),
            None => None,
        };
        let above = caller.and_then(|p| Some((nodes.get(p)?, own.get(p).copied().flatten()?)));
        let Some((above, operation)) = above else { continue };
        let handler = super::origin::is_error_handler(&node.span.operation);
        if handler && !origins.is_origin(number) {
            continue;
        }
        let item = Item { operation, what: What::Call(node.operation) };
        let known = found.items.entry(item.clone()).or_default();
        known.note("", node.evidence);
        known.is_bad |= handler;
        known.is_exception |= handler;
        counts.event(item, above);
    }
    sequence::read(&mut found, &mut counts, &written, &nodes, &own);
    counts.store(&mut found);
    Some(found)
}

impl Occurrences {
    pub(super) fn note(&mut self, example: &str, evidence: &EvidenceId) {
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
                after: None,
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

/// The statement that wrote each line.
fn statements(lines: &[(&LogRecord, usize, &EvidenceId)]) -> Vec<Statement> {
    let mined = mine(lines.iter().map(|(line, _, _)| line.body.as_str()), Limits::default());
    let mut known: BTreeMap<(TemplateId, Option<&str>), Statement> = BTreeMap::new();
    let mut of_line = Vec::with_capacity(lines.len());
    for ((line, _, _), template) in lines.iter().zip(&mined.of_line) {
        let fresh = known.len();
        of_line.push(*known.entry((*template, code_location(&line.body))).or_insert(fresh));
    }
    of_line
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

pub(super) fn slot(span: &Span) -> i64 {
    span.start_nanos.div_euclid(1_000_000_000).div_euclid(SLOT_SECONDS)
}
