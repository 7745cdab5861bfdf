//! What stands around a name and its value: other words of the name, the object it is in.

use std::ops::Range;

use crate::field;
use crate::shape::piece;

/// How far back the name of an object is looked for.
pub(super) const REACH: usize = 96;

/// A name of several words: `mot de passe: …`, `Account Name: …`.
pub(super) fn several<'t>(text: &'t str, name: &Range<usize>) -> &'t str {
    let mut start = name.start;
    for _ in 0..2 {
        let left = piece(text, 0, start);
        let Some(left) = left.strip_suffix(' ') else { break };
        let word = left.bytes().rev().take(24).take_while(u8::is_ascii_alphabetic).count();
        if word < 2 {
            break;
        }
        start = left.len() - word;
    }
    piece(text, start, name.end)
}

/// The name of a value whose own is `value`: `<add key="SmtpPassword" value="`,
/// `{"name":"DB_PASSWORD","value":`, `- name: DB_PASSWORD` and the line below it.
pub(super) fn named_before(text: &str, place: usize) -> &str {
    let mut from = place.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let signs: &[char] = &['"', '\'', '\\', ' ', ',', '\n', '\t', ':', '=', '{', '<'];
    let left = piece(text, from, place).trim_end_matches(signs);
    let name = left.rsplit(signs).next().unwrap_or_default();
    let left = left.strip_suffix(name).unwrap_or_default();
    let label = left.trim_end_matches(signs);
    let has_sign = left.get(label.len()..).is_some_and(|between| between.contains(['=', ':']));
    let is_label = ["key", "name", "Key", "Name", "KEY", "NAME"]
        .iter()
        .any(|word| label.strip_suffix(word).is_some_and(|l| !l.ends_with(char::is_alphanumeric)));
    if has_sign && is_label { name } else { "" }
}

/// Whether the next field is an address: `"name":"Ada Lovelace","email":`.
pub(super) fn is_beside_email(text: &str, place: &Range<usize>) -> bool {
    let next = text.get(place.end..).unwrap_or_default();
    let next = next.trim_start_matches(['"', '\'', '\\', ',', ' ', ';', '\n']);
    let name = next.split(['"', '=', ':', '\\', ' ']).next().unwrap_or_default();
    name.len() <= field::LONGEST_NAME && name.to_lowercase().contains("mail")
}

/// The name of a value in the wrapper of its type: `{"key":"user.name","value":{"stringValue":`.
pub(super) fn named_outside(text: &str, place: usize) -> &str {
    let signs: &[char] = &['"', '\\', ' ', ':', '{', '\n', '\t'];
    let mut from = place.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let left = piece(text, from, place).trim_end_matches(signs);
    match left.strip_suffix("value") {
        Some(left) => named_before(text, from + left.len()),
        None => "",
    }
}

/// The name of the object that a place stands in: `User(id=7, name=`, `"customer":{"name":`.
pub(super) fn parent(text: &str, place: usize) -> &str {
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
    let name = outside.trim_end_matches(['"', '\'', ':', '=', ' ', '\\', '>', '[']);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    name.rsplit(|c: char| !is_word(c)).next().unwrap_or_default()
}
