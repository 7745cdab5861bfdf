//! From a line to tokens, with everything that surely varies masked.
//!
//! One pass over the line into buffers that are used again: no allocation per line. A token is a word
//! together with the punctuation before it, so that the tokens of a template, written one after the
//! other, read like the line.

/// Tokens looked at; what follows counts as one varying token.
const MAX_TOKENS: usize = 64;
/// Bytes looked at. Longer lines are dumps of data, told apart by how they begin.
const MAX_BYTES: usize = 4096;
/// How far away the end of a quoted string or of a list may be.
const MAX_ENCLOSED: usize = 1024;
/// What stands for a value.
pub(crate) const WILD: &str = "<*>";
/// Quoted text behind these keys is a sentence, not a value (logfmt, JSON without a message field).
const PROSE: [&str; 6] = ["msg", "message", "err", "error", "reason", "event"];

/// One word with the punctuation before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// End within [`Masked::text`]; it begins where the one before ends.
    pub(crate) end: usize,
    /// FNV-1a of its text.
    pub(crate) hash: u64,
    /// Whether the word is masked.
    pub(crate) is_wild: bool,
    /// Whether it stands behind `=`, where values stand.
    pub(crate) is_value: bool,
}

/// A masked line; its buffers are used again for the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masked {
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    start: usize,
    /// Within quotes whose content is read like the rest: a sentence, a key.
    is_quoting: bool,
}

impl Masked {
    /// Masks a line.
    pub(crate) fn read(&mut self, line: &str) {
        self.text.clear();
        self.tokens.clear();
        self.start = 0;
        self.is_quoting = false;
        // Blocks of several lines (stack traces) are what their first line says.
        let line = line.trim_start().lines().next().unwrap_or("").trim_end();
        let (line, mut is_cut) = cut(line);
        let mut rest = line;
        while !rest.is_empty() {
            if self.tokens.len() == MAX_TOKENS {
                is_cut = true;
                break;
            }
            rest = match enclosed(rest, &self.text, self.is_quoting) {
                Some(behind) => {
                    self.text.extend(rest.chars().next());
                    self.finish(WILD, true);
                    // What closes it belongs to the next token.
                    let mut behind = behind.chars();
                    self.text.extend(behind.next());
                    behind.as_str()
                }
                None => self.step(rest),
            };
        }
        if is_cut {
            self.text.push(' ');
            self.finish(WILD, true);
        } else if self.text.len() > self.start {
            self.finish("", false);
        }
    }

    /// One word or one character of punctuation; answers what is left.
    fn step<'a>(&mut self, rest: &'a str) -> &'a str {
        let (word, behind) = rest.split_at(word_length(rest));
        let Some(first) = word.chars().next() else {
            let mut chars = rest.chars();
            match chars.next() {
                Some(c) if c.is_whitespace() || c.is_control() => {
                    let is_first = self.text.is_empty() || self.text.ends_with(' ');
                    self.text.push_str(if is_first { "" } else { " " });
                }
                Some(c) => {
                    self.is_quoting ^= c == '"';
                    self.text.push(c);
                }
                None => {}
            }
            return chars.as_str();
        };
        if is_variable(word) || (first.is_ascii_uppercase() && is_calendar(word, behind)) {
            self.finish(WILD, true);
        } else {
            self.finish(word, false);
        }
        behind
    }

    /// Ends a token with its word.
    fn finish(&mut self, word: &str, is_wild: bool) {
        let is_value = self.text.ends_with('=');
        self.text.push_str(word);
        let token = self.text.get(self.start..).unwrap_or_default();
        let hash = hash_of(token.as_bytes());
        self.start = self.text.len();
        self.tokens.push(Token { end: self.start, hash, is_wild, is_value });
    }

    /// A number for the masked line as a whole.
    pub(crate) fn hash(&self) -> u64 {
        hash_of(self.text.as_bytes())
    }

    /// The tokens as text.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.tokens.iter().map(|token| token.end));
        self.tokens
            .iter()
            .zip(starts)
            .map(|(token, start)| self.text.get(start..token.end).unwrap_or_default())
    }
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits.
pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The beginning of a line that is looked at, and whether something was left out.
fn cut(line: &str) -> (&str, bool) {
    let end = line.floor_char_boundary(MAX_BYTES);
    (line.get(..end).unwrap_or(line), end < line.len())
}

/// Length in bytes of the word that a text begins with; 0 if it begins with something else.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    let mut has_digit = false;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => has_digit = true,
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'_'
            | b'-'
            | b'.'
            | b'/'
            | b'\\'
            | b'@'
            | b'%'
            | b'+'
            | b'~'
            | b'$'
            | b'&'
            | b'*' => {}
            // Inside of times, addresses and URLs.
            b':' if end > 0
                && has_digit
                && bytes.get(end + 1).is_some_and(|b| b.is_ascii_hexdigit() || *b == b':') => {}
            b':' if end > 0 && bytes.get(end + 1..).is_some_and(|b| b.starts_with(b"//")) => {}
            0x80.. => {
                let next = text.get(end..).and_then(|rest| rest.chars().next());
                match next {
                    Some(c) if c.is_alphanumeric() => end += c.len_utf8() - 1,
                    Some(_) | None => break,
                }
            }
            _ => break,
        }
        end += 1;
    }
    // The full stop at the end belongs to the sentence.
    let word = text.get(..end).unwrap_or_default();
    let trimmed = word.trim_end_matches(['.', '-']);
    if trimmed.is_empty() { 0 } else { trimmed.len() }
}

/// Whether a word is a value by its looks: it holds a digit, is long and hexadecimal, a path, a URL
/// or an address.
fn is_variable(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_path =
        word.starts_with('/') && word.len() > 1 || word.contains("://") || word.contains(":\\");
    bytes.iter().any(u8::is_ascii_digit)
        || (bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit))
        || is_path
        || (word.contains('@') && word.contains('.'))
}

/// Whether a word is the name of a day or month inside of a date.
fn is_calendar(word: &str, behind: &str) -> bool {
    const NAMES: [&str; 19] = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    if !NAMES.contains(&word) {
        return false;
    }
    let next = behind.trim_start_matches([' ', ',', '/', '-']);
    next.starts_with(|c: char| c.is_ascii_digit())
        || NAMES.iter().any(|name| next.strip_prefix(name).is_some_and(|r| r.starts_with(' ')))
}

/// Where a text begins with a quoted value, a list or a record: its end, from what closes it.
fn enclosed<'a>(text: &'a str, before: &str, is_quoting: bool) -> Option<&'a str> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'"' if !is_quoting => {
            let end = closing_quote(bytes, b'"')?;
            let key = before.trim_end_matches(['"', '=', ':', ' ']);
            let is_prose =
                key.len() < before.len() && PROSE.iter().any(|name| ends_with_word(key, name));
            // A key of JSON names what comes; it isn't a value.
            let behind = text.get(end..)?;
            let is_key = behind.get(1..)?.trim_start().starts_with(':');
            (!is_prose && !is_key && end > 1).then_some(behind)
        }
        b'\'' => {
            // Not the apostrophe of a word.
            if before.ends_with(|c: char| c.is_alphanumeric()) {
                return None;
            }
            let end = closing_quote(bytes, b'\'')?;
            let is_end = !bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
            (is_end && end > 1).then(|| text.get(end..)).flatten()
        }
        b'[' => {
            let end = closing_bracket(bytes, b'[', b']')?;
            let inside = text.get(1..end)?;
            inside.contains(',').then(|| text.get(end..)).flatten()
        }
        b'{' if !before.is_empty() => {
            let end = closing_bracket(bytes, b'{', b'}')?;
            (end > 1).then(|| text.get(end..)).flatten()
        }
        _ => None,
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word)
        .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn closing_quote(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut is_escaped = false;
    for (index, &byte) in bytes.iter().enumerate().take(MAX_ENCLOSED).skip(1) {
        match byte {
            b'\\' if !is_escaped => is_escaped = true,
            b if b == quote && !is_escaped => return Some(index),
            _ => is_escaped = false,
        }
    }
    None
}

fn closing_bracket(bytes: &[u8], open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, &byte) in bytes.iter().enumerate().take(MAX_ENCLOSED) {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        let mut masked = Masked::default();
        masked.read(line);
        assert_eq!(masked.words().collect::<String>(), masked.text);
        masked.text
    }

    #[test]
    fn values_are_masked_and_words_stay() {
        let cases = [
            (
                "timeout after 5000ms for order=77 [conn 12]",
                "timeout after <*> for order=<*> [conn <*>]",
            ),
            ("GET /api/v1/cart?id=7 took 12.5 ms.", "GET <*>?id=<*> took <*> ms."),
            ("peer 10.0.0.7:8080 gone at 2026-01-02T03:04:05.678Z", "peer <*> gone at <*>"),
            ("peer fe80::1%eth0 gone", "peer <*> gone"),
            (
                "user 'ann lee' said \"no, thanks\" twice, don't ask",
                "user '<*>' said \"<*>\" twice, don't ask",
            ),
            ("route [a, b, c] of [main] {x=1, y=2}", "route [<*>] of [main] {<*>}"),
            ("id deadbeefcafe vs decade", "id <*> vs decade"),
            (
                "level=info msg=\"cache is warm\" took=3ms",
                "level=info msg=\"cache is warm\" took=<*>",
            ),
            (
                "Shop.java:12 failed: Sat May 04 12:46:52 CST 2013",
                "Shop.java:<*> failed: <*> <*> <*> <*> CST <*>",
            ),
            ("{\"level\":\"info\",\"n\":3}", "{\"level\":\"<*>\",\"n\":<*>}"),
            ("时间：175 完成", "时间：<*> 完成"),
            ("first line\n\tat a.b(C.java:1)", "first line"),
            ("", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(masked(line), expected, "{line}");
        }
    }

    #[test]
    fn endless_lines_are_cut() {
        let many = "word ".repeat(5000);
        let text = masked(&many);
        assert!(text.len() < MAX_BYTES + 16 && text.ends_with(WILD), "{}", text.len());
        assert!(masked(&"[{\"'".repeat(3000)).len() <= MAX_BYTES + 16);
    }
}
