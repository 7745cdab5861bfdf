//! Names and values within a text: `password=…`, `"user": "…"`, headers, options, URLs with
//! credentials, and the few sentences in which programs name a user.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::Kind;
use crate::field::{self, Field};
use crate::find::token::is_opaque;
use crate::find::{Candidate, Need};
use crate::person;
use crate::shape::{at, before, is_uuid, piece};

/// Longest value looked at, in bytes: more than any key, less than a document.
const LONGEST: usize = 4096;
/// How far back the name of an object is looked for.
const REACH: usize = 96;
/// Longest credentials in an URL.
const LONGEST_CREDENTIALS: usize = 512;

/// Sentences of sshd, PAM and databases.
static SENTENCES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:[Ii]nvalid user|[Ii]llegal user|[Ff]or user|[Aa]ccepted [a-z/-]{3,24} for|[Ff]ailed [a-z/-]{3,24} for|of user|by user|from user|session of|user|User) ",
        r#"([^\s"'\\():=,;]{2,64})"#,
    ))
    .expect("invariant: a constant pattern")
});
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:[Uu]ser|[Uu]sername|[Ll]ogin|[Aa]ccount) \\?["'‘]([^"'\\’]{2,64})\\?["'’]"#)
        .expect("invariant: a constant pattern")
});
/// Passwords in SQL and on command lines, which have no sign between name and value.
static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i:identified by|password|passwd|pwd|--pass|passphrase)(?i: is)? \\?["']([^"'\\]{3,128})\\?["']"#,
        r#"| (?:-u|--user) ["']?[^\s:"']{1,64}:([^\s"']{3,128})"#,
        r#"|(?:mysql|mysqldump|mysqladmin|mariadb|sshpass)[^\n|;]{0,80}? -p["']?([^\s"']{4,128})"#,
        r#"|--([a-z-]{0,20}(?:password|token|secret|api-key|apikey|passwd|access-key|secret-key)) +["']?([^\s"'-][^\s"']{2,256})"#,
        r#"|(?i:redis-cli)[^\n|;]{0,80}? -a ["']?([^\s"']{3,128})"#,
    ))
    .expect("invariant: a constant pattern")
});

/// Secrets behind words alone: `api key 0123…`, `password is hunter2`.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i:api[ -]?key|access key|secret key|licen[sc]e key|app key|token|secret|credential)(?: is|:)? ([A-Za-z0-9_./+=~-]{16,512})",
        r"|(?i:password|passphrase|passwort|pwd) (?i:is|was|ist) ([^\s]{4,128})",
    ))
    .expect("invariant: a constant pattern")
});

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    for (place, sign) in text.match_indices(['=', ':', '>']) {
        let Some((name, value)) = pair(text, place, sign) else { continue };
        let shown = piece(text, name.start, name.end);
        let parent = if shown == "name" { parent(text, name.start) } else { "" };
        let Some(meaning) = field::classify(shown, parent) else { continue };
        read(text, meaning, value, found);
    }
    credentials(text, found);
    if text.contains("ser") || text.contains(" for ") || text.contains("ogin") {
        for hit in SENTENCES.captures_iter(text).filter_map(|hit| hit.get(1)) {
            let before = bytes.get(..hit.start()).unwrap_or_default();
            // A bare `user ada` is a name only if it can hardly be another word.
            let bare = before.ends_with(b"user ") || before.ends_with(b"User ");
            let strong =
                ["nvalid user ", "llegal user ", "or user ", "of user ", "by user ", "from user "]
                    .iter()
                    .any(|words| before.ends_with(words.as_bytes()));
            let value = hit.as_str().trim_end_matches(['.', '!', '?']);
            if (!bare || strong || value.contains(['.', '_']) && !value.contains('/'))
                && person::is_person(value)
            {
                push(found, hit.start()..hit.start() + value.len(), Kind::User);
            }
        }
        for hit in QUOTED.captures_iter(text).filter_map(|hit| hit.get(1)) {
            if person::is_person(hit.as_str()) {
                push(found, hit.range(), Kind::User);
            }
        }
    }
    // A pattern without regard to case has no quick way to the few lines that matter.
    let names_secret =
        ["ey", "EY", "oken", "OKEN", "ecret", "ECRET", "ass", "ASS", "redential", "wd", "WD"]
            .iter()
            .any(|part| text.contains(part));
    for hits in BARE.captures_iter(if names_secret { text } else { "" }) {
        for hit in [1, 2].into_iter().filter_map(|group| hits.get(group)) {
            let shown = hit.as_str().trim_end_matches(['.', ',', ';', '"', '\'']);
            if field::is_token(shown) {
                push(found, hit.start()..hit.start() + shown.len(), Kind::Secret);
            }
        }
    }
    let speaks = names_secret && text.contains(['"', '\'', '-'])
        || [" -u", "--user", " -p", " -a ", "dentified", "DENTIFIED"]
            .iter()
            .any(|part| text.contains(part));
    if speaks {
        for hits in SPOKEN.captures_iter(text) {
            for hit in [1, 2, 3, 5, 6].into_iter().filter_map(|group| hits.get(group)) {
                if field::is_secret(hit.as_str()) {
                    push(found, hit.range(), Kind::Secret);
                }
            }
        }
    }
}

/// A text that is the value of a field as a whole.
pub(crate) fn field(name: &str, text: &str, found: &mut Vec<Candidate>) {
    let (name, parent) = name.split_once('\0').unwrap_or((name, ""));
    if text.len() <= LONGEST
        && let Some(meaning) = field::classify(name, parent)
    {
        read(text, meaning, Value { place: 0..text.len(), trust: Trust::Quoted }, found);
    }
}

/// A value, and how sure it is that it is one.
struct Value {
    place: Range<usize>,
    trust: Trust,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// In quotes, or behind `=`.
    Quoted,
    /// Behind `=`, without quotes.
    Assigned,
    /// Behind a colon and a space: perhaps only a sentence.
    Spoken,
}

/// The name before a sign and the value behind it.
fn pair(text: &str, sign_at: usize, sign: &str) -> Option<(Range<usize>, Value)> {
    let bytes = text.as_bytes();
    let (left, mut right) = (before(bytes, sign_at), sign_at + 1);
    let next = at(bytes, right);
    match sign {
        "=" if matches!(left, b'!' | b'<' | b'=' | b'~') || next == b'=' || next == b'~' => {
            return None;
        }
        "=" if next == b'>' => right += 1,
        "=" | ":" if left == b':' && sign == ":" => return None,
        ":" if next == b':' || next == b'/' && at(bytes, right + 1) == b'/' => return None,
        ">" if !left.is_ascii_alphanumeric() => return None,
        _ => {}
    }
    let mut end = sign_at;
    // `name : value`, `name = value`, `\"name\": value`, `name:=value`
    while end > 0 && sign_at - end < 3 && matches!(before(bytes, end), b' ' | b':') && sign != ">" {
        end -= 1;
    }
    while end > 0
        && sign_at - end < 6
        && matches!(before(bytes, end), b'"' | b'\'' | b'\\' | b'`' | b']')
        && sign != ">"
    {
        end -= 1;
    }
    let mut start = end;
    while start > 0 && end - start <= field::LONGEST_NAME && is_name_byte(before(bytes, start)) {
        start -= 1;
    }
    while start < end && !text.is_char_boundary(start) {
        start += 1;
    }
    if start == end || sign == ">" && before(bytes, start) != b'<' {
        return None;
    }
    let mut spaces = 0;
    while spaces < 8 && sign != ">" && matches!(at(bytes, right), b' ' | b'\t') {
        right += 1;
        spaces += 1;
    }
    let value = if sign == ">" {
        let rest = bytes.get(right..).unwrap_or_default();
        let length = rest.iter().take(LONGEST).position(|b| *b == b'<')?;
        Value { place: right..right + length, trust: Trust::Quoted }
    } else {
        value(text, right, sign == ":" && spaces > 0)
    };
    Some((start..end, value))
}

/// The name of the object that a place stands in: `User(id=7, name=`, `"customer":{"name":`.
fn parent(text: &str, place: usize) -> &str {
    let mut from = place.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let left = piece(text, from, place);
    let Some(open) = left.rfind(['(', '{', '[', '}', ')', ']']) else { return "" };
    let outside = left.get(..open).unwrap_or_default();
    if !left.get(open..).is_some_and(|inside| inside.starts_with(['(', '{', '['])) {
        return "";
    }
    let name = outside.trim_end_matches(['"', '\'', ':', '=', ' ', '\\', '>']);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    name.rsplit(|c: char| !is_word(c)).next().unwrap_or_default()
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'.' | b'-')
        || byte >= 0xC3
        || (0x80..0xC0).contains(&byte)
}

/// A value in quotes, however often they were escaped, or up to what ends a bare one.
fn value(text: &str, from: usize, spoken: bool) -> Value {
    let bytes = text.as_bytes();
    let mut start = from;
    while at(bytes, start) == b'\\' && start - from < 8 {
        start += 1;
    }
    let escapes = start - from;
    let quote = at(bytes, start);
    let end_of = |start: usize, is_end: &dyn Fn(usize, u8) -> bool| {
        let rest = bytes.get(start..).unwrap_or_default();
        let mut length = rest
            .iter()
            .take(LONGEST)
            .enumerate()
            .position(|(place, byte)| is_end(start + place, *byte))
            .unwrap_or_else(|| rest.len().min(LONGEST));
        while !text.is_char_boundary(start + length) {
            length -= 1;
        }
        start + length
    };
    if matches!(quote, b'"' | b'\'' | b'`') {
        let end = end_of(start + 1, &|place, byte| {
            byte == quote && (escapes > 0 || before(bytes, place) != b'\\') || byte == b'\n'
        });
        let end = if escapes > 0 {
            end - piece(text, start + 1, end).bytes().rev().take_while(|b| *b == b'\\').count()
        } else {
            end
        };
        return Value { place: start + 1..end, trust: Trust::Quoted };
    }
    let end = end_of(from, &|place, byte| {
        byte.is_ascii_whitespace()
            || byte.is_ascii_control()
            || matches!(
                byte,
                b',' | b';' | b'&' | b'"' | b'\'' | b')' | b']' | b'}' | b'<' | b'>' | b'|' | b'`'
            )
            || byte == b'\\' && matches!(at(bytes, place + 1), b'n' | b'r' | b't' | b'"' | b'u')
            || byte == b'%'
                && bytes
                    .get(place..place + 3)
                    .is_some_and(|b| b == b"%26" || b == b"%20" || b == b"%0A")
    });
    Value { place: from..end, trust: if spoken { Trust::Spoken } else { Trust::Assigned } }
}

/// Reads a value by what its name means.
fn read(text: &str, meaning: Field, value: Value, found: &mut Vec<Candidate>) {
    let Range { start, end } = value.place;
    let shown = piece(text, start, end);
    match meaning {
        Field::Secret => {
            let shown = shown.trim_end_matches(['.', ':']);
            let sure =
                value.trust != Trust::Spoken || is_unlike_words(shown) || ends_there(text, end);
            if sure && field::is_secret(shown) {
                push(found, start..start + shown.len(), Kind::Secret);
            }
        }
        Field::Token => {
            if field::is_token(shown) {
                push(found, start..end, Kind::Secret);
            }
        }
        Field::Authorization => authorization(text, start, found),
        Field::Cookie => cookies(text, start, end, value.trust, found),
        Field::Person => person_of(text, start, end, value.trust, found),
        Field::UserId => {
            if value.trust != Trust::Spoken && person::is_named_id(shown) {
                push(found, start..end, Kind::User);
            }
        }
    }
}

fn is_unlike_words(text: &str) -> bool {
    text.bytes().any(|b| !b.is_ascii_lowercase() && b != b'-')
        && !text.ends_with("()")
        && (text.bytes().skip(1).any(|b| b.is_ascii_uppercase())
            || text.bytes().any(|b| !b.is_ascii_alphabetic()))
}

fn ends_there(text: &str, end: usize) -> bool {
    matches!(at(text.as_bytes(), end), 0 | b'\n' | b'\r' | b'}' | b',')
}

/// The secret behind the scheme of an `Authorization` header.
fn authorization(text: &str, start: usize, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    let word = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let ends = |b: &&u8| {
            !(b.is_ascii_whitespace()
                || matches!(
                    **b,
                    b'"' | b'\'' | b',' | b'\\' | b';' | b')' | b']' | b'}' | b'<' | 0xE2
                ))
        };
        from + rest.iter().take(LONGEST).take_while(ends).count()
    };
    let first = word(start);
    let scheme = piece(text, start, first).trim_end_matches(':').to_ascii_lowercase();
    const SCHEMES: &[&str] = &[
        "bearer",
        "basic",
        "token",
        "digest",
        "apikey",
        "api-key",
        "key",
        "negotiate",
        "ntlm",
        "genie",
        "genieKey",
        "geniekey",
        "splunk",
        "jwt",
        "oauth",
        "bot",
        "sso-key",
        "hmac",
        "sharedaccesssignature",
        "sharedkey",
        "client-id",
    ];
    if SCHEMES.contains(&scheme.as_str()) {
        let mut from = first;
        while matches!(at(bytes, from), b' ' | b'[' | b'"') && from - first < 4 {
            from += 1;
        }
        let end = word(from);
        let shown = piece(text, from, end);
        let is_basic = scheme == "basic"
            && shown.len() >= 4
            && !shown.eq_ignore_ascii_case("authentication")
            && !shown.eq_ignore_ascii_case("realm");
        if field::is_secret(shown)
            && shown.len() >= 4
            && (is_basic || shown.bytes().any(|b| b.is_ascii_digit()) || shown.len() >= 20)
            && !shown.starts_with("realm")
            && !shown.starts_with("username=")
        {
            push(found, from..end, Kind::Secret);
        }
    } else if field::is_token(piece(text, start, first))
        && first - start >= 12
        && !scheme.starts_with("aws4-")
    {
        push(found, start..first, Kind::Secret);
    }
}

/// What `Set-Cookie` says of a cookie, beside its value.
const ATTRIBUTES: &[&str] = &[
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "priority",
    "version",
    "partitioned",
];

/// The values of cookies that hold sessions, or are long enough to.
fn cookies(text: &str, start: usize, end: usize, trust: Trust, found: &mut Vec<Candidate>) {
    // A bare header goes to the end of its line, not to its first `;`.
    let end = match trust {
        Trust::Quoted => end,
        Trust::Assigned | Trust::Spoken => {
            let rest = piece(text, start, text.len());
            let stops = |c: char| matches!(c, '\n' | '\r' | '"' | '\'' | '\\');
            let mut length = rest.find(stops).unwrap_or(rest.len()).min(LONGEST);
            while !rest.is_char_boundary(length) {
                length -= 1;
            }
            start + length
        }
    };
    let mut from = start;
    for part in piece(text, start, end).split([';', ',']) {
        let place = from;
        from += part.len() + 1;
        let Some((name, value)) = part.split_once('=') else { continue };
        let name_lower = name.trim().to_ascii_lowercase();
        let value_start = place + name.len() + 1;
        let value = value.trim_start_matches('"');
        let value_start = value_start + (part.len() - name.len() - 1 - value.len());
        let value = value.split([' ', '"', ']', '}', '‹']).next().unwrap_or_default();
        let names_session = [
            "sess", "sid", "auth", "token", "csrf", "xsrf", "jwt", "login", "remember", "secret",
            "key",
        ]
        .iter()
        .any(|word| name_lower.contains(word));
        let long = value.len() >= 16 && is_opaque(value);
        if !ATTRIBUTES.contains(&name_lower.as_str())
            && (names_session && value.len() >= 6 || long)
            && field::is_secret(value)
        {
            push(found, value_start..value_start + value.len(), Kind::Secret);
        }
    }
}

/// A name: in quotes as it stands, bare one word, or several that begin with capitals.
fn person_of(text: &str, start: usize, end: usize, trust: Trust, found: &mut Vec<Candidate>) {
    let shown = piece(text, start, end);
    let plain = shown.trim_end_matches(['.', ':', '!']);
    if trust == Trust::Quoted {
        // `Ada Lovelace <ada@example.com>`: the address is found on its own.
        let name = shown.split(" <").next().unwrap_or_default().trim_end();
        if person::is_person(name) {
            push(found, start..start + name.len(), Kind::User);
        }
        return;
    }
    let mut name_end = start + plain.len();
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    if plain == shown && capital(plain) {
        let rest = piece(text, end, text.len());
        for word in rest.split(' ').skip(1).take(3) {
            if !rest.starts_with(' ') {
                break;
            }
            let name = word.trim_end_matches([',', ';', '.', ')', '"', '}', ']', '\n']);
            let is_name = capital(name)
                && name.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
                && name.chars().skip(1).any(char::is_lowercase);
            if !is_name || piece(text, name_end, name_end + 1) != " " {
                break;
            }
            name_end += 1 + name.len();
            if name.len() != word.len() {
                break;
            }
        }
    }
    let name = piece(text, start, name_end);
    let is_sentence = trust == Trust::Spoken && !capital(name) && !ends_there(text, end) && {
        let next = piece(text, end, text.len()).trim_start();
        next.starts_with(|c: char| c.is_lowercase())
            && !name.contains(['.', '_'])
            && !next.split(' ').next().is_some_and(|word| word.contains(['=', ':']))
            && ![
                "logged",
                "from",
                "has",
                "is",
                "was",
                "failed",
                "not",
                "signed",
                "cannot",
                "requested",
                "attempted",
                "tried",
                "updated",
                "deleted",
                "created",
                "did",
                "could",
                "on",
                "in",
                "at",
                "changed",
                "does",
                "exceeded",
                "locked",
            ]
            .contains(&next.split(' ').next().unwrap_or_default())
    };
    if person::is_person(name) && !is_sentence {
        push(found, start..name_end, Kind::User);
    }
}

/// Users and passwords in URLs and in connection strings of Go: `scheme://user:password@host`.
fn credentials(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    for (place, sign) in text.match_indices("://") {
        let start = place + sign.len();
        let rest = bytes.get(start..).unwrap_or_default();
        let stops = |b: &u8| {
            b.is_ascii_whitespace()
                || matches!(
                    b,
                    b'/' | b'"' | b'\'' | b'<' | b'>' | b'?' | b'\\' | b'`' | b',' | b'@'
                )
        };
        let Some(mut length) = rest.iter().take(LONGEST_CREDENTIALS).position(stops) else {
            continue;
        };
        // A password may hold what ends a host elsewhere.
        if at(rest, length) != b'@' && rest.iter().take(length).any(|b| *b == b':') {
            let blank = |b: &u8| {
                b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'@' | b'\\')
            };
            let Some(longer) = rest.iter().take(LONGEST_CREDENTIALS).position(blank) else {
                continue;
            };
            let port = piece(text, start, start + length).rsplit(':').next().unwrap_or_default();
            if at(rest, longer) != b'@'
                || port.bytes().all(|b| b.is_ascii_digit()) && at(rest, length) == b'/'
            {
                continue;
            }
            length = longer;
        }
        if at(rest, length) != b'@' {
            continue;
        }
        // The last @ before the host is the one that counts: `user:p@ss@host`.
        let host = bytes.get(start + length + 1..).unwrap_or_default();
        let more = host.iter().take(128).take_while(|b| !stops(b)).count();
        if at(host, more) == b'@' && piece(text, start, start + length).contains(':') {
            length += more + 1;
        }
        split_credentials(text, start, start + length, found);
    }
    for (place, _) in text.match_indices("@tcp(").chain(text.match_indices("@unix(")) {
        let left = bytes.get(..place).unwrap_or_default();
        let length = left
            .iter()
            .rev()
            .take(LONGEST_CREDENTIALS)
            .take_while(|b| {
                !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'=' | b'`' | b'/')
            })
            .count();
        let mut start = place - length;
        while !text.is_char_boundary(start) {
            start += 1;
        }
        split_credentials(text, start, place, found);
    }
}

fn split_credentials(text: &str, start: usize, end: usize, found: &mut Vec<Candidate>) {
    let shown = piece(text, start, end);
    let (user, password) = shown.split_once(':').unwrap_or((shown, ""));
    let user_end = start + user.len();
    if password.is_empty() {
        if user.len() >= 16 && is_opaque(user) && !is_uuid(user) {
            push(found, start..user_end, Kind::Secret);
            return;
        }
    } else if field::is_secret(password) || password.len() < 3 {
        push(found, user_end + 1..end, Kind::Secret);
    }
    if person::is_person(user) {
        push(found, start..user_end, Kind::User);
    } else if user.len() >= 24 && is_opaque(user) && !is_uuid(user) {
        push(found, start..user_end, Kind::Secret);
    }
}

fn push(found: &mut Vec<Candidate>, place: Range<usize>, kind: Kind) {
    if !place.is_empty() {
        found.push(Candidate { place, kind, need: Need::Nothing });
    }
}
