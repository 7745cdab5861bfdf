//! Untrusted names inside sentences.

/// A name of the monitored system in backticks, free of what could end them or hide something.
pub(crate) fn named(text: &str) -> String {
    format!("`{}`", shown(text))
}

/// Untrusted text on one line, without control and direction characters, at most 160 characters.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 160;
    let clean = |c: char| match c {
        '`' => '\'',
        c if c.is_control() || is_invisible(c) => ' ',
        c => c,
    };
    let mut out: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().count() > LONGEST {
        out.push('…');
    }
    out
}

/// A sentence of the engine, its names in backticks kept; otherwise as [`shown`].
pub(crate) fn sentence(text: &str) -> String {
    // What `shown` makes of a backtick is put back where all have a partner.
    const MARK: char = '\u{e000}';
    let marked: String = text.chars().map(|c| if c == '`' { MARK } else { c }).collect();
    let clean = shown(&marked);
    let is_paired = clean.matches(MARK).count().is_multiple_of(2);
    clean
        .chars()
        .map(|c| {
            if c != MARK {
                c
            } else if is_paired {
                '`'
            } else {
                '\''
            }
        })
        .collect()
}

/// Characters that reorder or hide others (Unicode's bidirectional and zero-width controls).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
