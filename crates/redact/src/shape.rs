//! Small questions about bytes and words that many finders ask.

use crate::pseudonym;

/// The byte at a place; 0 outside.
pub(crate) fn at(bytes: &[u8], place: usize) -> u8 {
    bytes.get(place).copied().unwrap_or(0)
}

/// The byte before a place; 0 at the beginning.
pub(crate) fn before(bytes: &[u8], place: usize) -> u8 {
    place.checked_sub(1).map_or(0, |place| at(bytes, place))
}

/// A piece of a text; empty where the places aren't ones of it.
pub(crate) fn piece(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// Whether a word goes on to the left of a place.
pub(crate) fn joined_before(bytes: &[u8], start: usize) -> bool {
    let last = before(bytes, start);
    (last.is_ascii_alphanumeric() || last == b'_') && !after_escape(bytes, start)
        || pseudonym::ends(bytes.get(..start).unwrap_or_default())
}

/// Whether a sign of an URL stands before that is written as its number: `iban%3DDE…`.
fn after_escape(bytes: &[u8], start: usize) -> bool {
    let escape = bytes.get(start.saturating_sub(3)..start).unwrap_or_default();
    matches!(escape, [b'%', b'2', b'0' | b'2' | b'6' | b'7' | b'C' | b'c' | b'F' | b'f'])
        || matches!(escape, [b'%', b'3', b'A' | b'a' | b'B' | b'b' | b'D' | b'd'])
        || matches!(escape, [b'%', b'5' | b'7', b'B' | b'b'])
}

/// Whether a word goes on to the right of a place.
pub(crate) fn joined_after(bytes: &[u8], end: usize) -> bool {
    let next = at(bytes, end);
    next.is_ascii_alphanumeric()
        || next == b'_'
        || pseudonym::begins(bytes.get(end..).unwrap_or_default())
}

/// Whether a number stands for itself: no letter, no further digits behind a dash or a point.
pub(crate) fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    if joined_before(bytes, start) || joined_after(bytes, end) {
        return false;
    }
    let ahead = start.checked_sub(2).map_or(0, |place| at(bytes, place));
    let ties = matches!(before(bytes, start), b'-' | b'.' | b'+' | b'\\' | b'$');
    let left =
        ties && (ahead.is_ascii_alphanumeric() || matches!(before(bytes, start), b'+' | b'.'));
    let right = matches!(at(bytes, end), b'-' | b'.' | b'+' | b'/' | b':' | b'%')
        && at(bytes, end + 1).is_ascii_alphanumeric();
    !left && !right && at(bytes, end) != b'%'
}

/// The ASCII digits of a text as numbers.
pub(crate) fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Whether a text is a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}
