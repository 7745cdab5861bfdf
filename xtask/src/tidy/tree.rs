//! The text files of the repository.

use std::path::Path;

use anyhow::Context as _;

/// A text file of the repository, its path with `/` from the root.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders that hold nothing of ours.
const SKIPPED: &[&str] = &["target", "out", "node_modules", ".git", ".venv"];

/// All text files below `root`, in order; files that aren't UTF-8 are pictures and such.
pub(crate) fn read(root: &Path) -> anyhow::Result<Vec<TextFile>> {
    let mut files = Vec::new();
    collect(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<TextFile>) -> anyhow::Result<()> {
    let entries = folder.read_dir().with_context(|| format!("listing {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("listing {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            collect(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path())
                .with_context(|| format!("reading {}", entry.path().display()))?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(TextFile { path: format!("{prefix}{name}"), text });
            }
        }
    }
    Ok(())
}

impl TextFile {
    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it is only built for tests, benches or examples.
    pub(crate) fn is_test(&self) -> bool {
        let folders = ["/tests/", "/benches/", "/examples/"];
        folders.iter().any(|folder| self.path.contains(folder)) || self.path.ends_with("/tests.rs")
    }

    /// Number of lines before the tests at the bottom; all of them if there are none.
    pub(crate) fn lines_before_tests(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let starts_tests = |pair: &[&str]| match pair {
            [attribute, module] => {
                attribute.trim() == "#[cfg(test)]" && module.trim_start().starts_with("mod ")
            }
            _ => false,
        };
        lines.windows(2).position(starts_tests).unwrap_or(lines.len())
    }

    /// Lines of code outside tests with their numbers, from 1.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let most = if self.is_test() { 0 } else { self.lines_before_tests() };
        (1..).zip(self.text.lines()).take(most)
    }
}
