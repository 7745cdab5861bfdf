//! Occasions and events by trace, since what one trace does isn't independent.

use std::collections::BTreeMap;

use nightjar_series::count::Count;

use super::read::{Node, slot};
use super::{Exposure, Item, Operation, Operations};

/// One trace within one slot.
type Group<'a> = (i64, &'a str);

/// Occasions and events as they are read, by trace.
#[derive(Default)]
pub(super) struct Counts<'a> {
    occasions: BTreeMap<(usize, Group<'a>), f64>,
    events: BTreeMap<(Item, Group<'a>), f64>,
}

impl<'a> Counts<'a> {
    pub(super) fn occasion(&mut self, operation: usize, node: &Node<'a>) {
        let group = (slot(node.span), node.span.trace_id.as_str());
        *self.occasions.entry((operation, group)).or_default() += 1.0;
    }

    pub(super) fn event(&mut self, item: Item, node: &Node<'a>) {
        let group = (slot(node.span), node.span.trace_id.as_str());
        *self.events.entry((item, group)).or_default() += 1.0;
    }

    pub(super) fn store(self, found: &mut Operations) {
        for ((operation, (slot, _)), times) in &self.occasions {
            if let Some(operation) = found.operations.get_mut(*operation) {
                let exposure = operation.slots.entry(*slot).or_insert_with(Exposure::default);
                exposure.spans += times;
                exposure.traces += 1.0;
            }
        }
        for ((item, group), events) in self.events {
            let exposure = self.occasions.get(&(item.operation, group)).copied().unwrap_or(1.0);
            if let Some(known) = found.items.get_mut(&item) {
                known.groups.push((group.0, Count { events, exposure }));
            }
        }
    }
}

/// For each span that nothing below failed, its operation once more, as what it does by itself.
pub(super) fn own_operations(
    found: &mut Operations,
    nodes: &[Node<'_>],
    failed_by_others: &[bool],
) -> Vec<Option<usize>> {
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    let mut own = Vec::with_capacity(nodes.len());
    for (node, failed) in nodes.iter().zip(failed_by_others) {
        let fresh = found.operations.len();
        own.push((!failed).then(|| *known.entry(node.operation).or_insert(fresh)));
        if found.operations.len() == fresh && known.get(&node.operation) == Some(&fresh) {
            found.operations.push(Operation {
                entity: node.span.entity.clone(),
                name: node.span.operation.clone(),
                after: None,
                slots: BTreeMap::new(),
            });
        }
    }
    own
}
