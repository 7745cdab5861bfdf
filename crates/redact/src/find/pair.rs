//! Names and values within a text: `password=…`, `"user": "…"`, headers, options.

mod around;
mod header;

use std::ops::Range;

use around::{REACH, is_beside_email, named_before, named_outside, parent, several};
use header::{authorization, cookies};

use crate::Kind;
use crate::field::{self, Field};
use crate::find::{Candidate, Need};
use crate::person;
use crate::shape::{at, before, piece};

/// Longest value looked at, in bytes: more than any key, less than a document.
const LONGEST: usize = 4096;

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    let is_fix = text.contains("8=FIX");
    let is_directory = text.contains("givenName") || text.contains("objectClass");
    for (place, sign) in text.match_indices(['=', ':', '>']) {
        let Some((name, value)) = pair(text, place, sign) else { continue };
        let shown = match piece(text, name.start, name.end) {
            "value" | "Value" => named_before(text, name.start),
            "stringValue" | "string_value" => named_outside(text, name.start),
            "sn" if is_directory => "surname",
            "passe" | "name" | "Name" | "complet" => several(text, &name),
            "ID" | "Id" | "id" if sign == "=" => several(text, &name),
            // The protocol of stock exchanges numbers its fields.
            "553" if is_fix => "username",
            "554" | "925" if is_fix => "password",
            shown => shown,
        };
        let parent = match shown {
            "name" | "displayName" | "display_name" | "summary" | "first" | "last" => {
                parent(text, name.start)
            }
            _ => "",
        };
        let parent = match shown {
            // Whoever has an address to write to is a person, or a team that has no person's name.
            "name" if parent.is_empty() && is_beside_email(text, &value.place) => "owner",
            _ => parent,
        };
        let Some(meaning) = field::classify(shown, parent) else { continue };
        if at(text.as_bytes(), value.place.start) == b'[' && meaning.may_be_listed() {
            for place in listed(text, value.place.start) {
                read(text, meaning, Value { place, trust: Trust::Quoted }, found);
            }
        } else {
            read(text, meaning, value, found);
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
        // An image or a module: `ghcr.io/acme/api:v1.2.3-rc.1`.
        ":" if is_path(bytes, sign_at) => return None,
        ":" if next == b':' || next == b'/' && at(bytes, right + 1) == b'/' => return None,
        ">" if matches!(left, b'"' | b'\'') => return element(text, sign_at),
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
    if start == end || sign == ">" && !opens(bytes, start) {
        return None;
    }
    let mut spaces = 0;
    while spaces < 8 && sign != ">" && matches!(at(bytes, right), b' ' | b'\t') {
        right += 1;
        spaces += 1;
    }
    let value = if sign == ">" {
        content(bytes, right)?
    } else {
        value(text, right, sign == ":" && spaces > 0)
    };
    Some((start..end, value))
}

/// Whether the name of an element begins at a place, perhaps behind one of its space: `<wsse:`.
fn opens(bytes: &[u8], start: usize) -> bool {
    let left = bytes.get(..start).unwrap_or_default();
    let space = left.strip_suffix(b":").map_or(left, |left| {
        let length = left.iter().rev().take(24).take_while(|b| b.is_ascii_alphanumeric()).count();
        left.get(..left.len() - length).unwrap_or_default()
    });
    space.ends_with(b"<")
}

/// What stands in an element, up to the next.
fn content(bytes: &[u8], start: usize) -> Option<Value> {
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest.iter().take(LONGEST).position(|b| *b == b'<')?;
    Some(Value { place: start..start + length, trust: Trust::Quoted })
}

/// An element with attributes: `<Data Name="TargetUserName">`, `<Password Type="text">`.
fn element(text: &str, sign_at: usize) -> Option<(Range<usize>, Value)> {
    let bytes = text.as_bytes();
    let left = bytes.get(sign_at.saturating_sub(2 * REACH)..sign_at).unwrap_or_default();
    let open = sign_at - left.iter().rev().position(|b| *b == b'<')?;
    let inside = text.get(open..sign_at)?;
    let named = ["Name=", "name=", "Key=", "key="].iter().find_map(|label| {
        let at = inside.find(&format!(" {label}"))? + label.len() + 2;
        let length = inside.get(at..)?.find(['"', '\''])?;
        Some(open + at..open + at + length)
    });
    let name = named.or_else(|| {
        let length = inside.find(' ')?;
        let space = inside.get(..length)?.rfind(':').map_or(0, |at| at + 1);
        Some(open + space..open + length)
    })?;
    Some((name, content(bytes, sign_at + 1)?))
}

/// Whether a word is the last piece of a path.
fn is_path(bytes: &[u8], end: usize) -> bool {
    let left = bytes.get(..end).unwrap_or_default().iter().rev().take(field::LONGEST_NAME);
    let mut left = left.skip_while(|b| is_name_byte(**b));
    left.next() == Some(&b'/') && left.next().is_some_and(u8::is_ascii_alphanumeric)
}

/// Values in quotes in a list, the first few.
fn listed(text: &str, open: usize) -> Vec<Range<usize>> {
    const MOST: usize = 16;
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    let mut from = open + 1;
    while places.len() < MOST {
        while matches!(at(bytes, from), b' ' | b',' | b'\n') {
            from += 1;
        }
        if !matches!(at(bytes, from), b'"' | b'\'' | b'\\') {
            break;
        }
        let place = value(text, from, false).place;
        from = place.end;
        while matches!(at(bytes, from), b'"' | b'\'' | b'\\') {
            from += 1;
        }
        places.push(place);
    }
    places
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
    let Range { start, end } = value.place.clone();
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
        Field::Person => person_of(text, value, person::is_person, found),
        Field::Role => {
            let is_one =
                |name: &str| person::is_known_login(name) || person::is_name_of_words(name);
            person_of(text, value, is_one, found);
        }
        Field::Someone => {
            let is_someone =
                |name: &str| person::is_known_person(name) || person::is_name_of_words(name);
            person_of(text, value, is_someone, found);
        }
        Field::Holder => person_of(text, value, person::is_known_person, found),
        Field::Name => {
            if shown.chars().next().is_some_and(char::is_uppercase) {
                person_of(text, value, person::is_person, found);
            }
        }
        Field::Session => {
            if field::is_session(shown) {
                push(found, start..end, Kind::Secret);
            }
        }
        Field::Pin => {
            if field::is_pin(shown) {
                push(found, start..end, Kind::Secret);
            }
        }
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

/// A name: in quotes as it stands, bare one word, or several that begin with capitals.
fn person_of(text: &str, value: Value, is_name: fn(&str) -> bool, found: &mut Vec<Candidate>) {
    let (Range { start, end }, trust) = (value.place, value.trust);
    let is_person = |name: &str| person::is_person(name) && is_name(name);
    let shown = piece(text, start, end);
    let plain = shown.trim_end_matches(['.', ':', '!']);
    if trust == Trust::Quoted {
        // `Ada Lovelace <ada@example.com>`: the address is found on its own.
        let name = shown.split(" <").next().unwrap_or_default().trim_end();
        if is_person(name) {
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
            let is_part = capital(name)
                && name.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
                && name.chars().skip(1).any(char::is_lowercase);
            if !is_part || piece(text, name_end, name_end + 1) != " " {
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
    if is_person(name) && !is_sentence {
        push(found, start..name_end, Kind::User);
    }
}

pub(super) fn push(found: &mut Vec<Candidate>, place: Range<usize>, kind: Kind) {
    if !place.is_empty() {
        found.push(Candidate { place, kind, need: Need::Nothing });
    }
}
