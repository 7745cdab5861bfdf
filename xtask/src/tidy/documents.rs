//! Rules for documents and manifests.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde::Deserialize;

use super::{Finding, TextFile};

const DEPENDENCIES_PAGE: &str = "docs/dependencies.md";
const DECISIONS: &str = "docs/decisions/";

/// Where the lock file may say that a library comes from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(files: &[TextFile]) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    decisions(files, &mut findings);
    manifests(files, &mut findings)?;
    dependencies(files, &mut findings)?;
    lock_file(files, &mut findings);
    links(files, &mut findings);
    Ok(findings)
}

/// Decision records are numbered from 1 without a gap, and their title carries the number.
fn decisions(files: &[TextFile], findings: &mut Vec<Finding>) {
    let mut expected = 1;
    for file in files {
        let Some(name) = file.path.strip_prefix(DECISIONS) else { continue };
        if name == "README.md" {
            continue;
        }
        let number = name.split_once('-').and_then(|(number, _)| number.parse::<u32>().ok());
        let Some(number) = number.filter(|_| name.ends_with(".md")) else {
            let message = "a decision record is called `NNNN-what-was-decided.md`";
            findings.push(Finding::failure(&file.path, 0, message));
            continue;
        };
        if number != expected {
            let message =
                format!("decision records are numbered one by one: {expected:04} expected");
            findings.push(Finding::failure(&file.path, 0, message));
        }
        expected = number + 1;
        if !file.text.starts_with(&format!("# {number}. ")) {
            let message = format!("starts with its title: `# {number}. …`");
            findings.push(Finding::failure(&file.path, 1, message));
        }
    }
}

#[derive(Deserialize)]
struct Manifest {
    lints: Option<Lints>,
    package: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Lints {
    #[serde(default)]
    workspace: bool,
}

/// Every crate takes the lints of the workspace.
fn manifests(files: &[TextFile], findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    for file in files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let manifest: Manifest =
            toml::from_str(&file.text).with_context(|| format!("reading {}", file.path))?;
        let inherits = manifest.lints.is_some_and(|lints| lints.workspace);
        if manifest.package.is_some() && !inherits {
            let message = "takes the lints of the workspace: `[lints]` with `workspace = true`";
            findings.push(Finding::failure(&file.path, 0, message));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Root {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
}

/// The page of dependencies and the table of the workspace name the same libraries.
fn dependencies(files: &[TextFile], findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    let text = |path: &str| files.iter().find(|f| f.path == path).map_or("", |f| &f.text);
    let Some(manifest) = files.iter().find(|file| file.path == "Cargo.toml") else { return Ok(()) };
    let root: Root = toml::from_str(&manifest.text).context("reading Cargo.toml")?;
    let page = text(DEPENDENCIES_PAGE);
    let mut explained = BTreeSet::new();
    for (line, row) in (1..).zip(page.lines()) {
        let Some((name, _)) = row.strip_prefix("| `").and_then(|row| row.split_once('`')) else {
            continue;
        };
        explained.insert(name);
        if !root.workspace.dependencies.contains_key(name) {
            let message = format!("`{name}` isn't a dependency of the workspace any more");
            findings.push(Finding::failure(DEPENDENCIES_PAGE, line, message));
        }
    }
    for name in root.workspace.dependencies.keys() {
        if !name.starts_with("nightjar-") && !explained.contains(name.as_str()) {
            let line = (1..).zip(manifest.text.lines()).find(|(_, row)| names(row, name));
            let message = format!("`{name}` has no row in {DEPENDENCIES_PAGE} that says why");
            findings.push(Finding::failure("Cargo.toml", line.map_or(0, |(n, _)| n), message));
        }
    }
    Ok(())
}

fn names(row: &str, name: &str) -> bool {
    row.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// Libraries come from the public registry, not from a mirror of somebody's machine.
fn lock_file(files: &[TextFile], findings: &mut Vec<Finding>) {
    let Some(lock) = files.iter().find(|file| file.path == "Cargo.lock") else { return };
    for (line, text) in (1..).zip(lock.text.lines()) {
        let Some(source) = text.strip_prefix("source = \"") else { continue };
        if source.trim_end_matches('"') != REGISTRY {
            let message = "a library comes from somewhere else than the public registry";
            findings.push(Finding::failure("Cargo.lock", line, message));
        }
    }
}

/// Relative links between documents lead somewhere.
fn links(files: &[TextFile], findings: &mut Vec<Finding>) {
    let known: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let exists = |path: &str| {
        let folder = format!("{}/", path.trim_end_matches('/'));
        known.contains(path)
            || known.range(folder.as_str()..).next().is_some_and(|p| p.starts_with(&folder))
    };
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, text) in (1..).zip(file.text.lines()) {
            for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
                let target = target.0.split('#').next().unwrap_or_default();
                if target.is_empty() || target.contains(':') || target.contains(' ') {
                    continue;
                }
                if !resolve(&file.path, target).is_some_and(|path| path.is_empty() || exists(&path))
                {
                    let message = format!("the link to `{target}` leads nowhere");
                    findings.push(Finding::failure(&file.path, line, message));
                }
            }
        }
    }
}

/// The path from the root that a link of a file means; `None` if it leaves the repository.
fn resolve(file: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        let files: Vec<TextFile> = files.iter().map(file).collect();
        check(&files).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_gap_in_the_numbers_of_decisions_is_found() {
        let found = findings(&[
            ("docs/decisions/0001-a.md", "# 1. A\n"),
            ("docs/decisions/0003-c.md", "# 3. C\n"),
            ("docs/decisions/0004-d.md", "# D\n"),
            ("docs/decisions/notes.md", "# Notes\n"),
        ]);
        assert_eq!(
            found,
            [
                "docs/decisions/0003-c.md: error: decision records are numbered one by one: 0002 expected",
                "docs/decisions/0004-d.md:1: error: starts with its title: `# 4. …`",
                "docs/decisions/notes.md: error: a decision record is called `NNNN-what-was-decided.md`",
            ]
        );
    }

    #[test]
    fn a_crate_with_lints_of_its_own_is_found() {
        let found = findings(&[
            ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true\n"),
            ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/b/Cargo.toml: error: takes the lints"));
    }

    #[test]
    fn dependencies_and_their_page_name_the_same_libraries() {
        let found = findings(&[
            ("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\nserde_json = \"1\"\n"),
            ("docs/dependencies.md", "| `serde` | derives |\n| `petgraph` | graphs |\n"),
        ]);
        assert_eq!(
            found,
            [
                "docs/dependencies.md:2: error: `petgraph` isn't a dependency of the workspace any more",
                "Cargo.toml:3: error: `serde_json` has no row in docs/dependencies.md that says why",
            ]
        );
    }

    #[test]
    fn a_library_from_a_mirror_is_found() {
        let found = findings(&[("Cargo.lock", "source = \"registry+https://mirror/index\"\n")]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let found = findings(&[
            ("README.md", "[a](docs/a.md) [b](docs/b.md#x) [c](https://c) [d](docs)\n"),
            ("docs/a.md", "[up](../README.md) [out](../../x.md) [here](#here)\n"),
        ]);
        assert_eq!(
            found,
            [
                "README.md:1: error: the link to `docs/b.md` leads nowhere",
                "docs/a.md:1: error: the link to `../../x.md` leads nowhere",
            ]
        );
    }
}
