//! Cards and telephone numbers.

mod words;

use std::sync::LazyLock;

use regex::Regex;
use words::{AMOUNTS, TELEPHONES, TYPED};
pub(super) use words::{CARDS, PHONES};

use crate::Kind;
use crate::check::luhn;
use crate::find::{Candidate, Need};
use crate::shape::{at, before, digits, piece, stands_alone};

/// Groups of digits with single separators, of at least seven digits.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\+|%2B|\()?[0-9](?:[ .\-/()\u{a0}]{0,2}[0-9]){6,}")
        .expect("invariant: a constant pattern")
});
/// Digits without separators.
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9]{7,}").expect("invariant: a constant pattern"));
/// International numbers: a plus and a country, then groups.
static INTERNATIONAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\+|%2B)[1-9](?:[ .\-/()\u{a0}]{0,2}[0-9]){6,14}")
        .expect("invariant: a constant pattern")
});
/// National ways of writing that little else shares.
static NATIONAL: LazyLock<Regex> = LazyLock::new(|| {
    let ways = [
        // North America
        r"(?:1[ .\-])?\([2-9][0-9]{2}\)[ \-]?[2-9][0-9]{2}[ .\-][0-9]{4}",
        r"(?:1-)?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}",
        r"(?:1\.)?[2-9][0-9]{2}\.[2-9][0-9]{2}\.[0-9]{4}",
        // France
        r"0[1-9](?:[ .][0-9]{2}){4}",
        // Britain
        r"0[0-9]{4} [0-9]{3} ?[0-9]{3}",
        r"0(?:20|1[0-9]{2,3}) [0-9]{3,4} [0-9]{4}",
        // Germany and Austria: an area, a slash or a space in brackets
        r"\(0[1-9][0-9]{1,4}\) ?[0-9]{3,9}",
        // Japan, Korea
        r"0[0-9]{1,3}-[0-9]{3,4}-[0-9]{4}",
        // Australia
        r"04[0-9]{2} [0-9]{3} [0-9]{3}",
        r"\(0[2378]\) [0-9]{4} [0-9]{4}",
        // Brazil
        r"\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}",
        // Netherlands
        r"06-[0-9]{8}",
    ];
    Regex::new(&ways.join("|")).expect("invariant: a constant pattern")
});
/// Cards in their groups.
static GROUPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[2-6][0-9]{3}(?: [0-9]{4}){3}|[2-6][0-9]{3}(?:-[0-9]{4}){3}",
        r"|[2-6][0-9]{3}(?:\.[0-9]{4}){3}",
        r"|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5}",
    ))
    .expect("invariant: a constant pattern")
});

/// The first track of a card's stripe.
static TRACK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"%?B([0-9]{13,19})\^").expect("invariant: a constant pattern"));
/// Links to a conversation.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"wa\.me/\+?([0-9]{8,15})").expect("invariant: a constant pattern")
});

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    if text.contains('^') {
        for hit in TRACK.captures_iter(text).filter_map(|hit| hit.get(1)) {
            if luhn(&digits(hit.as_str())) {
                let place = hit.range();
                found.push(Candidate { place, kind: Kind::Card, need: Need::Nothing });
            }
        }
    }
    if text.contains("wa.me/") {
        for hit in LINK.captures_iter(text).filter_map(|hit| hit.get(1)) {
            found.push(Candidate { place: hit.range(), kind: Kind::Phone, need: Need::Nothing });
        }
    }
    for run in RUN.find_iter(text) {
        let (start, end) = (run.start(), run.end());
        let is_plain = run.as_str().bytes().all(|b| b.is_ascii_digit());
        if is_plain {
            plain(text, start, end, found);
            continue;
        }
        let within = |hit: regex::Match<'_>| start + hit.start()..start + hit.end();
        for hit in GROUPED.find_iter(run.as_str()) {
            let place = within(hit);
            if stands_alone(text.as_bytes(), place.start, place.end)
                && is_card(&digits(hit.as_str()))
            {
                found.push(Candidate { place, kind: Kind::Card, need: Need::Nothing });
            }
        }
        for hit in INTERNATIONAL.find_iter(run.as_str()) {
            let place = within(hit);
            if is_international(text, place.start, place.end) {
                found.push(Candidate { place, kind: Kind::Phone, need: Need::Without(AMOUNTS) });
            }
        }
        for hit in NATIONAL.find_iter(run.as_str()) {
            let place = within(hit);
            if stands_alone(text.as_bytes(), place.start, place.end) {
                let dotted =
                    hit.as_str().matches('.').count() > 1 && !hit.as_str().starts_with('0');
                let need = if dotted { Need::Near(PHONES) } else { Need::Without(AMOUNTS) };
                found.push(Candidate { place, kind: Kind::Phone, need });
            }
        }
        grouped_phone(text, start, end, found);
        // Numbers side by side: `amount 100 4111111111111111`.
        for hit in DIGITS.find_iter(run.as_str()) {
            let place = within(hit);
            plain(text, place.start, place.end, found);
        }
    }
}

/// A number without separators: a card, or a telephone number if a word says so.
fn plain(text: &str, start: usize, end: usize, found: &mut Vec<Candidate>) {
    if !stands_alone(text.as_bytes(), start, end) {
        return;
    }
    let number = digits(piece(text, start, end));
    if is_time(&number) {
        return;
    }
    if is_card(&number) {
        // 13, 14 and 19 digits are what times and ids have, too.
        let need = match number.len() {
            15 | 16 => Need::Bare(TYPED),
            _ => Need::Near(CARDS),
        };
        found.push(Candidate { place: start..end, kind: Kind::Card, need });
    }
    if (12..=19).contains(&number.len()) && luhn(&number) {
        found.push(Candidate { place: start..end, kind: Kind::Card, need: Need::Adjacent(CARDS) });
    }
    let in_path = before(text.as_bytes(), start) == b'/';
    if (7..=15).contains(&number.len()) && !has_unit(text.as_bytes(), end) && !in_path {
        // Short numbers are counted in everything; only these words mean nothing else.
        let words = if number.len() < 9 { TELEPHONES } else { PHONES };
        found.push(Candidate { place: start..end, kind: Kind::Phone, need: Need::Adjacent(words) });
    }
}

/// Whether a number is a time since 1970 in milliseconds, microseconds or nanoseconds, of the
/// years 2014 to 2033. In seconds it has ten digits, as telephone numbers of North America do.
fn is_time(number: &[u32]) -> bool {
    matches!((number.len(), number), (13 | 16 | 19, [1, 4..=9, ..]))
}

/// Groups that are a telephone number if a word before them says so.
fn grouped_phone(text: &str, start: usize, end: usize, found: &mut Vec<Candidate>) {
    let run = piece(text, start, end);
    let count = run.bytes().filter(u8::is_ascii_digit).count();
    let is_date = run.len() >= 10
        && matches!(run.as_bytes(), [b'1' | b'2', b'0' | b'9', _, _, b'-' | b'/' | b'.', ..]);
    let is_address = run.matches('.').count() == 3 && run.len() - count == 3;
    if (7..=15).contains(&count)
        && before(text.as_bytes(), start) != b'/'
        && !is_date
        && !is_address
        && stands_alone(text.as_bytes(), start, end)
    {
        found.push(Candidate {
            place: start..end,
            kind: Kind::Phone,
            need: Need::Adjacent(PHONES),
        });
    }
}

/// Whether a card of a known brand has this number.
fn is_card(number: &[u32]) -> bool {
    let head = |count: usize| number.iter().take(count).fold(0, |sum, digit| sum * 10 + digit);
    let brand = match number.len() {
        13 | 19 => head(1) == 4 || head(2) == 62,
        14 => matches!(head(2), 30 | 36 | 38 | 39),
        15 => matches!(head(2), 34 | 37),
        16 => {
            head(1) == 4
                || matches!(head(2), 35 | 50..=59 | 62 | 63 | 64 | 65 | 67 | 60)
                || matches!(head(4), 2200..=2204 | 2221..=2720)
        }
        17 | 18 => head(2) == 62,
        _ => false,
    };
    let first = number.first();
    brand && luhn(number) && number.iter().skip(1).any(|digit| Some(digit) != first)
}

/// Whether a plus and digits are a telephone number, not an offset or a difference.
fn is_international(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let shown = piece(text, start, end);
    let count = digits(shown.strip_prefix("%2B").unwrap_or(shown)).len();
    let has_groups = shown.bytes().skip(1).any(|b| !b.is_ascii_digit());
    // `10:00:00 +1100`, `12:00:00.123+1000`, `a+1234567890`
    let ahead = before(bytes, start);
    let after_time = ahead.is_ascii_digit()
        || ahead == b' ' && {
            let time =
                bytes.get(start.saturating_sub(9)..start.saturating_sub(1)).unwrap_or_default();
            matches!(time, [_, _, b':', _, _, b':', _, _])
        };
    let next = at(bytes, end);
    let goes_on = next.is_ascii_alphanumeric()
        || next == b'_'
        || crate::pseudonym::begins(bytes.get(end..).unwrap_or_default())
        || matches!(next, b'.' | b'-' | b':') && at(bytes, end + 1).is_ascii_digit();
    let least = if has_groups { 8 } else { 10 };
    let joined = after_time
        || ahead.is_ascii_alphabetic()
        || ahead == b'_'
        || crate::pseudonym::ends(bytes.get(..start).unwrap_or_default());
    (least..=15).contains(&count) && !(joined || goes_on || has_unit(bytes, end))
}

/// Whether a unit follows: bytes, milliseconds.
fn has_unit(bytes: &[u8], end: usize) -> bool {
    const UNITS: &[&str] = &[
        "bytes",
        "byte",
        "ms",
        "ns",
        "us",
        "kb",
        "mb",
        "gb",
        "kib",
        "mib",
        "gib",
        "b",
        "s",
        "sec",
        "secs",
        "seconds",
        "millis",
        "milliseconds",
        "rows",
        "records",
        "items",
        "lines",
        "events",
        "messages",
        "requests",
        "times",
        "ops",
        "tokens",
        "keys",
        "%",
        "cycles",
        "pages",
        "packets",
        "blocks",
    ];
    let rest = bytes.get(end..).unwrap_or_default();
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let word: Vec<u8> = rest
        .iter()
        .take(13)
        .take_while(|b| b.is_ascii_alphabetic() || **b == b'%')
        .map(u8::to_ascii_lowercase)
        .collect();
    UNITS.iter().any(|unit| unit.as_bytes() == word)
}
