//! Styled words flowing into lines of a given width.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use nightjar_incident::Share;
use nightjar_topology::Topology;

/// Columns of a page: fits a laptop's half screen and a quoted mail.
pub(crate) const WIDTH: usize = 92;

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const HEADING: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const NOTABLE: Style = AnsiColor::Yellow.on_default();

/// What stays on the line of the number before it.
const UNITS: &[&str] = &["%", "%,", "%;", "s", "s,", "ms", "ms,", "min", "min,", "h", "MiB", "GiB"];

/// Names of entities, to be made bold where they occur in sentences.
pub(crate) type Names<'a> = BTreeSet<&'a str>;

/// The names of all entities of a topology.
pub(crate) fn names(topology: &Topology) -> Names<'_> {
    topology.entities().map(|entity| entity.id.as_str()).collect()
}

/// Words with their styles. Whatever enters is made harmless: no escape of the monitored systems
/// reaches the terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pieces: Vec<(Style, String)>,
}

impl Words {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn styled(mut self, style: Style, text: &str) -> Self {
        self.pieces.push((style, harmless(text)));
        self
    }

    pub(crate) fn plain(self, text: &str) -> Self {
        self.styled(PLAIN, text)
    }

    pub(crate) fn strong(self, text: &str) -> Self {
        self.styled(STRONG, text)
    }

    pub(crate) fn faint(self, text: &str) -> Self {
        self.styled(FAINT, text)
    }

    /// A sentence whose entity names are bold.
    pub(crate) fn prose(mut self, text: &str, names: &Names<'_>) -> Self {
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                self = self.plain(if UNITS.contains(&word) { "\u{a0}" } else { " " });
            }
            let core = word.trim_matches(|c: char| "`'\"()[],.;:".contains(c));
            match (names.contains(core), word.split_once(core)) {
                (true, Some((before, after))) => {
                    let quote = |side: &str| side.replace('`', "");
                    self = self.plain(&quote(before)).strong(core).plain(&quote(after));
                }
                (true, None) | (false, _) => self = self.plain(word),
            }
        }
        self
    }

    /// Lines of at most `width` columns; the first begins with `first`, the others with as many
    /// spaces. A word longer than the line stays whole.
    pub(crate) fn flow(&self, first: &str, width: usize) -> String {
        let indent = first.chars().count();
        let mut text = first.to_owned();
        let mut column = indent;
        for word in self.unbreakable() {
            let length: usize = word.iter().map(|(_, part)| part.chars().count()).sum();
            if column > indent && column + 1 + length > width {
                text.push('\n');
                text.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else if column > indent {
                text.push(' ');
                column += 1;
            }
            for (style, part) in &word {
                paint(&mut text, *style, part);
            }
            column += length;
        }
        let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.push("");
        // Spaces that held words together have done their work; who searches the text types others.
        lines.join("\n").replace('\u{a0}', " ")
    }

    /// The words between spaces, each made of pieces in one style.
    fn unbreakable(&self) -> Vec<Vec<(Style, String)>> {
        let mut words = vec![Vec::new()];
        for (style, text) in &self.pieces {
            for (index, part) in text.split(' ').enumerate() {
                if index > 0 {
                    words.push(Vec::new());
                }
                if let (Some(word), false) = (words.last_mut(), part.is_empty()) {
                    word.push((*style, part.to_owned()));
                }
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

/// Appends text in a style.
pub(crate) fn paint(out: &mut String, style: Style, text: &str) {
    if style.is_plain() {
        out.push_str(text);
    } else {
        // Writing to a string doesn't fail.
        let _ = write!(out, "{style}{text}{style:#}");
    }
}

/// A heading with what belongs to it in the same line.
pub(crate) fn heading(title: &str, rest: &str) -> String {
    let mut out = String::new();
    paint(&mut out, HEADING, title);
    if !rest.is_empty() {
        out.push_str("  ");
        out.push_str(&harmless(rest));
    }
    out.push('\n');
    out
}

/// Text of monitored systems without power over the terminal: control characters become their
/// code, white space of any kind a space, and marks that turn the direction of writing go.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '\u{200e}'
            | '\u{200f}'
            | '\u{061c}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// A share as `92 %`, in one piece.
pub(crate) fn percent(share: Share) -> String {
    share.to_string().replace(' ', "\u{a0}")
}

/// A moment as `03:04:10`, UTC.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// A moment as `2026-11-23 03:04 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `3 alerts`, `1 alert`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match (number, thing.strip_suffix('y')) {
        (1, _) => format!("1 {thing}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {thing}s"),
    }
}

/// Text as it looks without styles, for tests and for measuring.
#[cfg(test)]
pub(crate) fn bare(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_flow_within_the_width_and_hang_under_the_first() {
        let words = Words::new().plain("the pool of ").strong("orders-db").plain(", which is full");
        let text = bare(&words.flow("cause  ", 24));
        insta::assert_snapshot!(text, @r"
        cause  the pool of
               orders-db, which
               is full
        ");
    }

    #[test]
    fn a_word_longer_than_the_line_stays_whole() {
        let words = Words::new().plain("see arn:aws:dynamodb:eu-west-1:1:table/payments now");
        assert_eq!(
            bare(&words.flow("- ", 20)),
            "- see\n  arn:aws:dynamodb:eu-west-1:1:table/payments\n  now\n"
        );
    }

    #[test]
    fn entity_names_in_a_sentence_are_bold_also_beside_punctuation() {
        let names = Names::from(["cart"]);
        let text = Words::new().prose("`cart`, (cart) but not cartoon.", &names).flow("", 80);
        assert_eq!(text, "\u{1b}[1mcart\u{1b}[0m, (\u{1b}[1mcart\u{1b}[0m) but not cartoon.\n");
    }

    #[test]
    fn escapes_of_the_monitored_system_have_no_power() {
        let evil = "a\u{1b}[2Jb\u{9b}31mc\u{202e}d\r\ne\u{7}";
        assert_eq!(harmless(evil), "a\\u{1b}[2Jb\\u{9b}31mcd  e\\u{7}");
        assert_eq!(
            bare(&Words::new().strong(evil).flow("", 80)),
            "a\\u{1b}[2Jb\\u{9b}31mcd e\\u{7}\n"
        );
    }

    #[test]
    fn plurals_are_english() {
        assert_eq!(count(1, "entity"), "1 entity");
        assert_eq!(count(0, "entity"), "0 entities");
        assert_eq!(count(2, "alert"), "2 alerts");
    }
}
