//! What the name of a field says of its value, and whether the value agrees.

mod words;

use words::{
    CODES, HARMLESS, HOLDERS, PARENTS, PERSONS, PLACEHOLDERS, REFERENCES, ROLES, SECRETS, SESSIONS,
    SOMEONES, TOKENS, USER_IDS,
};

use crate::context;
use crate::find::is_opaque;
use crate::shape::is_uuid;

/// Fields whose values are replaced whatever shape they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A password or key: any value but a placeholder.
    Secret,
    /// A word that is used of secrets and of other things: a value that looks like a secret.
    Token,
    /// A header with a scheme and then a secret.
    Authorization,
    /// Pairs of names and values, some of them sessions.
    Cookie,
    /// The name of a person or login.
    Person,
    /// Who does something: a name that people have or a login made of one, or two words that are
    /// no thing's.
    Role,
    /// A person nearly always: a login people have, or two words that are no thing's.
    Someone,
    /// A person, a team or a thing: only a name that people have.
    Holder,
    /// The id of a user: a name only if it is no id.
    UserId,
    /// The word for a name in other languages, of people and of things: one that begins with a
    /// capital letter.
    Name,
    /// The id of a session, or a code that is exchanged for one: a long value nobody could guess.
    Session,
    /// A number of four to eight digits.
    Pin,
}

impl Field {
    /// Whether a list of values is one of such values. Headers read their own.
    pub(crate) fn may_be_listed(self) -> bool {
        !matches!(self, Self::Authorization | Self::Cookie)
    }
}

/// Longest name of a field worth a look, in bytes.
pub(crate) const LONGEST_NAME: usize = 80;

/// What a name says, with the name of the object it stands in where that is known.
pub(crate) fn classify(name: &str, parent: &str) -> Option<Field> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let words = context::words(name);
    let ends = |list: &[&str]| {
        list.iter().any(|word| {
            words.strip_suffix(word).is_some_and(|left| left.is_empty() || left.ends_with(' '))
        })
    };
    match words.as_str() {
        "name" | "display name" => {
            let parent = context::words(parent);
            let one = parent.strip_suffix('s').unwrap_or(&parent);
            return if PARENTS.contains(&parent.as_str()) {
                Some(Field::Person)
            } else if words != "name"
                || [PARENTS, HOLDERS, SOMEONES, ROLES].iter().any(|list| list.contains(&one))
            {
                Some(Field::Holder)
            } else {
                None
            };
        }
        "summary" => {
            let parent = context::words(parent);
            return REFERENCES.contains(&parent.as_str()).then_some(Field::Holder);
        }
        // Windows' is a user's, other makers' are those of anything.
        "account name" if !name.contains(' ') => return Some(Field::Holder),
        "first" | "last" | "middle" if context::words(parent) == "name" => {
            return Some(Field::Person);
        }
        "nom" | "nome" => return Some(Field::Name),
        "code" => return Some(Field::Session),
        _ if ends(CODES) => return Some(Field::Pin),
        _ => {}
    }
    if words.is_empty() || ends(HARMLESS) {
        return None;
    }
    if ends(&["authorization"]) {
        return Some(Field::Authorization);
    }
    if ends(&["cookie", "cookies"]) {
        return Some(Field::Cookie);
    }
    if ends(SECRETS) {
        return Some(Field::Secret);
    }
    if ends(TOKENS) {
        return Some(Field::Token);
    }
    if ends(SESSIONS) {
        return Some(Field::Session);
    }
    if ends(USER_IDS) {
        return Some(Field::UserId);
    }
    if ends(PERSONS) {
        return Some(Field::Person);
    }
    if ends(ROLES) {
        return Some(Field::Role);
    }
    if ends(SOMEONES) {
        return Some(Field::Someone);
    }
    if ends(HOLDERS) {
        return Some(Field::Holder);
    }
    None
}

/// Whether a value under the name of a secret is one.
pub(crate) fn is_secret(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let inner = value.strip_prefix(['$', '%']).unwrap_or_default();
    let is_variable = inner.starts_with(['{', '(', 's', 'v', 'd', 'q'])
        && (inner.len() == 1 || inner.starts_with(['{', '(']))
        || !inner.is_empty()
            && inner
                .bytes()
                .all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'%') || b.is_ascii_digit())
            && (inner.bytes().any(|b| b == b'_' || b == b'%')
                || !inner.bytes().any(|b| b.is_ascii_digit()));
    let is_blank = value
        .chars()
        .all(|c| matches!(c, '*' | 'x' | 'X' | '•' | '.' | '-' | '_' | '#' | '…' | '?' | '^'))
        || value.starts_with("***")
        || value.ends_with("****");
    let is_marked = matches!(value.as_bytes().first(), Some(b'<' | b'[' | b'{' | b'('))
        || value.starts_with("{{")
        || value.starts_with("ENC(")
        || value.starts_with("vault:")
        || value.starts_with("arn:")
        || value.starts_with("secretKeyRef")
        || value.starts_with("env:")
        || value.starts_with("file:")
        || value.starts_with("ssm:")
        || value.starts_with("op://");
    let is_path = matches!(value.as_bytes(), [b'/', ..] | [b'.', b'/', ..] | [b'~', b'/', ..])
        && value.len() > 4
        && !value.ends_with('=')
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~'))
        && !value.bytes().any(|b| b.is_ascii_digit());
    value.len() >= 3
        && !bare.is_empty()
        && !is_variable
        && !is_blank
        && !is_marked
        && !is_path
        && !PLACEHOLDERS.contains(&bare)
        && !value.contains('‹')
}

/// Whether a value under a word like `token` looks like one.
pub(crate) fn is_token(value: &str) -> bool {
    let is_plain = value.bytes().all(|b| b.is_ascii_graphic());
    let is_number =
        value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b',' | b'x'));
    let is_clock = value.ends_with("ms") && value.len() < 10;
    let is_mixed =
        value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
    is_secret(value)
        && value.len() >= 6
        && is_plain
        && !is_number
        && !is_clock
        && !is_uuid(value)
        && (is_opaque(value) && !is_name(value) || is_mixed && !is_name(value))
}

/// Whether a value is the id of a session: long, and of random letters or digits.
pub(crate) fn is_session(value: &str) -> bool {
    let is_constant = value.contains('_') && !value.bytes().any(|b| b.is_ascii_lowercase());
    value.len() >= 20
        && !is_constant
        && !value.starts_with("0x")
        && !value.contains('/')
        && is_token(value)
}

/// Whether a value is a number that people remember.
pub(crate) fn is_pin(value: &str) -> bool {
    (4..=8).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a value is the name of a thing: words and numbers with dashes, points, slashes.
fn is_name(value: &str) -> bool {
    let parts = value.split(['-', '.', '/', '_', ':']);
    let plain = parts.clone().all(|part| {
        let letters = part.bytes().all(|b| b.is_ascii_lowercase());
        let number = part.strip_prefix('v').unwrap_or(part).bytes().all(|b| b.is_ascii_digit());
        letters || number
    });
    let words = parts
        .clone()
        .filter(|part| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase()))
        .count();
    plain && parts.count() > 1
        || words >= 2 && value.bytes().all(|b| !b.is_ascii_uppercase())
        || value.contains("::")
        || value.contains("://")
        || value.contains('(')
}
