//! Untrusted text on its way to a reader.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;

/// Where the things that texts name by id stand on the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Anchors(BTreeMap<String, String>);

impl Anchors {
    /// Makes an anchor for an id; the same id always gets the same one.
    pub(crate) fn add(&mut self, id: &str) {
        self.0.insert(id.to_owned(), anchor(id));
    }

    /// The link to an id, if it is on the page.
    pub(crate) fn link(&self, id: &str) -> Option<String> {
        self.0.get(id).map(|anchor| format!("#{anchor}"))
    }
}

/// An id as the name of a place on a page; the prefix keeps it apart from the page's own places.
pub(crate) fn anchor(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    "id-".chars().chain(id.chars().take(80).map(plain)).collect()
}

/// A sentence in which names stand in backticks, as engine and plans write them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "prose.html")]
pub(crate) struct Prose {
    pub(crate) parts: Vec<Part>,
}

// The template escapes every part itself.
impl HtmlSafe for Prose {}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) is_name: bool,
    pub(crate) link: Option<String>,
}

impl Prose {
    /// Splits a text at its backticks; one without a partner is an ordinary character.
    pub(crate) fn new(text: &str, anchors: &Anchors) -> Self {
        let text = text.trim();
        let is_paired = text.matches('`').count().is_multiple_of(2);
        let part = |(index, text): (usize, &str)| {
            let is_name = is_paired && index % 2 == 1;
            let text = if is_name { text.to_owned() } else { unparted(text) };
            let link = if is_name { anchors.link(&text) } else { None };
            Part { text, is_name, link }
        };
        let parts = if is_paired {
            text.split('`').enumerate().map(part).collect()
        } else {
            vec![part((0, text))]
        };
        let mut prose = Self { parts };
        prose.parts.retain(|part| !part.text.is_empty());
        prose
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The sentence as Markdown on one line.
    pub(crate) fn markdown(&self) -> String {
        let part = |part: &Part| {
            if part.is_name { code(&part.text) } else { escape_markdown(&part.text) }
        };
        self.parts.iter().map(part).collect()
    }

    /// The sentence without marks.
    pub(crate) fn plain(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

/// Numbers and their units stay on one line.
fn unparted(text: &str) -> String {
    const UNITS: [&str; 10] = ["%", "ms", "s", "min", "h", "σ", "UTC", "KiB", "MiB", "GiB"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(' ') {
        out.push_str(before);
        let begins = |unit: &str| {
            let next = after.strip_prefix(unit);
            next.is_some_and(|next| !next.starts_with(char::is_alphanumeric))
        };
        let is_number = before.ends_with(|c: char| c.is_ascii_digit());
        let is_joined = is_number && UNITS.iter().any(|unit| begins(unit));
        out.push(if is_joined { '\u{a0}' } else { ' ' });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A name as Markdown code on one line.
pub(crate) fn code(text: &str) -> String {
    let text = one_line(text).replace('`', "'");
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// Ordinary text in Markdown: nothing in it becomes a link, a tag, a table or emphasis.
pub(crate) fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Every run of white space as one space.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out
}

/// At most `most` characters, the middle left out where there are more: both ends of a name tell.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most / 2).collect();
    let tail: String = text.chars().skip(count - (most - most / 2 - 1)).collect();
    format!("{head}…{tail}")
}

/// Makes characters visible that would steer a terminal or reorder what a reader sees.
pub(crate) fn visible(text: &str) -> String {
    let visible = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() => '\u{fffd}',
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{061c}'
        | '\u{feff}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_become_code_and_link_where_they_stand_on_the_page() {
        let mut anchors = Anchors::default();
        anchors.add("ev-3");
        let prose = Prose::new("see `ev-3` of `<b>`", &anchors);
        let html = prose.render().unwrap();
        assert_eq!(
            html,
            "see <a href=\"#id-ev-3\"><code>ev-3</code></a> of <code>&#60;b&#62;</code>"
        );
        assert_eq!(prose.markdown(), "see `ev-3` of `<b>`");
    }

    #[test]
    fn a_lone_backtick_is_an_ordinary_character() {
        let prose = Prose::new("5` wide *x*", &Anchors::default());
        assert_eq!(prose.markdown(), "5\\` wide \\*x\\*");
    }

    #[test]
    fn what_steers_a_terminal_or_reorders_text_is_made_visible() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\nd"), "a\u{fffd}[2Jb\u{fffd}c\nd");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("payments-table-eu-west-1", 11), "payme…est-1");
        assert_eq!(shortened("short", 11), "short");
    }
}
