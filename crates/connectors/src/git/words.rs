//! Text from a repository, made fit for one line of an answer.

/// Text in one line without anything that a terminal or a reader could trip over: no control characters, no
/// escape sequences, nothing that turns the direction of what follows; at most `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut told = String::new();
    let mut count = 0;
    let mut letters = text.trim().chars();
    while let Some(letter) = letters.next() {
        if letter == '\n' {
            break;
        }
        if letter == '\u{1b}' {
            skip_escape(&mut letters);
            continue;
        }
        let blank = letter.is_whitespace() || letter.is_control();
        if is_invisible(letter) || (blank && told.ends_with(' ')) {
            continue;
        }
        if count == most {
            told.push('…');
            break;
        }
        told.push(if blank { ' ' } else { letter });
        count += 1;
    }
    told.trim_end().to_owned()
}

/// Goes past the rest of an escape sequence: `[31m` of `ESC [ 3 1 m`.
fn skip_escape(letters: &mut std::str::Chars<'_>) {
    if letters.as_str().starts_with('[') {
        for letter in letters.by_ref().skip(1) {
            if ('@'..='~').contains(&letter) {
                return;
            }
        }
    }
}

/// Marks that show nothing themselves and change how the rest is shown.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// Bytes as text: in UTF-8, or in the Latin-1 that old commits say they are in; what is neither is shown as
/// replacement characters.
pub(super) fn text(bytes: &[u8], encoding: Option<&[u8]>) -> String {
    let named = encoding.map(|name| name.to_ascii_lowercase());
    let latin = named.is_some_and(|name| {
        [&b"iso-8859-1"[..], b"iso8859-1", b"latin1", b"latin-1", b"iso-8859-15", b"cp1252"]
            .contains(&name.as_slice())
    });
    match latin && std::str::from_utf8(bytes).is_err() {
        true => bytes.iter().map(|&byte| char::from(byte)).collect(),
        false => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Letter case and separators aside: `cart-service` and `Cart_Service` are the same word.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_harmless() {
        for (text, told) in [
            ("Fix it\n\nmore", "Fix it"),
            ("  a\t\tb\rc ", "a b c"),
            ("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x", "red ]0;title x"),
            ("pay\u{202e}lla", "paylla"),
            ("1234567890123", "1234567890…"),
            ("", ""),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(
                line(text, 10.max(told.chars().count() - usize::from(told.ends_with('…')))),
                told
            );
        }
    }

    #[test]
    fn old_encodings_are_read() {
        assert_eq!(text(b"M\xfcller", Some(b"ISO-8859-1")), "Müller");
        assert_eq!(text(b"M\xfcller", None), "M\u{fffd}ller");
        assert_eq!(text("Müller".as_bytes(), Some(b"latin1")), "Müller");
    }
}
