//! Where failing traces fail first: a span whose callee failed too isn't the origin.

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

    fn entity(&self, node: usize) -> Option<&nightjar_topology::EntityId> {
        self.nodes.get(node).map(|node| &node.span.entity)
    }
}

/// Whether an operation is what frameworks run when a request failed (Spring's error controller,
/// Express' and ASP.NET's error handlers and pages).
pub(super) fn is_error_handler(operation: &str) -> bool {
    let name = operation.to_ascii_lowercase();
    ["errorcontroller", "error_handler", "errorhandler", "exceptionhandler", "/error"]
        .iter()
        .any(|word| name.contains(word))
}
