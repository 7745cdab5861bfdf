//! Repository chores, in Rust so that they run wherever the project builds.
//!
//! `cargo xtask tidy` holds the tree against the rules a compiler can't check. This room knows the
//! layout of the repository and nothing of incidents.

mod tidy;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

const USAGE: &str = "usage: cargo xtask tidy";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy(),
        [] | ["help" | "--help" | "-h"] => {
            writeln!(std::io::stdout(), "{USAGE}")?;
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no such chore: `{}`\n{USAGE}", other.join(" ")),
    }
}

fn tidy() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent")?;
    let findings = tidy::run(root)?;
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let failures = findings.iter().filter(|finding| finding.is_failure).count();
    let warnings = findings.len() - failures;
    if failures > 0 {
        writeln!(out, "tidy: {failures} to mend, {warnings} to think about")?;
        return Ok(ExitCode::FAILURE);
    }
    writeln!(out, "tidy: fine, {warnings} to think about")?;
    Ok(ExitCode::SUCCESS)
}
