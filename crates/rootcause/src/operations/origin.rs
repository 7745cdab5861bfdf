//! Where failing traces fail first: a span whose callee failed too isn't the origin.

use std::collections::BTreeSet;

use nightjar_incident::SpanStatus;

use super::read::Node;

/// Which entities failed below a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Below {
    Nobody,
    /// Spans of this one's entity.
    One(usize),
    Several,
}

pub(super) struct Origins<'n, 'a> {
    nodes: &'n [Node<'a>],
    failed: Vec<bool>,
    /// A line of the span says that something it calls is the trouble.
    tells: Vec<bool>,
    below: Vec<Below>,
}

impl<'n, 'a> Origins<'n, 'a> {
    pub(super) fn new(nodes: &'n [Node<'a>]) -> Self {
        let fails = |node: &Node<'_>| {
            node.span.status == SpanStatus::Error || is_error_handler(&node.span.operation)
        };
        Self {
            nodes,
            failed: nodes.iter().map(fails).collect(),
            tells: vec![false; nodes.len()],
            below: vec![Below::Nobody; nodes.len()],
        }
    }

    /// Takes an error line into account; `tells` if it names something the span calls.
    pub(super) fn fails(&mut self, node: usize, tells: bool) {
        if let Some(failed) = self.failed.get_mut(node) {
            *failed = true;
        }
        if let Some(known) = self.tells.get_mut(node) {
            *known |= tells;
        }
    }

    /// Carries failures up the traces. Each span is passed at most three times, cycles included: a
    /// walk stops where it finds its own mark.
    pub(super) fn settle(&mut self) {
        for (number, failed) in self.failed.iter().enumerate() {
            if !failed {
                continue;
            }
            let mut at = number;
            while let Some(parent) = self.nodes.get(at).and_then(|node| node.parent) {
                let same = |other: usize| self.entity(other) == self.entity(number);
                let Some(&known) = self.below.get(parent) else { break };
                let next = match known {
                    Below::Nobody => Below::One(number),
                    Below::One(other) if same(other) => break,
                    Below::One(_) => Below::Several,
                    Below::Several => break,
                };
                if let Some(mark) = self.below.get_mut(parent) {
                    *mark = next;
                }
                at = parent;
            }
        }
    }

    /// Whether nothing of another entity failed below a span, and it blames nothing itself.
    pub(super) fn is_origin(&self, node: usize) -> bool {
        let tells = self.tells.get(node).copied().unwrap_or(false);
        let is_own = match self.below.get(node) {
            None | Some(Below::Nobody) => true,
            Some(Below::One(other)) => self.entity(*other) == self.entity(node),
            Some(Below::Several) => false,
        };
        is_own && !tells
    }

    /// For each span, whether the request that its entity answers with it was failed by something
    /// below, or by nobody knows whom: then none of the entity's spans of that request says what the
    /// entity does by itself. `explained` are the answering spans of requests with a line that tells
    /// why they failed; without one it may be somebody who couldn't be reached, and of whom the trace
    /// knows nothing.
    pub(super) fn failed_by_others(&self, explained: &BTreeSet<usize>) -> Vec<bool> {
        let answering: Vec<usize> =
            (0..self.nodes.len()).map(|node| answering(self.nodes, node)).collect();
        let mut failed = vec![false; self.nodes.len()];
        for (node, answering) in answering.iter().enumerate() {
            let handles = |node: &Node<'_>| is_error_handler(&node.span.operation);
            let unexplained =
                || self.nodes.get(node).is_some_and(handles) && !explained.contains(answering);
            if (!self.is_origin(node) || unexplained())
                && let Some(mark) = failed.get_mut(*answering)
            {
                *mark = true;
            }
        }
        let of = |answering: &usize| failed.get(*answering).copied().unwrap_or(false);
        answering.iter().map(of).collect()
    }

    fn entity(&self, node: usize) -> Option<&nightjar_topology::EntityId> {
        self.nodes.get(node).map(|node| &node.span.entity)
    }
}

/// The span with which a span's entity answers the request: the topmost of its entity.
pub(super) fn answering(nodes: &[Node<'_>], span: usize) -> usize {
    let entity = |at: usize| nodes.get(at).map(|node| &node.span.entity);
    let mut at = span;
    // A walk longer than there are spans has met a cycle.
    for _ in 0..nodes.len() {
        let parent = nodes.get(at).and_then(|node| node.parent);
        match parent.filter(|&parent| entity(parent) == entity(span)) {
            Some(parent) if parent != span => at = parent,
            Some(_) | None => break,
        }
    }
    at
}

/// Whether an operation is what frameworks run when a request failed (Spring's error controller,
/// Express' and ASP.NET's error handlers and pages).
pub(super) fn is_error_handler(operation: &str) -> bool {
    let name = operation.to_ascii_lowercase();
    ["errorcontroller", "error_handler", "errorhandler", "exceptionhandler", "/error"]
        .iter()
        .any(|word| name.contains(word))
}
