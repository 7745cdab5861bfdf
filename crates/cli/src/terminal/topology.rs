//! The topology as a tree, the blast radius as a list.

use std::collections::BTreeSet;

use nightjar_topology::{EntityId, Topology};

use super::text::{Words, count, heading};

/// Trees don't wrap; a deep one is for a wide window.
const UNBROKEN: usize = usize::MAX;

/// Everything as trees along the dependencies, from the entities that nothing depends on. What
/// was shown before is only named, so that cycles and shared suppliers stand once.
pub(crate) fn tree(topology: &Topology) -> String {
    let relations = topology.relations().count();
    let rest = format!("{}, {}", count(topology.len(), "entity"), count(relations, "relation"));
    let mut out = heading("TOPOLOGY", &rest);
    let mut seen = BTreeSet::new();
    let is_root = |id: &EntityId| topology.dependents(id).next().is_none();
    let ids: Vec<&EntityId> = topology.entities().map(|entity| &entity.id).collect();
    // Where everything is part of a cycle there are no roots; then any entity begins.
    let (roots, others): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| is_root(id));
    for root in roots.into_iter().chain(others) {
        if !seen.contains(root) {
            grow(topology, root, &mut seen, &mut out);
        }
    }
    out
}

/// A line of the tree still to be written.
struct Branch<'a> {
    id: &'a EntityId,
    /// How its parent depends on it; nothing for a root.
    label: &'static str,
    /// What stands before the line, and before the lines below it.
    prefix: String,
    below: String,
}

fn grow<'a>(
    topology: &'a Topology,
    root: &'a EntityId,
    seen: &mut BTreeSet<&'a EntityId>,
    out: &mut String,
) {
    let indent = "  ".to_owned();
    let mut open = vec![Branch { id: root, label: "", prefix: indent.clone(), below: indent }];
    while let Some(branch) = open.pop() {
        let mut words = Words::new().plain(branch.label).strong(branch.id.as_str());
        words = words.faint(&format!(" {}", topology.kind(branch.id).label()));
        let is_new = seen.insert(branch.id);
        let children: Vec<_> = topology.dependencies(branch.id).collect();
        if !is_new && !children.is_empty() {
            words = words.faint(" (see above)");
        }
        out.push_str(&words.flow(&branch.prefix, UNBROKEN));
        if !is_new {
            continue;
        }
        let last = children.len().saturating_sub(1);
        for (index, relation) in children.into_iter().enumerate().rev() {
            let (twig, below) =
                if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            open.push(Branch {
                id: &relation.to,
                label: relation_label(relation.kind),
                prefix: format!("{}{twig}", branch.below),
                below: format!("{}{below}", branch.below),
            });
        }
    }
}

fn relation_label(kind: nightjar_topology::RelationKind) -> &'static str {
    use nightjar_topology::RelationKind as Kind;
    match kind {
        Kind::Calls => "calls ",
        Kind::Reads => "reads ",
        Kind::Writes => "writes ",
        Kind::Publishes => "publishes to ",
        Kind::Consumes => "consumes from ",
        Kind::RunsOn => "runs on ",
        Kind::BelongsTo => "belongs to ",
        Kind::DeployedBy => "deployed by ",
    }
}

/// What a fault of an entity can reach, and what can reach it.
pub(crate) fn reach(
    topology: &Topology,
    id: &EntityId,
    up: &[(EntityId, usize)],
    down: &[(EntityId, usize)],
) -> String {
    let mut out = heading("BLAST RADIUS", &format!("{} ({})", id, topology.kind(id).label()));
    out.push_str(&list("a fault of it reaches", up, topology));
    out.push_str(&list("a fault of these reaches it", down, topology));
    out
}

fn list(title: &str, found: &[(EntityId, usize)], topology: &Topology) -> String {
    if found.is_empty() {
        return Words::new().plain(title).plain(": nothing known").flow("  ", UNBROKEN);
    }
    let title = format!("{title}: {}", count(found.len(), "entity"));
    let mut out = Words::new().plain(&title).flow("  ", UNBROKEN);
    for (id, distance) in found {
        let words = Words::new().strong(id.as_str());
        let words = words.faint(&format!(" {}", topology.kind(id).label()));
        out.push_str(&words.flow(&format!("  {distance:>4}  "), UNBROKEN));
    }
    out
}

#[cfg(test)]
mod tests {
    use nightjar_topology::{Relation, RelationKind};

    use super::*;
    use crate::terminal::text::bare;

    fn topology(calls: &[(&str, &str)]) -> Topology {
        let mut topology = Topology::default();
        for (from, to) in calls {
            let id = |text: &str| EntityId::new(text).unwrap();
            topology.relate(Relation { from: id(from), to: id(to), kind: RelationKind::Calls });
        }
        topology
    }

    #[test]
    fn a_shared_supplier_is_drawn_once_and_a_cycle_ends() {
        let topology = topology(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "b")]);
        insta::assert_snapshot!(bare(&tree(&topology)), @r"
        TOPOLOGY  4 entities, 5 relations
          a entity
          ├─ calls b entity
          │  └─ calls d entity
          │     └─ calls b entity (see above)
          └─ calls c entity
             └─ calls d entity (see above)
        ");
    }

    #[test]
    fn a_topology_that_is_one_cycle_is_drawn_all_the_same() {
        let text = bare(&tree(&topology(&[("a", "b"), ("b", "a")])));
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn a_deep_chain_does_not_exhaust_the_stack() {
        let names: Vec<String> = (0..3_000).map(|n| format!("s{n:05}")).collect();
        let calls: Vec<(&str, &str)> =
            names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
        assert_eq!(tree(&topology(&calls)).lines().count(), 3_001);
    }
}
