//! What stands before a find: the words that make a bare number a telephone number.

/// How far back words are read, in bytes: a key, a quote and a few words.
const REACH: usize = 48;
/// Words that may stand between what names a number and the number.
const FILLER: &[&str] = &[
    "number", "numbers", "no", "nr", "num", "nummer", "numero", "número", "numéro", "num", "n",
    "is", "value", "was", "of", "the", "new", "old", "to", "at", "on", "primary", "home", "work",
    "raw", "str", "text", "code", "from", "es", "est", "ist", "de", "do", "da", "customer",
    "cliente", "client", "kunde", "del", "me", "us", "him", "her", "them", "user", "string", "s",
    "e164", "digits", "contacto", "contato", "contatto",
];
/// Most filler words between.
const MOST_FILLER: usize = 3;

/// The words before a place, and those of the field that the text stands in.
pub(crate) struct Before(String);

impl Before {
    /// Reads back from `start`, not beyond `barrier`: what was found before says nothing of what
    /// follows it, and a pseudonym in its place must not either.
    pub(crate) fn new(key: &str, text: &str, barrier: usize, start: usize) -> Self {
        let mut from = start.saturating_sub(REACH).max(barrier);
        while from < start && !text.is_char_boundary(from) {
            from += 1;
        }
        let mut near = text.get(from..start).unwrap_or_default();
        if from > barrier {
            // The first word may be half of one.
            let skip = near.find(|c: char| !c.is_alphanumeric()).unwrap_or(near.len());
            near = near.get(skip..).unwrap_or_default();
        }
        if let Some(line) = near.rfind('\n') {
            near = near.get(line..).unwrap_or_default();
        }
        let mut words = String::from(" ");
        push_words(&mut words, key);
        push_words(&mut words, near);
        Self(words)
    }

    /// Whether one of the words stands anywhere before.
    pub(crate) fn near(&self, words: &[&str]) -> bool {
        words.iter().any(|word| contains(&self.0, word))
    }

    /// Whether one of the words is the last, filler aside.
    pub(crate) fn adjacent(&self, words: &[&str]) -> bool {
        let mut rest = self.0.trim_end();
        for _ in 0..=MOST_FILLER {
            if words.iter().any(|word| ends_with(rest, word)) {
                return true;
            }
            let last = rest.rsplit(' ').next().unwrap_or_default();
            if !FILLER.contains(&last) {
                return false;
            }
            rest = rest.strip_suffix(last).unwrap_or_default().trim_end();
        }
        false
    }

    /// Whether the last word is a long hexadecimal id: what stands beside one is another.
    pub(crate) fn ends_with_id(&self) -> bool {
        let last = self.0.trim_end().rsplit(' ').next().unwrap_or_default();
        last.len() >= 16 && last.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// Whether one of the words is the very last.
    pub(crate) fn last(&self, words: &[&str]) -> bool {
        words.iter().any(|word| ends_with(self.0.trim_end(), word))
    }
}

/// Whether a list of words in spaces holds a word. Scripts without spaces between words are found
/// anywhere.
fn contains(words: &str, word: &str) -> bool {
    words.match_indices(word).any(|(start, found)| {
        !word.is_ascii() && !is_spaced(word)
            || words.get(..start).is_some_and(|left| left.ends_with(' '))
                && words.get(start + found.len()..).is_some_and(|right| right.starts_with(' '))
    })
}

fn ends_with(words: &str, word: &str) -> bool {
    words.strip_suffix(word).is_some_and(|left| {
        left.is_empty() || left.ends_with(' ') || !word.is_ascii() && !is_spaced(word)
    })
}

/// Whether a word is of a script that puts spaces between words.
fn is_spaced(word: &str) -> bool {
    word.chars().all(|c| u32::from(c) < 0x0E00)
}

/// A name or a text as lower-case words with spaces around: `customerPhone` is `customer phone`.
pub(crate) fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 8);
    push_words(&mut words, text);
    words.truncate(words.trim_end().len());
    words
}

fn push_words(words: &mut String, text: &str) {
    let mut last = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() {
            if !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
        } else {
            let begins_word = c.is_uppercase()
                && (last.is_lowercase()
                    || last.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase()));
            if begins_word && !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        }
        last = c;
    }
    if !words.is_empty() && !words.ends_with(' ') {
        words.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_style_become_words() {
        for (name, expected) in [
            ("customerPhone", "customer phone"),
            ("X-API-Key", "x api key"),
            ("APIKey", "api key"),
            ("user.full_name", "user full name"),
            ("JSESSIONID", "jsessionid"),
            ("", ""),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn filler_may_stand_between_and_other_words_may_not() {
        let adjacent = |text: &str| Before::new("", text, 0, text.len()).adjacent(&["phone"]);
        assert!(adjacent("phone number is: "));
        assert!(adjacent("\"customerPhone\":\""));
        assert!(!adjacent("phone verified for order "));
        assert!(!adjacent("smartphone "));
    }
}
