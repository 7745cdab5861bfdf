use std::fmt::Write as _;
use std::path::Path;

use nightjar_topology::{EntityId, Relation, RelationKind, Topology};
use serde_json::json;

use crate::capsule_folder;
use crate::exit::Exit;
use crate::output::{self, advice};
use crate::terminal;

/// How many names an error proposes.
const MOST_PROPOSED: usize = 5;

/// Draws the topology of a capsule.
pub(crate) fn show(capsule: &Path, is_mermaid: bool, is_json: bool) -> anyhow::Result<Exit> {
    let topology = capsule_folder::read(capsule)?.topology;
    if is_json {
        output::print_json(&topology)?;
    } else if is_mermaid {
        output::print(&mermaid(&topology))?;
    } else {
        output::print(&terminal::topology::tree(&topology))?;
    }
    Ok(Exit::Done)
}

/// Says what a fault of an entity reaches.
pub(crate) fn blast_radius(capsule: &Path, name: &str, is_json: bool) -> anyhow::Result<Exit> {
    let topology = capsule_folder::read(capsule)?.topology;
    let Some(entity) = topology.resolve(name) else {
        return Err(unknown(&topology, name));
    };
    let id = entity.id.clone();
    let up = topology.blast_radius(&id, RelationKind::carries_faults);
    let down = suppliers(&topology, &id);
    if is_json {
        let list = |found: &[(EntityId, usize)]| -> Vec<_> {
            found.iter().map(|(id, hops)| json!({ "entity": id, "distance": hops })).collect()
        };
        output::print_json(
            &json!({ "entity": id, "reaches": list(&up), "reached_by": list(&down) }),
        )?;
    } else {
        output::print(&terminal::topology::reach(&topology, &id, &up, &down))?;
    }
    Ok(Exit::Done)
}

/// What a fault can come from: the suppliers along relations by which faults travel.
fn suppliers(topology: &Topology, id: &EntityId) -> Vec<(EntityId, usize)> {
    let mut carrying = Topology::default();
    for relation in topology.relations().filter(|relation| relation.kind.carries_faults()) {
        carrying.relate(relation.clone());
    }
    carrying.suppliers(id)
}

fn unknown(topology: &Topology, name: &str) -> anyhow::Error {
    let wanted = name.to_lowercase();
    let ids = || topology.entities().map(|entity| entity.id.as_str());
    let mut near: Vec<&str> =
        ids().filter(|id| id.to_lowercase().contains(&wanted)).take(MOST_PROPOSED).collect();
    if near.is_empty() {
        near = ids().take(MOST_PROPOSED).collect();
    }
    let hint = if near.is_empty() {
        "the capsule's topology is empty".to_owned()
    } else {
        format!("there are, for example: {}", near.join(", "))
    };
    advice(format!("no single entity is called `{name}`"), hint)
}

/// A Mermaid flow chart. Names stand in quoted labels, where only `"` and `#` mean something.
fn mermaid(topology: &Topology) -> String {
    let ids: Vec<&EntityId> = topology.entities().map(|entity| &entity.id).collect();
    let number = |id: &EntityId| ids.binary_search(&id).unwrap_or(ids.len());
    let label = |text: &str| text.replace('#', "#35;").replace('"', "#quot;");
    let mut out = "flowchart LR\n".to_owned();
    for id in &ids {
        // Writing to a string doesn't fail.
        let _ = writeln!(out, "  n{}[\"{}\"]", number(id), label(id.as_str()));
    }
    for Relation { from, to, kind } in topology.relations() {
        let _ = writeln!(out, "  n{} -->|{}| n{}", number(from), kind.label(), number(to));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> EntityId {
        EntityId::new(text).unwrap()
    }

    fn topology(relations: &[(&str, RelationKind, &str)]) -> Topology {
        let mut topology = Topology::default();
        for (from, kind, to) in relations {
            topology.relate(Relation { from: id(from), to: id(to), kind: *kind });
        }
        topology
    }

    #[test]
    fn names_cannot_break_out_of_a_flow_chart() {
        let text = mermaid(&topology(&[("a\"]; x", RelationKind::Calls, "b")]));
        insta::assert_snapshot!(text, @r#"
        flowchart LR
          n0["a#quot;]; x"]
          n1["b"]
          n0 -->|calls| n1
        "#);
    }

    #[test]
    fn a_queue_shields_the_publisher_from_its_consumer() {
        let topology = topology(&[
            ("shop", RelationKind::Publishes, "queue"),
            ("worker", RelationKind::Consumes, "queue"),
        ]);
        assert_eq!(
            topology.blast_radius(&id("queue"), RelationKind::carries_faults),
            [(id("worker"), 1)]
        );
        assert_eq!(suppliers(&topology, &id("shop")), []);
    }

    #[test]
    fn an_unknown_name_gets_proposals() {
        let topology = topology(&[("orders-db", RelationKind::Calls, "b")]);
        let error = unknown(&topology, "orders");
        assert_eq!(output::hint(&error), Some("there are, for example: orders-db"));
    }
}
