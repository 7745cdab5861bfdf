//! What had to be mended or set aside, by file and line.

/// Longest piece of outside text that a note repeats.
const LONGEST_TEXT: usize = 200;

/// The notes about one file; beyond a number they are only counted.
#[derive(Debug)]
pub(crate) struct Notes {
    file: String,
    most: usize,
    kept: Vec<String>,
    more: usize,
}

impl Notes {
    pub(crate) fn new(file: &str, most: usize) -> Self {
        Self { file: file.to_owned(), most, kept: Vec::new(), more: 0 }
    }

    /// The file they are about.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Notes something about one line.
    pub(crate) fn at(&mut self, line: u64, text: impl AsRef<str>) {
        if self.kept.len() < self.most {
            self.kept.push(format!("{}:{line}: {}", self.file, readable(text.as_ref())));
        } else {
            self.more += 1;
        }
    }

    /// Notes something about the file.
    pub(crate) fn whole(&mut self, text: impl AsRef<str>) {
        if self.kept.len() < self.most {
            self.kept.push(format!("{}: {}", self.file, readable(text.as_ref())));
        } else {
            self.more += 1;
        }
    }

    /// All of them, the last one saying how many more there were.
    pub(crate) fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.kept.push(format!("{}: {} more notes like these", self.file, self.more));
        }
        self.kept
    }
}

/// Outside text as it may stand in a note: short, and without control characters.
pub(crate) fn readable(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(LONGEST_TEXT)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(LONGEST_TEXT).is_some() {
        out.push('…');
    }
    out
}
