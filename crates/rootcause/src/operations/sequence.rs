//! What an operation writes next: of lines that follow each other, how often the second one comes.
//!
//! How many lines a call writes varies with what it is asked for; what comes after a line hardly does.
//! A branch taken, or left, changes little of the counts per call and all of what follows the line
//! before it.

use std::collections::BTreeMap;

use super::counts::Counts;
use super::read::Node;
use super::{Item, Operation, Operations, Statement, What};

/// A line as written within a span.
pub(super) struct Written<'a> {
    pub(super) statement: Statement,
    pub(super) body: &'a str,
    pub(super) is_bad: bool,
    pub(super) is_exception: bool,
}

/// Adds an occasion for each line of an operation, and what came next on it. Spans without an
/// operation of their own were failed by something below, and end early because of that.
pub(super) fn read<'a>(
    found: &mut Operations,
    counts: &mut Counts<'a>,
    written: &BTreeMap<usize, Vec<Written<'_>>>,
    nodes: &[Node<'a>],
    own: &[Option<usize>],
) {
    let mut occasions: BTreeMap<(usize, Statement), usize> = BTreeMap::new();
    for (number, lines) in written {
        let operation = own.get(*number).copied().flatten();
        let Some((node, operation)) = nodes.get(*number).zip(operation) else { continue };
        let next = lines.iter().skip(1).map(Some).chain([None]);
        for (line, next) in lines.iter().zip(next) {
            let fresh = found.operations.len();
            let occasion = *occasions.entry((operation, line.statement)).or_insert(fresh);
            if occasion == fresh {
                found.operations.push(Operation {
                    entity: node.span.entity.clone(),
                    name: node.span.operation.clone(),
                    after: Some(line.body.chars().take(160).collect()),
                    slots: BTreeMap::new(),
                });
            }
            counts.occasion(occasion, node);
            let what = next.map_or(What::End, |next| What::Line(next.statement));
            let item = Item { operation: occasion, what };
            let known = found.items.entry(item.clone()).or_default();
            known.note(next.map_or("", |next| next.body), node.evidence);
            known.is_bad |= next.is_some_and(|next| next.is_bad);
            known.is_exception |= next.is_some_and(|next| next.is_exception);
            counts.event(item, node);
        }
    }
}
