//! Which room may use what: layers.toml against what cargo resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};
use serde::Deserialize;

use super::Finding;

const RULES: &str = "layers.toml";

/// The fences, as layers.toml states them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    layers: BTreeMap<String, Layer>,
    development: Development,
    #[serde(rename = "room")]
    rooms: Vec<Fence>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    #[expect(dead_code, reason = "written for the reader of layers.toml; required to be there")]
    what: String,
    banned: BTreeSet<String>,
    rooms_use_each_other: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Development {
    rooms: BTreeSet<String>,
    outside: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fence {
    name: String,
    layer: String,
    uses: BTreeSet<String>,
    outside: BTreeSet<String>,
}

/// A crate of the workspace as cargo sees it.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Without `nightjar-`.
    name: String,
    manifest: String,
    /// Direct dependencies of the code itself: rooms without `nightjar-`, libraries as they are.
    rooms: BTreeSet<String>,
    libraries: BTreeSet<String>,
    /// Direct dependencies of tests and build scripts only.
    test_rooms: BTreeSet<String>,
    test_libraries: BTreeSet<String>,
    /// Every library that ends up in the room's build, and through which direct dependency.
    reached: BTreeMap<String, String>,
}

impl Rules {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let rules: Self = toml::from_str(text).context("reading layers.toml")?;
        for (index, fence) in rules.rooms.iter().enumerate() {
            let Some(layer) = rules.layers.get(&fence.layer) else {
                bail!("layers.toml: room `{}` is of no known layer: `{}`", fence.name, fence.layer);
            };
            let above = rules.rooms.get(..index).unwrap_or_default();
            for used in &fence.uses {
                let Some(used_fence) = above.iter().find(|other| &other.name == used) else {
                    bail!("layers.toml: room `{}` uses `{used}`, which isn't above it", fence.name);
                };
                if used_fence.layer == fence.layer && !layer.rooms_use_each_other {
                    bail!(
                        "layers.toml: `{}` and `{used}` are both of the layer `{}`, whose rooms don't use each other",
                        fence.name,
                        fence.layer
                    );
                }
            }
        }
        Ok(rules)
    }
}

/// The rooms of the workspace at `root`, as cargo resolved them.
pub(super) fn rooms(root: &Path) -> anyhow::Result<Vec<Room>> {
    let manifest = root.join("Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).exec().context("asking cargo metadata")?;
    let resolve = metadata.resolve.as_ref().context("cargo metadata resolved nothing")?;
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let members: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let macros: BTreeSet<_> = metadata
        .packages
        .iter()
        .filter(|package| package.targets.iter().any(cargo_metadata::Target::is_proc_macro))
        .map(|package| &package.id)
        .collect();
    // A procedural macro runs when we compile; what it is made of is no part of the program.
    let normal: BTreeMap<_, Vec<_>> = resolve
        .nodes
        .iter()
        .filter(|node| !macros.contains(&node.id))
        .map(|node| {
            let is_normal = |dep: &&cargo_metadata::NodeDep| {
                dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            };
            (&node.id, node.deps.iter().filter(is_normal).map(|dep| &dep.pkg).collect())
        })
        .collect();

    let mut rooms = Vec::new();
    for node in resolve.nodes.iter().filter(|node| members.contains(&node.id)) {
        let name = names.get(&node.id).map_or("", String::as_str);
        let mut room = Room { name: short(name).to_owned(), ..Room::default() };
        let package = metadata.packages.iter().find(|package| package.id == node.id);
        let path = package.and_then(|p| p.manifest_path.as_std_path().strip_prefix(root).ok());
        room.manifest = path.map_or_else(String::new, |path| path.display().to_string());
        for dep in &node.deps {
            let dep_name = names.get(&dep.pkg).map_or("", String::as_str);
            let is_normal = dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            let list = match (members.contains(&dep.pkg), is_normal) {
                (true, true) => &mut room.rooms,
                (true, false) => &mut room.test_rooms,
                (false, true) => &mut room.libraries,
                (false, false) => &mut room.test_libraries,
            };
            list.insert(short(dep_name).to_owned());
            if is_normal {
                reach(&dep.pkg, dep_name, &normal, &names, &mut room.reached);
            }
        }
        rooms.push(room);
    }
    Ok(rooms)
}

fn short(name: &str) -> &str {
    name.strip_prefix("nightjar-").unwrap_or(name)
}

/// Notes everything that `from` draws into the build.
fn reach<'a, Id: Ord>(
    from: &'a Id,
    through: &str,
    normal: &BTreeMap<&'a Id, Vec<&'a Id>>,
    names: &BTreeMap<&'a Id, String>,
    reached: &mut BTreeMap<String, String>,
) {
    let mut open = vec![from];
    while let Some(here) = open.pop() {
        let name = names.get(here).cloned().unwrap_or_default();
        if reached.contains_key(&name) {
            continue;
        }
        reached.insert(name, through.to_owned());
        open.extend(normal.get(here).into_iter().flatten());
    }
}

/// What the rooms use without leave.
pub(super) fn check(rules: &Rules, rooms: &[Room]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for room in rooms {
        let Some(fence) = rules.rooms.iter().find(|fence| fence.name == room.name) else {
            let message = format!("the room `{}` isn't listed in {RULES}", room.name);
            findings.push(Finding::failure(&room.manifest, 0, message));
            continue;
        };
        let mut complain = |message: String| {
            findings.push(Finding::failure(&room.manifest, 0, message));
        };
        for used in room.rooms.difference(&fence.uses) {
            complain(format!("`{}` may not use the room `{used}` ({RULES})", room.name));
        }
        for used in room.libraries.difference(&fence.outside) {
            complain(format!("`{}` may not use the library `{used}` ({RULES})", room.name));
        }
        for used in &room.test_rooms {
            if !rules.development.rooms.contains(used) && !fence.uses.contains(used) {
                complain(format!(
                    "tests of `{}` may not use the room `{used}` ({RULES})",
                    room.name
                ));
            }
        }
        for used in &room.test_libraries {
            if !rules.development.outside.contains(used) && !fence.outside.contains(used) {
                complain(format!(
                    "tests of `{}` may not use the library `{used}` ({RULES})",
                    room.name
                ));
            }
        }
        let banned = rules.layers.get(&fence.layer).map(|layer| &layer.banned);
        for (library, through) in &room.reached {
            if banned.is_some_and(|banned| banned.contains(library)) {
                complain(format!(
                    "`{library}` has no place in a room of the layer `{}`; it comes through `{through}`",
                    fence.layer
                ));
            }
        }
    }
    for fence in &rules.rooms {
        if !rooms.iter().any(|room| room.name == fence.name) {
            let message = format!("the room `{}` doesn't exist", fence.name);
            findings.push(Finding::failure(RULES, 0, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        [layers.ground]
        what = "pure"
        banned = ["tokio"]
        rooms_use_each_other = true
        [layers.edge]
        what = "touches the world"
        banned = []
        rooms_use_each_other = false
        [development]
        rooms = ["series"]
        outside = ["insta"]
        [[room]]
        name = "series"
        layer = "ground"
        uses = []
        outside = ["serde"]
        [[room]]
        name = "capsule"
        layer = "edge"
        uses = ["series"]
        outside = ["tokio"]
    "#;

    fn names(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    fn room(name: &str, rooms: &[&str], libraries: &[&str]) -> Room {
        let reached = libraries.iter().map(|name| ((*name).to_owned(), (*name).to_owned()));
        Room {
            name: name.to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            rooms: names(rooms),
            libraries: names(libraries),
            reached: reached.collect(),
            ..Room::default()
        }
    }

    fn findings(rooms: &[Room]) -> Vec<String> {
        let rules = Rules::parse(SMALL).unwrap();
        check(&rules, rooms).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rooms_within_their_fences_pass() {
        let rooms = [room("series", &[], &["serde"]), room("capsule", &["series"], &["tokio"])];
        assert_eq!(findings(&rooms), Vec::<String>::new());
    }

    #[test]
    fn a_use_against_the_direction_is_found() {
        let rooms = [room("series", &["capsule"], &[]), room("capsule", &[], &[])];
        assert_eq!(
            findings(&rooms),
            [
                "crates/series/Cargo.toml: error: `series` may not use the room `capsule` (layers.toml)"
            ]
        );
    }

    #[test]
    fn a_banned_library_is_found_also_behind_another_one() {
        let mut series = room("series", &[], &["serde"]);
        series.reached.insert("tokio".to_owned(), "serde".to_owned());
        assert_eq!(
            findings(&[series, room("capsule", &[], &[])]),
            [
                "crates/series/Cargo.toml: error: `tokio` has no place in a room of the layer `ground`; it comes through `serde`"
            ]
        );
    }

    #[test]
    fn a_room_that_nobody_listed_and_one_that_nobody_built_are_found() {
        assert_eq!(
            findings(&[room("series", &[], &[]), room("attic", &[], &[])]),
            [
                "crates/attic/Cargo.toml: error: the room `attic` isn't listed in layers.toml",
                "layers.toml: error: the room `capsule` doesn't exist",
            ]
        );
    }

    #[test]
    fn tests_may_use_what_development_may() {
        let mut series = room("series", &[], &[]);
        series.test_libraries = names(&["insta", "hyper"]);
        assert_eq!(
            findings(&[series, room("capsule", &[], &[])]),
            [
                "crates/series/Cargo.toml: error: tests of `series` may not use the library `hyper` (layers.toml)"
            ]
        );
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused() {
        let upward = SMALL.replacen("uses = []", "uses = [\"capsule\"]", 1);
        assert!(Rules::parse(&upward).unwrap_err().to_string().contains("isn't above it"));
        let sideways = format!(
            "{SMALL}\n[[room]]\nname = \"connectors\"\nlayer = \"edge\"\nuses = [\"capsule\"]\noutside = []\n"
        );
        let error = Rules::parse(&sideways).unwrap_err().to_string();
        assert!(error.contains("don't use each other"));
    }
}
