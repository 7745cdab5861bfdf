//! The rules of the house that no compiler checks; one file per kind of rule.

mod documents;
mod layers;
mod sources;
mod tree;

use std::fmt;
use std::path::Path;

use anyhow::Context as _;

pub(crate) use tree::TextFile;

/// Something that breaks a rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// From 1; 0 for the file as a whole.
    line: usize,
    message: String,
    /// Whether the check fails because of it; otherwise it is a hint.
    pub(crate) is_failure: bool,
}

impl Finding {
    fn failure(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into(), is_failure: true }
    }

    fn hint(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into(), is_failure: false }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.is_failure { "error" } else { "hint" };
        match self.line {
            0 => write!(f, "{}: {level}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {level}: {}", self.path, self.message),
        }
    }
}

/// Checks the repository at `root`; findings in the order of files and lines.
pub(crate) fn run(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let files = tree::read(root)?;
    let rules = std::fs::read_to_string(root.join("layers.toml")).context("reading layers.toml")?;
    let rules = layers::Rules::parse(&rules)?;
    let rooms = layers::rooms(root)?;

    let mut findings = layers::check(&rules, &rooms);
    findings.extend(sources::check(&files));
    findings.extend(documents::check(&files)?);
    findings.sort();
    Ok(findings)
}
