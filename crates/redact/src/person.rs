//! Whether a text is the name of a person or login, and not a machine's, an id or a word.

mod names;
mod nobodies;

use nobodies::{NOBODIES, PARTS};

pub(crate) use names::{is_known_login, is_known_person, is_name_of_words};

use crate::shape::is_uuid;

/// Whether a value under the name of a person is a name, and not a machine's or an id.
pub(crate) fn is_person(value: &str) -> bool {
    let value = value.trim();
    let name = value.rsplit_once('\\').map_or(value, |(_, name)| name);
    let lower = name.to_lowercase();
    let fits = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '.' | '_' | '-' | '\'' | '’' | ' ' | '\u{300}'..='\u{36f}')
            || u32::from(c) > 0x900
                && c != '‹'
                && c != '›'
                && !c.is_control()
                && !matches!(c, '…' | '•' | '→' | '—' | '–')
    };
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let parts = || lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    // One letter is a name nowhere but in tests; CJK names have two.
    letters >= 2
        && name.chars().count() <= 64
        && name.chars().all(fits)
        && !name.starts_with(['-', '.'])
        && digits <= 4.max(letters / 2)
        && parts().count() <= 5
        && !NOBODIES.contains(&lower.as_str())
        && !parts().any(|part| PARTS.contains(&part))
        && !parts().next().is_some_and(|part| NOBODIES.contains(&part) && lower.contains(' '))
        && !is_id(&lower)
        && !is_slug(name)
        && !names::is_thing(lower.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// Whether a text is words with dashes as machines and teams are called: `sre-primary`.
fn is_slug(name: &str) -> bool {
    let parts = || name.split('-').map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
    name.contains('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && (parts().any(names::is_thing) || parts().count() > 2 && !parts().any(names::is_name))
}

/// Whether a text is an id: hexadecimal, a UUID, a prefix and a number.
fn is_id(lower: &str) -> bool {
    let digits = lower.bytes().filter(u8::is_ascii_digit).count();
    let hex = lower.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let numbered = lower.split(['-', '_']).skip(1).any(|part| {
        part.len() >= 2 && part.bytes().filter(u8::is_ascii_digit).count() * 2 >= part.len()
    });
    hex && digits > 0 || is_uuid(lower) || numbered || digits >= 5
}

/// Whether the id of a user is a name: letters, perhaps two words of them.
pub(crate) fn is_named_id(value: &str) -> bool {
    is_person(value)
        // `c.id` is a column.
        && !value.split('.').any(|part| matches!(part, "id" | "uid" | "name" | "key" | "com" | "org" | "net" | "io"))
        && value.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | ' ' | '\'' | '\\'))
        && (value.contains(['.', ' ', '\\']) && !value.ends_with('.') || value.chars().count() >= 3)
        && (value.chars().skip(1).filter(|c| c.is_uppercase()).count() <= 3
            // As mainframes write them.
            || (5..=12).contains(&value.len())
                && value.bytes().all(|b| b.is_ascii_uppercase())
                && !names::is_thing(&value.to_lowercase()))
}
