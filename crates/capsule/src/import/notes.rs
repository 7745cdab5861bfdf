use std::path::Path;

/// Notes kept for one file; a file that is wrong in every line needs no more to be recognised.
const KEPT: usize = 20;

/// What was mended or set aside in one file: the first notes and the number of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    lines: Vec<String>,
    more: usize,
}

impl Notes {
    pub(super) fn add(&mut self, file: &str, line: u64, expected: &str, found: &str) {
        if self.lines.len() < KEPT {
            let found: String = found.chars().take(80).collect();
            self.lines.push(format!("{file}:{line}: expected {expected}, found `{found}`"));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_lines(self, file: &str) -> Vec<String> {
        let mut lines = self.lines;
        if self.more > 0 {
            lines.push(format!("{file}: {} more notes of this file", self.more));
        }
        lines
    }
}

/// The last parts of a path: enough to find the file, nothing about the machine.
pub(super) fn label(path: &Path, parts: usize) -> String {
    let mut names: Vec<String> =
        path.iter().rev().take(parts).map(|part| part.to_string_lossy().into_owned()).collect();
    names.reverse();
    names.join("/")
}
