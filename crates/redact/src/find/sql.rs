//! Values of SQL whose names stand in the list before: `INSERT INTO users (first_name, email)
//! VALUES ('Jane', 'jane@example.com')`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Candidate;
use crate::context::Before;
use crate::find::Need;
use crate::shape::{at, piece};

/// Longest list of values looked at, in bytes, over all rows.
const LONGEST: usize = 16 * 1024;

/// Tables whose `name` is a person's.
const PEOPLE: &[&str] =
    &["user", "customer", "patient", "employee", "people", "person", "contact", "subscriber"];

static INSERT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i:(?:insert|replace)(?: ignore)? into) ([^\s(]{1,128}) ?",
        r"\(([^()]{1,2048})\) ?(?i:values) ?\(",
    ))
    .expect("invariant: a constant pattern")
});

pub(super) fn find(text: &str, found: &mut Vec<Candidate>) {
    if !["INTO ", "into ", "Into "].iter().any(|word| text.contains(word)) {
        return;
    }
    for hits in INSERT.captures_iter(text) {
        let (Some(whole), Some(table), Some(columns)) = (hits.get(0), hits.get(1), hits.get(2))
        else {
            continue;
        };
        let columns: Vec<&str> = columns
            .as_str()
            .split(',')
            .map(|name| name.trim().trim_matches(['"', '`', '[', ']', '\\']))
            .collect();
        let is_of_people = PEOPLE.iter().any(|word| table.as_str().to_lowercase().contains(word));
        let has_email = columns.iter().any(|name| name.to_lowercase().contains("email"));
        let mut column = 0;
        for value in values(text, whole.end()) {
            match value {
                Part::Value(place) => {
                    if let Some(name) = columns.get(column) {
                        let name = match *name {
                            "name" if is_of_people => "full_name",
                            "name" if has_email => "owner",
                            name => name,
                        };
                        read(name, text, place, found);
                    }
                    column += 1;
                }
                Part::Row => column = 0,
            }
        }
    }
}

enum Part {
    Value(Range<usize>),
    /// The next row begins.
    Row,
}

/// The values of rows from a place on, without their quotes.
fn values(text: &str, from: usize) -> Vec<Part> {
    let bytes = text.as_bytes();
    let most = bytes.len().min(from + LONGEST);
    let mut parts = Vec::new();
    let mut place = from;
    let mut depth = 1;
    while place < most {
        match at(bytes, place) {
            b' ' | b',' | b'\n' | b'\t' | b'\\' | b'E' | b'N'
                if at(bytes, place) != b'E' && at(bytes, place) != b'N'
                    || at(bytes, place + 1) == b'\'' =>
            {
                place += 1
            }
            b')' => {
                depth = 0;
                place += 1;
            }
            b'(' if depth == 0 => {
                depth = 1;
                parts.push(Part::Row);
                place += 1;
            }
            _ if depth == 0 => break,
            quote @ (b'\'' | b'"') => {
                let start = place + 1;
                let rest = bytes.get(start..most).unwrap_or_default();
                let Some(length) = rest.iter().position(|b| *b == quote) else { break };
                let mut end = start + length;
                place = end + 1;
                if at(bytes, end - 1) == b'\\' && length > 0 {
                    end -= 1;
                }
                parts.push(Part::Value(start..end));
            }
            _ => {
                let rest = bytes.get(place..most).unwrap_or_default();
                let stops = |b: &u8| matches!(b, b',' | b')');
                let Some(length) = rest.iter().position(stops) else { break };
                parts.push(Part::Value(place..place + length));
                place += length.max(1);
            }
        }
    }
    parts
}

/// Reads one value as that of a field.
fn read(name: &str, text: &str, place: Range<usize>, found: &mut Vec<Candidate>) {
    let value = piece(text, place.start, place.end);
    let is_blank = value.is_empty()
        || value.starts_with(['$', '?', ':', '@', '%'])
        || value.eq_ignore_ascii_case("default")
        || value.eq_ignore_ascii_case("null")
        || value.contains('(');
    if is_blank || name.is_empty() {
        return;
    }
    for candidate in super::of_value(name, value) {
        let start = candidate.place.start;
        if candidate.need.is_met(|| Before::new(name, value, 0, start)) {
            let place = place.start + start..place.start + candidate.place.end;
            found.push(Candidate { place, kind: candidate.kind, need: Need::Nothing });
        }
    }
}
